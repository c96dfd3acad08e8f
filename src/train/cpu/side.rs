//! The second reconstruction: by the dead (AuxK, ghost gradients), or by the open gates of a gated model.
//!
//! Row b pays weight_b ‖s_b Σ a w_D − e_b‖²; what is called detached in the methods is a constant here.

use super::Codes;
use super::penalty::Penalty;
use crate::linalg::{add_all, add_scaled, dot};
use crate::model::Hyper;

/// Keeps ghost gradients' quotients finite.
const FLOOR: f32 = 1e-6;

/// Which second reconstruction a step has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    None,
    AuxK,
    Ghost,
    Gates,
}

/// `sums` [rows, width] = Σ a_i w_D^i.
pub fn side_decode(sums: &mut Vec<f32>, side: &Codes, decoder: &[f32], width: usize) {
    sums.clear();
    sums.resize((side.row_start.len() - 1) * width, 0.0);
    for (b, row) in sums.chunks_exact_mut(width).enumerate() {
        let (latents, values) = side.row(b);
        add_all(row, latents.iter().zip(values).map(|(i, a)| (*a, &decoder[*i as usize * width..][..width])));
    }
}

/// Turns `sums` into half of B times the gradient at them, and adds what rows pay to `penalty`.
///
/// `start` [rows, width] is what is added to the sums: the model's residuals r = −e, or of gates b_dec − x_r.
pub fn side_weigh(sums: &mut [f32], penalty: &mut [f32], start: &[f32], kind: Kind, hyper: &Hyper) {
    let rows = penalty.len();
    let width = sums.len() / rows;
    let aux = match kind {
        Kind::AuxK if hyper.aux_normalised == 1 => {
            let spread = spread(start, width);
            if spread > 1e-30 { hyper.aux * rows as f32 / spread } else { 0.0 }
        }
        Kind::AuxK => hyper.aux,
        _ => 1.0,
    };
    for ((row, start), paid) in sums.chunks_exact_mut(width).zip(start.chunks_exact(width)).zip(penalty) {
        let error = dot(start, start);
        let scale = if kind == Kind::Ghost { error.sqrt() / (2.0 * dot(row, row).sqrt() + FLOOR) } else { 1.0 };
        row.iter_mut().zip(start).for_each(|(s, r)| *s = scale * *s + r);
        let far = dot(row, row);
        let weight = if kind == Kind::Ghost { error / (far + FLOOR) } else { aux };
        *paid += weight * far;
        row.iter_mut().for_each(|s| *s *= weight * scale);
    }
}

/// Σ_b ‖r_b − mean r‖².
fn spread(rows: &[f32], width: usize) -> f32 {
    let n = (rows.len() / width) as f32;
    let mut mean = vec![0.0f32; width];
    rows.chunks_exact(width).for_each(|row| add_scaled(&mut mean, 1.0 / n, row));
    let mut total = 0.0;
    for row in rows.chunks_exact(width) {
        let far: f32 = row.iter().zip(&mean).map(|(r, m)| (r - m) * (r - m)).sum();
        total += f64::from(far);
    }
    total as f32
}

/// `side.dz` = (2 ⟨w_D^i, pull⟩ / B) times the derivative of a by z, which of exp is a itself; of gates also what the
/// penalty λ Σ π n costs, n a constant.
pub fn side_backprop(
    side: &mut Codes,
    pulls: &[f32],
    decoder: &[f32],
    width: usize,
    kind: Kind,
    norms: &[f32],
    rule: &Penalty,
) {
    let scale = 1.0 / (pulls.len() / width) as f32;
    side.dz.resize(side.latent.len(), 0.0);
    for (b, pull) in pulls.chunks_exact(width).enumerate() {
        for e in side.row_start[b] as usize..side.row_start[b + 1] as usize {
            let i = side.latent[e] as usize;
            let along = 2.0 * dot(pull, &decoder[i * width..][..width]);
            let slope = match kind {
                Kind::Ghost => along * side.f[e],
                Kind::Gates => along + rule.l1 * if rule.by_norm { norms[i] } else { 1.0 },
                Kind::AuxK | Kind::None => along,
            };
            side.dz[e] = scale * slope;
        }
    }
}

/// Adds to `penalty` [rows] what open gates pay.
pub fn charge_gates(penalty: &mut [f32], side: &Codes, norms: &[f32], rule: &Penalty) {
    for (b, paid) in penalty.iter_mut().enumerate() {
        let (latents, gates) = side.row(b);
        let weigh = |(i, pi): (&u32, &f32)| pi * if rule.by_norm { norms[*i as usize] } else { 1.0 };
        *paid += rule.l1 * latents.iter().zip(gates).map(weigh).sum::<f32>();
    }
}
