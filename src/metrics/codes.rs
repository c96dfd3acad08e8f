//! How strongly latents fire on rows, from weights alone: what a pattern leaves out.
//!
//! Every σ here keeps a pre-activation as it is or makes it zero (a gated model's magnitude is of that form too), so
//! where a pattern says that a latent fires, its activation is its pre-activation.

use crate::bench::{Batch, World};
use crate::config::{Algorithm, Config};
use crate::linalg::{add_scaled, dot};
use crate::model::Weights;

/// Activations on one batch, computed one at a time as they are asked for.
pub struct Codes<'a> {
    weights: &'a Weights,
    /// [rows, n_input]: x, less b_dec where the model shifts its input.
    inputs: Vec<f32>,
    n_input: usize,
}

impl<'a> Codes<'a> {
    /// None where codes are solved for and no encoder gives them.
    pub fn new(config: &Config, world: &World, weights: &'a Weights, batch: &Batch) -> Option<Self> {
        if !matches!(config.training.algorithm, Algorithm::Adam | Algorithm::Alternating) {
            return None;
        }
        let mut inputs = world.expand(batch).0;
        if config.model.shift_input {
            inputs.chunks_exact_mut(world.n_input).for_each(|x| add_scaled(x, -1.0, &weights.b_dec));
        }
        Some(Self { weights, inputs, n_input: world.n_input })
    }

    /// f_i of a latent on a row on which it fires.
    pub fn of(&self, latent: usize, row: usize) -> f32 {
        let n = self.n_input;
        let u = dot(&self.weights.encoder[latent * n..][..n], &self.inputs[row * n..][..n]);
        match self.weights.r_mag.get(latent) {
            Some(r) => libm::expf(*r) * u + self.weights.b_mag[latent],
            None => u + self.weights.b_enc[latent],
        }
    }
}
