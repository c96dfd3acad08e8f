//! The matrix product of the wasm build: both operands packed, a 4×8 block of results in registers.
//!
//! 4×8 because V8 spills registers from 5×8 on; written out by hand for the reason in `lanes.rs`.

use super::Matrix;
use super::lanes::F4;

const ROWS: usize = 4;
const COLS: usize = 8;
/// Columns of b kept packed at once: with k = 768, 64 columns are 196 kB, which stay in the second-level cache.
const COL_BLOCK: usize = 64;

/// c = a b; shapes as in [`super::gemm`], which has checked them.
pub fn gemm(c: &mut [f32], m: usize, n: usize, k: usize, a: Matrix, b: Matrix) {
    if k == 0 {
        c[..m * n].fill(0.0);
        return;
    }
    let a_packed = pack::<ROWS>(m, k, a);
    let mut b_packed = Vec::new();
    for first in (0..n).step_by(COL_BLOCK) {
        let width = COL_BLOCK.min(n - first);
        let block = Matrix { data: &b.data[first * b.col_stride..], ..b };
        pack_into::<COLS>(&mut b_packed, width, k, block.transposed());
        for (i, a_panel) in a_packed.chunks_exact(ROWS * k).enumerate() {
            for (j, b_panel) in b_packed.chunks_exact(COLS * k).enumerate() {
                let tile = product(a_panel, b_panel);
                let (row, col) = (i * ROWS, first + j * COLS);
                let cols = COLS.min(n - col);
                for (r, values) in tile.iter().enumerate().take(m - row) {
                    c[(row + r) * n + col..][..cols].copy_from_slice(&values[..cols]);
                }
            }
        }
    }
}

fn pack<const P: usize>(rows: usize, k: usize, a: Matrix) -> Vec<f32> {
    let mut out = Vec::new();
    pack_into::<P>(&mut out, rows, k, a);
    out
}

/// Panels of P rows, each stored k-major ([k, P]); the last is filled up with zeros.
fn pack_into<const P: usize>(out: &mut Vec<f32>, rows: usize, k: usize, a: Matrix) {
    out.clear();
    out.resize(rows.div_ceil(P) * P * k, 0.0);
    for (i, panel) in out.chunks_exact_mut(P * k).enumerate() {
        for r in 0..P.min(rows - i * P) {
            let start = (i * P + r) * a.row_stride;
            let line = a.data[start..].iter().step_by(a.col_stride).take(k);
            for (slot, &x) in panel[r..].iter_mut().step_by(P).zip(line) {
                *slot = x;
            }
        }
    }
}

/// A block of results: Σ_k a[k, r] b[k, c].
#[inline]
fn product(a: &[f32], b: &[f32]) -> [[f32; COLS]; ROWS] {
    let zero = F4::splat(0.0);
    let ((mut s00, mut s01), (mut s10, mut s11)) = ((zero, zero), (zero, zero));
    let ((mut s20, mut s21), (mut s30, mut s31)) = ((zero, zero), (zero, zero));
    for (a, b) in a.as_chunks::<ROWS>().0.iter().zip(b.as_chunks::<COLS>().0) {
        let halves = b.as_chunks::<4>().0;
        let (b0, b1) = (F4::load(&halves[0]), F4::load(&halves[1]));
        let x = F4::load_splat(&a[0]);
        (s00, s01) = (s00.plus(x.times(b0)), s01.plus(x.times(b1)));
        let x = F4::load_splat(&a[1]);
        (s10, s11) = (s10.plus(x.times(b0)), s11.plus(x.times(b1)));
        let x = F4::load_splat(&a[2]);
        (s20, s21) = (s20.plus(x.times(b0)), s21.plus(x.times(b1)));
        let x = F4::load_splat(&a[3]);
        (s30, s31) = (s30.plus(x.times(b0)), s31.plus(x.times(b1)));
    }
    let mut out = [[0.0; COLS]; ROWS];
    for (row, (left, right)) in out.iter_mut().zip([(s00, s01), (s10, s11), (s20, s21), (s30, s31)]) {
        let (halves, _) = row.as_chunks_mut::<4>();
        left.store(&mut halves[0]);
        right.store(&mut halves[1]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Stream};

    #[test]
    fn agrees_with_plain_sums_at_awkward_sizes() {
        let mut stream = Stream::new(1, Purpose::Weights, 0);
        for (m, n, k) in [(1, 1, 1), (3, 7, 5), (4, 8, 16), (5, 9, 1), (13, 65, 33), (2, 130, 7)] {
            let a: Vec<f32> = (0..m * k).map(|_| stream.normal() as f32).collect();
            let b: Vec<f32> = (0..n * k).map(|_| stream.normal() as f32).collect();
            let mut c = vec![f32::NAN; m * n];
            gemm(&mut c, m, n, k, Matrix::rows(&a, k), Matrix::rows(&b, k).transposed());
            for i in 0..m {
                for j in 0..n {
                    let want: f64 = (0..k).map(|l| f64::from(a[i * k + l]) * f64::from(b[j * k + l])).sum();
                    let got = f64::from(c[i * n + j]);
                    assert!((got - want).abs() < 1e-5 * k as f64, "({m},{n},{k}) at ({i},{j}): {got}, want {want}");
                }
            }
        }
    }
}
