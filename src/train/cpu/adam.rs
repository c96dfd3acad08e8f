//! Adam on a row of weights (Kingma & Ba 2015).

use crate::linalg::lanes::F4;
use crate::model::Hyper;

/// Moments below this are zero: they move no weight, and left alone they decay into denormals, which are slow.
const TINY_MEAN: f32 = 1e-30;
const TINY_SQUARE: f32 = 1e-36;

pub struct Adam<'a>(pub &'a Hyper);

impl Adam<'_> {
    /// m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← w − step_size · m / (√v · square_scale + ε).
    #[inline]
    pub fn step(&self, w: &mut [f32], m: &mut [f32], v: &mut [f32], g: &[f32]) {
        let h = self.0;
        let (keep_m, take_m) = (F4::splat(h.beta1), F4::splat(1.0 - h.beta1));
        let (keep_v, take_v) = (F4::splat(h.beta2), F4::splat(1.0 - h.beta2));
        let (step, scale, floor) = (F4::splat(h.step_size), F4::splat(h.square_scale), F4::splat(h.epsilon));
        let one = |w: &mut [f32; 4], m: &mut [f32; 4], v: &mut [f32; 4], g: &[f32; 4]| {
            let g = F4::load(g);
            let mean = keep_m.times(F4::load(m)).plus(take_m.times(g)).flush_below(F4::splat(TINY_MEAN));
            let square = keep_v.times(F4::load(v)).plus(take_v.times(g.times(g))).flush_below(F4::splat(TINY_SQUARE));
            mean.store(m);
            square.store(v);
            F4::load(w).minus(step.times(mean).over(square.root().times(scale).plus(floor))).store(w);
        };
        let (w, w_rest) = w.as_chunks_mut::<4>();
        let (m, m_rest) = m.as_chunks_mut::<4>();
        let (v, v_rest) = v.as_chunks_mut::<4>();
        let (g, g_rest) = g.as_chunks::<4>();
        for (((w, m), v), g) in w.iter_mut().zip(m).zip(v).zip(g) {
            one(w, m, v, g);
        }
        // The rest of a row, filled up with zeros, takes the same way.
        let n = w_rest.len();
        if n > 0 {
            let full = |part: &[f32]| -> [f32; 4] { std::array::from_fn(|l| part.get(l).copied().unwrap_or(0.0)) };
            let (mut w, mut m, mut v) = (full(w_rest), full(m_rest), full(v_rest));
            one(&mut w, &mut m, &mut v, &full(g_rest));
            w_rest.copy_from_slice(&w[..n]);
            m_rest.copy_from_slice(&m[..n]);
            v_rest.copy_from_slice(&v[..n]);
        }
    }
}
