//! Which features fire, and how strongly: m_d ~ Bernoulli(1−S), x_d = m_d (c_min + Exp(β)).
//!
//! Independent unless features have families (`families`) or a copula (`copula`); marginals are exact in all three.

use super::SparseBatch;
use super::copula::Copula;
use super::families::Families;
use crate::config::Bench;
use crate::rng::Stream;

#[derive(Clone, Debug)]
pub struct Firing {
    n_features: usize,
    /// S.
    pub sparsity: f64,
    pub magnitude: Magnitude,
    pub families: Option<Families>,
    copula: Option<Copula>,
}

/// c_min + Exp(β).
#[derive(Clone, Copy, Debug)]
pub struct Magnitude {
    minimum: f64,
    scale: f64,
}

impl Magnitude {
    pub fn draw(&self, stream: &mut Stream) -> f32 {
        let value = (self.minimum + self.scale * stream.exponential()) as f32;
        // An exponential can round to zero; a feature that fires is above it.
        value.max(f32::MIN_POSITIVE)
    }

    /// E[x²].
    fn mean_square(&self) -> f64 {
        let (c, b) = (self.minimum, self.scale);
        c * c + 2.0 * c * b + 2.0 * b * b
    }
}

/// The sequence of firings among cells that each fire with one probability, at a cost of what fires.
///
/// The silent run before each firing is geometric, and floor(Exp(1) / −ln(1−p)) is exactly that.
pub struct Gaps {
    mean: f64,
    /// The next cell that fires. In 64 bits: rows times features can pass what wasm's 32 address.
    next: u64,
}

impl Gaps {
    pub fn new(silent: f64, stream: &mut Stream) -> Self {
        // Probability 1 gives an infinite rate and so gaps of zero: everything fires.
        let mut gaps = Self { mean: -1.0 / libm::log(silent), next: 0 };
        gaps.skip(stream);
        gaps
    }

    pub fn next(&self) -> u64 {
        self.next
    }

    /// Past the cell that fired.
    pub fn advance(&mut self, stream: &mut Stream) {
        self.next = self.next.saturating_add(1);
        self.skip(stream);
    }

    fn skip(&mut self, stream: &mut Stream) {
        // A gap beyond 64 bits saturates, which ends the batch as it should.
        self.next = self.next.saturating_add((stream.exponential() * self.mean) as u64);
    }
}

impl Firing {
    pub fn new(bench: &Bench, seed: u32) -> Self {
        Self {
            n_features: bench.n_features as usize,
            sparsity: bench.sparsity,
            magnitude: Magnitude { minimum: bench.magnitude_min, scale: bench.magnitude_scale },
            families: (bench.n_parents > 0).then(|| Families::new(bench)),
            copula: (bench.correlation > 0.0).then(|| Copula::new(bench, seed)),
        }
    }

    pub fn n_features(&self) -> usize {
        self.n_features
    }

    pub fn draw(&self, stream: &mut Stream, n_rows: usize) -> SparseBatch {
        // Room for what is expected and a tenth: growing lists is a good part of a small batch's cost.
        let room = (n_rows as f64 * self.mean_l0() * 1.1) as usize + 16;
        let mut batch = SparseBatch {
            row_start: Vec::with_capacity(n_rows + 1),
            feature: Vec::with_capacity(room),
            value: Vec::with_capacity(room),
        };
        batch.row_start.push(0);
        match (&self.families, &self.copula) {
            (Some(families), _) => families.draw(&mut batch, stream, n_rows, self),
            (None, Some(copula)) => copula.draw(&mut batch, stream, n_rows, self),
            (None, None) => self.independent(&mut batch, stream, n_rows),
        }
        batch
    }

    fn independent(&self, batch: &mut SparseBatch, stream: &mut Stream, n_rows: usize) {
        let width = self.n_features as u64;
        let cells = n_rows as u64 * width;
        let mut gaps = Gaps::new(self.sparsity, stream);
        let (mut row, mut row_end) = (0, width);
        while gaps.next() < cells {
            let cell = gaps.next();
            while cell >= row_end {
                batch.row_start.push(batch.feature.len() as u32);
                row += 1;
                row_end += width;
            }
            batch.feature.push((cell - row * width) as u32);
            batch.value.push(self.magnitude.draw(stream));
            gaps.advance(stream);
        }
        batch.row_start.resize(n_rows + 1, batch.feature.len() as u32);
    }

    /// Mean number of features that fire.
    pub fn mean_l0(&self) -> f64 {
        let (n, fires) = (self.n_features as f64, 1.0 - self.sparsity);
        self.families.as_ref().map_or(n * fires, |f| f.mean_l0(self.n_features, fires))
    }

    /// [n_features]: M_d = Pr(only d fires) · E[x_d² | x_d > 0]; none where features fire together by a copula.
    pub fn lone_moments(&self) -> Option<Vec<f64>> {
        if self.copula.is_some() {
            return None;
        }
        let n = self.n_features;
        let alone = match &self.families {
            None => vec![(1.0 - self.sparsity) * libm::pow(self.sparsity, (n - 1) as f64); n],
            Some(families) => families.alone(n, self.sparsity),
        };
        Some(alone.into_iter().map(|p| p * self.magnitude.mean_square()).collect())
    }
}
