//! Latents as probes of true features, on the evaluation batch: precision, recall and F1 as in SynthSAEBench
//! (arXiv 2602.14687).
//!
//! A latent says that a feature is there by firing (f > 0, the training-time σ; no other threshold is looked for).

use super::alignment::Alignment;
use super::effort::Effort;
use crate::bench::{Batch, Samples, World};
use crate::train::Evaluation;

/// Words of a live frame's pattern: 64 MiB.
const PATTERN: f64 = (1 << 24) as f64;
/// Words that a live frame compares to find every feature's best latent: 0.1 s in wasm.
const COMPARISONS: f64 = (1 << 27) as f64;

/// What is true of the evaluation batch.
#[derive(Clone, Debug)]
pub struct Truth {
    n_rows: usize,
    /// ⌈n_rows/32⌉.
    words: usize,
    /// [n_features, words]: bit b of word w is whether the feature is there in row 32 w + b.
    bits: Vec<u32>,
    /// [n_features]: rows in which it is.
    count: Vec<u32>,
}

/// How well latents tell features; means weigh latents (or features) equally.
#[derive(Clone, Debug)]
pub struct Probes {
    /// [n_latent]: each for the feature that its decoder direction fits best ([`Alignment::feature`]).
    pub latents: Vec<Score>,
    /// Means over all latents, those that never fire included (precision, recall and F1 are 0 for them).
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    pub accuracy: f64,
    /// Mean over the latents that fire on the evaluation batch; NaN if none does.
    pub f1_alive: f64,
    /// Mean over the features that are there in the evaluation batch of the best F1 that any latent has for them,
    /// whatever its direction; NaN if there are none. None where a live frame does not wait for it.
    pub f1_features: Option<f64>,
    /// Mean F1 of the matched pairs ([`super::Matching`]), if there is a matching.
    pub f1_matched: Option<f64>,
}

/// One latent as the probe of one feature. What is undefined (no prediction, no occurrence) is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    pub accuracy: f64,
}

/// Whether a live frame has room for the pattern that probes need.
pub fn wanted(n_latent: usize, n_rows: usize, effort: Effort) -> bool {
    effort.allows(n_latent as f64 * n_rows.div_ceil(32) as f64, PATTERN)
}

impl Truth {
    /// A bench's features are there where they are active; of real data, a row's label is the one that is there.
    pub fn new(world: &World, batch: &Batch) -> Self {
        let n_rows = batch.n_rows();
        let words = n_rows.div_ceil(32);
        let mut truth =
            Self { n_rows, words, bits: vec![0; world.n_features * words], count: vec![0; world.n_features] };
        match (batch, &world.samples) {
            (Batch::Sparse(s), _) => {
                for (b, ends) in s.row_start.windows(2).enumerate() {
                    s.feature[ends[0] as usize..ends[1] as usize].iter().for_each(|&d| truth.set(d, b));
                }
            }
            (Batch::Rows(ix), Samples::Rows(rows)) => {
                ix.iter().enumerate().for_each(|(b, &row)| truth.set(rows.labels[row as usize], b));
            }
            (Batch::Rows(_), Samples::Bench(_)) => unreachable!("a bench draws sparse batches"),
        }
        truth
    }

    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    fn set(&mut self, feature: u32, row: usize) {
        self.bits[feature as usize * self.words + row / 32] |= 1 << (row % 32);
        self.count[feature as usize] += 1;
    }

    fn row(&self, feature: usize) -> &[u32] {
        &self.bits[feature * self.words..][..self.words]
    }
}

impl Probes {
    /// `evaluation` of the batch that `truth` is of, with its pattern.
    pub fn new(truth: &Truth, evaluation: &Evaluation, alignment: &Alignment, effort: Effort) -> Self {
        let pattern = |i: usize| &evaluation.pattern[i * truth.words..][..truth.words];
        let score = |i: usize, j: usize| {
            let both = common(pattern(i), truth.row(j));
            Score::new(both, evaluation.fired[i], truth.count[j], truth.n_rows)
        };
        let latents: Vec<Score> = alignment.feature.iter().enumerate().map(|(i, &j)| score(i, j as usize)).collect();
        let mean = |of: fn(&Score) -> f64| latents.iter().map(of).sum::<f64>() / latents.len() as f64;
        let alive = evaluation.fired.iter().filter(|n| **n > 0).count() as f64;
        let work = truth.bits.len() as f64 * latents.len() as f64;
        Self {
            precision: mean(|s| s.precision),
            recall: mean(|s| s.recall),
            f1: mean(|s| s.f1),
            accuracy: mean(|s| s.accuracy),
            // The others add nothing: their F1 is 0.
            f1_alive: latents.iter().map(|s| s.f1).sum::<f64>() / alive,
            f1_features: effort
                .allows(work, COMPARISONS)
                .then(|| best_of_features(truth, evaluation, &latents, alignment)),
            f1_matched: alignment.matching.as_ref().map(|matching| {
                let pairs = matching.latent.iter().enumerate().filter_map(|(j, i)| i.map(|i| (i as usize, j)));
                let f1: Vec<f64> = pairs.map(|(i, j)| score(i, j).f1).collect();
                f1.iter().sum::<f64>() / f1.len() as f64
            }),
            latents,
        }
    }
}

impl Score {
    /// Of `n_rows` rows a latent fires in `fired`, the feature is there in `there`, and both hold in `both`.
    fn new(both: u32, fired: u32, there: u32, n_rows: usize) -> Self {
        let ratio = |a: u32, b: u32| if b == 0 { 0.0 } else { f64::from(a) / f64::from(b) };
        let wrong = (fired - both) + (there - both);
        Self {
            precision: ratio(both, fired),
            recall: ratio(both, there),
            f1: f1(both, fired, there),
            accuracy: 1.0 - f64::from(wrong) / n_rows as f64,
        }
    }
}

/// 2 both / (fired + there), the harmonic mean of precision and recall; 0 where there is neither.
fn f1(both: u32, fired: u32, there: u32) -> f64 {
    let all = f64::from(fired) + f64::from(there);
    if all == 0.0 { 0.0 } else { 2.0 * f64::from(both) / all }
}

/// Mean over the features that occur of max_i F1(i, j).
fn best_of_features(truth: &Truth, evaluation: &Evaluation, latents: &[Score], alignment: &Alignment) -> f64 {
    // The latents that point at a feature first: what they reach spares most comparisons with others.
    let mut best = vec![0.0f64; truth.count.len()];
    for (score, &j) in latents.iter().zip(&alignment.feature) {
        best[j as usize] = best[j as usize].max(score.f1);
    }
    for (i, pattern) in evaluation.pattern.chunks_exact(truth.words).enumerate() {
        let fired = evaluation.fired[i];
        for (j, best) in best.iter_mut().enumerate() {
            let there = truth.count[j];
            if f1(fired.min(there), fired, there) > *best {
                *best = best.max(f1(common(pattern, truth.row(j)), fired, there));
            }
        }
    }
    let there = truth.count.iter().filter(|n| **n > 0).count() as f64;
    best.iter().sum::<f64>() / there
}

/// Bits that are set in both.
fn common(a: &[u32], b: &[u32]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a & b).count_ones()).sum()
}
