//! Dense linear algebra: the one matrix product, and the short loops over vectors.
//!
//! Natively the product is the `gemm` crate's. In wasm it is ours (`linalg/wasm.rs`), 1.35× as fast there. Both sum
//! in a fixed order, so that a run repeats bit for bit on its platform.

#[cfg(any(target_arch = "wasm32", test))]
pub mod packed;

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
            gemm::Parallelism::None,
        );
    }
}

/// Lanes of the partial sums of `dot`: two SIMD registers in wasm, so that additions overlap.
const LANES: usize = 8;

/// Σ a_j b_j, in `LANES` partial sums (the same order everywhere).
#[inline]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a_chunks.zip(b_chunks) {
        for l in 0..LANES {
            sums[l] += x[l] * y[l];
        }
    }
    let quarter = [sums[0] + sums[4], sums[1] + sums[5], sums[2] + sums[6], sums[3] + sums[7]];
    (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]) + tail
}

/// y += a x.
#[inline]
pub fn add_scaled(y: &mut [f32], a: f32, x: &[f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// ‖a‖₂.
#[inline]
pub fn norm(a: &[f32]) -> f32 {
    dot(a, a).sqrt()
}
