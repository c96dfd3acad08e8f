//! How much of what is written along one direction is absorbed, on one row (the absorption fraction of SAEBench, Karvonen
//! et al. 2025, arXiv 2503.09532).

/// Others count from this cosine with the direction on, the three that contribute most of them…
const LEAST_COSINE: f32 = 0.1;
const MOST: usize = 3;
/// … and only where together they are at least this share of what there is.
pub const LEAST_SHARE: f64 = 0.4;

/// 0 where the main latents write the direction in full, 1 where others write it alone.
///
/// `p`: how much of the direction there is. `mains`: what its own latents contribute to it. `others`: what each other
/// latent that fires contributes, and its decoder column's cosine with the direction; left in any order.
pub fn fraction(p: f64, mains: f64, others: &[(f64, f32)]) -> f64 {
    let mut most = [0.0f64; MOST];
    for (c, _) in others.iter().filter(|(c, cosine)| *c > 0.0 && *cosine >= LEAST_COSINE) {
        let mut next = *c;
        for kept in &mut most {
            if next > *kept {
                std::mem::swap(kept, &mut next);
            }
        }
    }
    let absorbing: f64 = most.iter().sum();
    if mains >= p || absorbing < LEAST_SHARE * p {
        0.0
    } else if mains <= 0.0 {
        1.0
    } else {
        let missing = absorbing.min(p - mains);
        missing / (missing + mains)
    }
}
