//! Crosscoders: how much a latent writes to each source, and whether it writes the same to all.

use crate::linalg::norm;

/// Relative decoder norms tell exclusive latents from shared ones (Lindsey et al. 2024).
#[derive(Clone, Debug)]
pub struct Sources {
    /// [n_latent, m]: ‖w_D^{i,s}‖ / Σ_s ‖w_D^{i,s}‖; equal shares where a latent writes nothing.
    pub share: Vec<f32>,
    /// [n_latent]: cosine of the parts of two sources, averaged over all pairs; 0 for a part that is zero.
    pub cosine: Vec<f32>,
}

impl Sources {
    /// `decoder`: [n_latent, n_target], each row m parts of equal width; none where there is only one.
    pub fn new(decoder: &[f32], n_target: usize, n_sources: usize) -> Option<Self> {
        if n_sources < 2 {
            return None;
        }
        let mut out = Self { share: vec![], cosine: vec![] };
        for row in decoder.chunks_exact(n_target) {
            let parts: Vec<&[f32]> = row.chunks_exact(n_target / n_sources).collect();
            let norms: Vec<f32> = parts.iter().map(|part| norm(part)).collect();
            let sum: f32 = norms.iter().sum();
            out.share.extend(norms.iter().map(|n| if sum > 0.0 { n / sum } else { 1.0 / n_sources as f32 }));
            let mut total = 0.0;
            for s in 0..n_sources {
                for t in s + 1..n_sources {
                    let lengths = norms[s] * norms[t];
                    let product: f32 = parts[s].iter().zip(parts[t]).map(|(a, b)| a * b).sum();
                    total += if lengths > 0.0 { product / lengths } else { 0.0 };
                }
            }
            out.cosine.push(total / (n_sources * (n_sources - 1) / 2) as f32);
        }
        Some(out)
    }
}
