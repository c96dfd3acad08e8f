//! One direction, read twice: π = u + b_gate opens the gate, m = e^r u + b_mag is what passes it.

use super::Codes;
use crate::model::Weights;

/// Of one row of u: appends latents with π > 0 and m > 0 to `codes` (with m), those with π > 0 to `side` (with π).
/// `gain` [n_latent]: e^r.
pub fn gated(u: &[f32], w: &Weights, gain: &[f32], codes: &mut Codes, side: &mut Codes) {
    for (i, &u) in u.iter().enumerate() {
        let gate = u + w.b_gate[i];
        if gate > 0.0 {
            side.push(i as u32, gate);
            let magnitude = gain[i] * u + w.b_mag[i];
            if magnitude > 0.0 {
                codes.push(i as u32, magnitude);
            }
        }
    }
}
