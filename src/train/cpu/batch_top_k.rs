//! The largest values of a whole batch that are above zero; of equal ones, those that come first.

use super::Codes;
use super::top_k::{CHUNK, any_above};
use crate::linalg::select;

/// How far below the least value kept the next batch's are looked for.
const GUESS: f32 = 0.9;

/// Fills `codes` with the `count` largest of `values` [rows, n_latent] above zero, and returns the least of them; 0 if
/// there are fewer. `last` is what the batch before had as its least: it changes what a choice costs, never the choice.
///
/// Most values are far below the cut: only those above a guess are listed, and of the list the rest is thrown out.
pub fn batch_top_k(
    values: &[f32],
    n_latent: usize,
    count: usize,
    last: f32,
    codes: &mut Codes,
    keys: &mut Vec<u64>,
) -> f32 {
    let guess = if count > 0 { GUESS * last } else { f32::INFINITY };
    above(values, n_latent, guess, codes);
    if codes.f.len() < count && guess > 0.0 {
        above(values, n_latent, 0.0, codes);
    }
    if count == 0 || codes.f.len() < count {
        return 0.0;
    }
    // Positive floats order like their bits.
    keys.clear();
    keys.extend(codes.f.iter().map(|f| u64::from(f.to_bits())));
    let at = keys.len() - count;
    let least = select(keys, at);
    let n_equal = count - keys[at..].iter().filter(|bits| **bits > least).count();
    let least = f32::from_bits(least as u32);
    keep(codes, least, n_equal);
    least
}

/// Fills `codes` with all that is above `threshold` (0 or more), latents ascending.
pub fn above(values: &[f32], n_latent: usize, threshold: f32, codes: &mut Codes) {
    codes.clear();
    for row in values.chunks_exact(n_latent) {
        for (c, chunk) in row.chunks(CHUNK).enumerate() {
            if !any_above(chunk, threshold) {
                continue;
            }
            // Without a branch a value: where one is above is not to be foreseen.
            let (mut latent, mut f, mut found) = ([0; CHUNK], [0.0; CHUNK], 0);
            for (j, &z) in chunk.iter().enumerate() {
                latent[found % CHUNK] = (c * CHUNK + j) as u32;
                f[found % CHUNK] = z;
                found += usize::from(z > threshold);
            }
            codes.latent.extend_from_slice(&latent[..found]);
            codes.f.extend_from_slice(&f[..found]);
        }
        codes.end_row();
    }
}

/// Keeps what is above `least`, and the first `n_equal` of those that are equal to it.
fn keep(codes: &mut Codes, least: f32, mut n_equal: usize) {
    let (mut from, mut to) = (0, 0);
    for b in 1..codes.row_start.len() {
        let end = codes.row_start[b] as usize;
        for e in from..end {
            let (latent, f) = (codes.latent[e], codes.f[e]);
            let equal = f == least && n_equal > 0;
            n_equal -= usize::from(equal);
            (codes.latent[to], codes.f[to]) = (latent, f);
            to += usize::from(f > least || equal);
        }
        from = end;
        codes.row_start[b] = to as u32;
    }
    codes.latent.truncate(to);
    codes.f.truncate(to);
}
