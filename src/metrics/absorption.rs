//! Absorption where the truth is known: a parent's latent is silent although the parent is there, and a child's latent
//! speaks for it (Chanin et al. 2024, arXiv 2409.14507, adapted to worlds with known families).
//!
//! Per edge (parent P, child C), over the rows of the evaluation batch in which both fire; ℓ_P and ℓ_C are the latents
//! matched to them ([`super::Matching`]). The latents that stand for a feature are those with cos(w_D^i, w_r^d) ≥ 0.3
//! that fire on half of its rows or more. What latent i contributes to the parent on a row is
//! c_i = f_i ⟨w_D^i, w_r^P⟩, and p is how much of the parent there is.

use super::alignment::Matching;
use super::codes::Codes;
use super::fraction::fraction;
use super::probes::Truth;
use crate::bench::{Batch, Families, World};
use crate::linalg::{dot, norm};
use crate::model::Weights;
use crate::train::Evaluation;

const LEAST_COSINE: f32 = 0.3;
/// Edges with fewer rows in which both fire are left out of the means.
const LEAST_ROWS: u32 = 100;

#[derive(Clone, Debug)]
pub struct Absorption {
    pub edges: Vec<Edge>,
    /// [parents and children]: the latents that answer to each feature: first the one matched to it (none where latents
    /// are fewer than features), then others that stand for it.
    pub answers: Vec<(Option<u32>, Vec<u32>)>,
    /// Over the edges with at least 100 rows in which both fire; NaN if there are none.
    pub means: Means,
    /// The same, each edge counted by the rows in which its child fires.
    pub weighted: Means,
}

/// Means over edges, each of the measure of its name in [`Edge`] where that is defined.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "theory", derive(serde::Serialize))]
pub struct Means {
    pub full: f64,
    pub fractional: f64,
    pub recall_gap: f64,
    pub leakage: f64,
}

/// One child and its parent. What has no rows is NaN.
#[derive(Clone, Debug)]
pub struct Edge {
    pub parent: u32,
    pub child: u32,
    /// Rows in which both fire.
    pub rows: u32,
    /// Share of them in which ℓ_P is silent and a latent of C fires that writes along P.
    pub full: f64,
    /// Mean over them of how much of what is written along P others than ℓ_P write ([`super::fraction`]; 0 … 1). NaN
    /// where codes are solved for.
    pub fractional: f64,
    /// Recall of ℓ_P without any child, less that with this one.
    pub recall_gap: f64,
    /// cos(w_D^{ℓ_C}, w_r^P): 0 for a clean model of orthogonal features, 1/√2 where C's latent is P and C alike.
    pub leakage: f64,
    /// Who speaks for P where ℓ_P is silent.
    pub speaker: Option<Speaker>,
}

/// The latent that contributes most to a parent over the rows in which both ends of an edge fire and ℓ_P does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speaker {
    pub latent: u32,
    /// Share of those rows in which it fires.
    pub share: f64,
}

/// What all edges are measured on.
pub struct Measured<'a> {
    pub world: &'a World,
    pub families: &'a Families,
    pub truth: &'a Truth,
    /// The evaluation batch, and what the model makes of it, with its pattern.
    pub batch: &'a Batch,
    pub evaluation: &'a Evaluation,
    pub weights: &'a Weights,
    /// None where codes are solved for.
    pub codes: Option<Codes<'a>>,
    pub matching: &'a Matching,
    /// [n_latent, n_features] of decoder columns.
    pub cosines: &'a [f32],
}

impl Absorption {
    pub fn new(m: &Measured) -> Self {
        let mut edges = vec![];
        for parent in 0..m.families.n_parents {
            let mut childless = m.truth.row(parent).to_vec();
            for child in m.families.children(parent) {
                childless.iter_mut().zip(m.truth.row(child)).for_each(|(p, c)| *p &= !c);
            }
            edges.extend(m.families.children(parent).map(|child| m.edge(parent, child, &childless)));
        }
        let n_related = m.families.n_parents * (1 + m.families.n_children);
        let answers = (0..n_related).map(|d| {
            let matched = m.matching.latent[d];
            let others = m.standing_for(d).into_iter().map(|i| i as u32).filter(|i| Some(*i) != matched);
            (matched, others.collect())
        });
        Self {
            answers: answers.collect(),
            means: Means::new(&edges, |_| 1.0),
            weighted: Means::new(&edges, |e| f64::from(e.rows)),
            edges,
        }
    }
}

impl Means {
    fn new(edges: &[Edge], weight: fn(&Edge) -> f64) -> Self {
        let mean = |of: fn(&Edge) -> f64| {
            let (mut sum, mut all) = (0.0, 0.0);
            for e in edges.iter().filter(|e| e.rows >= LEAST_ROWS && !of(e).is_nan()) {
                sum += weight(e) * of(e);
                all += weight(e);
            }
            sum / all
        };
        Self {
            full: mean(|e| e.full),
            fractional: mean(|e| e.fractional),
            recall_gap: mean(|e| e.recall_gap),
            leakage: mean(|e| e.leakage),
        }
    }
}

impl Measured<'_> {
    fn fires(&self, i: usize) -> &[u32] {
        let words = self.truth.row(0).len();
        &self.evaluation.pattern[i * words..][..words]
    }

    fn n_latent(&self) -> usize {
        self.evaluation.fired.len()
    }

    fn cosine(&self, i: usize, d: usize) -> f32 {
        self.cosines[i * self.world.n_features + d]
    }

    /// Ascending.
    fn standing_for(&self, d: usize) -> Vec<usize> {
        let there = self.truth.row(d);
        let least = ones(there).div_ceil(2).max(1);
        let stands = |i: &usize| self.cosine(*i, d) >= LEAST_COSINE && ones(&both(self.fires(*i), there)) >= least;
        (0..self.n_latent()).filter(stands).collect()
    }

    fn edge(&self, parent: usize, child: usize, childless: &[u32]) -> Edge {
        let joint = both(self.truth.row(child), self.truth.row(parent));
        let rows = ones(&joint);
        let latent_of = |d: usize| self.matching.latent[d].map(|i| i as usize);
        let nobody = vec![0; joint.len()];
        let speaks = latent_of(parent).map_or(&nobody[..], |i| self.fires(i));
        let silent: Vec<u32> = joint.iter().zip(speaks).map(|(j, s)| j & !s).collect();
        let mut carried = nobody.clone();
        for i in self.standing_for(child).into_iter().filter(|i| self.cosine(*i, parent) > 0.0) {
            carried.iter_mut().zip(self.fires(i)).for_each(|(any, f)| *any |= f);
        }
        let share = |part: u32, of: u32| f64::from(part) / f64::from(of);
        let (fractional, speaker) = self.contributions(parent, &joint, &silent);
        Edge {
            parent: parent as u32,
            child: child as u32,
            rows,
            full: share(ones(&both(&silent, &carried)), rows),
            fractional,
            recall_gap: share(ones(&both(speaks, childless)), ones(childless))
                - share(ones(&both(speaks, &joint)), rows),
            leakage: latent_of(child).map_or(f64::NAN, |i| f64::from(self.cosine(i, parent))),
            speaker,
        }
    }

    /// The mean absorption fraction over the `joint` rows, and who contributes most over the `silent` ones.
    fn contributions(&self, parent: usize, joint: &[u32], silent: &[u32]) -> (f64, Option<Speaker>) {
        let (n, width) = (self.n_latent(), self.world.n_target);
        let main = self.matching.latent[parent].map(|i| i as usize);
        let column = |of: &[f32], i: usize| norm(&of[i * width..][..width]);
        let reach: Vec<f32> = (0..n).map(|i| column(&self.weights.decoder, i) * self.cosine(i, parent)).collect();
        // What a parent of size 1 adds to the target along its own direction.
        let of_parent = |rows: &[f32]| rows[parent * width..][..width].to_vec();
        let unit = dot(&of_parent(self.world.basis_out()), &of_parent(&self.world.directions_out));
        let (mut sum, mut count) = (0.0, 0);
        let mut total = vec![0.0f64; n];
        let mut others = vec![];
        for row in rows_of(joint) {
            let is_silent = silent[row / 32] >> (row % 32) & 1 == 1;
            let mut of_main = 0.0;
            others.clear();
            for i in (0..n).filter(|i| self.fires(*i)[row / 32] >> (row % 32) & 1 == 1) {
                let c = f64::from(self.codes.as_ref().map_or(1.0, |codes| codes.of(i, row)) * reach[i]);
                if Some(i) == main {
                    of_main = c;
                    continue;
                }
                others.push((c, self.cosine(i, parent)));
                if is_silent && c > 0.0 {
                    total[i] += c;
                }
            }
            sum += fraction(f64::from(self.size(parent, row) * unit), of_main, &others);
            count += 1;
        }
        let best = (0..n).filter(|i| total[*i] > 0.0).max_by(|a, b| total[*a].total_cmp(&total[*b]));
        let speaker = best.map(|i| Speaker {
            latent: i as u32,
            share: f64::from(ones(&both(self.fires(i), silent))) / f64::from(ones(silent)),
        });
        (if self.codes.is_some() { sum / f64::from(count) } else { f64::NAN }, speaker)
    }

    /// x_d on a row.
    fn size(&self, d: usize, row: usize) -> f32 {
        let Batch::Sparse(batch) = self.batch else { return 0.0 };
        let range = batch.row_start[row] as usize..batch.row_start[row + 1] as usize;
        let at = batch.feature[range.clone()].binary_search(&(d as u32));
        at.map_or(0.0, |at| batch.value[range.start + at])
    }
}

/// Indices of the bits that are set, ascending.
fn rows_of(bits: &[u32]) -> impl Iterator<Item = usize> {
    bits.iter().enumerate().flat_map(|(w, bits)| (0..32).filter(move |b| bits >> b & 1 == 1).map(move |b| 32 * w + b))
}

fn both(a: &[u32], b: &[u32]) -> Vec<u32> {
    a.iter().zip(b).map(|(a, b)| a & b).collect()
}

fn ones(bits: &[u32]) -> u32 {
    bits.iter().map(|word| word.count_ones()).sum()
}
