//! From a forward pass to the gradient of the loss with anchors (methods of arXiv 2512.05534 and their sources).

use super::{Forward, Penalty, Reference, product};
use crate::config::Activation;
use crate::model::{Hyper, Weights};

impl Reference<'_> {
    /// Gradient of `loss` + `anchor_loss`. θ's is the straight-through estimate with a rectangle of width ε:
    /// where |z − θ| < ε/2, dθ = −(θ df + λ₀)/ε, df taken on both sides of the step (Rajamanoharan et al. 2024b).
    pub fn gradient(&self, w: &Weights<f64>, input: &[f32], pass: &Forward, hyper: &Hyper) -> Weights<f64> {
        let (n_latent, n_input, n_target) = (self.shape.n_latent, self.shape.n_input, self.shape.n_target);
        let n_rows = pass.sse.len();
        let norms = self.decoder_norms(w);
        let penalty = Penalty::new(hyper, &self.control);
        let weigh = |i: usize| if penalty.by_norm { norms[i] } else { 1.0 };
        let rows = n_rows as f64;
        let mut grad = Weights::<f64>::zero(self.shape);
        for b in 0..n_rows {
            let x = self.encoder_input(w, &input[b * n_input..][..n_input]);
            let g = self.level_gradients(pass, hyper, b);
            for i in 0..n_latent {
                let e = b * n_latent + i;
                let (z, f) = (pass.pre_activations[e], pass.latents[e]);
                let decoder = &w.decoder[i * n_target..][..n_target];
                let g = &g[pass.level[e]];
                // ∂loss/∂f, also just below a threshold, where f is zero.
                let paid = if self.model.activation == Activation::Gated { 0.0 } else { penalty.slope(f, weigh(i)) };
                let df = product(decoder, g) + paid * weigh(i) / rows;
                let mut dz = 0.0;
                if f > 0.0 {
                    dz = df;
                    for j in 0..n_target {
                        grad.decoder[i * n_target + j] += f * g[j];
                    }
                    if penalty.by_norm {
                        self.pull_norm(&mut grad.decoder[i * n_target..][..n_target], decoder, paid * f / rows);
                    }
                }
                match self.model.activation {
                    Activation::JumpRelu => {
                        let (theta, width) = (w.theta[i], f64::from(hyper.bandwidth));
                        if ((z - theta) / width).abs() < 0.5 {
                            grad.theta[i] -= (theta * df + penalty.l0 / rows) / width;
                        }
                    }
                    Activation::Gated => {
                        let r = w.r_mag[i].exp();
                        grad.r_mag[i] += dz * r * z;
                        grad.b_mag[i] += dz;
                        dz *= r;
                        let open = if z + w.b_gate[i] > 0.0 { 1.0 } else { 0.0 };
                        let paid = open * penalty.l1 * weigh(i) / rows;
                        dz += paid;
                        grad.b_gate[i] += paid;
                    }
                    _ => {}
                }
                if let Some(side) = &pass.side {
                    let pull = 2.0 * side.weight[b] * side.scale[b] / rows;
                    let r = &side.residuals[b * n_target..][..n_target];
                    let along = pull * side.slopes[e] * product(decoder, r);
                    dz += along;
                    if self.model.activation == Activation::Gated {
                        grad.b_gate[i] += along;
                    }
                    if side.moves_decoder {
                        for j in 0..n_target {
                            grad.decoder[i * n_target + j] += pull * side.values[e] * r[j];
                        }
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
                grad.b_dec[j] += g[0][j];
                if self.model.skip {
                    for l in 0..n_input {
                        grad.skip[j * n_input + l] += g[0][j] * f64::from(input[b * n_input + l]);
                    }
                }
            }
        }
        self.pull_to_anchors(w, hyper, &mut grad);
        grad
    }

    /// Of row b, per level h the gradient at the reconstruction that a latent of that level sees:
    /// S_h = Σ_{g ≥ h} 2 w_g r_g / B.
    fn level_gradients(&self, pass: &Forward, hyper: &Hyper, b: usize) -> Vec<Vec<f64>> {
        let (n_target, rows) = (self.shape.n_target, pass.sse.len() as f64);
        let mut sum = vec![0.0; n_target];
        let mut out = vec![];
        for (g, residuals) in pass.level_residuals.iter().enumerate().rev() {
            let scale = 2.0 * f64::from(hyper.level_weights[g]) / rows;
            sum.iter_mut().zip(&residuals[b * n_target..]).for_each(|(s, r)| *s += scale * r);
            out.insert(0, sum.clone());
        }
        out
    }

    fn pull_to_anchors(&self, w: &Weights<f64>, hyper: &Hyper, grad: &mut Weights<f64>) {
        let pull = 2.0 * f64::from(hyper.anchor);
        let k = hyper.n_anchors as usize;
        for e in 0..k * self.shape.n_input {
            grad.encoder[e] += pull * (w.encoder[e] - f64::from(self.anchors_in[e]));
        }
        for e in 0..k * self.shape.n_target {
            grad.decoder[e] += pull * (w.decoder[e] - f64::from(self.anchors_out[e]));
        }
    }
}
