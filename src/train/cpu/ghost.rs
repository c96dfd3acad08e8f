//! Ghost gradients: what the dead latents that do not fire would say through exp(z) (Jermyn & Templeton 2024).

use super::Codes;

/// z is read no further than this: exp of it is large enough.
const CEILING: f32 = 10.0;

/// Appends exp(z) of the `dead` of one row, ascending, but for those in `firing`.
pub fn ghost(z: &[f32], dead: &[u32], firing: &[u32], side: &mut Codes) {
    for &i in dead {
        if !firing.contains(&i) {
            side.push(i, libm::expf(z[i as usize].min(CEILING)));
        }
    }
}
