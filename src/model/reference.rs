//! The readable reference of one step, in f64 and plain loops: the judge of both backends.
//!
//! Forward (`forward`), gradients (`gradient`; arXiv 2512.05534 eq. 1, 5 to 9, 22) and the update. Slow on purpose.
//! Selections, masks and whatever a method calls detached are constants of the gradient.

#![allow(clippy::needless_range_loop, reason = "sums are written with the indices of their formulas")]

mod forward;
mod gradient;
mod penalty;
mod select;

use super::{Control, Hyper, Shape, Weights};
use crate::config::{Activation, Model};
pub use forward::{Forward, Side};
pub use penalty::Penalty;
pub use select::{batch_top_k, top_k};

/// Stands in for the norm of a zero row, which has no direction to keep.
const TINY: f64 = 1e-30;
/// Ghost gradients read z no further than this: exp of it is large enough.
pub const GHOST_CEILING: f64 = 10.0;
/// Keeps ghost gradients' quotients finite (Jermyn & Templeton 2024).
pub const GHOST_FLOOR: f64 = 1e-6;

/// A model seen by the reference, at one step.
pub struct Reference<'a> {
    pub shape: Shape,
    pub model: &'a Model,
    /// [≥ n_anchors, n_input] and [≥ n_anchors, n_target].
    pub anchors_in: &'a [f32],
    pub anchors_out: &'a [f32],
    /// [n_latent]: who is dead, for AuxK and ghost gradients; empty: nobody.
    pub dead: Vec<bool>,
    pub control: Control,
    /// Batch Top-k selects within the batch and the dead are treated; otherwise as at inference.
    pub training: bool,
}

impl Reference<'_> {
    /// One Adam step in place; `mean` and `square` are its moments. Biases that are switched off stay.
    pub fn update(
        &self,
        w: &mut Weights<f64>,
        mean: &mut Weights<f64>,
        square: &mut Weights<f64>,
        mut grad: Weights<f64>,
        hyper: &Hyper,
    ) {
        let n_target = self.shape.n_target;
        if self.model.unit_norm_decoder {
            for (g, d) in grad.decoder.chunks_exact_mut(n_target).zip(w.decoder.chunks_exact(n_target)) {
                let along = product(g, d) / product(d, d).max(TINY);
                g.iter_mut().zip(d).for_each(|(g, d)| *g -= along * d);
            }
        }
        let learns = |name: &str| match name {
            "b_enc" => self.model.b_enc && self.model.activation != Activation::Gated,
            "b_dec" => self.model.b_dec,
            _ => true,
        };
        let all: f64 = grad.parts().iter().filter(|(name, _)| learns(name)).map(|(_, g)| product(g, g)).sum();
        let clip = f64::from(hyper.clip);
        let scale = if clip > 0.0 { (clip / all.sqrt().max(TINY)).min(1.0) } else { 1.0 };
        let parts = w.parts_mut().into_iter().zip(mean.parts_mut()).zip(square.parts_mut()).zip(grad.parts());
        for ((((name, w), (_, m)), (_, v)), (_, g)) in parts.filter(|(((w, _), _), _)| learns(w.0)) {
            for e in 0..w.len() {
                let g = scale * g[e];
                m[e] = f64::from(hyper.beta1) * m[e] + (1.0 - f64::from(hyper.beta1)) * g;
                v[e] = f64::from(hyper.beta2) * v[e] + (1.0 - f64::from(hyper.beta2)) * g * g;
                let root = v[e].sqrt() * f64::from(hyper.square_scale) + f64::from(hyper.epsilon);
                w[e] -= f64::from(hyper.step_size) * m[e] / root;
                if name == "theta" {
                    w[e] = w[e].max(0.0);
                }
            }
        }
        if self.model.unit_norm_decoder {
            for d in w.decoder.chunks_exact_mut(n_target) {
                let norm = product(d, d).sqrt().max(TINY);
                d.iter_mut().for_each(|d| *d /= norm);
            }
        }
    }

    /// n_i of [`crate::config::Weighting::DecoderNorm`]: Σ over sources of the norm of the latent's part.
    pub fn decoder_norms(&self, w: &Weights<f64>) -> Vec<f64> {
        let of = |d: &[f64]| d.chunks_exact(self.shape.source_width()).map(|part| product(part, part).sqrt()).sum();
        w.decoder.chunks_exact(self.shape.n_target).map(|d| f64::max(of(d), TINY)).collect()
    }

    /// Adds `size` ∂n_i/∂w_D^i to a gradient row.
    fn pull_norm(&self, grad: &mut [f64], decoder: &[f64], size: f64) {
        let width = self.shape.source_width();
        for (g, d) in grad.chunks_exact_mut(width).zip(decoder.chunks_exact(width)) {
            let norm = product(d, d).sqrt().max(TINY);
            g.iter_mut().zip(d).for_each(|(g, d)| *g += size * d / norm);
        }
    }

    fn encoder_input(&self, w: &Weights<f64>, x: &[f32]) -> Vec<f64> {
        let shift = |j: usize| {
            if self.model.shift_input { w.b_dec[j] } else { 0.0 }
        };
        x.iter().enumerate().map(|(j, x)| f64::from(*x) - shift(j)).collect()
    }
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
