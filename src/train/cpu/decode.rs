//! Reconstruction from the firing latents only: residuals, squared error and penalties of every row.

use super::Codes;
use crate::linalg::{add_scaled, norm};
use crate::model::{Hyper, Shape, Weights};

/// `residuals` [rows, n_target] = b_dec + Σ_i f_i w_D^i − x_r; `sse` and `penalty` [rows].
#[allow(clippy::too_many_arguments, reason = "a kernel's buffers")]
pub fn decode(
    residuals: &mut [f32],
    sse: &mut [f32],
    penalty: &mut [f32],
    codes: &Codes,
    target: &[f32],
    w: &Weights,
    with_bias: bool,
    hyper: &Hyper,
    penalty_norms: &[f32],
) {
    let width = w.b_dec.len();
    for (b, (r, x)) in residuals.chunks_exact_mut(width).zip(target.chunks_exact(width)).enumerate() {
        let (latents, activations) = codes.row(b);
        for ((r, x), bias) in r.iter_mut().zip(x).zip(&w.b_dec) {
            *r = if with_bias { bias - x } else { -x };
        }
        let mut weight = 0.0;
        for (&i, &f) in latents.iter().zip(activations) {
            add_scaled(r, f, &w.decoder[i as usize * width..][..width]);
            weight += f * penalty_norms[i as usize];
        }
        sse[b] = crate::linalg::dot(r, r);
        penalty[b] = hyper.l1 * weight;
    }
}

/// Appends ‖x̂‖² of every row, x̂ = residual + x_r: for evaluations only, which training does not pay for.
pub fn recon(out: &mut Vec<f32>, residuals: &[f32], target: &[f32], width: usize) {
    for (r, x) in residuals.chunks_exact(width).zip(target.chunks_exact(width)) {
        out.push(r.iter().zip(x).map(|(r, x)| (r + x) * (r + x)).sum());
    }
}

/// `norms` [n_latent]: ‖w_D^i‖ where the penalty is weighted by it, else 1.
pub fn penalty_norms(norms: &mut Vec<f32>, w: &Weights, hyper: &Hyper, shape: Shape) {
    norms.clear();
    if hyper.l1_by_norm == 1 {
        norms.extend(w.decoder.chunks_exact(shape.n_target).map(norm));
    } else {
        norms.resize(shape.n_latent, 1.0);
    }
}
