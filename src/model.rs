//! The model: its weights, how they start, and the readable reference of one training step.
//!
//! x̂ = W_D σ(W_E (x − shift) + b_enc) + b_dec (+ W_skip x). Weights are latent-major, the decoder transposed, so that
//! the two directions of a latent are contiguous rows. Every task is this one map: an autoencoder's target is its
//! input, a transcoder's is another vector, a crosscoder's input and target are its sources, one after the other.

mod hyper;
pub mod reference;
mod start;

use crate::bench::World;
use crate::config::{Activation, Config};
pub use hyper::{Control, Hyper, control_step, kept, p_updates_done};

/// Sizes of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub n_latent: usize,
    pub n_input: usize,
    pub n_target: usize,
    /// Blocks of equal width that input and target are made of; 1 unless the model is a crosscoder.
    pub n_sources: usize,
    /// Which weights there are beside encoder, decoder and biases.
    pub has_theta: bool,
    pub has_gates: bool,
    pub has_skip: bool,
}

/// Weights, or anything else of their shape (gradients, Adam's moments). What a model does not have is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights<T = f32> {
    /// [n_latent, n_input]: rows w_E^i.
    pub encoder: Vec<T>,
    /// [n_latent, n_target]: rows are the decoder's columns w_D^i.
    pub decoder: Vec<T>,
    /// [n_latent].
    pub b_enc: Vec<T>,
    /// [n_target].
    pub b_dec: Vec<T>,
    /// [n_latent]: θ ≥ 0 (JumpReLU).
    pub theta: Vec<T>,
    /// [n_latent] each: π = u + b_gate, m = e^{r_mag} u + b_mag with u = W_E (x − shift) (Gated).
    pub b_gate: Vec<T>,
    pub b_mag: Vec<T>,
    pub r_mag: Vec<T>,
    /// [n_target, n_input]: W_skip (transcoder).
    pub skip: Vec<T>,
}

/// How many parts [`Weights`] have.
pub const N_PARTS: usize = 9;

impl Shape {
    pub fn new(config: &Config, world: &World) -> Self {
        let m = &config.model;
        Self {
            n_latent: m.n_latent as usize,
            n_input: world.n_input,
            n_target: world.n_target,
            n_sources: world.n_sources,
            has_theta: m.activation == Activation::JumpRelu,
            has_gates: m.activation == Activation::Gated,
            has_skip: m.skip,
        }
    }

    /// Width of one source in the target.
    pub fn source_width(&self) -> usize {
        self.n_target / self.n_sources
    }

    /// Lengths of the parts, in their order.
    pub fn lengths(&self) -> [usize; N_PARTS] {
        let (q, p, r) = (self.n_latent, self.n_input, self.n_target);
        let if_has = |has: bool, n: usize| if has { n } else { 0 };
        let gate = if_has(self.has_gates, q);
        [q * p, q * r, q, r, if_has(self.has_theta, q), gate, gate, gate, if_has(self.has_skip, r * p)]
    }
}

impl<T: Clone + Default> Weights<T> {
    pub fn zero(shape: Shape) -> Self {
        let mut out = Self::default();
        for ((_, part), n) in out.parts_mut().into_iter().zip(shape.lengths()) {
            part.resize(n, T::default());
        }
        out
    }
}

impl<T> Weights<T> {
    /// The parts, by name, in the order in which they are stored.
    pub fn parts(&self) -> [(&'static str, &Vec<T>); N_PARTS] {
        [
            ("encoder", &self.encoder),
            ("decoder", &self.decoder),
            ("b_enc", &self.b_enc),
            ("b_dec", &self.b_dec),
            ("theta", &self.theta),
            ("b_gate", &self.b_gate),
            ("b_mag", &self.b_mag),
            ("r_mag", &self.r_mag),
            ("skip", &self.skip),
        ]
    }

    pub fn parts_mut(&mut self) -> [(&'static str, &mut Vec<T>); N_PARTS] {
        [
            ("encoder", &mut self.encoder),
            ("decoder", &mut self.decoder),
            ("b_enc", &mut self.b_enc),
            ("b_dec", &mut self.b_dec),
            ("theta", &mut self.theta),
            ("b_gate", &mut self.b_gate),
            ("b_mag", &mut self.b_mag),
            ("r_mag", &mut self.r_mag),
            ("skip", &mut self.skip),
        ]
    }

    fn map<U: Default>(&self, f: impl Fn(&T) -> U) -> Weights<U> {
        let mut out = Weights::default();
        for ((_, to), (_, from)) in out.parts_mut().into_iter().zip(self.parts()) {
            to.extend(from.iter().map(&f));
        }
        out
    }
}

impl Weights<f64> {
    pub fn to_f32(&self) -> Weights {
        self.map(|x| *x as f32)
    }
}

impl Weights<f32> {
    pub fn to_f64(&self) -> Weights<f64> {
        self.map(|x| f64::from(*x))
    }
}
