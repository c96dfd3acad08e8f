//! M_IP and M_GT(τ) of v3 §5.1, over the features that neither run anchors.

use crate::train::Match;

/// Points of the curve over τ: 0.00, 0.01 … 1.00.
pub const CURVE: usize = 101;

/// How well features are recovered, by one reading of the weights.
#[derive(Clone, Debug)]
pub struct Recovery {
    /// Mean best score of the scored features; NaN if none is scored.
    pub mip: f64,
    /// Share of the scored features with a best score above τ; NaN if none is scored.
    pub mgt: f64,
    /// [101]: the share at τ = 0.00, 0.01 … 1.00.
    pub curve: Vec<f32>,
    /// [n_features]: s_d, and the latent that reaches it.
    pub score: Vec<f32>,
    pub latent: Vec<u32>,
}

impl Recovery {
    pub fn new(best: Match, scored: &[bool], threshold: f64) -> Self {
        let counted: Vec<f64> =
            best.score.iter().zip(scored).filter(|(_, s)| **s).map(|(score, _)| f64::from(*score)).collect();
        let n = counted.len() as f64;
        let above = |tau: f64| counted.iter().filter(|s| **s > tau).count() as f64 / n;
        Self {
            mip: counted.iter().sum::<f64>() / n,
            mgt: above(threshold),
            curve: (0..CURVE).map(|i| above(i as f64 / 100.0) as f32).collect(),
            score: best.score,
            latent: best.latent,
        }
    }
}
