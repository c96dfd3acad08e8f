//! The model: its weights, how they start, and the readable reference of one training step.
//!
//! x̂ = W_D σ(W_E (x − shift) + b_enc) + b_dec. Weights are latent-major, the decoder transposed, so that the two
//! directions of a latent are contiguous rows.

mod hyper;
pub mod reference;

use crate::bench::World;
use crate::bench::directions::normalise_rows;
use crate::config::Config;
use crate::rng::{Purpose, Stream};
pub use hyper::Hyper;

/// Sizes of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub n_latent: usize,
    pub n_input: usize,
    pub n_target: usize,
}

/// Weights, or anything else of their shape (gradients, Adam's moments).
#[derive(Clone, Debug, PartialEq)]
pub struct Weights<T = f32> {
    /// [n_latent, n_input]: rows w_E^i.
    pub encoder: Vec<T>,
    /// [n_latent, n_target]: rows are the decoder's columns w_D^i.
    pub decoder: Vec<T>,
    /// [n_latent].
    pub b_enc: Vec<T>,
    /// [n_target].
    pub b_dec: Vec<T>,
}

impl Shape {
    pub fn new(config: &Config, world: &World) -> Self {
        Self { n_latent: config.model.n_latent as usize, n_input: world.n_input, n_target: world.n_target }
    }
}

impl<T: Clone + Default> Weights<T> {
    pub fn zero(shape: Shape) -> Self {
        let zeros = |n: usize| vec![T::default(); n];
        Self {
            encoder: zeros(shape.n_latent * shape.n_input),
            decoder: zeros(shape.n_latent * shape.n_target),
            b_enc: zeros(shape.n_latent),
            b_dec: zeros(shape.n_target),
        }
    }
}

impl<T> Weights<T> {
    /// The four parts, by name, in the order in which they are stored.
    pub fn parts(&self) -> [(&'static str, &Vec<T>); 4] {
        [("encoder", &self.encoder), ("decoder", &self.decoder), ("b_enc", &self.b_enc), ("b_dec", &self.b_dec)]
    }

    pub fn parts_mut(&mut self) -> [(&'static str, &mut Vec<T>); 4] {
        [
            ("encoder", &mut self.encoder),
            ("decoder", &mut self.decoder),
            ("b_enc", &mut self.b_enc),
            ("b_dec", &mut self.b_dec),
        ]
    }
}

impl Weights {
    /// The weights at the start: Gaussian directions of norm `init_norm`, biases zero.
    ///
    /// Tied: the encoder is the decoder's transpose (input and target must be of one size). `b_dec` starts at zero
    /// whatever the data, as the theory scenarios want; centred data needs no more.
    pub fn start(config: &Config, shape: Shape) -> Self {
        let mut stream = Stream::new(config.seed, Purpose::Weights, 0);
        let mut weights = Self::zero(shape);
        let mut fill = |rows: &mut [f32], width| {
            rows.iter_mut().for_each(|w| *w = stream.normal() as f32);
            normalise_rows(rows, width);
            let norm = config.model.init_norm as f32;
            rows.iter_mut().for_each(|w| *w *= norm);
        };
        fill(&mut weights.decoder, shape.n_target);
        if config.model.tied_init && shape.n_input == shape.n_target {
            weights.encoder.copy_from_slice(&weights.decoder);
        } else {
            fill(&mut weights.encoder, shape.n_input);
        }
        if config.model.unit_norm_decoder {
            normalise_rows(&mut weights.decoder, shape.n_target);
        }
        weights
    }
}
