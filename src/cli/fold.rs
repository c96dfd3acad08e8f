//! A model of treated data as a model of the data themselves: scaling and centring folded into its weights.
//!
//! The model saw s (x − μ), source by source, and answered in the target's treatment:
//! W_E' = W_E s, W_D' = W_D / s_r, W_skip' = W_skip s / s_r, b_dec' = b_dec / s_r + μ_r − W_skip' μ, and what −μ adds to
//! pre-activations goes into their bias, unless the encoder subtracts b_dec', which has μ in it.

use super::weights::Trained;
use crate::model::Weights;

pub fn on_raw_data(t: &Trained) -> Weights {
    let s = t.shape;
    let spread = |factors: Option<&Vec<f32>>, width: usize| -> Vec<f32> {
        (0..width).map(|j| factors.map_or(1.0, |f| f[j / (width / f.len())])).collect()
    };
    let scale_in = spread(t.factors.as_ref().map(|f| &f.input), s.n_input);
    let scale_out = spread(t.factors.as_ref().map(|f| &f.target), s.n_target);
    let mean_in = t.means.as_ref().map_or(vec![0.0; s.n_input], |m| m.input.clone());
    let mean_out = t.means.as_ref().map_or(vec![0.0; s.n_target], |m| m.target.clone());

    let mut w = t.weights.clone();
    for row in w.encoder.chunks_exact_mut(s.n_input) {
        row.iter_mut().zip(&scale_in).for_each(|(x, s)| *x *= s);
    }
    for row in w.decoder.chunks_exact_mut(s.n_target) {
        row.iter_mut().zip(&scale_out).for_each(|(x, s)| *x /= s);
    }
    for ((b, scale), mean) in w.b_dec.iter_mut().zip(&scale_out).zip(&mean_out) {
        *b = *b / scale + mean;
    }
    for (j, row) in w.skip.chunks_exact_mut(s.n_input).enumerate() {
        row.iter_mut().zip(&scale_in).for_each(|(x, s)| *x *= s / scale_out[j]);
        w.b_dec[j] -= dot(row, &mean_in);
    }
    if !t.config.model.shift_input {
        add_to_pre_activations(&mut w, s.n_input, &mean_in);
    }
    w
}

/// A model that subtracts b_dec from its input, as one that does not.
pub fn without_shift(w: &mut Weights, n_input: usize) {
    let shift = w.b_dec.clone();
    add_to_pre_activations(w, n_input, &shift);
}

/// A gated model as JumpReLU: e^r u + b_mag where it is above 0 and u above −b_gate, that is, above
/// θ = max(0, b_mag − e^r b_gate).
pub fn gates_to_theta(w: &mut Weights, n_input: usize) {
    w.theta = vec![];
    for (i, row) in w.encoder.chunks_exact_mut(n_input).enumerate() {
        let gain = w.r_mag[i].exp();
        row.iter_mut().for_each(|x| *x *= gain);
        w.b_enc[i] = w.b_mag[i];
        w.theta.push((w.b_mag[i] - gain * w.b_gate[i]).max(0.0));
    }
    (w.b_gate, w.b_mag, w.r_mag) = (vec![], vec![], vec![]);
}

/// θ of a model whose latents fire by one threshold: above it as they are ranked, z n_i or z.
pub fn constant_theta(w: &Weights, threshold: f32, by_norm: bool, n_target: usize, n_sources: usize) -> Vec<f32> {
    let norm = |row: &[f32]| -> f32 {
        row.chunks_exact(n_target / n_sources).map(|part| dot(part, part).sqrt()).sum::<f32>().max(f32::MIN_POSITIVE)
    };
    w.decoder.chunks_exact(n_target).map(|row| if by_norm { threshold / norm(row) } else { threshold }).collect()
}

/// Lets x − `subtracted` be encoded where x is.
fn add_to_pre_activations(w: &mut Weights, n_input: usize, subtracted: &[f32]) {
    for (i, row) in w.encoder.chunks_exact(n_input).enumerate() {
        let change = -dot(row, subtracted);
        if w.r_mag.is_empty() {
            w.b_enc[i] += change;
        } else {
            w.b_gate[i] += change;
            w.b_mag[i] += w.r_mag[i].exp() * change;
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() as f32
}
