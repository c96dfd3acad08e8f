//! Real activations: rows of a safetensors file, with labels whose class means stand for the true features.
//!
//! The file holds one floating-point matrix [rows, width] (f16, f32 or f64) named `embedding`, or the only one there
//! is; int32 `label` [rows] that indexes the JSON list `labels` in the file's metadata.

use super::tensors::{Tensor, Tensors};
use super::{Samples, World, directions};
use crate::config::{Config, ConfigError};
use std::sync::Arc;

/// The rows of a data set; cheap to clone.
#[derive(Clone, Debug)]
pub struct Rows {
    pub n_rows: usize,
    pub width: usize,
    /// [n_rows, width].
    pub values: Arc<Vec<f32>>,
    /// [n_rows]: index into `label_names`.
    pub labels: Arc<Vec<u32>>,
    pub label_names: Vec<String>,
}

impl Rows {
    pub fn row(&self, ix: usize) -> &[f32] {
        &self.values[ix * self.width..][..self.width]
    }

    /// Reads a safetensors file; errors name the tensor, what is there and what would be right.
    pub fn read(bytes: &[u8]) -> Result<Self, ConfigError> {
        let file = Tensors::read(bytes)?;
        let (name, matrix) = matrix(&file)?;
        let (n_rows, width) = (matrix.shape[0], matrix.shape[1]);
        if n_rows == 0 || width == 0 || width > 4096 {
            return Err(wrong(&name, format!("{n_rows}×{width}"), "at least one row of 1 to 4096 numbers"));
        }
        let values = floats(&matrix);
        if let Some(ix) = values.iter().position(|x| !x.is_finite()) {
            let value = format!("{} in row {}", values[ix], ix / width);
            return Err(wrong(&name, value, "finite in every row"));
        }
        let label_names = label_names(&file)?;
        let labels = labels(&file, n_rows, label_names.len())?;
        Ok(Self { n_rows, width, values: Arc::new(values), labels: Arc::new(labels), label_names })
    }

    /// Subtracts the mean row from every row.
    fn center(&mut self) {
        let mut mean = vec![0.0f64; self.width];
        for row in self.values.chunks_exact(self.width) {
            mean.iter_mut().zip(row).for_each(|(m, x)| *m += f64::from(*x) / self.n_rows as f64);
        }
        let values = self.values.iter().enumerate().map(|(i, x)| (f64::from(*x) - mean[i % self.width]) as f32);
        self.values = Arc::new(values.collect());
    }

    /// [labels, width]: the mean row of every label, unit length.
    fn class_means(&self) -> Vec<f32> {
        let mut sums = vec![0.0f32; self.label_names.len() * self.width];
        for (row, &label) in self.values.chunks_exact(self.width).zip(self.labels.iter()) {
            let sum = &mut sums[label as usize * self.width..][..self.width];
            sum.iter_mut().zip(row).for_each(|(s, x)| *s += x);
        }
        directions::normalise_rows(&mut sums, self.width);
        sums
    }
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
    let mut rows = Rows::read(bytes)?;
    if config.activations.center {
        rows.center();
    }
    let (n_features, width) = (rows.label_names.len(), rows.width);
    config.check_memory(n_features as u32, width as u32)?;
    for (field, value) in [("anchors.count", config.anchors.count), ("scoring.hold_out", config.scoring.hold_out)] {
        if value as usize > n_features {
            return Err(wrong(field, value, format!("at most the {n_features} labels of {name}")));
        }
    }
    let means = rows.class_means();
    let report =
        directions::report_of(&means, width, format!("{n_features} class means of {} rows of {name}.", rows.n_rows));
    Ok(World {
        n_features,
        n_input: width,
        n_target: width,
        directions_out: means.clone(),
        directions_in: means,
        report,
        samples: Samples::Rows(rows),
    })
}

fn wrong(field: &str, value: impl std::fmt::Display, expected: impl Into<String>) -> ConfigError {
    ConfigError::new(field, value, expected)
}

fn matrix<'a>(file: &Tensors<'a>) -> Result<(String, Tensor<'a>), ConfigError> {
    let mut found = vec![];
    for name in file.names() {
        let Some(tensor) = file.tensor(name) else { continue };
        let tensor = tensor?;
        if tensor.shape.len() == 2 && ["F16", "F32", "F64"].contains(&tensor.dtype.as_str()) {
            found.push((name.to_owned(), tensor));
        }
    }
    let chosen = found.iter().position(|(n, _)| n == "embedding").or((found.len() == 1).then_some(0));
    match chosen {
        Some(ix) => Ok(found.swap_remove(ix)),
        None => {
            let names: Vec<_> = file.names().collect();
            Err(wrong(
                "embedding",
                format!("absent (the file has {})", names.join(", ")),
                "a matrix of f16, f32 or f64",
            ))
        }
    }
}

fn floats(tensor: &Tensor) -> Vec<f32> {
    match tensor.dtype.as_str() {
        "F16" => tensor.data.as_chunks::<2>().0.iter().map(|b| half::f16::from_le_bytes(*b).to_f32()).collect(),
        "F64" => tensor.data.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect(),
        _ => tensor.data.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
    }
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
