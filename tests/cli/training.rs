//! Training from files, compared with the f64 reference step by step: what a second program would do.

use super::{folder, lines, rows, sdl, tensor, write_npy, write_tensors};
use crate::support::{assert_close, train_reference};
use sdl_explorer::bench::{Batch, World};
use sdl_explorer::config::Config;
use sdl_explorer::model::Weights;
use sdl_explorer::rng::{Purpose, Stream};
use sdl_explorer::train::{Problem, State};
use std::fs;
use std::sync::Arc;

const N_ROWS: usize = 100;
const WIDTH: usize = 10;
const N_LATENT: usize = 17;
const BATCH: usize = 32;
const STEPS: usize = 12;

/// [cols, rows] of [rows, cols].
fn transposed(values: &[f32], cols: usize) -> Vec<f32> {
    let rows = values.len() / cols;
    (0..cols).flat_map(|c| (0..rows).map(move |r| values[r * cols + c])).collect()
}

/// Batch t is rows tB…(t+1)B, wrapping, from weights in a file: losses and final weights are the reference's.
#[test]
fn init_and_sequential_order_can_be_followed_step_by_step() {
    let methods: [(&str, &[&str]); 5] = [
        ("relu", &["model.activation=relu", "loss.l1=0.05", "model.b_enc=true"]),
        ("top_k", &["model.activation=top_k", "model.k=4", "model.shift_input=true"]),
        ("jump_relu", &["model.activation=jump_relu", "loss.l0=0.05", "model.unit_norm_decoder=false"]),
        ("batch_top_k", &["model.activation=batch_top_k", "model.k=2.5"]),
        ("gated", &["model.activation=gated", "loss.l1=0.05"]),
    ];
    let at = folder("steps");
    let values = rows(N_ROWS, WIDTH, 3);
    write_npy(&at.join("rows.npy"), "<f4", &[N_ROWS, WIDTH], bytemuck::cast_slice(&values));
    let mut stream = Stream::new(5, Purpose::Weights, 1);
    let mut normal = |n: usize, size: f64| -> Vec<f32> { (0..n).map(|_| (size * stream.normal()) as f32).collect() };
    for (name, sets) in methods {
        let encoder = normal(N_LATENT * WIDTH, 0.3);
        let decoder = normal(N_LATENT * WIDTH, 0.3);
        let bias: Vec<Vec<f32>> = (0..6).map(|_| normal(N_LATENT, 0.1)).collect();
        let b_dec = normal(WIDTH, 0.1);
        let theta: Vec<f32> = bias[1].iter().map(|t| t.abs()).collect();
        let zero = vec![0.0; N_LATENT];
        let b_enc = if name == "relu" { &bias[0] } else { &zero };
        let mut file: Vec<(&str, &[usize], &[f32])> = vec![
            ("encoder", &[N_LATENT, WIDTH], &encoder),
            ("decoder", &[WIDTH, N_LATENT], &decoder),
            ("b_enc", &[N_LATENT], b_enc),
            ("b_dec", &[WIDTH], &b_dec),
        ];
        if name == "jump_relu" {
            file.push(("theta", &[N_LATENT], &theta));
        }
        if name == "gated" {
            for (part, values) in ["b_gate", "b_mag", "r_mag"].iter().zip(&bias[2..]) {
                file.push((part, &[N_LATENT], values));
            }
        }
        let init = format!("{name}.safetensors");
        write_tensors(&at.join(&init), &file);
        let steps = STEPS.to_string();
        let mut args = vec!["train", "--data", "rows.npy", "--init", &init, "--order", "sequential", "--out", name];
        args.extend(["--backend", "cpu", "--log-every", "1", "--quiet", "--set", "model.n_latent=17", "--set"]);
        let (batch, steps) = (format!("training.batch={BATCH}"), format!("training.steps={steps}"));
        args.extend([batch.as_str(), "--set", &steps, "--set", "training.learning_rate=0.01"]);
        args.extend(["--set", "model.b_dec=true"]);
        sets.iter().for_each(|set| args.extend(["--set", set]));
        sdl(&at, &args);

        let config = Config::from_json(&fs::read_to_string(at.join(name).join("config.json")).expect("a config"));
        let config = config.expect("a good config");
        // The rows as the program should have understood them: centred, as the config says.
        let mut data = values.clone();
        for j in 0..WIDTH {
            let mean = (0..N_ROWS).map(|r| f64::from(values[r * WIDTH + j])).sum::<f64>() / N_ROWS as f64;
            (0..N_ROWS).for_each(|r| data[r * WIDTH + j] = (f64::from(data[r * WIDTH + j]) - mean) as f32);
        }
        write_tensors(&at.join("centred.safetensors"), &[("embedding", &[N_ROWS, WIDTH], &data)]);
        let mut plain = config.clone();
        plain.activations.center = false;
        let bytes = fs::read(at.join("centred.safetensors")).expect("written just now");
        let problem = Problem::new(&plain, Arc::new(World::new(&plain, Some(&bytes)).expect("good data")));
        let mut weights = Weights { encoder, decoder: transposed(&decoder, N_LATENT), b_dec, ..Weights::default() };
        weights.b_enc = b_enc.clone();
        if name == "jump_relu" {
            weights.theta = theta;
        }
        if name == "gated" {
            (weights.b_gate, weights.b_mag, weights.r_mag) = (bias[2].clone(), bias[3].clone(), bias[4].clone());
        }
        let start = State::of(weights, problem.shape);
        let batches: Vec<Batch> = (0..STEPS)
            .map(|t| Batch::Rows((t * BATCH..(t + 1) * BATCH).map(|row| (row % N_ROWS) as u32).collect()))
            .collect();
        let (losses, state) = train_reference(&plain, &problem, &start, &batches);

        let log = lines(&at.join(name).join("metrics.jsonl"));
        assert_eq!(log.len(), STEPS + 1, "{name}");
        for (t, (line, expected)) in log[1..].iter().zip(&losses).enumerate() {
            assert_eq!(
                (line["step"].as_u64(), line["samples"].as_u64()),
                (Some(t as u64 + 1), Some((t as u64 + 1) * 32))
            );
            let loss = line["batch_loss"].as_f64().expect("a loss a step");
            assert!((loss - expected).abs() < 1e-4 * expected, "{name}, step {t}: loss {loss}, reference {expected}");
        }
        let path = at.join(name).join("weights.safetensors");
        for (part, expected) in state.weights.parts().into_iter().filter(|(_, p)| !p.is_empty()) {
            let (shape, got) = tensor(&path, part);
            let expected = if part == "decoder" { transposed(expected, WIDTH) } else { expected.clone() };
            if part == "decoder" {
                assert_eq!(shape, [WIDTH, N_LATENT]);
            }
            assert_close(&format!("{name}, {part}"), &got, &expected, 1e-4);
        }
    }
}

/// The same rows in every element type, in .npy and safetensors, give the same run.
#[test]
fn data_are_the_same_in_every_file() {
    let at = folder("data");
    // Quarters are the same in f16 and f64.
    let values: Vec<f32> = rows(60, 6, 1).iter().map(|x| (x * 4.0).round() / 4.0).collect();
    let wide: Vec<f64> = values.iter().map(|x| f64::from(*x)).collect();
    let half: Vec<half::f16> = values.iter().map(|x| half::f16::from_f32(*x)).collect();
    write_npy(&at.join("f4.npy"), "<f4", &[60, 6], bytemuck::cast_slice(&values));
    write_npy(&at.join("f8.npy"), "<f8", &[60, 6], bytemuck::cast_slice(&wide));
    let half: Vec<u8> = half.iter().flat_map(|h| h.to_le_bytes()).collect();
    write_npy(&at.join("f2.npy"), "<f2", &[60, 6], &half);
    write_tensors(&at.join("st.safetensors"), &[("x", &[60, 6], &values), ("y", &[60, 6], &vec![0.0; 360])]);
    let train = |data: &[&str], out: &str| {
        let args = ["train", "--out", out, "--quiet", "--backend", "cpu", "--set", "training.steps=20", "--set"];
        sdl(&at, &[&args[..], &["model.b_dec=true"], data].concat());
        (tensor(&at.join(out).join("weights.safetensors"), "encoder").1, lines(&at.join(out).join("metrics.jsonl")))
    };
    let (first, log) = train(&["--data", "f4.npy"], "a");
    assert!(log[0].get("true_l0").is_none_or(|l0| l0.is_null()) && log[0].get("decoder_cosine_m_ip").is_none());
    for (ix, data) in [&["--data", "f8.npy"][..], &["--data", "f2.npy"], &["--data", "st.safetensors", "--tensor", "x"]]
        .into_iter()
        .enumerate()
    {
        assert_eq!(train(data, &format!("b{ix}")).0, first, "{data:?}");
    }
    // Two files: a transcoder; one of three dimensions: a crosscoder. With labels there is recovery to score.
    write_npy(
        &at.join("labels.npy"),
        "<i8",
        &[60],
        bytemuck::cast_slice(&(0..60i64).map(|i| i % 4).collect::<Vec<_>>()),
    );
    let transcoder = ["--data", "f4.npy", "--data", "f8.npy", "--set", "model.task=transcoder"];
    let labelled = ["--labels", "labels.npy", "--set", "anchors.count=2", "--set", "scoring.hold_out=1"];
    let (_, log) = train(&[&transcoder[..], &labelled].concat(), "c");
    assert!(log[0]["decoder_cosine_m_ip"].as_f64().is_some_and(|ip| ip > 0.0), "{}", log[0]);
    write_npy(&at.join("three.npy"), "<f4", &[20, 3, 6], bytemuck::cast_slice(&values));
    train(&["--data", "three.npy", "--set", "model.task=crosscoder"], "d");
    let (shape, _) = tensor(&at.join("d/weights.safetensors"), "encoder");
    assert_eq!(shape, [64, 18]);
}

/// `sdl eval` of a run's folder is the run's last line; against its world as a file, too.
#[test]
fn a_run_scores_the_same_when_it_is_read_back() {
    let at = folder("eval");
    for (name, set) in [
        ("plain", "model.b_dec=true"),
        ("scaled", "model.scale_data=true"),
        ("batch", "model.activation=batch_top_k"),
        ("transcoder", "model.task=transcoder"),
        ("crosscoder", "model.task=crosscoder"),
    ] {
        let args = ["train", "--out", name, "--quiet", "--backend", "cpu", "--set", "training.steps=150"];
        sdl(&at, &[&args[..], &["--set", set]].concat());
        let log = lines(&at.join(name).join("metrics.jsonl"));
        let last = log.last().expect("a last line");
        let world = format!("{name}.safetensors");
        sdl(&at, &["world", "--out", &world, "--rows", "50", "--quiet", "--set", set]);
        for more in [&[][..], &["--world", &world]] {
            let args = [&["eval", name, "--json"][..], more].concat();
            let scored: serde_json::Value = serde_json::from_str(&sdl(&at, &args)).expect("JSON");
            for key in ["loss", "explained_variance", "l0", "decoder_cosine_m_ip", "encoder_raw_m_gt", "approx_loss"] {
                assert_eq!(scored[key], last[key], "{name} {more:?}: {key}");
            }
        }
    }
}
