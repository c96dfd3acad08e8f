//! AuxK: which dead latents reconstruct the residual in a row (Gao et al. 2024).

use super::Codes;

/// Appends the `count` of the `dead` with the largest z, ascending by latent, with z; `only_positive`: as ReLU(z).
pub fn aux_k(z: &[f32], dead: &[u32], count: usize, only_positive: bool, side: &mut Codes, keys: &mut Vec<u64>) {
    let mut take = |i: u32| {
        let z = z[i as usize];
        if !only_positive || z > 0.0 {
            side.push(i, z);
        }
    };
    if dead.len() <= count {
        dead.iter().for_each(|i| take(*i));
        return;
    }
    // Largest first, the lower latent of equals first.
    keys.clear();
    keys.extend(dead.iter().map(|i| u64::from(!ordered(z[*i as usize])) << 32 | u64::from(*i)));
    let (chosen, ..) = keys.select_nth_unstable(count);
    let mut latents: Vec<u32> = chosen.iter().map(|key| *key as u32).collect();
    latents.sort_unstable();
    latents.into_iter().for_each(&mut take);
}

/// Bits that order as the floats do.
fn ordered(z: f32) -> u32 {
    let bits = z.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}
