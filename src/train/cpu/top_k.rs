//! The k largest pre-activations of a row that are above zero; of equal ones, those of the lower latents.

use super::Codes;

/// Up to here a sorted list with insertion is faster than selection over all candidates.
const SHORT: usize = 64;
/// Values compared with the threshold at once.
const CHUNK: usize = 16;

/// Appends the firing latents of one row by falling activation.
pub fn top_k(z: &[f32], k: usize, codes: &mut Codes) {
    if k <= SHORT { insert(z, k, codes) } else { select(z, k, codes) }
}

/// Few values pass the k-th best so far (about k ln(n/k) of a random row), so a row costs little more than comparing.
fn insert(z: &[f32], k: usize, codes: &mut Codes) {
    let first = codes.f.len();
    let mut threshold = 0.0;
    for (c, chunk) in z.chunks(CHUNK).enumerate() {
        if !chunk.iter().fold(false, |any, &z| any | (z > threshold)) {
            continue;
        }
        for (j, &z) in chunk.iter().enumerate() {
            if z <= threshold || z.is_nan() {
                continue;
            }
            if codes.f.len() - first < k {
                codes.f.push(z);
                codes.latent.push(0);
            }
            // The last place is free: it is new, or the one that falls out.
            let mut slot = codes.f.len() - 1;
            while slot > first && codes.f[slot - 1] < z {
                codes.f[slot] = codes.f[slot - 1];
                codes.latent[slot] = codes.latent[slot - 1];
                slot -= 1;
            }
            codes.f[slot] = z;
            codes.latent[slot] = (c * CHUNK + j) as u32;
            if codes.f.len() - first == k {
                threshold = codes.f[codes.f.len() - 1];
            }
        }
    }
}

fn select(z: &[f32], k: usize, codes: &mut Codes) {
    let mut candidates: Vec<(f32, u32)> = z.iter().zip(0..).filter(|(z, _)| **z > 0.0).map(|(z, i)| (*z, i)).collect();
    let order = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if candidates.len() > k {
        candidates.select_nth_unstable_by(k - 1, order);
        candidates.truncate(k);
    }
    candidates.sort_unstable_by(order);
    codes.f.extend(candidates.iter().map(|c| c.0));
    codes.latent.extend(candidates.iter().map(|c| c.1));
}
