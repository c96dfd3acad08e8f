//! Gradient at the pre-activations of firing latents (elsewhere it is zero).

use super::Codes;
use crate::linalg::dot;
use crate::model::{Hyper, Shape};

/// dz_bi = (2 r_b · w_D^i + λ n_i) / B.
pub fn backprop(
    codes: &mut Codes,
    residuals: &[f32],
    decoder: &[f32],
    penalty_norms: &[f32],
    shape: Shape,
    hyper: &Hyper,
) {
    let width = shape.n_target;
    let n_rows = codes.row_start.len() - 1;
    let scale = 1.0 / n_rows as f32;
    codes.dz.resize(codes.latent.len(), 0.0);
    for (b, r) in residuals.chunks_exact(width).enumerate() {
        for e in codes.row_start[b] as usize..codes.row_start[b + 1] as usize {
            let i = codes.latent[e] as usize;
            let along = dot(r, &decoder[i * width..][..width]);
            codes.dz[e] = scale * (2.0 * along + hyper.l1 * penalty_norms[i]);
        }
    }
}
