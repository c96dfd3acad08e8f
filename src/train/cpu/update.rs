//! Gradient sums and Adam, fused a latent at a time: no gradient matrix is ever stored.

#![allow(clippy::needless_range_loop, reason = "a latent's index addresses five arrays of different strides")]

use super::{Codes, Problem, State, Tally};
use crate::linalg::lanes::F4;
use crate::linalg::{add_scaled, dot};
use crate::model::{Hyper, Weights};

/// Moments below this are zero: they move no weight, and left alone they decay into denormals, which are slow.
const TINY_MEAN: f32 = 1e-30;
const TINY_SQUARE: f32 = 1e-36;
/// Stands in for the norm of a zero row, which has no direction to keep.
const TINY_NORM: f32 = 1e-30;

/// One Adam step on all weights, from the codes (with dz), inputs [rows, n_input] and residuals [rows, n_target].
pub fn update(
    state: &mut State,
    problem: &Problem,
    tally: &Tally,
    codes: &Codes,
    input: &[f32],
    residuals: &[f32],
    hyper: &Hyper,
) {
    let (shape, model) = (problem.shape, &problem.model);
    let n_rows = codes.row_start.len() - 1;
    let State { weights: w, mean, square, .. } = state;
    let adam = Adam(hyper);

    // The sums over the batch that biases need, all from the weights before they move.
    let dz_sums: Vec<f32> = if model.b_enc || model.shift_input {
        (0..shape.n_latent).map(|i| tally.latent(i).1.iter().map(|&e| codes.dz[e as usize]).sum()).collect()
    } else {
        vec![]
    };
    let b_dec_gradient = if model.b_dec { b_dec_gradient(w, residuals, &dz_sums, model.shift_input) } else { vec![] };

    let mut gradient = vec![0.0; shape.n_input];
    for i in 0..shape.n_latent {
        let span = i * shape.n_input..(i + 1) * shape.n_input;
        let row = &mut w.encoder[span.clone()];
        gradient.fill(0.0);
        let (rows, entries) = tally.latent(i);
        for (&b, &e) in rows.iter().zip(entries) {
            add_scaled(&mut gradient, codes.dz[e as usize], &input[b as usize * shape.n_input..][..shape.n_input]);
        }
        if model.shift_input {
            add_scaled(&mut gradient, -dz_sums[i], &w.b_dec);
        }
        if i < hyper.n_anchors as usize {
            pull(&mut gradient, row, &problem.anchors_in[span.clone()], hyper.anchor);
        }
        adam.step(row, &mut mean.encoder[span.clone()], &mut square.encoder[span], &gradient);
    }

    let scale = 2.0 / n_rows as f32;
    gradient.resize(shape.n_target, 0.0);
    for i in 0..shape.n_latent {
        let span = i * shape.n_target..(i + 1) * shape.n_target;
        let row = &mut w.decoder[span.clone()];
        gradient.fill(0.0);
        let (rows, entries) = tally.latent(i);
        let mut f_sum = 0.0;
        for (&b, &e) in rows.iter().zip(entries) {
            let f = codes.f[e as usize];
            add_scaled(&mut gradient, scale * f, &residuals[b as usize * shape.n_target..][..shape.n_target]);
            f_sum += f;
        }
        if hyper.l1_by_norm == 1 {
            let norm = dot(row, row).sqrt().max(TINY_NORM);
            add_scaled(&mut gradient, hyper.l1 * f_sum / (n_rows as f32 * norm), row);
        }
        if i < hyper.n_anchors as usize {
            pull(&mut gradient, row, &problem.anchors_out[span.clone()], hyper.anchor);
        }
        if model.unit_norm_decoder {
            let along = dot(&gradient, row) / dot(row, row).max(TINY_NORM);
            add_scaled(&mut gradient, -along, row);
        }
        adam.step(row, &mut mean.decoder[span.clone()], &mut square.decoder[span], &gradient);
        if model.unit_norm_decoder {
            let scale = 1.0 / dot(row, row).sqrt().max(TINY_NORM);
            row.iter_mut().for_each(|d| *d *= scale);
        }
    }

    if model.b_enc {
        adam.step(&mut w.b_enc, &mut mean.b_enc, &mut square.b_enc, &dz_sums);
    }
    if model.b_dec {
        adam.step(&mut w.b_dec, &mut mean.b_dec, &mut square.b_dec, &b_dec_gradient);
    }
}

/// Σ_b G_b − [shift] Σ_i (Σ_b dz_bi) w_E^i.
fn b_dec_gradient(w: &Weights, residuals: &[f32], dz_sums: &[f32], shift: bool) -> Vec<f32> {
    let width = w.b_dec.len();
    let scale = 2.0 / (residuals.len() / width) as f32;
    let mut gradient = vec![0.0; width];
    residuals.chunks_exact(width).for_each(|r| add_scaled(&mut gradient, scale, r));
    if shift {
        dz_sums.iter().zip(w.encoder.chunks_exact(width)).for_each(|(s, row)| add_scaled(&mut gradient, -s, row));
    }
    gradient
}

/// Eq. 22: gradient += 2 λ_a (w − w̃).
fn pull(gradient: &mut [f32], row: &[f32], anchor: &[f32], coefficient: f32) {
    for ((g, w), a) in gradient.iter_mut().zip(row).zip(anchor) {
        *g += 2.0 * coefficient * (w - a);
    }
}

struct Adam<'a>(&'a Hyper);

impl Adam<'_> {
    /// m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← w − step_size · m / (√v · square_scale + ε).
    #[inline]
    fn step(&self, w: &mut [f32], m: &mut [f32], v: &mut [f32], g: &[f32]) {
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
