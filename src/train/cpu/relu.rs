//! σ(z)_i = max(0, z_i).

use super::Codes;

/// Appends the firing latents of one row, ascending.
pub fn relu(z: &[f32], codes: &mut Codes) {
    for (i, &z) in z.iter().enumerate() {
        if z > 0.0 {
            codes.latent.push(i as u32);
            codes.f.push(z);
        }
    }
}
