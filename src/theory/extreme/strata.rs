//! E_m, the mean squared error when m random features are active, for as many m as matter, and what they make of any S.

use super::{FEWEST, MOST, Model, Z95};
use crate::bench::{Samples, SparseBatch, World};
use crate::rng::{Purpose, Stream};

/// The paper's data has so many samples (App. C): what is rarer than one of them is not in it.
const PAPER_SAMPLES: f64 = 1e5;
/// Numbers of active features that no S asked for has with more than this probability are left out.
const NEGLIGIBLE: f64 = 1e-12;
/// Every number of active features up to here has a stratum; beyond, each is so much further.
const ALL_UP_TO: usize = 12;
const STRIDE: f64 = 1.2;

/// E_m for some numbers m of active features.
pub struct Strata {
    n: usize,
    of: Vec<Stratum>,
    pub drawn: usize,
}

struct Stratum {
    active: usize,
    samples: f64,
    mean: f64,
    variance: f64,
    largest: f64,
}

impl Strata {
    /// All that matter at S ≥ `least`.
    pub fn new(model: &Model, world: &World, seed: u32, least: f64) -> Self {
        let n = world.n_features;
        let counts = counts(n, least);
        let each = (model.affordable() / counts.len()).clamp(FEWEST, MOST);
        let Samples::Bench(firing) = &world.samples else { unreachable!("checked: the source is a bench") };
        let stratum = |active: usize| {
            let mut stream = Stream::new(seed, Purpose::Theory, active as u64);
            let rows = if active == 0 { 1 } else { each };
            let mut batch = SparseBatch { row_start: vec![0], ..SparseBatch::default() };
            for _ in 0..rows {
                let mut features = stream.permutation(n, active);
                features.sort_unstable();
                batch.value.extend(features.iter().map(|_| firing.magnitude.draw(&mut stream)));
                batch.feature.extend(features);
                batch.row_start.push(batch.feature.len() as u32);
            }
            let errors = model.errors(world, batch);
            let (mean, variance) = mean_and_variance(&errors);
            Stratum { active, samples: rows as f64, mean, variance, largest: errors.iter().fold(0.0, |a, b| a.max(*b)) }
        };
        let of: Vec<Stratum> = counts.into_iter().map(stratum).collect();
        Self { n, drawn: of.iter().map(|s| s.samples as usize).sum(), of }
    }

    pub fn most(&self) -> usize {
        self.of.last().map_or(0, |s| s.active)
    }

    /// L_SDL at S, half of its 95 % interval, and C. `lone`: E_1 where it is known exactly.
    pub fn at(&self, s: f64, lone: Option<f64>) -> (f64, f64, f64) {
        let p = binomial(self.n, 1.0 - s, self.most());
        // Between strata E_m is read off the line: each takes its share of the probability.
        let mut weight = vec![0.0; self.of.len()];
        let mut upper = 0;
        for (m, p) in p.iter().enumerate() {
            while upper + 1 < self.of.len() && self.of[upper].active < m {
                upper += 1;
            }
            let high = self.of[upper].active;
            let low = self.of[upper.saturating_sub(1)].active;
            let share = if high > m && high > low { (high - m) as f64 / (high - low) as f64 } else { 0.0 };
            weight[upper] += p * (1.0 - share);
            weight[upper.saturating_sub(1)] += p * share;
        }
        let (mut loss, mut variance, mut c) = (0.0, 0.0, 0.0_f64);
        for (stratum, w) in self.of.iter().zip(&weight) {
            match lone {
                Some(exact) if stratum.active == 1 => loss += w * exact,
                _ => {
                    loss += w * stratum.mean;
                    variance += w * w * stratum.variance / stratum.samples;
                }
            }
            if *w >= 1.0 / PAPER_SAMPLES || stratum.active == 2 {
                c = c.max(stratum.largest);
            }
        }
        (loss, Z95 * libm::sqrt(variance), c)
    }
}

/// Numbers of active features that have a stratum: ascending, from 0.
fn counts(n: usize, least: f64) -> Vec<usize> {
    let p = binomial(n, 1.0 - least, n);
    let most = p.iter().rposition(|p| *p > NEGLIGIBLE).unwrap_or(0).max(2).min(n);
    let mut out: Vec<usize> = (0..=most.min(ALL_UP_TO)).collect();
    while let Some(last) = out.last().copied().filter(|last| *last < most) {
        out.push(((last as f64 * STRIDE) as usize).max(last + 1).min(most));
    }
    out
}

/// [most + 1]: Pr(m of n are active), each with probability `fires`.
fn binomial(n: usize, fires: f64, most: usize) -> Vec<f64> {
    let mut log_choose = 0.0;
    let (yes, no) = (libm::log(fires), libm::log1p(-fires));
    (0..=most.min(n))
        .map(|m| {
            if m > 0 {
                log_choose += libm::log((n - m + 1) as f64 / m as f64);
            }
            // 0 · log 0 is 0 here: never, and always.
            let times = |count: usize, log: f64| if count == 0 { 0.0 } else { count as f64 * log };
            libm::exp(log_choose + times(m, yes) + times(n - m, no))
        })
        .collect()
}

/// Of a sample, its variance that of the population.
pub fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    (mean, if n > 1.0 { squares / (n - 1.0) } else { 0.0 })
}
