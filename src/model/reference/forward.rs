//! From samples to codes, residuals, losses.

use super::{GHOST_CEILING, GHOST_FLOOR, Penalty, Reference, TINY, batch_top_k, product, top_k};
use crate::config::Activation;
use crate::model::{Hyper, Weights, kept};

/// What a forward pass leaves behind; rows of the batch are outermost.
#[derive(Default)]
pub struct Forward {
    /// [rows, n_latent]: W_E (x − shift) + b_enc; u of a gated model.
    pub pre_activations: Vec<f64>,
    /// [rows, n_latent]: f.
    pub latents: Vec<f64>,
    /// [rows, n_latent]: the lowest level that an active latent takes part in.
    pub level: Vec<usize>,
    /// [n_levels][rows, n_target]: x̂_g − x_r, the last of all latents.
    pub level_residuals: Vec<Vec<f64>>,
    /// [rows]: error of the whole model.
    pub sse: Vec<f64>,
    /// [rows]: what the loss has beside it.
    pub penalty: Vec<f64>,
    /// The second reconstruction of AuxK, ghost gradients or a gated model.
    pub side: Option<Side>,
    /// The least value that Batch Top-k kept.
    pub smallest: f64,
}

/// A second reconstruction from other latents: row b pays `weight[b]` ‖residual_b‖².
pub struct Side {
    /// [rows, n_latent]: coefficients (those not taking part are 0), and their derivatives by the pre-activation.
    pub values: Vec<f64>,
    pub slopes: Vec<f64>,
    /// [rows, n_target]: ê − e.
    pub residuals: Vec<f64>,
    pub weight: Vec<f64>,
    /// [rows]: what the sum of `values` was scaled by (constant to gradients).
    pub scale: Vec<f64>,
    /// Whether its gradient reaches the decoder.
    pub moves_decoder: bool,
}

impl Forward {
    /// Mean over the batch of error plus penalties.
    pub fn loss(&self) -> f64 {
        self.sse.iter().chain(&self.penalty).sum::<f64>() / self.sse.len() as f64
    }

    /// [rows, n_target]: x̂ − x_r.
    pub fn residuals(&self) -> &[f64] {
        self.level_residuals.last().expect("there is at least one level")
    }

    /// Mean number of firing latents.
    pub fn l0(&self) -> f64 {
        self.latents.iter().filter(|f| **f > 0.0).count() as f64 / self.sse.len() as f64
    }
}

impl Reference<'_> {
    /// `input` [rows, n_input], `target` [rows, n_target].
    pub fn forward(&self, w: &Weights<f64>, input: &[f32], target: &[f32], hyper: &Hyper) -> Forward {
        let n_rows = target.len() / self.shape.n_target;
        let mut out = Forward { pre_activations: self.encode(w, input), ..Forward::default() };
        let norms = self.decoder_norms(w);
        self.activate(w, &norms, hyper, &mut out);
        out.level = self.levels(&out.latents, hyper);
        self.decode(w, input, target, hyper, &mut out);

        let penalty = Penalty::new(hyper, &self.control);
        out.penalty = vec![0.0; n_rows];
        for (b, paid) in out.penalty.iter_mut().enumerate() {
            let last = out.level_residuals.len() - 1;
            for (g, residuals) in out.level_residuals.iter().enumerate() {
                let sse: f64 = self.row(residuals, b).iter().map(|r| r * r).sum();
                *paid += (f64::from(hyper.level_weights[g]) - if g == last { 1.0 } else { 0.0 }) * sse;
            }
            for (f, n) in self.latents_of(&out.latents, b).iter().zip(&norms).filter(|(f, _)| **f > 0.0) {
                if self.model.activation != Activation::Gated {
                    *paid += penalty.value(*f, if penalty.by_norm { *n } else { 1.0 });
                }
            }
        }
        out.side = self.side(w, target, hyper, &out);
        if let Some(side) = &out.side {
            for (b, paid) in out.penalty.iter_mut().enumerate() {
                let r = self.row(&side.residuals, b);
                *paid += side.weight[b] * product(r, r);
                if self.model.activation == Activation::Gated {
                    let values = self.latents_of(&side.values, b).iter().zip(&norms);
                    let weigh = |(a, n): (&f64, &f64)| a * if penalty.by_norm { *n } else { 1.0 };
                    *paid += penalty.l1 * values.map(weigh).sum::<f64>();
                }
            }
        }
        out
    }

    /// The anchor term λ_a (‖W_E[..k] − W̃_pᵀ‖² + ‖W_D[..k] − W̃_r‖²) of eq. 22.
    pub fn anchor_loss(&self, w: &Weights<f64>, hyper: &Hyper) -> f64 {
        let k = hyper.n_anchors as usize;
        let far = |a: &[f64], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - f64::from(*b)).powi(2)).sum::<f64>();
        let (encoder, decoder) = (&w.encoder[..k * self.shape.n_input], &w.decoder[..k * self.shape.n_target]);
        f64::from(hyper.anchor) * (far(encoder, self.anchors_in) + far(decoder, self.anchors_out))
    }

    fn encode(&self, w: &Weights<f64>, input: &[f32]) -> Vec<f64> {
        let n_input = self.shape.n_input;
        let with_bias = self.model.b_enc && self.model.activation != Activation::Gated;
        let mut out = vec![];
        for x in input.chunks_exact(n_input) {
            let x = self.encoder_input(w, x);
            for (row, bias) in w.encoder.chunks_exact(n_input).zip(&w.b_enc) {
                out.push(product(row, &x) + if with_bias { *bias } else { 0.0 });
            }
        }
        out
    }

    /// Fills `latents`, and `smallest` for Batch Top-k.
    fn activate(&self, w: &Weights<f64>, norms: &[f64], hyper: &Hyper, out: &mut Forward) {
        let n = self.shape.n_latent;
        let z = &out.pre_activations;
        let rank = |i: usize| if self.model.rank_by_norm { norms[i] } else { 1.0 };
        let keys = || z.iter().enumerate().map(|(e, z)| z * rank(e % n)).collect::<Vec<f64>>();
        let fires: Vec<bool> = match self.model.activation {
            Activation::Relu => z.iter().map(|z| *z > 0.0).collect(),
            Activation::JumpRelu => z.iter().enumerate().map(|(e, z)| *z > w.theta[e % n].max(0.0)).collect(),
            Activation::TopK => keys().chunks_exact(n).flat_map(|row| top_k(row, hyper.k as usize)).collect(),
            Activation::BatchTopK if self.training || self.control.threshold_seen == 0.0 => {
                let (fires, smallest) = batch_top_k(&keys(), kept(hyper.k, z.len() / n));
                out.smallest = smallest;
                fires
            }
            Activation::BatchTopK => keys().iter().map(|key| *key > f64::from(self.control.threshold)).collect(),
            Activation::Gated => z.iter().enumerate().map(|(e, u)| u + w.b_gate[e % n] > 0.0).collect(),
        };
        let value = |(e, fires): (usize, bool)| match (fires, self.model.activation) {
            (false, _) => 0.0,
            (true, Activation::Gated) => (w.r_mag[e % n].exp() * z[e] + w.b_mag[e % n]).max(0.0),
            (true, _) => z[e].max(0.0),
        };
        out.latents = fires.into_iter().enumerate().map(value).collect();
    }

    /// The first level whose prefix has the latent, or whose k has its rank.
    fn levels(&self, latents: &[f64], hyper: &Hyper) -> Vec<usize> {
        let ends = &hyper.level_ends[..hyper.n_levels as usize];
        let level_of = |place: usize| ends.iter().position(|end| place < *end as usize).unwrap_or(ends.len() - 1);
        let of_row = |row: &[f64]| -> Vec<usize> {
            let rank = |i: usize| {
                let before = |j: usize| row[j] > row[i] || (row[j] == row[i] && j < i);
                (0..row.len()).filter(|j| before(*j)).count()
            };
            (0..row.len()).map(|i| level_of(if hyper.by_rank == 1 && row[i] > 0.0 { rank(i) } else { i })).collect()
        };
        latents.chunks_exact(self.shape.n_latent).flat_map(of_row).collect()
    }

    /// Fills `level_residuals` and `sse`.
    fn decode(&self, w: &Weights<f64>, input: &[f32], target: &[f32], hyper: &Hyper, out: &mut Forward) {
        let (n_target, n_input) = (self.shape.n_target, self.shape.n_input);
        let n_levels = hyper.n_levels as usize;
        out.level_residuals = vec![vec![0.0; target.len()]; n_levels];
        for b in 0..target.len() / n_target {
            for j in 0..n_target {
                let mut sum = if self.model.b_dec { w.b_dec[j] } else { 0.0 } - f64::from(target[b * n_target + j]);
                if self.model.skip {
                    let x = input[b * n_input..][..n_input].iter().map(|x| f64::from(*x));
                    sum += w.skip[j * n_input..][..n_input].iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
                }
                for g in 0..n_levels {
                    for i in 0..self.shape.n_latent {
                        let e = b * self.shape.n_latent + i;
                        if out.latents[e] > 0.0 && out.level[e] == g {
                            sum += out.latents[e] * w.decoder[i * n_target + j];
                        }
                    }
                    out.level_residuals[g][b * n_target + j] = sum;
                }
            }
        }
        out.sse = out.residuals().chunks_exact(n_target).map(|r| product(r, r)).collect();
    }

    fn side(&self, w: &Weights<f64>, target: &[f32], hyper: &Hyper, pass: &Forward) -> Option<Side> {
        if self.model.activation == Activation::Gated {
            return Some(self.gate_side(w, target, pass));
        }
        if !self.training || !self.dead.contains(&true) {
            return None;
        }
        if hyper.aux > 0.0 {
            return Some(self.aux_side(w, hyper, pass));
        }
        (hyper.ghost == 1).then(|| self.ghost_side(w, pass))
    }

    /// ReLU(π) through the frozen decoder (Rajamanoharan et al. 2024a).
    fn gate_side(&self, w: &Weights<f64>, target: &[f32], pass: &Forward) -> Side {
        let n = self.shape.n_latent;
        let pi = |(e, u): (usize, &f64)| (u + w.b_gate[e % n]).max(0.0);
        let values: Vec<f64> = pass.pre_activations.iter().enumerate().map(pi).collect();
        let mut residuals = self.sums(w, &values);
        for (e, r) in residuals.iter_mut().enumerate() {
            *r += if self.model.b_dec { w.b_dec[e % self.shape.n_target] } else { 0.0 } - f64::from(target[e]);
        }
        let rows = pass.sse.len();
        let slopes = values.iter().map(|v| if *v > 0.0 { 1.0 } else { 0.0 }).collect();
        Side { slopes, values, residuals, weight: vec![1.0; rows], scale: vec![1.0; rows], moves_decoder: false }
    }

    /// The largest k_aux of the dead reconstruct e = x − x̂ (Gao et al. 2024).
    fn aux_side(&self, w: &Weights<f64>, hyper: &Hyper, pass: &Forward) -> Side {
        let n = self.shape.n_latent;
        let count = hyper.aux_count(self.shape.n_target, n);
        let mut values = vec![0.0; pass.latents.len()];
        let mut slopes = values.clone();
        for (b, z) in pass.pre_activations.chunks_exact(n).enumerate() {
            let mut order: Vec<usize> = (0..n).filter(|i| self.dead[*i]).collect();
            order.sort_by(|&i, &j| z[j].total_cmp(&z[i]).then(i.cmp(&j)));
            for i in order.into_iter().take(count).filter(|i| hyper.aux_relu == 0 || z[*i] > 0.0) {
                (values[b * n + i], slopes[b * n + i]) = (z[i], 1.0);
            }
        }
        let mut residuals = self.sums(w, &values);
        residuals.iter_mut().zip(pass.residuals()).for_each(|(ê, r)| *ê += r);
        let rows = pass.sse.len() as f64;
        let spread = self.spread(pass.residuals());
        let weight = match hyper.aux_normalised == 1 {
            true if spread <= TINY => 0.0,
            true => f64::from(hyper.aux) * rows / spread,
            false => f64::from(hyper.aux),
        };
        let rows = pass.sse.len();
        Side { values, slopes, residuals, weight: vec![weight; rows], scale: vec![1.0; rows], moves_decoder: true }
    }

    /// The dead that do not fire reconstruct e through exp(z), scaled to half of ‖e‖; the term is worth as much as
    /// the error itself (Jermyn & Templeton 2024).
    fn ghost_side(&self, w: &Weights<f64>, pass: &Forward) -> Side {
        let n = self.shape.n_latent;
        let ghost = |(e, z): (usize, &f64)| {
            if self.dead[e % n] && pass.latents[e] <= 0.0 { z.min(GHOST_CEILING).exp() } else { 0.0 }
        };
        let values: Vec<f64> = pass.pre_activations.iter().enumerate().map(ghost).collect();
        let mut residuals = self.sums(w, &values);
        let (mut weight, mut scale) = (vec![], vec![]);
        let width = self.shape.n_target;
        for (g, r) in residuals.chunks_exact_mut(width).zip(pass.residuals().chunks_exact(width)) {
            let error = product(r, r);
            let s = error.sqrt() / (2.0 * product(g, g).sqrt() + GHOST_FLOOR);
            g.iter_mut().zip(r).for_each(|(g, r)| *g = s * *g + r);
            weight.push(error / (product(g, g) + GHOST_FLOOR));
            scale.push(s);
        }
        Side { slopes: values.clone(), values, residuals, weight, scale, moves_decoder: true }
    }

    /// Σ_b ‖r_b − mean r‖².
    fn spread(&self, rows: &[f64]) -> f64 {
        let (width, n) = (self.shape.n_target, (rows.len() / self.shape.n_target) as f64);
        let of = |j: usize| {
            let column = || rows.iter().skip(j).step_by(width);
            let mean = column().sum::<f64>() / n;
            column().map(|r| (r - mean).powi(2)).sum::<f64>()
        };
        (0..width).map(of).sum()
    }

    /// Σ_i a_i w_D^i of every row.
    fn sums(&self, w: &Weights<f64>, values: &[f64]) -> Vec<f64> {
        let width = self.shape.n_target;
        let mut out = vec![];
        for a in values.chunks_exact(self.shape.n_latent) {
            let at = |j: usize| a.iter().enumerate().map(|(i, a)| a * w.decoder[i * width + j]).sum::<f64>();
            out.extend((0..width).map(at));
        }
        out
    }

    fn row<'a>(&self, rows: &'a [f64], b: usize) -> &'a [f64] {
        &rows[b * self.shape.n_target..][..self.shape.n_target]
    }

    fn latents_of<'a>(&self, rows: &'a [f64], b: usize) -> &'a [f64] {
        &rows[b * self.shape.n_latent..][..self.shape.n_latent]
    }
}
