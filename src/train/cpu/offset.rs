//! What every pre-activation has in common: b_enc, and the shift of the input by b_dec.

use crate::config::Model;
use crate::linalg::dot;
use crate::model::Weights;

/// `out` [n_latent] = b_enc − W_E b_dec, each part where it is switched on; empty where neither is.
pub fn offset(out: &mut Vec<f32>, w: &Weights, model: &Model, n_input: usize) {
    out.clear();
    if !model.b_enc && !model.shift_input {
        return;
    }
    out.extend(w.encoder.chunks_exact(n_input).zip(&w.b_enc).map(|(row, b)| {
        let shift = if model.shift_input { dot(row, &w.b_dec) } else { 0.0 };
        if model.b_enc { b - shift } else { -shift }
    }));
}

/// Adds `offset` (if any) to each row of `z` [rows, n_latent].
pub fn add(z: &mut [f32], offset: &[f32]) {
    if !offset.is_empty() {
        z.chunks_exact_mut(offset.len()).for_each(|row| row.iter_mut().zip(offset).for_each(|(z, c)| *z += c));
    }
}
