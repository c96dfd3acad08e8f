//! Data scaled to E‖x‖ = √d, each of input, target and sources by itself (SAELens' `expected_average_only_in`).
//!
//! A model of scaled data is a model of the data with the factors folded in: `export` does so.

use super::{Basis, Samples, World};
use crate::linalg::norm;
use crate::rng::{Purpose, Stream};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Samples that the mean norm is read from.
const SAMPLES: usize = 4_096;

/// √d / E‖x‖ of every source of the input, and of the target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Factors {
    pub input: Vec<f32>,
    pub target: Vec<f32>,
}

pub fn scale(world: &mut World, seed: u32) {
    let factors = factors(world, seed);
    let m = world.n_sources;
    match &mut world.samples {
        Samples::Rows(rows) => {
            let scaled = |values: &[f32], factors: &[f32], width: usize| {
                let mut out = values.to_vec();
                apply(&mut out, factors, width / m);
                Arc::new(out)
            };
            rows.values = scaled(&rows.values, &factors.input, world.n_input);
            rows.targets = rows.targets.as_ref().map(|t| scaled(t, &factors.target, world.n_target));
        }
        Samples::Bench(_) => {
            let mut basis = Basis { input: world.basis_in().to_vec(), target: world.basis_out().to_vec() };
            apply(&mut basis.input, &factors.input, world.n_input / m);
            apply(&mut basis.target, &factors.target, world.n_target / m);
            world.basis = Some(basis);
        }
    }
    world.factors = Some(factors);
}

fn factors(world: &World, seed: u32) -> Factors {
    let mut stream = Stream::new(seed, Purpose::Scale, 0);
    let (input, target) = world.expand(&world.draw(&mut stream, SAMPLES));
    let of = |rows: &[f32], width: usize| -> Vec<f32> {
        let part = width / world.n_sources;
        let mean = |s: usize| {
            let norms = rows.chunks_exact(width).map(|row| f64::from(norm(&row[s * part..][..part])));
            norms.sum::<f64>() / SAMPLES as f64
        };
        let factor = |s| if mean(s) > 0.0 { libm::sqrt(part as f64) / mean(s) } else { 1.0 };
        (0..world.n_sources).map(|s| factor(s) as f32).collect()
    };
    Factors { input: of(&input, world.n_input), target: of(&target, world.n_target) }
}

/// Multiplies parts of `width` by their source's factor, source after source.
fn apply(rows: &mut [f32], factors: &[f32], width: usize) {
    for (part, factor) in rows.chunks_exact_mut(width).zip(factors.iter().cycle()) {
        part.iter_mut().for_each(|x| *x *= factor);
    }
}
