//! The file of a trained model: safetensors in the theory's orientation, with all that reading it needs.
//!
//! `encoder` [n_latent, n_input], `decoder` [n_target, n_latent] (inside the program it is stored transposed), `b_enc`,
//! `b_dec`, `theta`, `b_gate`, `b_mag`, `r_mag`, `skip` [n_target, n_input], as far as the model has them. Beside them
//! `threshold` [1] of Batch Top-k, and what was done to the data: `input_scale` and `target_scale` [n_sources],
//! `input_mean` and `target_mean`. The metadata hold the config.

use super::failure::{Failure, Outcome};
use super::files;
use super::formats::safetensors::{Writer, floats, transposed};
use super::settings::Settings;
use crate::bench::scale::Factors;
use crate::bench::{Means, Tensors};
use crate::config::{Activation, Config, Task};
use crate::model::{Shape, Weights};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Who wrote a file.
pub const PROGRAM: &str = concat!("sdl-explorer ", env!("CARGO_PKG_VERSION"));

/// A trained model and where it comes from.
pub struct Trained {
    pub config: Config,
    pub shape: Shape,
    pub weights: Weights,
    /// Batch Top-k at inference, once it has been trained.
    pub threshold: Option<f32>,
    pub factors: Option<Factors>,
    pub means: Option<Means>,
    pub step: u64,
}

impl Trained {
    pub fn to_bytes(&self) -> Vec<u8> {
        let (w, s) = (&self.weights, self.shape);
        let mut file = Writer::default();
        for (name, part) in w.parts().into_iter().filter(|(_, part)| !part.is_empty()) {
            match name {
                "decoder" => file.floats(name, &dimensions(name, s), &transposed(part, s.n_target)),
                _ => file.floats(name, &dimensions(name, s), part),
            }
        }
        if let Some(threshold) = self.threshold {
            file.floats("threshold", &[1], &[threshold]);
        }
        if let Some(f) = &self.factors {
            file.floats("input_scale", &[f.input.len()], &f.input);
            file.floats("target_scale", &[f.target.len()], &f.target);
        }
        if let Some(m) = &self.means {
            file.floats("input_mean", &[m.input.len()], &m.input);
            file.floats("target_mean", &[m.target.len()], &m.target);
        }
        file.note("program", PROGRAM);
        file.note("step", self.step.to_string());
        file.note("n_sources", s.n_sources.to_string());
        file.note("config", serde_json::to_string(&self.config).expect("a config is plain data"));
        file.finish()
    }

    /// A weights file, or a run's folder. The settings are laid over the file's own config, or stand in for it.
    pub fn load(path: &Path, settings: &Settings) -> Outcome<Self> {
        let path: PathBuf = if path.is_dir() { path.join("weights.safetensors") } else { path.to_owned() };
        let bytes = files::read(&path)?;
        let file = Tensors::read(&bytes).map_err(|e| Failure::in_file(&path, e))?;
        let own = file.metadata("config").map(serde_json::from_str::<Value>).transpose();
        let own = own.map_err(|e| Failure::in_file(&path, format!("its config is not JSON ({e})")))?;
        if own.is_none() && !settings.says_something() {
            let what = "says nothing of its model: give the config that it belongs to (`sdl schema`)";
            return Err(Failure::in_file(&path, what));
        }
        let config = Config::from_value(settings.value_over(own)?)?;
        let shape = shape_in(&file, &path, &config)?;
        let weights = parts(&file, &path, &config, shape)?;
        let list = |name: &str| -> Outcome<Option<Vec<f32>>> {
            let Some(tensor) = file.tensor(name).transpose()? else { return Ok(None) };
            floats(&file, &path, name, &tensor.shape, "as in the file").map(Some)
        };
        let factors = match (list("input_scale")?, list("target_scale")?) {
            (Some(input), Some(target)) => Some(Factors { input, target }),
            _ => None,
        };
        let means = match (list("input_mean")?, list("target_mean")?) {
            (Some(input), Some(target)) => Some(Means { input, target }),
            _ => None,
        };
        let step = file.metadata("step").and_then(|s| s.parse().ok()).unwrap_or(0);
        let threshold = list("threshold")?.and_then(|t| t.first().copied());
        Ok(Self { config, shape, weights, threshold, factors, means, step })
    }
}

/// Weights for a run of this shape, from any file that has the names.
pub fn read(path: &Path, config: &Config, shape: Shape) -> Outcome<Weights> {
    let bytes = files::read(path)?;
    let file = Tensors::read(&bytes).map_err(|e| Failure::in_file(path, e))?;
    parts(&file, path, config, shape)
}

/// The sizes of a model whose file is the only one to know them.
fn shape_in(file: &Tensors, path: &Path, config: &Config) -> Outcome<Shape> {
    let matrix = |name: &str, names: &str| -> Outcome<[usize; 2]> {
        let tensor = file.tensor(name).transpose().map_err(|e| Failure::in_file(path, e))?;
        match tensor.as_ref().map(|t| &t.shape[..]) {
            Some([a, b]) if *a > 0 && *b > 0 => Ok([*a, *b]),
            Some(other) => Err(Failure::in_file(path, format!("{name} is of shape {other:?}: it must be [{names}]"))),
            None => Err(Failure::in_file(path, format!("{name} is absent: it must be there, [{names}]"))),
        }
    };
    let [n_latent, n_input] = matrix("encoder", "n_latent, n_input")?;
    let [n_target, _] = matrix("decoder", "n_target, n_latent")?;
    if n_latent != config.model.n_latent as usize {
        let what = format!("encoder is of {n_latent} latents: model.n_latent says {}", config.model.n_latent);
        return Err(Failure::in_file(path, what));
    }
    let noted = file.metadata("n_sources").and_then(|n| n.parse().ok());
    let n_sources = match config.model.task {
        Task::Crosscoder => noted.unwrap_or(config.bench.n_sources as usize).max(1),
        Task::Autoencoder | Task::Transcoder => 1,
    };
    Ok(Shape {
        n_latent,
        n_input,
        n_target,
        n_sources,
        has_theta: config.model.activation == Activation::JumpRelu,
        has_gates: config.model.activation == Activation::Gated,
        has_skip: config.model.skip,
    })
}

fn parts(file: &Tensors, path: &Path, config: &Config, shape: Shape) -> Outcome<Weights> {
    let mut weights = Weights::zero(shape);
    let gated = config.model.activation == Activation::Gated;
    for (name, part) in weights.parts_mut().into_iter().filter(|(_, part)| !part.is_empty()) {
        let used = match name {
            "b_enc" => config.model.b_enc && !gated,
            "b_dec" => config.model.b_dec,
            _ => true,
        };
        // What the model does not use may be missing, but not say something else than zero.
        if !used && file.tensor(name).is_none() {
            continue;
        }
        let names = match name {
            "encoder" => "n_latent, n_input",
            "decoder" => "n_target, n_latent",
            "skip" => "n_target, n_input",
            "b_dec" => "n_target",
            _ => "n_latent",
        };
        let values = floats(file, path, name, &dimensions(name, shape), names)?;
        if !used && values.iter().any(|x| *x != 0.0) {
            let what = format!("{name} has values, but the config's model has no such bias: set model.{name}=true");
            return Err(Failure::in_file(path, what));
        }
        if name == "theta" && values.iter().any(|x| *x < 0.0) {
            return Err(Failure::in_file(path, "theta has values below 0: it must have none"));
        }
        *part = if name == "decoder" { transposed(&values, shape.n_latent) } else { values };
    }
    Ok(weights)
}

/// The dimensions of a part as files have them.
fn dimensions(name: &str, s: Shape) -> Vec<usize> {
    match name {
        "encoder" => vec![s.n_latent, s.n_input],
        "decoder" => vec![s.n_target, s.n_latent],
        "skip" => vec![s.n_target, s.n_input],
        "b_dec" => vec![s.n_target],
        _ => vec![s.n_latent],
    }
}
