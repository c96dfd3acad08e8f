//! Models out and in: SAELens' folder and a crosscoder's layout, by their own formulas.

use super::{folder, rows, sdl, tensor, write_npy};
use crate::support::assert_close;
use serde_json::Value;
use std::fs;
use std::path::Path;

const WIDTH: usize = 8;
const N_ROWS: usize = 80;

fn config(folder: &Path, file: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join(file)).expect("a config")).expect("JSON")
}

/// Trains on rows with a mean and a size of their own, and says what its model makes of them.
fn trained(at: &Path, name: &str, data: &[&str], sets: &[&str]) -> (Vec<f32>, Vec<f32>) {
    let mut args = vec!["train", "--out", name, "--quiet", "--backend", "cpu", "--set", "model.n_latent=12"];
    args.extend(["--set", "training.steps=80", "--set", "model.scale_data=true", "--set", "model.b_dec=true"]);
    args.extend(["--set", "model.b_enc=true"]);
    sets.iter().for_each(|set| args.extend(["--set", set]));
    sdl(at, &[&args, data].concat());
    answers(at, name, data)
}

fn answers(at: &Path, weights: &str, data: &[&str]) -> (Vec<f32>, Vec<f32>) {
    let out = format!("{}.latents", weights.replace('/', "-"));
    sdl(at, &[&["eval", weights, "--latents", &out], data].concat());
    (tensor(&at.join(&out), "latents").1, tensor(&at.join(&out), "reconstruction").1)
}

/// What comes back from a folder is the model on the data as they are: the same codes, the same reconstructions.
#[test]
fn a_saelens_folder_comes_back_as_the_same_model() {
    let at = folder("saelens");
    write_npy(&at.join("x.npy"), "<f4", &[N_ROWS, WIDTH], bytemuck::cast_slice(&rows(N_ROWS, WIDTH, 4)));
    write_npy(&at.join("y.npy"), "<f4", &[N_ROWS, WIDTH], bytemuck::cast_slice(&rows(N_ROWS, WIDTH, 5)));
    let (one, two) = (&["--data", "x.npy"][..], &["--data", "x.npy", "--data", "y.npy"][..]);
    let cases: [(&str, &str, &[&str], &[&str]); 9] = [
        ("relu", "standard", one, &["model.activation=relu"]),
        ("shifted", "standard", one, &["model.activation=relu", "model.shift_input=true"]),
        ("jump", "jumprelu", one, &["model.activation=jump_relu"]),
        ("batch", "jumprelu", one, &["model.activation=batch_top_k", "model.rank_by_norm=true"]),
        ("topk", "topk", one, &["model.rank_by_norm=true", "model.unit_norm_decoder=false"]),
        ("gated", "gated", one, &["model.activation=gated"]),
        ("trans", "transcoder", two, &["model.task=transcoder", "model.activation=relu"]),
        ("skip", "skip_transcoder", two, &["model.task=transcoder", "model.activation=relu", "model.skip=true"]),
        ("gates", "jumprelu_transcoder", two, &["model.task=transcoder", "model.activation=gated"]),
    ];
    for (name, architecture, data, sets) in cases {
        let (latents, outputs) = trained(&at, name, data, sets);
        assert!(latents.iter().any(|f| *f > 0.0), "{name}: nothing fires");
        let out = format!("{name}.folder");
        sdl(&at, &["export", name, "--out", &out]);
        let cfg = config(&at.join(&out), "cfg.json");
        assert_eq!(
            (cfg["architecture"].as_str(), cfg["normalize_activations"].as_str()),
            (Some(architecture), Some("none"))
        );
        assert_eq!(cfg["metadata"]["sdl_config"]["model"]["n_latent"], 12);
        let (shape, _) = tensor(&at.join(&out).join("sae_weights.safetensors"), "W_enc");
        assert_eq!(shape, [WIDTH, 12], "{name}");
        let back = format!("{name}.back");
        sdl(&at, &["import", &out, "--out", &back]);
        let (latents_back, outputs_back) = answers(&at, &back, data);
        assert_close(&format!("{name}, latents"), &latents_back, &latents, 1e-5);
        assert_close(&format!("{name}, reconstructions"), &outputs_back, &outputs, 1e-5);
    }
}

/// A crosscoder's file by its own formula: x̂_l = W_D,l ReLU(Σ_l W_E,l x_l + b) + b_l on the data as they are.
#[test]
fn a_crosscoder_goes_out_layer_by_layer() {
    let at = folder("crosscoder");
    let (m, d, q) = (3, WIDTH, 12);
    let x = rows(N_ROWS, m * d, 6);
    write_npy(&at.join("x.npy"), "<f4", &[N_ROWS, m, d], bytemuck::cast_slice(&x));
    for (name, sets) in [
        ("relu", &["model.activation=relu"][..]),
        ("shifted", &["model.activation=relu", "model.shift_input=true"]),
        ("batch", &["model.activation=batch_top_k"]),
    ] {
        let sets = [sets, &["model.task=crosscoder"]].concat();
        let (latents, outputs) = trained(&at, name, &["--data", "x.npy"], &sets);
        let out = format!("{name}.folder");
        sdl(&at, &["export", name, "--format", "crosscoder", "--out", &out]);
        assert_eq!(config(&at.join(&out), "cfg.json")["num_layers"], m);
        let file = at.join(&out).join("crosscoder.safetensors");
        let (shape, encoder) = tensor(&file, "encoder.weight");
        assert_eq!(shape, [m, d, q]);
        let (shape, decoder) = tensor(&file, "decoder.weight");
        assert_eq!(shape, [m, q, d]);
        let (shape, b_dec) = tensor(&file, "decoder.bias");
        assert_eq!(shape, [m, d]);
        let (_, b_enc) = tensor(&file, "encoder.bias");
        let theta = if name == "batch" { tensor(&file, "threshold").1 } else { vec![0.0; q] };
        let (mut f, mut y) = (vec![0.0f32; N_ROWS * q], vec![0.0f32; N_ROWS * m * d]);
        for r in 0..N_ROWS {
            for i in 0..q {
                let z: f32 = (0..m * d).map(|j| encoder[j * q + i] * x[r * m * d + j]).sum::<f32>() + b_enc[i];
                f[r * q + i] = if z > theta[i] { z.max(0.0) } else { 0.0 };
            }
            for j in 0..m * d {
                let (l, c) = (j / d, j % d);
                let sum: f32 = (0..q).map(|i| decoder[(l * q + i) * d + c] * f[r * q + i]).sum();
                y[r * m * d + j] = sum + b_dec[j];
            }
        }
        assert_close(&format!("{name}, latents"), &f, &latents, 1e-4);
        assert_close(&format!("{name}, reconstructions"), &y, &outputs, 1e-4);
    }
}
