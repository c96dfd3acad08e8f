//! The matrix product of the wasm build: both operands packed, a 4×8 block of results in registers.
//!
//! 4×8 because V8 spills registers from 5×8 on. The inner loop is the only place with SIMD instructions; elsewhere
//! (tests on native) a scalar twin sums in the same order, so both give the same bits.

use super::Matrix;

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
#[cfg(target_arch = "wasm32")]
#[inline]
fn product(a: &[f32], b: &[f32]) -> [[f32; COLS]; ROWS] {
    use std::arch::wasm32::{f32x4_add, f32x4_mul, f32x4_splat, v128, v128_load, v128_load32_splat, v128_store};
    let mut sums = [[f32x4_splat(0.0); 2]; ROWS];
    let k = a.len() / ROWS;
    assert_eq!(b.len(), k * COLS);
    let (mut pa, mut pb) = (a.as_ptr(), b.as_ptr());
    // SAFETY: the pointers step through exactly k rows of 4 and 8 floats, which the lengths above hold.
    unsafe {
        for _ in 0..k {
            let (b0, b1) = (v128_load(pb.cast::<v128>()), v128_load(pb.add(4).cast::<v128>()));
            for (r, sum) in sums.iter_mut().enumerate() {
                let x = v128_load32_splat(pa.add(r).cast::<u32>());
                sum[0] = f32x4_add(sum[0], f32x4_mul(x, b0));
                sum[1] = f32x4_add(sum[1], f32x4_mul(x, b1));
            }
            pa = pa.add(ROWS);
            pb = pb.add(COLS);
        }
        let mut out = [[0.0; COLS]; ROWS];
        for (row, sum) in out.iter_mut().zip(sums) {
            v128_store(row.as_mut_ptr().cast::<v128>(), sum[0]);
            v128_store(row.as_mut_ptr().add(4).cast::<v128>(), sum[1]);
        }
        out
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn product(a: &[f32], b: &[f32]) -> [[f32; COLS]; ROWS] {
    let mut out = [[0.0; COLS]; ROWS];
    for (a, b) in a.chunks_exact(ROWS).zip(b.chunks_exact(COLS)) {
        for (row, x) in out.iter_mut().zip(a) {
            for (sum, y) in row.iter_mut().zip(b) {
                *sum += x * y;
            }
        }
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
