//! Decoder directions against true target directions, cosine by cosine: MCC, uniqueness, MMCS.
//!
//! Definitions of SynthSAEBench (arXiv 2602.14687) but for MMCS, which is Hoagy Cunningham's. Everything counts: dead
//! latents (a zero row has cosine 0 with all), and features that a run anchors.

use super::assignment::assign;
use super::effort::Effort;
use crate::model::Shape;

/// Multiply-adds for the cosines of a live frame: some 0.1 s in wasm (10 G/s), half of what recovery costs the CPU.
const PRODUCT: f64 = 1e9;
/// Cosines of a live frame: 64 MiB.
const CELLS: f64 = (1 << 24) as f64;
/// min² max, the relaxations that the assignment can need. A decoder whose rows have all become alike needs them (0.1 s
/// for this many, measured natively); random rows need a tenth, learned ones less.
const RELAXATIONS: f64 = 5e7;

/// How decoder directions lie to the true ones; all numbers NaN where weights are not finite.
#[derive(Clone, Debug)]
pub struct Alignment {
    /// [n_latent]: argmax_j |cos(w_D^i, w_r^j)|, the lowest of equals.
    pub feature: Vec<u32>,
    /// Distinct values of `feature` / n_latent: 1 where no two latents stand for one feature.
    pub uniqueness: f64,
    /// Mean over features of the largest *signed* cosine with a latent (MMCS of the dictionary, a recall).
    pub mmcs: f64,
    /// Mean over latents of the largest signed cosine with a feature (its precision).
    pub mmcs_latents: f64,
    /// None where a live frame does not wait for it.
    pub matching: Option<Matching>,
}

/// The best pairing of features with latents, no two of which share either.
#[derive(Clone, Debug)]
pub struct Matching {
    /// Mean |cos| over the min(n_features, n_latent) matched pairs.
    pub mcc: f64,
    /// [n_features]: the latent matched with it, none where latents are fewer (or weights not finite). Pairs of cosine 0
    /// are as good as any other: which they are means nothing.
    pub latent: Vec<Option<u32>>,
}

/// Whether a reading of this effort has an [`Alignment`].
pub fn wanted(shape: Shape, n_features: usize, effort: Effort) -> bool {
    let cells = shape.n_latent as f64 * n_features as f64;
    effort.allows(cells, CELLS) && effort.allows(cells * shape.n_target as f64, PRODUCT)
}

impl Alignment {
    /// `cosines` [n_latent, n_features]: cos(w_D^i, w_r^j), signed.
    pub fn new(cosines: &[f32], n_features: usize, effort: Effort) -> Self {
        let n_latent = cosines.len() / n_features;
        let mut feature = Vec::with_capacity(n_latent);
        let mut used = vec![false; n_features];
        // The largest signed cosines: of every feature with a latent, summed over latents with a feature.
        let mut of_feature = vec![-1.0f32; n_features];
        let (mut of_latents, mut all) = (0.0, 0.0f32);
        for row in cosines.chunks_exact(n_features) {
            let (mut best, mut best_at, mut signed) = (0.0, 0, -1.0);
            for (j, (&c, of_feature)) in row.iter().zip(&mut of_feature).enumerate() {
                if c.abs() > best {
                    (best, best_at) = (c.abs(), j);
                }
                if c > signed {
                    signed = c;
                }
                if c > *of_feature {
                    *of_feature = c;
                }
                all += c;
            }
            used[best_at] = true;
            feature.push(best_at as u32);
            of_latents += f64::from(signed);
        }
        // 0, or NaN if any cosine is none.
        let flaw = f64::from(all * 0.0);
        let n_used = used.iter().filter(|u| **u).count();
        let of_features: f64 = of_feature.iter().map(|c| f64::from(*c)).sum();
        let (few, many) = (n_latent.min(n_features) as f64, n_latent.max(n_features) as f64);
        Self {
            feature,
            uniqueness: n_used as f64 / n_latent as f64 + flaw,
            mmcs: of_features / n_features as f64 + flaw,
            mmcs_latents: of_latents / n_latent as f64 + flaw,
            matching: effort.allows(few * few * many, RELAXATIONS).then(|| Matching::new(cosines, n_features, flaw)),
        }
    }
}

impl Matching {
    /// `cosines` [n_latent, n_features]; `flaw` is NaN if they are not all finite.
    fn new(cosines: &[f32], n_features: usize, flaw: f64) -> Self {
        let mut latent = vec![None; n_features];
        let (mut sum, mut pairs) = (flaw, 0);
        if !flaw.is_nan() {
            let costs: Vec<f32> = cosines.iter().map(|c| 1.0 - c.abs()).collect();
            for (i, j) in assign(&costs, n_features).into_iter().enumerate() {
                if let Some(j) = j {
                    latent[j as usize] = Some(i as u32);
                    sum += f64::from(cosines[i * n_features + j as usize].abs());
                    pairs += 1;
                }
            }
        }
        Self { mcc: sum / f64::from(pairs), latent }
    }
}
