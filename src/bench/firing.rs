//! Which features fire, and how strongly: m_d ~ Bernoulli(1−S), x_d = m_d (c_min + Exp(β)), independent.

use super::SparseBatch;
use crate::config::Bench;
use crate::rng::Stream;

#[derive(Clone, Debug)]
pub struct Firing {
    n_features: usize,
    /// S.
    pub sparsity: f64,
    minimum: f64,
    scale: f64,
}

impl Firing {
    pub fn new(bench: &Bench) -> Self {
        Self {
            n_features: bench.n_features as usize,
            sparsity: bench.sparsity,
            minimum: bench.magnitude_min,
            scale: bench.magnitude_scale,
        }
    }

    /// Draws `n_rows` samples at a cost of what fires, not of what could.
    ///
    /// The cells (sample, feature) are one sequence of Bernoulli trials; the silent run before each firing is
    /// geometric, and floor(Exp(1) / −ln S) is exactly that.
    pub fn draw(&self, stream: &mut Stream, n_rows: usize) -> SparseBatch {
        // In 64 bits: rows times features can pass what wasm's 32 address.
        let width = self.n_features as u64;
        let cells = n_rows as u64 * width;
        // S = 0 gives an infinite rate and so gaps of zero: everything fires.
        let mean_gap = -1.0 / libm::log(self.sparsity);
        // Room for what is expected and a tenth: growing lists is a good part of a small batch's cost.
        let room = (cells as f64 * (1.0 - self.sparsity) * 1.1) as usize + 16;
        let mut batch = SparseBatch {
            row_start: Vec::with_capacity(n_rows + 1),
            feature: Vec::with_capacity(room),
            value: Vec::with_capacity(room),
        };
        batch.row_start.push(0);
        let (mut cell, mut row, mut row_end) = (0u64, 0, width);
        loop {
            // A gap beyond 64 bits saturates, which ends the batch as it should.
            cell = cell.saturating_add((stream.exponential() * mean_gap) as u64);
            if cell >= cells {
                break;
            }
            while cell >= row_end {
                batch.row_start.push(batch.feature.len() as u32);
                row += 1;
                row_end += width;
            }
            let value = (self.minimum + self.scale * stream.exponential()) as f32;
            batch.feature.push((cell - row * width) as u32);
            // An exponential can round to zero; a feature that fires is above it.
            batch.value.push(value.max(f32::MIN_POSITIVE));
            cell += 1;
        }
        batch.row_start.resize(n_rows + 1, batch.feature.len() as u32);
        batch
    }

    /// M_d = (1−S) S^{n−1} (c² + 2cβ + 2β²), the same for every d.
    pub fn lone_moment(&self, n_features: usize) -> f64 {
        let (s, c, b) = (self.sparsity, self.minimum, self.scale);
        (1.0 - s) * libm::pow(s, (n_features - 1) as f64) * (c * c + 2.0 * c * b + 2.0 * b * b)
    }
}
