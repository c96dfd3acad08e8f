//! Ghost gradients: what the dead latents that do not fire would say through exp(z) (Jermyn & Templeton 2024).

/// z is read no further than this: exp of it is large enough.
const CEILING: f32 = 10.0;

/// Of one row, for every one of the `dead` that is not in `firing`: exp(z), which is its derivative by z as well.
pub fn ghost(z: &[f32], dead: &[u32], firing: &[u32], a: &mut [f32], slope: &mut [f32]) {
    for ((&i, a), slope) in dead.iter().zip(a).zip(slope) {
        if !firing.contains(&i) {
            *a = libm::expf(z[i as usize].min(CEILING));
            *slope = *a;
        }
    }
}
