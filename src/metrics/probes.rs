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
#[derive(Clone, Copy, Debug, Default, PartialEq)]
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

    /// Rows in which a feature is there, as bits.
    pub fn row(&self, feature: usize) -> &[u32] {
        &self.bits[feature * self.words..][..self.words]
    }
}

impl Probes {
    /// `evaluation` of the batch that `truth` is of, with its pattern.
    pub fn new(truth: &Truth, evaluation: &Evaluation, alignment: &Alignment, effort: Effort) -> Self {
        let mut latents = Vec::with_capacity(alignment.feature.len());
        let mut sum = Score::default();
        for (i, &j) in alignment.feature.iter().enumerate() {
            let s = Score::new(truth, evaluation, i, j as usize);
            sum.precision += s.precision;
            sum.recall += s.recall;
            sum.f1 += s.f1;
            sum.accuracy += s.accuracy;
            latents.push(s);
        }
        let n = latents.len() as f64;
        let alive = evaluation.fired.iter().filter(|n| **n > 0).count();
        let work = truth.bits.len() as f64 * n;
        let f1_features = effort.allows(work, COMPARISONS).then(|| best_of_features(truth, evaluation));
        let f1_matched = alignment.matching.as_ref().map(|matching| {
            let (mut sum, mut pairs) = (0.0, 0);
            for (j, i) in matching.latent.iter().enumerate() {
                if let Some(i) = i {
                    sum += Score::new(truth, evaluation, *i as usize, j).f1;
                    pairs += 1;
                }
            }
            sum / f64::from(pairs)
        });
        Self {
            latents,
            precision: sum.precision / n,
            recall: sum.recall / n,
            f1: sum.f1 / n,
            accuracy: sum.accuracy / n,
            // The others add nothing: their F1 is 0.
            f1_alive: sum.f1 / alive as f64,
            f1_features,
            f1_matched,
        }
    }
}

impl Score {
    /// Latent `i` as the probe of feature `j`.
    fn new(truth: &Truth, evaluation: &Evaluation, i: usize, j: usize) -> Self {
        let pattern = &evaluation.pattern[i * truth.words..][..truth.words];
        let both = f64::from(common(pattern, truth.row(j)));
        let (fired, there) = (f64::from(evaluation.fired[i]), f64::from(truth.count[j]));
        Self {
            precision: ratio(both, fired),
            recall: ratio(both, there),
            f1: ratio(2.0 * both, fired + there),
            accuracy: 1.0 - (fired + there - 2.0 * both) / truth.n_rows as f64,
        }
    }
}

/// a/b, and 0 where that is undefined.
fn ratio(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}

/// Mean over the features that occur of max_i F1(i, j), F1 = 2 both / (fired + there).
fn best_of_features(truth: &Truth, evaluation: &Evaluation) -> f64 {
    let (mut sum, mut occur) = (0.0, 0);
    for (j, &there) in truth.count.iter().enumerate() {
        if there == 0 {
            continue;
        }
        let mut best = 0.0;
        for (pattern, &fired) in evaluation.pattern.chunks_exact(truth.words).zip(&evaluation.fired) {
            let all = f64::from(fired) + f64::from(there);
            // As many rows in common as there can be: most latents need no closer look.
            if 2.0 * f64::from(fired.min(there)) > best * all {
                let f1 = 2.0 * f64::from(common(pattern, truth.row(j))) / all;
                if f1 > best {
                    best = f1;
                }
            }
        }
        sum += best;
        occur += 1;
    }
    sum / f64::from(occur)
}

/// Bits that are set in both.
fn common(a: &[u32], b: &[u32]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a & b).count_ones()).sum()
}
