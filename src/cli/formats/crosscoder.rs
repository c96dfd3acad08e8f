//! Crosscoders, which SAELens has none of: safetensors with jkminder's names, layer-major, and a `cfg.json`.
//!
//! `encoder.weight` [L, d, F], `encoder.bias` [F], `decoder.weight` [L, F, d], `decoder.bias` [L, d], and `threshold` [F]
//! where latents fire above one. Scaling and centring are folded in, as is a shift of the input.

use super::super::failure::{Failure, Outcome};
use super::super::weights::{PROGRAM, Trained};
use super::super::{files, fold};
use super::saelens::{coded_by_encoder, inference};
use super::safetensors::Writer;
use crate::config::{Activation, Task};
use serde_json::json;
use std::path::Path;

pub const CONFIG: &str = "cfg.json";
pub const WEIGHTS: &str = "crosscoder.safetensors";

pub fn write(folder: &Path, t: &Trained) -> Outcome {
    let m = &t.config.model;
    if m.task != Task::Crosscoder {
        let expected = "crosscoder for this format (--format saelens takes the others)";
        return Err(Failure::bad("model.task", serde_json::to_value(m.task).expect("a name"), expected));
    }
    coded_by_encoder(&t.config)?;
    let mut w = inference(t, false)?;
    if m.shift_input {
        fold::without_shift(&mut w, t.shape.n_input);
    }
    let (q, n_layers) = (t.shape.n_latent, t.shape.n_sources);
    let d = t.shape.n_input / n_layers;
    let mut encoder = Vec::with_capacity(w.encoder.len());
    let mut decoder = Vec::with_capacity(w.decoder.len());
    for layer in 0..n_layers {
        for j in 0..d {
            encoder.extend(w.encoder.chunks_exact(n_layers * d).map(|row| row[layer * d + j]));
        }
        for row in w.decoder.chunks_exact(n_layers * d) {
            decoder.extend_from_slice(&row[layer * d..][..d]);
        }
    }
    let mut file = Writer::default();
    file.floats("encoder.weight", &[n_layers, d, q], &encoder);
    file.floats("encoder.bias", &[q], &w.b_enc);
    file.floats("decoder.weight", &[n_layers, q, d], &decoder);
    file.floats("decoder.bias", &[n_layers, d], &w.b_dec);
    if !w.theta.is_empty() {
        file.floats("threshold", &[q], &w.theta);
    }
    let activation = match m.activation {
        Activation::Relu => "relu",
        Activation::TopK => "topk",
        Activation::JumpRelu | Activation::BatchTopK | Activation::Gated => "jumprelu",
    };
    let cfg = json!({
        "architecture": "crosscoder",
        "activation": activation,
        "k": (m.activation == Activation::TopK).then_some(m.k as u32),
        "rank_by_decoder_norm": m.rank_by_norm && m.activation == Activation::TopK,
        "num_layers": n_layers,
        "activation_dim": d,
        "dict_size": q,
        "metadata": { "program": PROGRAM, "step": t.step, "sdl_config": t.config },
    });
    files::make_folder(folder)?;
    files::save(&folder.join(WEIGHTS), &file.finish())?;
    let text = serde_json::to_string_pretty(&cfg).expect("plain data") + "\n";
    files::save(&folder.join(CONFIG), text.as_bytes())
}
