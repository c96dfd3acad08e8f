//! AuxK: which dead latents reconstruct the residual in a row (Gao et al. 2024).

use super::Codes;

/// Appends the `count` of the `dead` with the largest z, ascending by latent, with z; `only_positive`: as ReLU(z).
pub fn aux_k(z: &[f32], dead: &[u32], count: usize, only_positive: bool, side: &mut Codes, keys: &mut Vec<u64>) {
    if dead.len() <= count {
        take(z, dead.iter().copied(), only_positive, side);
        return;
    }
    // Largest first, the lower latent of equals first.
    keys.clear();
    keys.extend(dead.iter().map(|i| u64::from(!ordered(z[*i as usize])) << 32 | u64::from(*i)));
    let (chosen, ..) = keys.select_nth_unstable(count);
    // Back to ascending latents, in the same type: another sort would cost the page 2 kB.
    chosen.iter_mut().for_each(|key| *key &= u64::from(u32::MAX));
    chosen.sort_unstable();
    take(z, chosen.iter().map(|key| *key as u32), only_positive, side);
}

fn take(z: &[f32], latents: impl Iterator<Item = u32> + Clone, only_positive: bool, side: &mut Codes) {
    let taken = latents.filter(|i| !only_positive || z[*i as usize] > 0.0);
    side.latent.extend(taken.clone());
    side.f.extend(taken.map(|i| z[i as usize]));
}

/// Bits that order as the floats do.
fn ordered(z: f32) -> u32 {
    let bits = z.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}
