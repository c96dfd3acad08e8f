//! Pre-activations of a bench batch from the features' responses: exact, and cheaper than the product when n < B.

use crate::bench::SparseBatch;
use crate::linalg::add_scaled;

/// `z` [rows, n_latent]: row b = offset + Σ_d x_d (W_E w_p^d); `responses` [n_features, n_latent]. An empty `offset` is 0.
pub fn superpose(z: &mut [f32], batch: &SparseBatch, responses: &[f32], offset: &[f32]) {
    let n_latent = z.len() / (batch.row_start.len() - 1);
    for (row, ends) in z.chunks_exact_mut(n_latent).zip(batch.row_start.windows(2)) {
        if offset.is_empty() {
            row.fill(0.0)
        } else {
            row.copy_from_slice(offset)
        }
        for e in ends[0] as usize..ends[1] as usize {
            add_scaled(row, batch.value[e], &responses[batch.feature[e] as usize * n_latent..][..n_latent]);
        }
    }
}
