//! Dense linear algebra: the one matrix product, and the short loops over vectors.
//!
//! Natively the product is the `gemm` crate's. In wasm it is ours (`linalg/packed.rs`), 1.35× as fast there; it has one
//! thread. Both sum in a fixed order, so that a run repeats bit for bit on its platform.

pub mod lanes;
#[cfg(any(target_arch = "wasm32", test))]
mod packed;

use lanes::{F4, lanes};

/// A matrix in somebody's memory: element (i, j) is `data[i * row_stride + j * col_stride]`.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    pub data: &'a [f32],
    pub row_stride: usize,
    pub col_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Row-major, rows of `width`.
    pub fn rows(data: &'a [f32], width: usize) -> Self {
        Self { data, row_stride: width, col_stride: 1 }
    }

    pub fn transposed(self) -> Self {
        Self { row_stride: self.col_stride, col_stride: self.row_stride, ..self }
    }

    fn check(&self, name: &str, rows: usize, cols: usize) {
        let need =
            if rows == 0 || cols == 0 { 0 } else { (rows - 1) * self.row_stride + (cols - 1) * self.col_stride + 1 };
        assert!(self.data.len() >= need, "{name}: {rows}×{cols} needs {need} elements, has {}", self.data.len());
    }
}

/// c = a b: c [m, n] row-major (overwritten), a [m, k], b [k, n].
///
/// # Panics
/// When a slice is too short for its shape.
pub fn gemm(c: &mut [f32], m: usize, n: usize, k: usize, a: Matrix, b: Matrix) {
    a.check("a", m, k);
    b.check("b", k, n);
    assert!(c.len() >= m * n, "c: {m}×{n} needs {} elements, has {}", m * n, c.len());
    #[cfg(target_arch = "wasm32")]
    packed::gemm(c, m, n, k, a, b);
    #[cfg(not(target_arch = "wasm32"))]
    native(c, m, n, k, a, b);
}

/// Multiply-adds from which waking other threads pays (some milliseconds of work).
#[cfg(not(target_arch = "wasm32"))]
const MANY: usize = 1 << 28;

#[cfg(not(target_arch = "wasm32"))]
fn native(c: &mut [f32], m: usize, n: usize, k: usize, a: Matrix, b: Matrix) {
    // SAFETY: `gemm` checked that every element addressed by the strides lies inside its slice, and c is not aliased.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            1,
            n as isize,
            false,
            a.data.as_ptr(),
            a.col_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.col_stride as isize,
            b.row_stride as isize,
            0.0,
            1.0,
            false,
            false,
            false,
            // Threads split rows and columns, never a sum: the same bits with one core or many.
            if m * n * k > MANY { gemm::Parallelism::Rayon(0) } else { gemm::Parallelism::None },
        );
    }
}

/// Σ a_j b_j over the shorter of the two, in eight partial sums (the same order everywhere).
#[inline]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let length = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (a[..length].as_chunks::<8>(), b[..length].as_chunks::<8>());
    let (mut low, mut high) = (F4::splat(0.0), F4::splat(0.0));
    for (a, b) in a.iter().zip(b) {
        low = low.plus(half(a, 0).times(half(b, 0)));
        high = high.plus(half(a, 1).times(half(b, 1)));
    }
    let mut tail = 0.0;
    for (a, b) in a_rest.iter().zip(b_rest) {
        tail += a * b;
    }
    let [p, q, r, s] = lanes(low.plus(high));
    (p + r) + (q + s) + tail
}

/// One half of eight floats.
#[inline(always)]
fn half(x: &[f32; 8], which: usize) -> F4 {
    F4::load(&x.as_chunks::<4>().0[which])
}

/// y += a x, as far as the shorter of the two reaches.
#[inline]
pub fn add_scaled(y: &mut [f32], a: f32, x: &[f32]) {
    let length = y.len().min(x.len());
    let ((y, y_rest), (x, x_rest)) = (y[..length].as_chunks_mut::<4>(), x[..length].as_chunks::<4>());
    let scale = F4::splat(a);
    for (y, x) in y.iter_mut().zip(x) {
        F4::load(y).plus(scale.times(F4::load(x))).store(y);
    }
    for (y, x) in y_rest.iter_mut().zip(x_rest) {
        *y += a * x;
    }
}

/// Up to this width sums of many rows stay in registers.
const NARROW: usize = 32;

/// y += Σ values_e x_e, x_e the row `which[e]` of `matrix` [_, y.len()], one after the other: the same bits as
/// `add_scaled` of each.
#[inline(never)]
pub fn add_rows(y: &mut [f32], values: &[f32], which: &[u32], matrix: &[f32]) {
    let width = y.len();
    let terms = || values.iter().zip(which).map(|(a, i)| (*a, &matrix[*i as usize * width..][..width]));
    if width > NARROW {
        terms().for_each(|(a, x)| add_scaled(y, a, x));
        return;
    }
    let (blocks, rest) = y.as_chunks_mut::<16>();
    let n_blocks = blocks.len();
    for (j, block) in blocks.iter_mut().enumerate() {
        let [p, q, r, s] = quarters_mut(block);
        let (mut to_p, mut to_q, mut to_r, mut to_s) = (F4::load(p), F4::load(q), F4::load(r), F4::load(s));
        for (a, x) in terms() {
            let scale = F4::splat(a);
            let [p, q, r, s] = quarters(&x.as_chunks::<16>().0[j]);
            to_p = to_p.plus(scale.times(F4::load(p)));
            to_q = to_q.plus(scale.times(F4::load(q)));
            to_r = to_r.plus(scale.times(F4::load(r)));
            to_s = to_s.plus(scale.times(F4::load(s)));
        }
        to_p.store(p);
        to_q.store(q);
        to_r.store(r);
        to_s.store(s);
    }
    if !rest.is_empty() {
        terms().for_each(|(a, x)| add_scaled(rest, a, &x[16 * n_blocks..]));
    }
}

#[inline(always)]
fn quarters(x: &[f32; 16]) -> &[[f32; 4]; 4] {
    x.as_chunks().0.try_into().expect("sixteen are four fours")
}

#[inline(always)]
fn quarters_mut(x: &mut [f32; 16]) -> &mut [[f32; 4]; 4] {
    x.as_chunks_mut().0.try_into().expect("sixteen are four fours")
}

/// The elements of `keys` at `at` and before it are then the least; answers the one at it.
#[inline(never)]
pub fn select(keys: &mut [u64], at: usize) -> u64 {
    *keys.select_nth_unstable(at).1
}

/// ‖a‖₂.
#[inline]
pub fn norm(a: &[f32]) -> f32 {
    dot(a, a).sqrt()
}
