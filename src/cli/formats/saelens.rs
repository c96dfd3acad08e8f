//! SAELens' folder: `cfg.json` and `sae_weights.safetensors`, as versions 6 and up load it.
//!
//! W_enc [d_in, F], W_dec [F, d_out], f32, names exact. The architectures are `standard`, `jumprelu` (also what Batch
//! Top-k becomes: its threshold is constant once trained), `topk`, `gated`, and `transcoder` with `skip_`, `jumprelu_`
//! and `jumprelu_skip_` before it. Data scaling and centring are folded in, so that it works on the data as they are.

use super::super::failure::{Failure, Outcome};
use super::super::settings::{Settings, put};
use super::super::weights::{PROGRAM, Trained};
use super::super::{files, fold};
use super::safetensors::{Writer, floats, transposed};
use crate::bench::Tensors;
use crate::config::{Activation, Algorithm, Config, Task};
use crate::model::{Shape, Weights};
use serde_json::{Map, Value, json};
use std::path::Path;

pub const CONFIG: &str = "cfg.json";
pub const WEIGHTS: &str = "sae_weights.safetensors";
/// The oldest version whose form of `cfg.json` this is; a loader that finds an older one converts it.
const LAYOUT: &str = "6.0.0";

/// The name of a model's architecture.
fn architecture(config: &Config) -> Outcome<&'static str> {
    use Activation::{BatchTopK, Gated, JumpRelu, Relu, TopK};
    let m = &config.model;
    coded_by_encoder(config)?;
    Ok(match (m.task, m.activation, m.skip) {
        (Task::Autoencoder, Relu, _) => "standard",
        (Task::Autoencoder, JumpRelu | BatchTopK, _) => "jumprelu",
        (Task::Autoencoder, TopK, _) => "topk",
        (Task::Autoencoder, Gated, _) => "gated",
        (Task::Transcoder, Relu, false) => "transcoder",
        (Task::Transcoder, Relu, true) => "skip_transcoder",
        (Task::Transcoder, JumpRelu | BatchTopK | Gated, false) => "jumprelu_transcoder",
        (Task::Transcoder, JumpRelu | BatchTopK | Gated, true) => "jumprelu_skip_transcoder",
        (Task::Transcoder, TopK, _) => {
            let expected = "another for a transcoder: SAELens has none with Top-k (batch_top_k goes out as jumprelu)";
            return Err(Failure::bad("model.activation", "top_k", expected));
        }
        (Task::Crosscoder, ..) => {
            let expected = "exported with --format crosscoder: SAELens has no crosscoders";
            return Err(Failure::bad("model.task", "crosscoder", expected));
        }
    })
}

/// Refuses a model whose codes are found by a search, not by an encoder that could go out.
pub fn coded_by_encoder(config: &Config) -> Outcome {
    match config.training.algorithm {
        Algorithm::Adam | Algorithm::Alternating => Ok(()),
        other => {
            let name = serde_json::to_value(other).expect("a name");
            let name = name.as_str().unwrap_or_default();
            Err(Failure::bad("training.algorithm", name, "adam or alternating: others have no encoder to export"))
        }
    }
}

/// What a model is on the data as they are, with θ where it has or needs one.
pub fn inference(t: &Trained, keep_gates: bool) -> Outcome<Weights> {
    let mut w = fold::on_raw_data(t);
    let m = &t.config.model;
    match m.activation {
        Activation::BatchTopK => {
            let Some(threshold) = t.threshold else {
                let expected = "trained for a step at least: its threshold is learned";
                return Err(Failure::bad("model.activation", "batch_top_k without a threshold", expected));
            };
            // Ranks are of the model's own decoder, before anything was folded into it.
            w.theta = fold::constant_theta(&t.weights, threshold, m.rank_by_norm, t.shape.n_target, t.shape.n_sources);
        }
        Activation::Gated if !keep_gates => fold::gates_to_theta(&mut w, t.shape.n_input),
        _ => {}
    }
    Ok(w)
}

pub fn write(folder: &Path, t: &Trained) -> Outcome {
    let name = architecture(&t.config)?;
    let (m, s) = (&t.config.model, t.shape);
    let w = inference(t, name == "gated")?;
    let (q, p, r) = (s.n_latent, s.n_input, s.n_target);
    let mut file = Writer::default();
    file.floats("W_enc", &[p, q], &transposed(&w.encoder, p));
    file.floats("W_dec", &[q, r], &w.decoder);
    file.floats("b_dec", &[r], &w.b_dec);
    let biases = match name {
        "gated" => vec![("b_gate", &w.b_gate), ("b_mag", &w.b_mag), ("r_mag", &w.r_mag)],
        _ if name.starts_with("jumprelu") => vec![("b_enc", &w.b_enc), ("threshold", &w.theta)],
        _ => vec![("b_enc", &w.b_enc)],
    };
    for (name, values) in biases {
        file.floats(name, &[q], values);
    }
    if m.skip {
        file.floats("W_skip", &[r, p], &w.skip);
    }
    let mut cfg = json!({
        "architecture": name,
        "d_in": p,
        "d_sae": q,
        "dtype": "float32",
        "device": "cpu",
        "apply_b_dec_to_input": m.shift_input,
        "normalize_activations": "none",
        "reshape_activations": "none",
        "metadata": {
            "sae_lens_version": LAYOUT,
            "sae_lens_training_version": Value::Null,
            "model_name": Value::Null,
            "hook_name": Value::Null,
            "prepend_bos": false,
            "program": PROGRAM,
            "step": t.step,
            "sdl_config": t.config,
        },
    });
    if m.task == Task::Transcoder {
        cfg["d_out"] = json!(r);
    }
    if name == "topk" {
        cfg["k"] = json!(m.k as u32);
        cfg["rescale_acts_by_decoder_norm"] = json!(m.rank_by_norm);
    }
    files::make_folder(folder)?;
    files::save(&folder.join(WEIGHTS), &file.finish())?;
    let text = serde_json::to_string_pretty(&cfg).expect("plain data") + "\n";
    files::save(&folder.join(CONFIG), text.as_bytes())
}

pub fn read(folder: &Path, settings: &Settings) -> Outcome<Trained> {
    let path = folder.join(CONFIG);
    let bad = |what: String| Failure::in_file(&path, what);
    let cfg: Map<String, Value> = serde_json::from_str(&files::read_text(&path)?)
        .map_err(|e| bad(format!("is no JSON object ({e}): it must be that of a SAELens folder")))?;
    let text = |key: &str| cfg.get(key).and_then(Value::as_str);
    let size = |key: &str| {
        let found = cfg.get(key).and_then(Value::as_u64).map(|n| n as usize).filter(|n| *n > 0);
        found.ok_or_else(|| bad(format!("{key} is {}: it must be a size", cfg.get(key).unwrap_or(&Value::Null))))
    };
    let norm = text("normalize_activations").unwrap_or("none");
    if norm != "none" {
        return Err(bad(format!("normalize_activations is {norm}: it must be none (fold it first, with SAELens)")));
    }
    let name = text("architecture").unwrap_or("standard");
    let (task, activation) = match name {
        "standard" => ("autoencoder", "relu"),
        "jumprelu" => ("autoencoder", "jump_relu"),
        "topk" => ("autoencoder", "top_k"),
        "gated" => ("autoencoder", "gated"),
        "transcoder" | "skip_transcoder" => ("transcoder", "relu"),
        "jumprelu_transcoder" | "jumprelu_skip_transcoder" => ("transcoder", "jump_relu"),
        other => {
            let known = "standard, jumprelu, topk, gated, or a transcoder of the first two";
            return Err(bad(format!("architecture is {other}: it must be {known}")));
        }
    };
    let (p, q) = (size("d_in")?, size("d_sae")?);
    let r = if task == "transcoder" { size("d_out")? } else { p };
    let skip = name.contains("skip");

    // Our own provenance comes back, but for what was folded.
    let own = cfg.get("metadata").and_then(|m| m.get("sdl_config")).cloned();
    let mut value = settings.value_over(own)?;
    let mut set = |field: &str, to: Value| put(&mut value, field, to);
    for (field, to) in [
        ("model.task", json!(task)),
        ("model.activation", json!(activation)),
        ("model.n_latent", json!(q)),
        ("model.skip", json!(skip)),
        ("model.b_enc", json!(name != "gated")),
        ("model.b_dec", json!(true)),
        ("model.shift_input", json!(task != "transcoder" && cfg.get("apply_b_dec_to_input") != Some(&json!(false)))),
        ("model.rank_by_norm", json!(cfg.get("rescale_acts_by_decoder_norm") == Some(&json!(true)))),
        ("model.scale_data", json!(false)),
        ("activations.center", json!(false)),
    ] {
        set(field, to)?;
    }
    if let Some(k) = cfg.get("k").filter(|_| name == "topk") {
        set("model.k", k.clone())?;
    }
    if cfg.get("metadata").and_then(|m| m.get("sdl_config")).is_none() {
        set("bench.n_input", json!(p))?;
        set("bench.n_target", json!(r))?;
        set("anchors.count", json!(0))?;
    }
    let config = Config::from_value(value)?;
    let shape = Shape {
        n_latent: q,
        n_input: p,
        n_target: r,
        n_sources: 1,
        has_theta: activation == "jump_relu",
        has_gates: activation == "gated",
        has_skip: skip,
    };
    let path = folder.join(WEIGHTS);
    let bytes = files::read(&path)?;
    let file = Tensors::read(&bytes).map_err(|e| Failure::in_file(&path, e))?;
    let mut weights = Weights::zero(shape);
    weights.encoder = transposed(&floats(&file, &path, "W_enc", &[p, q], "d_in, d_sae")?, q);
    weights.decoder = floats(&file, &path, "W_dec", &[q, r], "d_sae, d_out")?;
    weights.b_dec = floats(&file, &path, "b_dec", &[r], "d_out")?;
    let each = |name: &str| floats(&file, &path, name, &[q], "d_sae");
    if shape.has_gates {
        (weights.b_gate, weights.b_mag, weights.r_mag) = (each("b_gate")?, each("b_mag")?, each("r_mag")?);
    } else {
        weights.b_enc = each("b_enc")?;
    }
    if shape.has_theta {
        // Below 0 it is without effect, as ReLU comes first.
        weights.theta = each("threshold")?.iter().map(|t| t.max(0.0)).collect();
    }
    if skip {
        weights.skip = floats(&file, &path, "W_skip", &[r, p], "d_out, d_in")?;
    }
    Ok(Trained { config, shape, weights, threshold: None, factors: None, means: None, step: 0 })
}
