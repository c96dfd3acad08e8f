//! Feature directions by projected gradient descent on the interference loss (arXiv 2512.05534, App. C):
//!
//! L = Σ_{i≠j} max(0, ⟨w_i,w_j⟩ − (M−ε))² + λ Σ_{i≠j} max(0, ⟨w_i,w_j⟩)²,  rows renormalised after each step.
//!
//! In the bounded setting λ is small and the search ends when max ⟨w_i,w_j⟩ ≤ M; in the negative setting only the second
//! sum is there (λ = 1) and it ends when no product is above zero. Where that does not come, the largest products alone
//! are pushed on, from shaken starts, until work or patience is spent; the report says what was reached.

use crate::config::{Bench, Interference};
use crate::linalg::{Matrix, dot, gemm, norm};
use crate::rng::{Purpose, Stream};
use serde::{Deserialize, Serialize};

/// Not given in the paper; a margin and a pull far below any M of interest.
const EPSILON: f32 = 1e-3;
const LAMBDA: f32 = 1e-3;
const MAX_ITERATIONS: u32 = 3_000;
/// Multiply-adds of a search's products, beside 50 iterations that it always has: some ten seconds natively.
const MAX_WORK: f64 = 3e11;
/// A product below this counts as zero in the negative setting, whose descent only creeps towards it.
const NEGLIGIBLE: f32 = 5e-3;
/// The search is stuck when this many iterations have not lowered the interference by `PROGRESS`; it is then shaken by
/// `KICK` (the length of what is added to each unit row), at most `KICKS` times.
const PATIENCE: u32 = 60;
const PROGRESS: f32 = 1e-3;
const KICKS: u32 = 12;
const KICK: f64 = 0.1;
/// Step lengths, in inverses of the curvature's bound: the first, and the longest (the bound is for all products above
/// the threshold at once; where few are, longer steps still descend, and one that does not is halved).
const START: f32 = 0.5;
const LONGEST: f32 = 20.0;
/// Once the sum of squares has settled, products above this share of the largest are pushed on.
const LARGEST: f32 = 0.8;

/// What the search for directions reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// max over i≠j of ⟨w_i,w_j⟩ (0 for a single feature).
    pub interference: f32,
    /// M, where one was asked for.
    pub target: Option<f32>,
    pub iterations: u32,
    /// One plain sentence about it.
    pub statement: String,
}

/// Directions [n_features, p], unit rows, and what was reached. `index` tells independent draws apart.
pub fn generate(seed: u32, bench: &Bench, p: usize, index: u64) -> (Vec<f32>, Report) {
    let n = bench.n_features as usize;
    let target = match bench.interference {
        Interference::Bounded => Some(bench.max_interference as f32),
        Interference::Negative => None,
    };
    let mut stream = Stream::new(seed, Purpose::Directions, index);
    let mut directions: Vec<f32> = (0..n * p).map(|_| stream.normal() as f32).collect();
    normalise_rows(&mut directions, p);
    let (interference, iterations) = Search::new(n, p, target).run(&mut directions, &mut stream);
    let statement = statement(n, p, target, interference);
    (directions, Report { interference, target, iterations, statement })
}

/// The report on directions that were not searched for.
pub fn report_of(directions: &[f32], width: usize, statement: String) -> Report {
    let n = directions.len() / width;
    let interference = Search::new(n, width, None).evaluate(directions).0;
    Report { interference, target: None, iterations: 0, statement }
}

/// Buffers of one search, all reused between iterations.
struct Search {
    n: usize,
    p: usize,
    target: Option<f32>,
    /// If above 0: only products above this share of the largest are pushed down.
    floor: f32,
    last_max: f32,
    /// The Gram matrix's largest, as far as power iterations have found them.
    eigenvalue: f32,
    eigenvector: Vec<f32>,
    /// [n, n] products, then their weights R.
    gram: Vec<f32>,
    gradient: Vec<f32>,
}

impl Search {
    fn new(n: usize, p: usize, target: Option<f32>) -> Self {
        Self {
            n,
            p,
            target,
            floor: 0.0,
            last_max: 0.0,
            eigenvalue: 1.0,
            eigenvector: vec![1.0; n],
            gram: vec![0.0; n * n],
            gradient: vec![0.0; n * p],
        }
    }

    /// Improves `directions` in place; answers the interference of the best seen (which they end as) and the iterations.
    fn run(mut self, directions: &mut [f32], stream: &mut Stream) -> (f32, u32) {
        let goal = self.target.unwrap_or(NEGLIGIBLE);
        let affordable = MAX_WORK / (self.n * self.n * self.p) as f64;
        let budget = (affordable as u32).saturating_add(50).min(MAX_ITERATIONS);
        let mut kicks = 0;
        let mut best = (f32::INFINITY, directions.to_vec());
        let (mut best_measure, mut best_at) = (f32::MAX, 0);
        let mut step = START;
        let mut last_measure = f32::MAX;
        let mut iteration = 0;
        loop {
            let (max, loss) = self.evaluate(directions);
            // First the sum is to settle, then the largest product.
            let measure = if kicks == 0 { loss } else { max };
            if measure < best_measure - PROGRESS * best_measure.abs() {
                (best_measure, best_at) = (measure, iteration);
            }
            if max < best.0 {
                best.0 = max;
                best.1.copy_from_slice(directions);
            }
            if max <= goal || iteration == budget {
                directions.copy_from_slice(&best.1);
                return (best.0, iteration);
            }
            if iteration - best_at >= PATIENCE {
                // The sum has settled, perhaps with two directions on one another, where nothing pushes them apart.
                // From there, and then from the best so far, shaken, the largest products are pushed on.
                if kicks == KICKS {
                    directions.copy_from_slice(&best.1);
                    return (best.0, iteration);
                }
                if kicks > 0 {
                    directions.copy_from_slice(&best.1);
                }
                self.floor = LARGEST;
                self.shake(directions, stream);
                (best_measure, best_at, step, last_measure) = (f32::MAX, iteration, START, f32::MAX);
                kicks += 1;
                continue;
            }
            self.last_max = max;
            // Rounding alone may raise a settled loss; that is no reason to stand still.
            step = if measure > last_measure + 0.001 * last_measure.abs() {
                step * 0.5
            } else {
                (step * 1.1f32).min(LONGEST)
            };
            last_measure = measure;
            self.descend(directions, step / self.curvature());
            iteration += 1;
        }
    }

    /// Fills `gram` with R_ij = 2 max(0, G_ij − (M−ε)) + 2λ max(0, G_ij), R_ii = 0; answers max_{i≠j} G_ij and the loss.
    fn evaluate(&mut self, directions: &[f32]) -> (f32, f32) {
        let (n, p) = (self.n, self.p);
        let w = Matrix::rows(directions, p);
        gemm(&mut self.gram, n, n, p, w, w.transposed());
        self.follow_largest_eigenvector();
        let (threshold, lambda) = if self.floor > 0.0 {
            // In few dimensions the largest are all near 1: there half their distance from it tells them apart.
            let max = self.last_max.max(0.0);
            ((self.floor * max).max(1.5 * max - 0.5) - EPSILON, 0.0)
        } else {
            self.target.map_or((-EPSILON, 0.0), |m| (m - EPSILON, LAMBDA))
        };
        let (mut max, mut loss) = (f32::NEG_INFINITY, 0.0);
        for (i, row) in self.gram.chunks_exact_mut(n).enumerate() {
            row[i] = f32::NEG_INFINITY;
            for g in row.iter_mut() {
                max = max.max(*g);
                let (over, positive) = ((*g - threshold).max(0.0), g.max(0.0));
                loss += over * over + lambda * positive * positive;
                *g = 2.0 * over + 2.0 * lambda * positive;
            }
        }
        // A single feature has no partner: call its interference 0.
        (if n == 1 { 0.0 } else { max }, loss)
    }

    /// One power iteration on G; directions move little between calls, so the estimate keeps up.
    fn follow_largest_eigenvector(&mut self) {
        let image: Vec<f32> = self.gram.chunks_exact(self.n).map(|row| dot(row, &self.eigenvector)).collect();
        self.eigenvalue = norm(&image) / norm(&self.eigenvector).max(f32::MIN_POSITIVE);
        self.eigenvector = image;
        normalise_rows(&mut self.eigenvector, self.n);
    }

    /// A bound on the loss's curvature: 4 λ_max(G) a direction, twice that for how they move each other; at least the
    /// part of the power iteration that is known is counted, hence the margin.
    fn curvature(&self) -> f32 {
        10.0 * self.eigenvalue.max(1.0)
    }

    fn shake(&self, directions: &mut [f32], stream: &mut Stream) {
        let size = KICK / (self.p as f64).sqrt();
        directions.iter_mut().for_each(|w| *w += (size * stream.normal()) as f32);
        normalise_rows(directions, self.p);
    }

    /// One gradient step, dW = 2 R W (rows), and back to unit rows.
    fn descend(&mut self, directions: &mut [f32], step: f32) {
        let (n, p) = (self.n, self.p);
        gemm(&mut self.gradient, n, p, n, Matrix::rows(&self.gram, n), Matrix::rows(directions, p));
        for (w, g) in directions.iter_mut().zip(&self.gradient) {
            *w -= step * 2.0 * g;
        }
        normalise_rows(directions, p);
    }
}

/// Scales each row of `width` to length 1; a zero row stays zero.
pub fn normalise_rows(rows: &mut [f32], width: usize) {
    for row in rows.chunks_exact_mut(width) {
        let norm = row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        if norm > 0.0 {
            let scale = (1.0 / norm) as f32;
            row.iter_mut().for_each(|x| *x *= scale);
        }
    }
}

/// No n unit vectors in p dimensions have all pairwise products below this.
///
/// n ≤ p+1: the regular simplex, −1/(n−1). n ≤ 2p: 0 (Rankin 1955). p = 2: the regular polygon. Above: Levenshtein's
/// bound n ≤ p(1−s)(2+(p+1)s)/(1−ps²), valid for 0 ≤ s ≤ (√(p+3)−1)/(p+2), solved for s.
pub fn lowest_interference(n: usize, p: usize) -> f64 {
    if n <= 1 {
        return -1.0;
    }
    if n <= p + 1 {
        return -1.0 / (n - 1) as f64;
    }
    if n <= 2 * p {
        return 0.0;
    }
    if p == 1 {
        return 1.0;
    }
    if p == 2 {
        return libm::cos(std::f64::consts::TAU / n as f64);
    }
    let d = p as f64;
    let most = |s: f64| d * (1.0 - s) * (2.0 + (d + 1.0) * s) / (1.0 - d * s * s);
    let (mut low, mut high) = (0.0, ((d + 3.0).sqrt() - 1.0) / (d + 2.0));
    if most(high) < n as f64 {
        return high;
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if most(middle) < n as f64 { low = middle } else { high = middle }
    }
    low
}

fn statement(n: usize, p: usize, target: Option<f32>, reached: f32) -> String {
    if n == 1 {
        return "One feature: nothing interferes.".into();
    }
    let floor = lowest_interference(n, p);
    let Some(target) = target else {
        return format!(
            "The largest product between two of {n} directions in {p} dimensions was pushed to {reached:.3}; no arrangement goes below {floor:.3}."
        );
    };
    if reached <= target {
        return format!(
            "No two of {n} directions in {p} dimensions have a product above {reached:.3} (asked: {target})."
        );
    }
    if floor > f64::from(target) {
        return format!(
            "M = {target} is out of reach for {n} directions in {p} dimensions: no arrangement goes below {floor:.3}. Reached {reached:.3}."
        );
    }
    format!(
        "M = {target} was not reached for {n} directions in {p} dimensions; the search stopped at {reached:.3} (no arrangement goes below {floor:.3})."
    )
}
