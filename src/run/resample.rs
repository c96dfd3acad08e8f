//! Resampling of dead latents after Bricken et al. 2023 ("Towards Monosemanticity", appendix on resampling), on the
//! host's copy of the state.

use crate::bench::{Batch, World};
use crate::config::Config;
use crate::linalg::norm;
use crate::model::Shape;
use crate::rng::Stream;
use crate::train::State;

/// Latents that fired for none of the last `dead.window` samples. Anchored ones have a direction already.
pub fn dead(config: &Config, state: &State) -> Vec<u32> {
    let anchored = if config.anchors.coefficient > 0.0 { config.anchors.count } else { 0 };
    let is_dead = |i: &u32| state.since_fired[*i as usize] >= config.dead.window;
    (anchored..state.since_fired.len() as u32).filter(is_dead).collect()
}

/// Sends each dead latent to an input, drawn with probability ∝ loss², without replacement while inputs last.
///
/// Decoder: the input's unit direction (less b_dec where the encoder subtracts it); encoder: the same at
/// `resample_scale` × the living's mean encoder norm; b_enc 0; moments 0, the step counter untouched.
#[allow(clippy::too_many_arguments, reason = "all of it is the run's, none of it belongs together")]
pub fn resample(
    config: &Config,
    world: &World,
    shape: Shape,
    state: &mut State,
    dead: &[u32],
    inputs: &Batch,
    loss: &[f32],
    stream: &mut Stream,
) {
    let scale = config.dead.resample_scale as f32 * living_norm(state, shape, dead);
    let (input, target) = world.expand(inputs);
    let mut weight: Vec<f64> = loss.iter().map(|l| f64::from(*l) * f64::from(*l)).collect();
    let all = weight.clone();
    for &latent in dead {
        if weight.iter().sum::<f64>() <= 0.0 {
            weight.copy_from_slice(&all);
        }
        let Some(row) = draw(&weight, stream) else { return };
        weight[row] = 0.0;
        let shift = config.model.shift_input.then_some(&state.weights.b_dec[..]);
        let encoder = direction(&input[row * shape.n_input..][..shape.n_input], shift, scale);
        let decoder = direction(&target[row * shape.n_target..][..shape.n_target], shift, 1.0);
        set_latent(state, shape, latent as usize, &encoder, &decoder);
        state.weights.b_enc[latent as usize] = 0.0;
    }
}

/// Sets the directions of one latent (empty: left as it is), clears its moments and lets it count as alive.
pub fn set_latent(state: &mut State, shape: Shape, latent: usize, encoder: &[f32], decoder: &[f32]) {
    let State { weights, mean, square, since_fired, .. } = state;
    let (e, d) = (latent * shape.n_input, latent * shape.n_target);
    weights.encoder[e..e + encoder.len()].copy_from_slice(encoder);
    weights.decoder[d..d + decoder.len()].copy_from_slice(decoder);
    for moment in [mean, square] {
        moment.encoder[e..e + shape.n_input].fill(0.0);
        moment.decoder[d..d + shape.n_target].fill(0.0);
        moment.b_enc[latent] = 0.0;
    }
    since_fired[latent] = 0;
}

/// Mean encoder norm of the living; 1 where none lives.
fn living_norm(state: &State, shape: Shape, dead: &[u32]) -> f32 {
    let rows = state.weights.encoder.chunks_exact(shape.n_input);
    let living: Vec<f32> =
        rows.zip(0u32..).filter(|(_, i)| dead.binary_search(i).is_err()).map(|(row, _)| norm(row)).collect();
    if living.is_empty() { 1.0 } else { living.iter().sum::<f32>() / living.len() as f32 }
}

/// An index with probability ∝ weight; none if all weights are zero (or not numbers).
fn draw(weight: &[f64], stream: &mut Stream) -> Option<usize> {
    let mut left = stream.uniform() * weight.iter().sum::<f64>();
    let mut last = None;
    for (ix, w) in weight.iter().enumerate().filter(|(_, w)| **w > 0.0) {
        last = Some(ix);
        left -= w;
        if left < 0.0 {
            break;
        }
    }
    last
}

fn direction(x: &[f32], shift: Option<&[f32]>, length: f32) -> Vec<f32> {
    let mut out = x.to_vec();
    if let Some(shift) = shift {
        out.iter_mut().zip(shift).for_each(|(x, b)| *x -= b);
    }
    let n = norm(&out);
    if n > 0.0 {
        out.iter_mut().for_each(|x| *x *= length / n);
    }
    out
}
