//! Inputs of a batch, dense: sums of directions (bench) or copied rows (real activations).

use crate::bench::SparseBatch;
use crate::linalg::add_rows;

/// `out` [rows, width]: row b = Σ_d x_d w^d.
pub fn expand(out: &mut Vec<f32>, batch: &SparseBatch, directions: &[f32], width: usize) {
    let rows = batch.row_start.len() - 1;
    out.resize(rows * width, 0.0);
    for (row, ends) in out.chunks_exact_mut(width).zip(batch.row_start.windows(2)) {
        row.fill(0.0);
        let entries = ends[0] as usize..ends[1] as usize;
        add_rows(row, &batch.value[entries.clone()], &batch.feature[entries], directions);
    }
}

/// `out` [rows, width]: rows `ix` of `data`.
pub fn gather_rows(out: &mut Vec<f32>, ix: &[u32], data: &[f32], width: usize) {
    out.clear();
    ix.iter().for_each(|&r| out.extend_from_slice(&data[r as usize * width..][..width]));
}
