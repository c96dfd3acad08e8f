//! Absorption where the truth is known: a parent's latent is silent although the parent is there, and a child's latent
//! speaks for it (Chanin et al. 2024, arXiv 2409.14507, adapted to worlds with known families).
//!
//! Per edge (parent P, child C), over the rows of the evaluation batch; ℓ_P and ℓ_C are the latents matched to them
//! ([`super::Matching`]), and C's latents are those with cos(w_D^i, w_r^C) ≥ 0.3 that fire on half of C's rows or more.

use super::alignment::Matching;
use super::probes::Truth;
use crate::bench::Families;
use crate::train::Evaluation;

const LEAST_COSINE: f32 = 0.3;
/// Edges with fewer rows in which both fire are left out of the mean.
const LEAST_ROWS: u32 = 100;

#[derive(Clone, Debug)]
pub struct Absorption {
    pub edges: Vec<Edge>,
    /// Means over the edges with at least 100 rows in which both fire; NaN if there are none.
    pub full: f64,
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
    /// Recall of ℓ_P without any child, less that with this one.
    pub recall_gap: f64,
    /// cos(w_D^{ℓ_C}, w_r^P): 0 for a clean model of orthogonal features, 1/√2 where C's latent is P and C alike.
    pub leakage: f64,
}

impl Absorption {
    /// `cosines` [n_latent, n_features] of decoder columns; `evaluation` with its pattern.
    pub fn new(
        families: &Families,
        truth: &Truth,
        evaluation: &Evaluation,
        matching: &Matching,
        cosines: &[f32],
    ) -> Self {
        let mut edges = vec![];
        for parent in 0..families.n_parents {
            let mut childless = truth.row(parent).to_vec();
            for child in families.children(parent) {
                childless.iter_mut().zip(truth.row(child)).for_each(|(p, c)| *p &= !c);
            }
            for child in families.children(parent) {
                edges.push(Edge::new(parent, child, &childless, truth, evaluation, matching, cosines));
            }
        }
        let mean = |of: fn(&Edge) -> f64| {
            let counted: Vec<f64> = edges.iter().filter(|e| e.rows >= LEAST_ROWS).map(of).collect();
            counted.iter().sum::<f64>() / counted.len() as f64
        };
        Self { full: mean(|e| e.full), recall_gap: mean(|e| e.recall_gap), leakage: mean(|e| e.leakage), edges }
    }
}

impl Edge {
    fn new(
        parent: usize,
        child: usize,
        childless: &[u32],
        truth: &Truth,
        evaluation: &Evaluation,
        matching: &Matching,
        cosines: &[f32],
    ) -> Self {
        let words = childless.len();
        let n_latent = evaluation.pattern.len() / words;
        let n_features = cosines.len() / n_latent;
        let fires = |i: usize| &evaluation.pattern[i * words..][..words];
        let cosine = |i: usize, d: usize| cosines[i * n_features + d];
        let (of_child, of_parent) = (truth.row(child), truth.row(parent));
        let joint: Vec<u32> = of_child.iter().zip(of_parent).map(|(c, p)| c & p).collect();
        let rows = ones(&joint);

        let stands_for_child =
            |i: &usize| cosine(*i, child) >= LEAST_COSINE && 2 * ones(&both(fires(*i), of_child)) >= ones(of_child);
        let along: Vec<usize> = (0..n_latent).filter(stands_for_child).filter(|i| cosine(*i, parent) > 0.0).collect();
        let latent_of = |d: usize| matching.latent[d].map(|i| i as usize);
        let silent = vec![0; words];
        let speaks = latent_of(parent).map_or(&silent[..], fires);
        let absorbed: Vec<u32> =
            (0..words).map(|w| joint[w] & !speaks[w] & along.iter().fold(0, |any, i| any | fires(*i)[w])).collect();
        let share = |part: u32, of: u32| f64::from(part) / f64::from(of);
        Self {
            parent: parent as u32,
            child: child as u32,
            rows,
            full: share(ones(&absorbed), rows),
            recall_gap: share(ones(&both(speaks, childless)), ones(childless))
                - share(ones(&both(speaks, &joint)), rows),
            leakage: latent_of(child).map_or(f64::NAN, |i| f64::from(cosine(i, parent))),
        }
    }
}

fn both(a: &[u32], b: &[u32]) -> Vec<u32> {
    a.iter().zip(b).map(|(a, b)| a & b).collect()
}

fn ones(bits: &[u32]) -> u32 {
    bits.iter().map(|word| word.count_ones()).sum()
}
