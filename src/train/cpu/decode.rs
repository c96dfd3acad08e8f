//! Reconstruction from the firing latents only, level by level: residuals, squared error and penalties of every row.

use super::Codes;
use super::penalty::Penalty;
use crate::linalg::{add_rows, add_scaled, dot};
use crate::model::{Hyper, Shape, Weights};

/// What rows are measured against.
pub struct Expected<'a> {
    /// [rows, n_target].
    pub target: &'a [f32],
    /// [rows, n_target]: W_skip x; empty without a skip.
    pub skipped: &'a [f32],
    pub with_bias: bool,
}

/// `residuals` [rows, n_levels, n_target] = b_dec + W_skip x + Σ_{i of level ≤ g} f_i w_D^i − x_r.
pub fn decode(residuals: &mut [f32], codes: &Codes, expected: &Expected, w: &Weights, n_levels: usize) {
    let width = w.b_dec.len();
    for (b, row) in residuals.chunks_exact_mut(n_levels * width).enumerate() {
        let start = &mut row[..width];
        start.iter_mut().zip(&expected.target[b * width..]).for_each(|(r, x)| *r = -x);
        if expected.with_bias {
            start.iter_mut().zip(&w.b_dec).for_each(|(r, bias)| *r += bias);
        }
        if !expected.skipped.is_empty() {
            start.iter_mut().zip(&expected.skipped[b * width..]).for_each(|(r, s)| *r += s);
        }
        let range = codes.row_start[b] as usize..codes.row_start[b + 1] as usize;
        for g in 0..n_levels {
            if g > 0 {
                row.copy_within((g - 1) * width..g * width, g * width);
            }
            let r = &mut row[g * width..][..width];
            if n_levels == 1 {
                add_rows(r, &codes.f[range.clone()], &codes.latent[range.clone()], &w.decoder);
                continue;
            }
            for e in range.clone().filter(|e| usize::from(codes.level[*e]) == g) {
                add_scaled(r, codes.f[e], &w.decoder[codes.latent[e] as usize * width..][..width]);
            }
        }
    }
}

/// `sse` [rows]: ‖r‖² of the last level; `penalty` [rows]: what the loss has beside it. Then `residuals` become
/// Σ_{g' ≥ g} w_g' r_g', half of B times the gradient that a latent of level g sees.
pub fn weigh(residuals: &mut [f32], sse: &mut [f32], penalty: &mut [f32], hyper: &Hyper, width: usize) {
    let n_levels = hyper.n_levels as usize;
    for ((row, sse), penalty) in residuals.chunks_exact_mut(n_levels * width).zip(sse).zip(penalty) {
        let last = (n_levels - 1) * width;
        *sse = dot(&row[last..], &row[last..]);
        *penalty = 0.0;
        if n_levels == 1 {
            continue;
        }
        *penalty = -*sse;
        for (g, r) in row.chunks_exact(width).enumerate() {
            *penalty += hyper.level_weights[g] * dot(r, r);
        }
        row[last..].iter_mut().for_each(|r| *r *= hyper.level_weights[n_levels - 1]);
        for g in (0..n_levels - 1).rev() {
            let (these, later) = row.split_at_mut((g + 1) * width);
            let weight = hyper.level_weights[g];
            these[g * width..].iter_mut().zip(later).for_each(|(r, s)| *r = weight * *r + *s);
        }
    }
}

/// Appends ‖x̂‖² of every row, x̂ = r + x_r, from residuals that have been weighed: for evaluations only, which training
/// does not pay for.
pub fn recon(out: &mut Vec<f32>, residuals: &[f32], target: &[f32], hyper: &Hyper, width: usize) {
    let n_levels = hyper.n_levels as usize;
    let last = (n_levels - 1) * width;
    let scale = if n_levels > 1 { 1.0 / hyper.level_weights[n_levels - 1] } else { 1.0 };
    for (r, x) in residuals.chunks_exact(n_levels * width).zip(target.chunks_exact(width)) {
        out.push(r[last..].iter().zip(x).map(|(r, x)| (scale * r + x) * (scale * r + x)).sum());
    }
}

/// Adds to `penalty` [rows] what firing latents pay.
pub fn charge(penalty: &mut [f32], codes: &Codes, norms: &[f32], rule: &Penalty) {
    for (b, paid) in penalty.iter_mut().enumerate() {
        let (latents, f) = codes.row(b);
        let mut sum = 0.0;
        for (&i, &f) in latents.iter().zip(f) {
            sum += rule.value(f, if rule.by_norm { norms[i as usize] } else { 1.0 });
        }
        *paid += sum;
    }
}

/// `norms` [n_latent]: ‖w_D^i‖, of a crosscoder the sum over its sources.
pub fn norms(norms: &mut Vec<f32>, w: &Weights, shape: Shape) {
    norms.clear();
    let of = |row: &[f32]| row.chunks_exact(shape.source_width()).map(crate::linalg::norm).sum();
    norms.extend(w.decoder.chunks_exact(shape.n_target).map(|row| f32::max(of(row), 1e-30)));
}
