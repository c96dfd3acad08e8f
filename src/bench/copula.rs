//! Features that fire together: feature d fires where g_d > Φ⁻¹(S), g = ε Fᵀ + η √(1 − ΣF²) Gaussian with unit variance
//! (the low-rank copula of SAELens' synthetic models). Marginals stay 1−S.

use super::SparseBatch;
use super::firing::Firing;
use crate::config::Bench;
use crate::rng::{Purpose, Stream};

/// What is left of a feature's own variance at least; stronger factors are scaled down.
const LEAST_OWN: f64 = 0.01;

#[derive(Clone, Debug)]
pub struct Copula {
    rank: usize,
    /// [n_features, rank].
    factors: Vec<f64>,
    /// [n_features]: √(1 − ΣF²).
    own: Vec<f64>,
    /// Φ⁻¹(S).
    threshold: f64,
}

impl Copula {
    pub fn new(bench: &Bench, seed: u32) -> Self {
        let rank = bench.correlation_rank as usize;
        let mut stream = Stream::new(seed, Purpose::Correlation, 0);
        let mut factors: Vec<f64> =
            (0..bench.n_features as usize * rank).map(|_| bench.correlation * stream.normal()).collect();
        let own = factors.chunks_exact_mut(rank).map(|row| {
            let shared: f64 = row.iter().map(|f| f * f).sum();
            if shared > 1.0 - LEAST_OWN {
                let scale = libm::sqrt((1.0 - LEAST_OWN) / shared);
                row.iter_mut().for_each(|f| *f *= scale);
            }
            libm::sqrt(1.0 - shared.min(1.0 - LEAST_OWN))
        });
        let own = own.collect();
        Self { rank, factors, own, threshold: normal_quantile(bench.sparsity) }
    }

    pub fn draw(&self, batch: &mut SparseBatch, stream: &mut Stream, n_rows: usize, firing: &Firing) {
        for _ in 0..n_rows {
            let shared: Vec<f64> = (0..self.rank).map(|_| stream.normal()).collect();
            for (d, (row, own)) in self.factors.chunks_exact(self.rank).zip(&self.own).enumerate() {
                let together: f64 = row.iter().zip(&shared).map(|(f, e)| f * e).sum();
                if together + own * stream.normal() > self.threshold {
                    batch.feature.push(d as u32);
                    batch.value.push(firing.magnitude.draw(stream));
                }
            }
            batch.row_start.push(batch.feature.len() as u32);
        }
    }
}

/// Φ⁻¹(p) by bisection on erfc: asked for once a world.
fn normal_quantile(p: f64) -> f64 {
    let below = |x: f64| 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if below(middle) < p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}
