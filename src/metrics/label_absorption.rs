//! Absorption where only labels are known: the probe of a label's class mean finds it in a row, the latents that tell
//! the label are silent, and another latent carries the probe's direction (SAEBench, Karvonen et al. 2025, arXiv
//! 2503.09532, after Chanin et al. 2024; no ablation).
//!
//! Two things are simpler here than there, for there is no gradient to wait for: the probe is the class mean instead of
//! a logistic regression, and a set of latents tells a label where any of them fires, instead of by a second regression.

use super::codes::Codes;
use super::fraction::{LEAST_SHARE, fraction};
use crate::bench::{Rows, World};
use crate::linalg::{dot, norm};
use crate::model::Weights;
use crate::train::Evaluation;
use serde::Serialize;

/// Another latent joins the mains while it raises their F1 by more than this.
const JUMP: f64 = 0.03;
const MOST_MAINS: usize = 10;
/// A latent that absorbs in full has at least this cosine with the probe.
const LEAST_COSINE: f32 = 0.025;
/// Rows kept of each absorbing latent, and latents of each label.
const EXAMPLES: usize = 5;
const ABSORBERS: usize = 4;

#[derive(Clone, Debug, Serialize)]
pub struct LabelAbsorption {
    pub label: u32,
    /// F1 of the probe at the threshold where it is best: how far the label is a direction at all.
    pub probe_f1: f64,
    /// The label's rows above that threshold; what follows is measured on them.
    pub rows: u32,
    /// The latents that tell the label, and F1 of "any of them fires".
    pub mains: Vec<u32>,
    pub mains_f1: f64,
    /// Share of the rows in which all mains are silent and the latent that carries most of the probe's direction carries
    /// at least 0.4 of it. NaN without rows.
    pub full: f64,
    /// Mean of [`super::fraction`] over the rows. NaN without rows.
    pub fractional: f64,
    /// Of the fully absorbed rows.
    pub absorbers: Vec<Absorber>,
}

/// A latent that carries a label in rows in which the label's own latents are silent.
#[derive(Clone, Debug, Serialize)]
pub struct Absorber {
    pub latent: u32,
    pub rows: u32,
    /// Up to five of these rows (indices into the data), those first where it carries most.
    pub examples: Vec<u32>,
}

/// `evaluation` with its pattern, and `codes`, of all rows of the data in their order. One answer a label.
pub fn label_absorption(
    world: &World,
    rows: &Rows,
    weights: &Weights,
    evaluation: &Evaluation,
    codes: &Codes,
) -> Vec<LabelAbsorption> {
    let latents = Latents { evaluation, codes, weights, width: world.n_target };
    (0..world.n_features).map(|label| latents.label(world, rows, label)).collect()
}

struct Latents<'a> {
    evaluation: &'a Evaluation,
    codes: &'a Codes<'a>,
    weights: &'a Weights,
    width: usize,
}

impl Latents<'_> {
    fn fires(&self, latent: usize) -> &[u32] {
        let words = self.evaluation.sse.len().div_ceil(32);
        &self.evaluation.pattern[latent * words..][..words]
    }

    fn label(&self, world: &World, rows: &Rows, label: usize) -> LabelAbsorption {
        let n_latent = self.evaluation.fired.len();
        let probe = &world.directions_out[label * self.width..][..self.width];
        let projection: Vec<f32> = (0..rows.n_rows).map(|b| dot(rows.target(b), probe)).collect();
        let is_of = |b: usize| rows.labels[b] as usize == label;
        let (threshold, probe_f1) = best_threshold(&projection, is_of);
        let mut there = vec![0u32; rows.n_rows.div_ceil(32)];
        (0..rows.n_rows).filter(|b| is_of(*b)).for_each(|b| there[b / 32] |= 1 << (b % 32));
        let (mains, mains_f1) = self.mains(&there);

        let column = |i: usize| &self.weights.decoder[i * self.width..][..self.width];
        let reach: Vec<f32> = (0..n_latent).map(|i| dot(column(i), probe)).collect();
        let cosine: Vec<f32> = (0..n_latent).map(|i| reach[i] / norm(column(i)).max(f32::MIN_POSITIVE)).collect();
        let (mut n, mut full, mut sum) = (0u32, 0u32, 0.0);
        // [n_latent]: (what it carries, the row), of fully absorbed rows.
        let mut absorbed: Vec<Vec<(f64, u32)>> = vec![vec![]; n_latent];
        for b in (0..rows.n_rows).filter(|b| is_of(*b) && projection[*b] >= threshold && projection[*b] > 0.0) {
            let p = f64::from(projection[b]);
            let (mut of_mains, mut mains_fire, mut others, mut top) = (0.0, false, vec![], None::<(f64, usize)>);
            for i in (0..n_latent).filter(|i| self.fires(*i)[b / 32] >> (b % 32) & 1 == 1) {
                let c = f64::from(self.codes.of(i, b) * reach[i]);
                if mains.contains(&(i as u32)) {
                    of_mains += c;
                    mains_fire = true;
                    continue;
                }
                others.push((c, cosine[i]));
                if top.is_none_or(|(most, _)| c > most) {
                    top = Some((c, i));
                }
            }
            n += 1;
            sum += fraction(p, of_mains, &others);
            if let Some((c, i)) = top
                && !mains_fire
                && cosine[i] >= LEAST_COSINE
                && c >= LEAST_SHARE * p
            {
                full += 1;
                absorbed[i].push((c / p, b as u32));
            }
        }
        let mut absorbers: Vec<usize> = (0..n_latent).filter(|i| !absorbed[*i].is_empty()).collect();
        absorbers.sort_by_key(|i| std::cmp::Reverse(absorbed[*i].len()));
        let absorbers = absorbers.into_iter().take(ABSORBERS).map(|i| {
            absorbed[i].sort_by(|a, b| b.0.total_cmp(&a.0));
            let examples = absorbed[i].iter().take(EXAMPLES).map(|(_, row)| *row).collect();
            Absorber { latent: i as u32, rows: absorbed[i].len() as u32, examples }
        });
        LabelAbsorption {
            label: label as u32,
            probe_f1,
            rows: n,
            mains,
            mains_f1,
            full: f64::from(full) / f64::from(n),
            fractional: sum / f64::from(n),
            absorbers: absorbers.collect(),
        }
    }

    /// The feature-split rule: the latent that tells the label best, then others as long as each raises F1 by more than
    /// [`JUMP`]. A label that no latent fires for has none.
    fn mains(&self, there: &[u32]) -> (Vec<u32>, f64) {
        let mut mains: Vec<u32> = vec![];
        let mut best = 0.0;
        let mut any = vec![0u32; there.len()];
        while mains.len() < MOST_MAINS {
            let with = |i: usize| -> Vec<u32> { any.iter().zip(self.fires(i)).map(|(a, f)| a | f).collect() };
            let scores = (0..self.evaluation.fired.len()).map(|i| (f1(&with(i), there), i));
            let Some((score, i)) = scores.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))) else { break };
            if score <= best + if mains.is_empty() { 0.0 } else { JUMP } {
                break;
            }
            any = with(i);
            mains.push(i as u32);
            best = score;
        }
        (mains, best)
    }
}

/// F1 of one set of rows as a prediction of another; 0 where both are empty.
fn f1(said: &[u32], there: &[u32]) -> f64 {
    let ones = |bits: &mut dyn Iterator<Item = u32>| f64::from(bits.map(u32::count_ones).sum::<u32>());
    let both = ones(&mut said.iter().zip(there).map(|(a, b)| a & b));
    let all = ones(&mut said.iter().copied()) + ones(&mut there.iter().copied());
    if all == 0.0 { 0.0 } else { 2.0 * both / all }
}

/// (t, F1): the threshold at which "projection ≥ t" tells the label best.
fn best_threshold(projection: &[f32], is_of: impl Fn(usize) -> bool) -> (f32, f64) {
    let mut order: Vec<usize> = (0..projection.len()).collect();
    order.sort_by(|a, b| projection[*b].total_cmp(&projection[*a]));
    let there = (0..projection.len()).filter(|b| is_of(*b)).count() as f64;
    let (mut best, mut hits) = ((f32::INFINITY, 0.0), 0.0);
    for (said, b) in order.into_iter().enumerate() {
        hits += f64::from(u8::from(is_of(b)));
        let score = 2.0 * hits / (said as f64 + 1.0 + there);
        if score > best.1 {
            best = (projection[b], score);
        }
    }
    best
}
