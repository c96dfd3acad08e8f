//! The one dense product of a step: rows times the encoder's transpose.

use crate::linalg::{Matrix, gemm};

/// `out` [m, n_latent] = `x` [m, n_input] · W_Eᵀ, for samples x or for the directions themselves.
pub fn encode(out: &mut [f32], x: &[f32], encoder: &[f32], n_input: usize) {
    let (m, n_latent) = (x.len() / n_input, encoder.len() / n_input);
    gemm(out, m, n_latent, n_input, Matrix::rows(x, n_input), Matrix::rows(encoder, n_input).transposed());
}
