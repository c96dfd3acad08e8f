//! Real activations: rows of a safetensors file, with labels whose class means stand for the true features.
//!
//! The file holds floating-point matrices [rows, width] (f16, f32 or f64): an autoencoder's is `embedding`, or the only
//! one there is; a transcoder's are `mlp_in` and `mlp_out`, or `input` and `target`; a crosscoder's are all there are,
//! by name. `activations.tensors` names others. int32 `label` [rows] indexes the JSON list `labels` in the metadata; a file
//! with neither has one label for all.

use super::tensors::Tensors;
use super::{Samples, World, directions};
use crate::config::{Config, ConfigError, Task};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The one label of data without labels, whose mean stands for no feature.
pub const UNLABELLED: &str = "unlabelled";

/// The rows of a data set; cheap to clone.
#[derive(Clone, Debug)]
pub struct Rows {
    pub n_rows: usize,
    pub width: usize,
    /// [n_rows, width].
    pub values: Arc<Vec<f32>>,
    /// [n_rows, target width] where the target is not the input.
    pub targets: Option<Arc<Vec<f32>>>,
    /// [n_rows]: index into `label_names`.
    pub labels: Arc<Vec<u32>>,
    pub label_names: Vec<String>,
}

impl Rows {
    pub fn row(&self, ix: usize) -> &[f32] {
        &self.values[ix * self.width..][..self.width]
    }

    /// The target of row `ix`, which is the row itself where there is no other.
    pub fn target(&self, ix: usize) -> &[f32] {
        let values = self.targets.as_ref().unwrap_or(&self.values);
        let width = values.len() / self.n_rows;
        &values[ix * width..][..width]
    }

    /// [labels, width]: the mean row of every label, unit length.
    fn class_means(&self, of: fn(&Self, usize) -> &[f32]) -> Vec<f32> {
        let width = of(self, 0).len();
        let mut sums = vec![0.0f32; self.label_names.len() * width];
        for (ix, &label) in self.labels.iter().enumerate() {
            let sum = &mut sums[label as usize * width..][..width];
            sum.iter_mut().zip(of(self, ix)).for_each(|(s, x)| *s += x);
        }
        directions::normalise_rows(&mut sums, width);
        sums
    }
}

/// Subtracts the mean row from every row.
fn center(values: &mut [f32], width: usize) {
    let n_rows = values.len() / width;
    let mut mean = vec![0.0f64; width];
    for row in values.chunks_exact(width) {
        mean.iter_mut().zip(row).for_each(|(m, x)| *m += f64::from(*x) / n_rows as f64);
    }
    values.iter_mut().enumerate().for_each(|(i, x)| *x = (f64::from(*x) - mean[i % width]) as f32);
}

/// The world of a data set: class means are its features.
pub fn world(config: &Config, file: Option<&[u8]>) -> Result<World, ConfigError> {
    let name = &config.activations.name;
    let Some(bytes) = file else {
        return Err(wrong(
            "activations.name",
            format!("{name:?} without its data"),
            "handed over with the file's bytes",
        ));
    };
    let file = Tensors::read(bytes)?;
    let mut parts = matrices(&file, config)?;
    if config.activations.center {
        parts.iter_mut().for_each(|m| center(&mut m.values, m.width));
    }
    let n_rows = parts[0].values.len() / parts[0].width;
    let is_labelled = file.tensor("label").is_some() || file.metadata("labels").is_some();
    let (labels, label_names) = if is_labelled {
        let names = label_names(&file)?;
        (labels(&file, n_rows, names.len())?, names)
    } else {
        (vec![0; n_rows], vec![UNLABELLED.to_owned()])
    };
    let n_sources = if config.model.task == Task::Crosscoder { parts.len() } else { 1 };
    let (values, targets) = match config.model.task {
        Task::Autoencoder => (parts.remove(0).values, None),
        Task::Transcoder => {
            let target = parts.remove(1).values;
            (parts.remove(0).values, Some(Arc::new(target)))
        }
        Task::Crosscoder => (side_by_side(&parts, n_rows), None),
    };
    let width = values.len() / n_rows;
    let rows = Rows { n_rows, width, values: Arc::new(values), targets, labels: Arc::new(labels), label_names };

    let n_features = rows.label_names.len();
    let n_target = rows.target(0).len();
    config.check_memory(n_features as u32, width as u32, n_target as u32)?;
    for (field, value) in [("anchors.count", config.anchors.count), ("scoring.hold_out", config.scoring.hold_out)] {
        if is_labelled && value as usize > n_features {
            return Err(wrong(field, value, format!("at most the {n_features} labels of {name}")));
        }
    }
    let means = rows.class_means(Rows::row);
    let report =
        directions::report_of(&means, width, format!("{n_features} class means of {} rows of {name}.", rows.n_rows));
    Ok(World {
        n_features,
        n_input: width,
        n_target,
        n_sources,
        directions_out: rows.class_means(Rows::target),
        directions_in: means,
        basis: None,
        factors: None,
        report,
        samples: Samples::Rows(rows),
    })
}

/// A tensor of the file, as floats.
struct Matrix {
    width: usize,
    values: Vec<f32>,
}

/// The tensors that the task needs, in order: those named, or those found (the file's head says by what rule).
fn matrices(file: &Tensors, config: &Config) -> Result<Vec<Matrix>, ConfigError> {
    let asked = &config.activations.tensors;
    let names = if asked.is_empty() { found(file, config.model.task)? } else { asked.clone() };
    let (needed, expected) = match config.model.task {
        Task::Autoencoder => (1..=1, "one name (an autoencoder's input)"),
        Task::Transcoder => (2..=2, "two names (a transcoder's input and target)"),
        Task::Crosscoder => (2..=16, "2 to 16 names (a crosscoder's sources)"),
    };
    if !needed.contains(&names.len()) {
        return Err(wrong("activations.tensors", format!("{names:?}"), expected));
    }
    let parts = names.iter().map(|name| matrix(file, name)).collect::<Result<Vec<_>, _>>()?;
    let n_rows = |m: &Matrix| m.values.len() / m.width;
    for (name, part) in names.iter().zip(&parts).skip(1) {
        if n_rows(part) != n_rows(&parts[0]) {
            let expected = format!("as many as those of {}: {}", names[0], n_rows(&parts[0]));
            return Err(wrong(name, format!("{} rows long", n_rows(part)), expected));
        }
        if config.model.task == Task::Crosscoder && part.width != parts[0].width {
            let expected = format!("as wide as {}: {}", names[0], parts[0].width);
            return Err(wrong(name, format!("{} wide", part.width), expected));
        }
    }
    Ok(parts)
}

/// Names of the tensors that a task takes where none are named.
fn found(file: &Tensors, task: Task) -> Result<Vec<String>, ConfigError> {
    let has = |name: &str| file.tensor(name).is_some();
    let mut floats = BTreeSet::new();
    for name in file.names() {
        if let Some(tensor) = file.tensor(name).transpose()?
            && tensor.shape.len() == 2
            && tensor.is_float()
        {
            floats.insert(name.to_owned());
        }
    }
    let floats: Vec<String> = floats.into_iter().collect();
    let pair = |a: &str, b: &str| (has(a) && has(b)).then(|| vec![a.to_owned(), b.to_owned()]);
    let chosen = match task {
        Task::Autoencoder if has("embedding") => Some(vec!["embedding".to_owned()]),
        Task::Autoencoder => (floats.len() == 1).then(|| floats.clone()),
        Task::Transcoder => pair("mlp_in", "mlp_out").or_else(|| pair("input", "target")),
        Task::Crosscoder => (floats.len() > 1).then(|| floats.clone()),
    };
    chosen.ok_or_else(|| {
        let (what, expected) = match task {
            Task::Autoencoder => ("embedding", "a matrix of f16, f32 or f64 (or the only one, or named)"),
            Task::Transcoder => ("mlp_in", "beside mlp_out, or input beside target, or both named"),
            Task::Crosscoder => ("sources", "two matrices or more of f16, f32 or f64"),
        };
        let names: Vec<_> = file.names().collect();
        wrong(what, format!("absent (the file has {})", names.join(", ")), expected)
    })
}

fn matrix(file: &Tensors, name: &str) -> Result<Matrix, ConfigError> {
    let names = || file.names().collect::<Vec<_>>().join(", ");
    let absent = || wrong(name, format!("absent (the file has {})", names()), "a matrix of f16, f32 or f64");
    let tensor = file.tensor(name).ok_or_else(absent)??;
    let [n_rows, width] = tensor.shape[..] else {
        return Err(wrong(name, format!("of shape {:?}", tensor.shape), "a matrix [rows, width]"));
    };
    if n_rows == 0 || width == 0 || width > 4096 {
        return Err(wrong(name, format!("{n_rows}×{width}"), "at least one row of 1 to 4096 numbers"));
    }
    let values = tensor.floats().ok_or_else(|| wrong(name, &tensor.dtype, "of f16, f32 or f64"))?;
    if let Some(ix) = values.iter().position(|x| !x.is_finite()) {
        let value = format!("{} in row {}", values[ix], ix / width);
        return Err(wrong(name, value, "finite in every row"));
    }
    Ok(Matrix { width, values })
}

/// [rows, m · width]: row by row, source after source.
fn side_by_side(parts: &[Matrix], n_rows: usize) -> Vec<f32> {
    let row = |r: usize| parts.iter().flat_map(move |m| &m.values[r * m.width..][..m.width]).copied();
    (0..n_rows).flat_map(row).collect()
}

fn wrong(field: &str, value: impl std::fmt::Display, expected: impl Into<String>) -> ConfigError {
    ConfigError::new(field, value, expected)
}

fn labels(file: &Tensors, n_rows: usize, n_labels: usize) -> Result<Vec<u32>, ConfigError> {
    let tensor =
        file.tensor("label").ok_or_else(|| wrong("label", "absent", "an int32 tensor, one number a row"))??;
    if tensor.dtype != "I32" || tensor.shape != [n_rows] {
        return Err(wrong("label", format!("{} {:?}", tensor.dtype, tensor.shape), format!("I32 [{n_rows}]")));
    }
    let labels: Vec<i32> = tensor.data.as_chunks::<4>().0.iter().map(|b| i32::from_le_bytes(*b)).collect();
    if let Some(bad) = labels.iter().find(|l| !(0..n_labels as i32).contains(l)) {
        return Err(wrong("label", bad, format!("from 0 to {}", n_labels - 1)));
    }
    Ok(labels.iter().map(|&l| l as u32).collect())
}

fn label_names(file: &Tensors) -> Result<Vec<String>, ConfigError> {
    let expected = "a JSON list of names under `labels` in the file's metadata";
    let list = file.metadata("labels").ok_or_else(|| wrong("labels", "absent", expected))?;
    let names: Vec<String> = serde_json::from_str(list).map_err(|e| wrong("labels", e, expected))?;
    if names.is_empty() { Err(wrong("labels", "empty", expected)) } else { Ok(names) }
}
