//! Which latent of one dictionary is which of another: the loss does not know their order, a plane between them does.

use crate::bench::directions::normalise_rows;
use crate::linalg::{Matrix, gemm};
use crate::metrics::assign;
use crate::model::{Shape, Weights};

/// For every latent of `a` the latent of `b` that is its counterpart: the pairs of the largest sum of cosines, of encoder
/// rows and of decoder columns alike. A row of zeros has no direction and is like nothing.
///
/// Both have `shape`; O(n_latent³) at worst.
pub fn counterparts(a: &Weights, b: &Weights, shape: Shape) -> Vec<usize> {
    let n = shape.n_latent;
    let mut costs = vec![0.0f32; n * n];
    let mut cosines = vec![0.0f32; n * n];
    for (a, b, width) in [(&a.encoder, &b.encoder, shape.n_input), (&a.decoder, &b.decoder, shape.n_target)] {
        let [mut a, mut b] = [a.clone(), b.clone()];
        normalise_rows(&mut a, width);
        normalise_rows(&mut b, width);
        gemm(&mut cosines, n, n, width, Matrix::rows(&a, width), Matrix::rows(&b, width).transposed());
        costs.iter_mut().zip(&cosines).for_each(|(cost, cosine)| *cost -= cosine);
    }
    let pairs = assign(&costs, n);
    pairs.into_iter().map(|j| j.expect("as many columns as rows: every row has one") as usize).collect()
}

/// The latents of `weights` in this order.
pub fn reordered(weights: &Weights, order: &[usize]) -> Weights {
    let mut out = weights.clone();
    for ((name, to), (_, from)) in out.parts_mut().into_iter().zip(weights.parts()) {
        if ["b_dec", "skip"].contains(&name) || from.is_empty() {
            continue;
        }
        let width = from.len() / order.len();
        for (row, &i) in to.chunks_exact_mut(width).zip(order) {
            row.copy_from_slice(&from[i * width..][..width]);
        }
    }
    out
}
