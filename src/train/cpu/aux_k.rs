//! AuxK: which dead latents reconstruct the residual in a row (Gao et al. 2024).

use crate::linalg::select;

/// Of one row, for the `count` of the `dead` with the largest z (the lower latent of equals): z, and 1 as its derivative
/// by z; `only_positive`: of ReLU(z).
pub fn aux_k(
    z: &[f32],
    dead: &[u32],
    count: usize,
    only_positive: bool,
    a: &mut [f32],
    slope: &mut [f32],
    keys: &mut Vec<u64>,
) {
    let mut take = |place: usize| {
        let z = z[dead[place] as usize];
        if !only_positive || z > 0.0 {
            (a[place], slope[place]) = (z, 1.0);
        }
    };
    if dead.len() <= count {
        (0..dead.len()).for_each(take);
        return;
    }
    // Largest first, the lower latent of equals first.
    keys.clear();
    keys.extend(dead.iter().enumerate().map(|(j, i)| u64::from(!ordered(z[*i as usize])) << 32 | j as u64));
    select(keys, count);
    keys[..count].iter().for_each(|key| take(*key as u32 as usize));
}

/// Bits that order as the floats do.
fn ordered(z: f32) -> u32 {
    let bits = z.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}
