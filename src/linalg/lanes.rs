//! Four floats at once: wasm's SIMD where it is, plain arrays elsewhere, the same bits either way.
//!
//! Written out because the page is built for size: at that level the compiler neither unrolls nor vectorises loops,
//! and for speed the whole wasm would be 37 kB (gzip) larger, of a budget of 250.

#[cfg(target_arch = "wasm32")]
use std::arch::wasm32 as simd;

#[derive(Clone, Copy)]
pub struct F4(#[cfg(target_arch = "wasm32")] simd::v128, #[cfg(not(target_arch = "wasm32"))] [f32; 4]);

#[cfg(target_arch = "wasm32")]
impl F4 {
    #[inline(always)]
    pub fn splat(x: f32) -> Self {
        Self(simd::f32x4_splat(x))
    }

    #[inline(always)]
    pub fn load_splat(x: &f32) -> Self {
        // SAFETY: a reference to four bytes, which is what is read.
        Self(unsafe { simd::v128_load32_splat(std::ptr::from_ref(x).cast()) })
    }

    #[inline(always)]
    pub fn load(x: &[f32; 4]) -> Self {
        // SAFETY: a reference to sixteen bytes, which is what is read; wasm asks for no alignment.
        Self(unsafe { simd::v128_load(x.as_ptr().cast()) })
    }

    #[inline(always)]
    pub fn store(self, to: &mut [f32; 4]) {
        // SAFETY: as in `load`.
        unsafe { simd::v128_store(to.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(simd::f32x4_add(self.0, other.0))
    }

    #[inline(always)]
    pub fn minus(self, other: Self) -> Self {
        Self(simd::f32x4_sub(self.0, other.0))
    }

    #[inline(always)]
    pub fn times(self, other: Self) -> Self {
        Self(simd::f32x4_mul(self.0, other.0))
    }

    #[inline(always)]
    pub fn over(self, other: Self) -> Self {
        Self(simd::f32x4_div(self.0, other.0))
    }

    #[inline(always)]
    pub fn root(self) -> Self {
        Self(simd::f32x4_sqrt(self.0))
    }

    /// 0 in the lanes whose size is below `least`; NaN stays.
    #[inline(always)]
    pub fn flush_below(self, least: Self) -> Self {
        Self(simd::v128_andnot(self.0, simd::f32x4_lt(simd::f32x4_abs(self.0), least.0)))
    }

    /// Whether any lane is greater.
    #[inline(always)]
    pub fn any_above(self, other: Self) -> bool {
        simd::v128_any_true(simd::f32x4_gt(self.0, other.0))
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl F4 {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|l| f(self.0[l], other.0[l])))
    }

    #[inline(always)]
    pub fn splat(x: f32) -> Self {
        Self([x; 4])
    }

    #[inline(always)]
    pub fn load_splat(x: &f32) -> Self {
        Self([*x; 4])
    }

    #[inline(always)]
    pub fn load(x: &[f32; 4]) -> Self {
        Self(*x)
    }

    #[inline(always)]
    pub fn store(self, to: &mut [f32; 4]) {
        *to = self.0;
    }

    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    pub fn minus(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }

    #[inline(always)]
    pub fn times(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    pub fn over(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }

    #[inline(always)]
    pub fn root(self) -> Self {
        Self(self.0.map(f32::sqrt))
    }

    #[inline(always)]
    pub fn flush_below(self, least: Self) -> Self {
        self.zip(least, |a, least| if a.abs() < least { 0.0 } else { a })
    }

    #[inline(always)]
    pub fn any_above(self, other: Self) -> bool {
        (0..4).fold(false, |any, l| any | (self.0[l] > other.0[l]))
    }
}

/// The four lanes.
#[inline(always)]
pub fn lanes(x: F4) -> [f32; 4] {
    let mut out = [0.0; 4];
    x.store(&mut out);
    out
}
