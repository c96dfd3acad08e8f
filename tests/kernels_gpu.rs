//! The GPU backend against the reference: whole steps, evaluation, matches; repeatability; a lost device.

use crate::support::*;
use pollster::block_on;
use sdl_explorer::bench::{Batch, SparseBatch};
use sdl_explorer::config::{Activation, Config, L1Weighting};
use sdl_explorer::model::Hyper;
use sdl_explorer::train::gpu::GpuBackend;
use sdl_explorer::train::{Backend, Match, Problem, State};

/// What f32 sums in another order may differ by from the reference's f64, as |got − expected| / (1 + |expected|).
mod tolerance {
    /// Losses, errors, penalties, scores.
    pub const FORWARD: f32 = 2e-5;
    /// Weights and moments after a few steps: Adam divides by small roots.
    pub const STATE: f32 = 2e-4;
}

/// Trains both for a few steps and compares everything they leave.
fn check_course(name: &str, config: &Config, problem: &Problem) {
    let start = state(config, problem);
    let batches = batches(config, problem, 3);
    let hypers: Vec<_> = (0..3).map(|step| Hyper::new(config, step)).collect();
    let Some(mut backend) = gpu(problem, &start) else {
        return;
    };
    backend.train(&batches, &hypers).unwrap();
    let losses = block_on(backend.losses()).unwrap();
    let got = block_on(backend.state()).unwrap();
    let (expected_losses, expected) = train_reference(config, problem, &start, &batches);
    let expected_losses: Vec<_> = expected_losses.iter().map(|l| *l as f32).collect();
    assert_close(&format!("{name}: losses"), &losses, &expected_losses, tolerance::FORWARD);
    for (part, got, expected) in [
        ("weights", &got.weights, &expected.weights),
        ("means", &got.mean, &expected.mean),
        ("squares", &got.square, &expected.square),
    ] {
        assert_weights_close(&format!("{name}: {part}"), got, expected, tolerance::STATE);
    }
    assert_eq!(got.since_fired, expected.since_fired, "{name}: since_fired");
    assert_eq!(got.fire_count, expected.fire_count, "{name}: fire_count");
    assert_eq!((got.step, got.samples), (expected.step, expected.samples), "{name}");
}

#[test]
fn top_k_learns_as_the_reference() {
    let config = config();
    check_course("top_k", &config, &problem(&config));
}
