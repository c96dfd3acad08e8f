//! Gradient at the pre-activations of firing latents (elsewhere it is zero), and at JumpReLU's thresholds.

use super::Codes;
use super::penalty::Penalty;
use crate::linalg::dot;
use crate::model::{Hyper, Shape};

/// What a row of residuals, weighed by `decode::weigh`, pulls at.
#[derive(Clone, Copy)]
pub struct Pulls<'a> {
    /// [rows, n_levels, width].
    pub values: &'a [f32],
    pub n_levels: usize,
    pub width: usize,
}

impl<'a> Pulls<'a> {
    pub fn n_rows(&self) -> usize {
        self.values.len() / (self.n_levels * self.width)
    }

    #[inline]
    pub fn at(&self, b: usize, level: usize) -> &'a [f32] {
        &self.values[(b * self.n_levels + level) * self.width..][..self.width]
    }
}

/// dz_bi = (2 ⟨pull, w_D^i⟩ + slope n_i) / B.
pub fn backprop(codes: &mut Codes, pulls: Pulls, decoder: &[f32], norms: &[f32], rule: &Penalty) {
    let scale = 1.0 / pulls.n_rows() as f32;
    codes.dz.resize(codes.latent.len(), 0.0);
    for b in 0..pulls.n_rows() {
        for e in codes.row_start[b] as usize..codes.row_start[b + 1] as usize {
            let i = codes.latent[e] as usize;
            let along = dot(pulls.at(b, codes.level_of(e)), &decoder[i * pulls.width..][..pulls.width]);
            let n = if rule.by_norm { norms[i] } else { 1.0 };
            codes.dz[e] = scale * (2.0 * along + rule.slope(codes.f[e], n) * n);
        }
    }
}

/// `gradient` [n_latent] of θ: −Σ (θ df + λ₀/B) / ε over the samples with |z − θ| < ε/2, on both sides of the step.
#[allow(clippy::too_many_arguments, reason = "a kernel's buffers")]
pub fn band(
    gradient: &mut Vec<f32>,
    codes: &Codes,
    z: &[f32],
    theta: &[f32],
    pulls: Pulls,
    decoder: &[f32],
    norms: &[f32],
    rule: &Penalty,
    hyper: &Hyper,
    shape: Shape,
) {
    let scale = 1.0 / pulls.n_rows() as f32;
    gradient.clear();
    gradient.resize(shape.n_latent, 0.0);
    let half = 0.5 * hyper.bandwidth;
    let level_of = |i: usize| {
        let ends = &hyper.level_ends[..pulls.n_levels];
        ends.iter().take_while(|end| i as u32 >= **end).count().min(pulls.n_levels - 1)
    };
    for (b, z) in z.chunks_exact(shape.n_latent).enumerate() {
        let mut e = codes.row_start[b] as usize;
        for (i, (&z, &theta)) in z.iter().zip(theta).enumerate() {
            let fires = z > theta;
            if (z - theta).abs() < half {
                let df = if fires {
                    codes.dz[e]
                } else {
                    let n = if rule.by_norm { norms[i] } else { 1.0 };
                    let along = dot(pulls.at(b, level_of(i)), &decoder[i * pulls.width..][..pulls.width]);
                    scale * (2.0 * along + rule.slope(0.0, n) * n)
                };
                gradient[i] -= (theta * df + rule.l0 * scale) / hyper.bandwidth;
            }
            e += usize::from(fires);
        }
    }
}
