//! The k largest pre-activations of a row that are above zero; of equal ones, those of the lower latents.

use super::Codes;
use crate::linalg::lanes::F4;

/// Up to here a sorted list with insertion is faster than selection over all candidates.
const SHORT: usize = 64;
/// Values compared with the threshold at once.
pub const CHUNK: usize = 16;

/// Appends the firing latents of one row, in an order that depends on the row alone.
pub fn top_k(z: &[f32], k: usize, codes: &mut Codes) {
    if k <= SHORT { insert(z, k, codes) } else { select(z, k, codes) }
}

/// Few values pass the k-th best so far (about k ln(n/k) of a random row), so a row costs little more than comparing.
fn insert(z: &[f32], k: usize, codes: &mut Codes) {
    let mut best = Best { f: [0.0; SHORT], latent: [0; SHORT], count: 0, k };
    for (c, chunk) in z.chunks(CHUNK).enumerate() {
        if !any_above(chunk, best.threshold()) {
            continue;
        }
        for (q, four) in chunk.chunks(4).enumerate() {
            if any_above(four, best.threshold()) {
                for (j, &z) in four.iter().enumerate() {
                    best.offer(z, (c * CHUNK + q * 4 + j) as u32);
                }
            }
        }
    }
    codes.f.extend_from_slice(&best.f[..best.count]);
    codes.latent.extend_from_slice(&best.latent[..best.count]);
}

/// The best so far, falling; equal ones in the order in which they came.
struct Best {
    f: [f32; SHORT],
    latent: [u32; SHORT],
    count: usize,
    k: usize,
}

impl Best {
    /// What a value must be above to be kept.
    #[inline(always)]
    fn threshold(&self) -> f32 {
        if self.count == self.k { self.f[self.k - 1] } else { 0.0 }
    }

    #[inline(always)]
    fn offer(&mut self, z: f32, latent: u32) {
        if z > self.threshold() {
            // The last place is free: it is new, or the one that falls out.
            let mut slot = self.count.min(self.k - 1);
            self.count = slot + 1;
            while slot > 0 && self.f[slot - 1] < z {
                self.f[slot] = self.f[slot - 1];
                self.latent[slot] = self.latent[slot - 1];
                slot -= 1;
            }
            self.f[slot] = z;
            self.latent[slot] = latent;
        }
    }
}

#[inline]
pub fn any_above(values: &[f32], threshold: f32) -> bool {
    let (fours, rest) = values.as_chunks::<4>();
    let limit = F4::splat(threshold);
    fours.iter().fold(false, |any, four| any | F4::load(four).any_above(limit)) || rest.iter().any(|z| *z > threshold)
}

/// Positive floats order like their bits, so the k-th largest is found bit by bit, counting.
fn select(z: &[f32], k: usize, codes: &mut Codes) {
    let at_least = |bits: u32| z.iter().map(|z| u32::from(*z > 0.0 && z.to_bits() >= bits)).sum::<u32>() as usize;
    let mut kth = 0u32;
    for bit in (0..31).rev() {
        if at_least(kth | 1 << bit) >= k {
            kth |= 1 << bit;
        }
    }
    // Values equal to the k-th share the places that greater ones leave.
    let mut equal_left = k - at_least(kth + 1).min(k);
    for (i, &z) in z.iter().enumerate() {
        let equal = z.to_bits() == kth;
        if z > 0.0 && (z.to_bits() > kth || (equal && equal_left > 0)) {
            equal_left -= usize::from(equal);
            codes.latent.push(i as u32);
            codes.f.push(z);
        }
    }
}
