//! f_i = z_i where z_i > θ_i.

use super::Codes;

/// Appends the firing latents of one row, ascending.
pub fn jump_relu(z: &[f32], theta: &[f32], codes: &mut Codes) {
    for (i, (&z, &theta)) in z.iter().zip(theta).enumerate() {
        if z > theta {
            codes.push(i as u32, z);
        }
    }
}
