//! The readable reference of one step, in f64 and plain loops: the judge of both backends.
//!
//! Forward, loss, gradients (arXiv 2512.05534 eq. 1, 5, 7, 22) and the update. Slow on purpose.

#![allow(clippy::needless_range_loop, reason = "sums are written with the indices of their formulas")]

use super::{Hyper, Shape, Weights};
use crate::config::{Activation, Model};

/// Stands in for the norm of a zero row, which has no direction to keep.
const TINY: f64 = 1e-30;

/// A model seen by the reference.
pub struct Reference<'a> {
    pub shape: Shape,
    pub model: &'a Model,
    /// [≥ n_anchors, n_input] and [≥ n_anchors, n_target].
    pub anchors_in: &'a [f32],
    pub anchors_out: &'a [f32],
}

/// What a forward pass leaves behind; rows of the batch are outermost.
pub struct Forward {
    /// [rows, n_latent]: W_E (x − shift) + b_enc.
    pub pre_activations: Vec<f64>,
    /// [rows, n_latent].
    pub latents: Vec<f64>,
    /// [rows, n_target]: x̂ − x_r.
    pub residuals: Vec<f64>,
    /// [rows].
    pub sse: Vec<f64>,
    pub penalty: Vec<f64>,
}

impl Forward {
    /// Mean over the batch of error plus penalties.
    pub fn loss(&self) -> f64 {
        self.sse.iter().chain(&self.penalty).sum::<f64>() / self.sse.len() as f64
    }
}

impl Reference<'_> {
    /// `input` [rows, n_input], `target` [rows, n_target].
    pub fn forward(&self, w: &Weights<f64>, input: &[f32], target: &[f32], hyper: &Hyper) -> Forward {
        let Shape { n_latent, n_input, n_target } = self.shape;
        let n_rows = target.len() / n_target;
        let norms = self.penalty_norms(w, hyper);
        let mut out = Forward {
            pre_activations: vec![0.0; n_rows * n_latent],
            latents: vec![0.0; n_rows * n_latent],
            residuals: vec![0.0; n_rows * n_target],
            sse: vec![0.0; n_rows],
            penalty: vec![0.0; n_rows],
        };
        for b in 0..n_rows {
            let x = self.encoder_input(w, &input[b * n_input..][..n_input]);
            let z = &mut out.pre_activations[b * n_latent..][..n_latent];
            for (i, z) in z.iter_mut().enumerate() {
                *z = product(&w.encoder[i * n_input..][..n_input], &x) + self.bias(&w.b_enc, i);
            }
            let f = &mut out.latents[b * n_latent..][..n_latent];
            f.copy_from_slice(&activate(self.model.activation, hyper.k as usize, z));
            for j in 0..n_target {
                let decoded: f64 = (0..n_latent).map(|i| f[i] * w.decoder[i * n_target + j]).sum();
                let bias = if self.model.b_dec { w.b_dec[j] } else { 0.0 };
                let r = decoded + bias - f64::from(target[b * n_target + j]);
                out.residuals[b * n_target + j] = r;
                out.sse[b] += r * r;
            }
            out.penalty[b] = f64::from(hyper.l1) * (0..n_latent).map(|i| f[i] * norms[i]).sum::<f64>();
        }
        out
    }

    /// The anchor term λ_a (‖W_E[..k] − W̃_pᵀ‖² + ‖W_D[..k] − W̃_r‖²) of eq. 22.
    pub fn anchor_loss(&self, w: &Weights<f64>, hyper: &Hyper) -> f64 {
        let Shape { n_input, n_target, .. } = self.shape;
        let k = hyper.n_anchors as usize;
        let far = |a: &[f64], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - f64::from(*b)).powi(2)).sum::<f64>();
        f64::from(hyper.anchor)
            * (far(&w.encoder[..k * n_input], self.anchors_in) + far(&w.decoder[..k * n_target], self.anchors_out))
    }

    /// Gradient of `loss` + `anchor_loss`, the selection of latents taken as constant.
    pub fn gradient(&self, w: &Weights<f64>, input: &[f32], pass: &Forward, hyper: &Hyper) -> Weights<f64> {
        let Shape { n_latent, n_input, n_target } = self.shape;
        let n_rows = pass.sse.len();
        let norms = self.penalty_norms(w, hyper);
        let l1 = f64::from(hyper.l1) / n_rows as f64;
        let mut grad = Weights::<f64>::zero(self.shape);
        for b in 0..n_rows {
            let x = self.encoder_input(w, &input[b * n_input..][..n_input]);
            // G = ∂L/∂x̂.
            let g: Vec<f64> =
                pass.residuals[b * n_target..][..n_target].iter().map(|r| 2.0 * r / n_rows as f64).collect();
            for i in 0..n_latent {
                let f = pass.latents[b * n_latent + i];
                if f <= 0.0 {
                    continue;
                }
                let decoder = &w.decoder[i * n_target..][..n_target];
                let dz = product(decoder, &g) + l1 * norms[i];
                for j in 0..n_target {
                    grad.decoder[i * n_target + j] += f * g[j];
                    if hyper.l1_by_norm == 1 {
                        grad.decoder[i * n_target + j] += l1 * f * decoder[j] / norms[i];
                    }
                }
                for j in 0..n_input {
                    grad.encoder[i * n_input + j] += dz * x[j];
                    if self.model.shift_input {
                        grad.b_dec[j] -= dz * w.encoder[i * n_input + j];
                    }
                }
                grad.b_enc[i] += dz;
            }
            for j in 0..n_target {
                grad.b_dec[j] += g[j];
            }
        }
        for i in 0..hyper.n_anchors as usize {
            let pull = 2.0 * f64::from(hyper.anchor);
            for e in i * n_input..(i + 1) * n_input {
                grad.encoder[e] += pull * (w.encoder[e] - f64::from(self.anchors_in[e]));
            }
            for e in i * n_target..(i + 1) * n_target {
                grad.decoder[e] += pull * (w.decoder[e] - f64::from(self.anchors_out[e]));
            }
        }
        grad
    }

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
        let parts = w.parts_mut().into_iter().zip(mean.parts_mut()).zip(square.parts_mut()).zip(grad.parts());
        for ((((name, w), (_, m)), (_, v)), (_, g)) in parts {
            if (name == "b_enc" && !self.model.b_enc) || (name == "b_dec" && !self.model.b_dec) {
                continue;
            }
            for e in 0..w.len() {
                m[e] = f64::from(hyper.beta1) * m[e] + (1.0 - f64::from(hyper.beta1)) * g[e];
                v[e] = f64::from(hyper.beta2) * v[e] + (1.0 - f64::from(hyper.beta2)) * g[e] * g[e];
                let root = v[e].sqrt() * f64::from(hyper.square_scale) + f64::from(hyper.epsilon);
                w[e] -= f64::from(hyper.step_size) * m[e] / root;
            }
        }
        if self.model.unit_norm_decoder {
            for d in w.decoder.chunks_exact_mut(n_target) {
                let norm = product(d, d).sqrt().max(TINY);
                d.iter_mut().for_each(|d| *d /= norm);
            }
        }
    }

    /// What a latent's activation weighs in the penalty: ‖w_D^i‖ or 1.
    fn penalty_norms(&self, w: &Weights<f64>, hyper: &Hyper) -> Vec<f64> {
        let rows = w.decoder.chunks_exact(self.shape.n_target);
        rows.map(|d| if hyper.l1_by_norm == 1 { product(d, d).sqrt().max(TINY) } else { 1.0 }).collect()
    }

    fn encoder_input(&self, w: &Weights<f64>, x: &[f32]) -> Vec<f64> {
        let shift = |j: usize| {
            if self.model.shift_input { w.b_dec[j] } else { 0.0 }
        };
        x.iter().enumerate().map(|(j, x)| f64::from(*x) - shift(j)).collect()
    }

    fn bias(&self, b_enc: &[f64], i: usize) -> f64 {
        if self.model.b_enc { b_enc[i] } else { 0.0 }
    }
}

/// σ of one row. Top-k keeps the k largest positive values; of equal ones, those of the lower latents.
pub fn activate(activation: Activation, k: usize, z: &[f64]) -> Vec<f64> {
    match activation {
        Activation::Relu => z.iter().map(|z| z.max(0.0)).collect(),
        Activation::TopK => {
            let mut order: Vec<usize> = (0..z.len()).collect();
            order.sort_by(|&a, &b| z[b].total_cmp(&z[a]).then(a.cmp(&b)));
            let mut f = vec![0.0; z.len()];
            order.into_iter().take(k).for_each(|i| f[i] = z[i].max(0.0));
            f
        }
    }
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Weights<f64> {
    pub fn to_f32(&self) -> Weights {
        let round = |v: &Vec<f64>| v.iter().map(|x| *x as f32).collect();
        Weights {
            encoder: round(&self.encoder),
            decoder: round(&self.decoder),
            b_enc: round(&self.b_enc),
            b_dec: round(&self.b_dec),
        }
    }
}

impl Weights<f32> {
    pub fn to_f64(&self) -> Weights<f64> {
        let widen = |v: &Vec<f32>| v.iter().map(|x| f64::from(*x)).collect();
        Weights {
            encoder: widen(&self.encoder),
            decoder: widen(&self.decoder),
            b_enc: widen(&self.b_enc),
            b_dec: widen(&self.b_dec),
        }
    }
}
