//! What a model has learned, in numbers: from a backend's reduced arrays, the weights and the truth.
//!
//! Knows no backend. Recovery is that of arXiv 2512.05534v3 §5.1, L̃ that of its Theorem 3.1; explained variance is by
//! global sums. Cosines with the truth (`alignment`), latents as probes of it (`probes`) and the size of reconstructions
//! (`scale`) are the literature's; so is absorption, of parents by children and of labels. Latents count whether dead or
//! alive; σ is the training-time one.

mod absorption;
mod alignment;
mod assignment;
mod codes;
mod density;
mod effort;
mod fraction;
#[cfg(feature = "theory")]
mod label_absorption;
mod probes;
mod recovery;
mod scale;
mod similarity;
mod sources;

use crate::bench::{Batch, World};
use crate::config::Config;
use crate::model::{Shape, Weights};
use crate::train::{Evaluation, Matches};
use absorption::Measured;
pub use absorption::{Absorption, Edge, Means, Speaker};
pub use alignment::{Alignment, Matching};
pub use assignment::assign;
pub use codes::Codes;
pub use density::Density;
pub use effort::Effort;
pub use fraction::fraction;
#[cfg(feature = "theory")]
pub use label_absorption::{Absorber, LabelAbsorption, label_absorption};
pub use probes::{Probes, Score, Truth};
pub use recovery::Recovery;
pub use scale::Scale;
pub use similarity::Similarity;
pub use sources::Sources;

/// One reading of a run.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub step: u64,
    /// On the fixed evaluation batch: mean of Σ_dims (x̂ − x_r)², of the penalties, and their sum.
    pub sse: f64,
    pub penalty: f64,
    pub loss: f64,
    /// L̃ = Σ_d M_d ‖w_r^d − W_D σ(W_E w_p^d)‖² (Theorem 3.1); none for real data, where M_d is unknown.
    pub approx_loss: Option<f64>,
    /// 1 − E‖x_r − x̂‖² / (E‖x_r‖² − ‖E x_r‖²).
    pub explained_variance: f64,
    /// Mean number of firing latents, and of firing features (n(1−S)).
    pub l0: f64,
    pub true_l0: Option<f64>,
    pub encoder_raw: Recovery,
    pub encoder_cosine: Recovery,
    pub decoder_raw: Recovery,
    pub decoder_cosine: Recovery,
    /// Decoder directions against all true target directions, by cosine; none where a live frame does not wait for it.
    pub alignment: Option<Alignment>,
    /// Of parents by their children, where the bench has families; none where a live frame does not wait for it, and
    /// without the feature `theory`.
    pub absorption: Option<Absorption>,
    /// Latents as probes of true features, on the evaluation batch; none where a live frame does not wait for it.
    pub probes: Option<Probes>,
    /// Size of reconstructions on the evaluation batch.
    pub scale: Scale,
    /// [n_features]: whether the feature counts for recovery.
    pub scored: Vec<bool>,
    /// [n_latent]: share of recent training samples on which the latent fired.
    pub density: Vec<f32>,
    /// [n_latent]: training samples since it last fired.
    pub since_fired: Vec<u32>,
    /// [n_latent].
    pub dead: Vec<bool>,
    /// [n_latent]: |F_i|, features that fire the latent when alone.
    pub features_per_latent: Vec<u32>,
    /// [n_features]: K_d, latents that the feature fires when alone.
    pub latents_per_feature: Vec<u32>,
    /// [n_features]: ‖w_r^d − W_D σ(W_E w_p^d)‖².
    pub loss_per_feature: Vec<f32>,
    pub similarity: Similarity,
    /// Of crosscoders.
    pub sources: Option<Sources>,
}

impl Metrics {
    pub fn n_dead(&self) -> usize {
        self.dead.iter().filter(|d| **d).count()
    }

    /// Latents that answer to two features or more.
    pub fn n_polysemantic(&self) -> usize {
        self.features_per_latent.iter().filter(|n| **n >= 2).count()
    }
}

/// What stays the same over a run: computed once.
#[derive(Clone, Debug)]
pub struct Scorer {
    /// How far readings go: as far as a page's frames may, unless set otherwise.
    pub effort: Effort,
    /// [rows] of the evaluation batch: ‖x_r‖².
    squares: Vec<f64>,
    truth: Truth,
    /// E‖x_r‖² − ‖E x_r‖² of the evaluation batch.
    variance: f64,
    true_l0: Option<f64>,
    lone_moments: Option<Vec<f64>>,
    anchor_order: Vec<u32>,
    /// The evaluation batch, where there are families.
    batch: Option<Batch>,
}

/// What a backend answered, at one step.
pub struct Reading<'a> {
    pub step: u64,
    pub weights: &'a Weights,
    /// Of the evaluation batch, with pattern where [`Scorer::needs_pattern`].
    pub evaluation: &'a Evaluation,
    /// Of every feature alone, with pattern.
    pub alone: &'a Evaluation,
    pub matches: Matches,
    pub since_fired: Vec<u32>,
    pub density: Vec<f32>,
}

impl Scorer {
    pub fn new(world: &World, evaluation: &Batch, seed: u32) -> Self {
        let (_, target) = world.expand(evaluation);
        let square = |row: &[f32]| row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
        Self {
            effort: Effort::Live,
            squares: target.chunks_exact(world.n_target).map(square).collect(),
            truth: Truth::new(world, evaluation),
            variance: variance(&target, world.n_target),
            true_l0: world.true_l0(),
            lone_moments: world.lone_moments(),
            anchor_order: world.anchor_order(seed),
            batch: world.families().map(|_| evaluation.clone()),
        }
    }

    /// Whether the evaluation batch is to be evaluated with its pattern.
    pub fn needs_pattern(&self, world: &World, shape: Shape) -> bool {
        alignment::wanted(shape, world.n_features, self.effort)
            && probes::wanted(shape.n_latent, self.squares.len(), self.effort)
    }

    pub fn score(&self, config: &Config, world: &World, shape: Shape, r: Reading) -> Metrics {
        let n_rows = r.evaluation.sse.len() as f64;
        let mean = |v: &[f32]| v.iter().map(|x| f64::from(*x)).sum::<f64>() / n_rows;
        let (sse, penalty) = (mean(&r.evaluation.sse), mean(&r.evaluation.penalty));
        let mut scored = vec![true; world.n_features];
        for &d in self.anchor_order.iter().take(config.scoring.hold_out as usize) {
            scored[d as usize] = false;
        }
        let words = world.n_features.div_ceil(32);
        let of = |m| Recovery::new(m, &scored, config.scoring.threshold);
        let cosines = alignment::wanted(shape, world.n_features, self.effort)
            .then(|| similarity::decoder_cosines(r.weights, world, shape.n_latent));
        let alignment = cosines.as_ref().map(|c| Alignment::new(c, world.n_features, self.effort));
        let probes = alignment.as_ref().filter(|_| !r.evaluation.pattern.is_empty());
        let absorption = self.absorption(config, world, &r, cosines.as_deref(), probes);
        let latents = similarity::choose(&r.matches.decoder_cosine, shape.n_latent, world.n_features);
        Metrics {
            step: r.step,
            sse,
            penalty,
            loss: sse + penalty,
            approx_loss: self
                .lone_moments
                .as_ref()
                .map(|m| m.iter().zip(&r.alone.sse).map(|(m, sse)| m * f64::from(*sse)).sum()),
            explained_variance: explained(sse, self.variance),
            l0: r.evaluation.l0.iter().map(|n| f64::from(*n)).sum::<f64>() / n_rows,
            true_l0: self.true_l0,
            dead: r.since_fired.iter().map(|s| *s >= config.dead.window).collect(),
            since_fired: r.since_fired,
            density: r.density,
            features_per_latent: r
                .alone
                .pattern
                .chunks_exact(words)
                .map(|w| w.iter().map(|w| w.count_ones()).sum())
                .collect(),
            latents_per_feature: r.alone.l0.clone(),
            loss_per_feature: r.alone.sse.clone(),
            similarity: Similarity::new(latents, cosines, r.weights, world, &r.alone.pattern),
            sources: Sources::new(&r.weights.decoder, shape.n_target, shape.n_sources),
            encoder_raw: of(r.matches.encoder_raw),
            encoder_cosine: of(r.matches.encoder_cosine),
            decoder_raw: of(r.matches.decoder_raw),
            decoder_cosine: of(r.matches.decoder_cosine),
            probes: probes.map(|a| Probes::new(&self.truth, r.evaluation, a, self.effort)),
            alignment,
            absorption,
            scale: Scale::new(&self.squares, &r.evaluation.sse, &r.evaluation.recon),
            scored,
        }
    }
}

impl Scorer {
    fn absorption(
        &self,
        config: &Config,
        world: &World,
        r: &Reading,
        cosines: Option<&[f32]>,
        alignment: Option<&Alignment>,
    ) -> Option<Absorption> {
        // What a page starts with does without: it is a good part of that engine's growth, and few worlds have families.
        let batch = self.batch.as_ref().filter(|_| cfg!(feature = "theory"))?;
        Some(Absorption::new(&Measured {
            world,
            families: world.families()?,
            truth: &self.truth,
            batch,
            evaluation: r.evaluation,
            weights: r.weights,
            codes: Codes::new(config, world, r.weights, batch),
            matching: alignment?.matching.as_ref()?,
            cosines: cosines?,
        }))
    }
}

/// E‖x‖² − ‖E x‖² of rows of `width`.
fn variance(rows: &[f32], width: usize) -> f64 {
    let n = (rows.len() / width) as f64;
    let mut mean = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        mean.iter_mut().zip(row).for_each(|(m, x)| *m += f64::from(*x) / n);
    }
    let square: f64 = rows.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / n;
    square - mean.iter().map(|m| m * m).sum::<f64>()
}

/// Data that do not vary are explained fully or not at all (there is no ratio to take).
fn explained(sse: f64, variance: f64) -> f64 {
    if variance < 1e-10 {
        return if sse < 1e-10 { 1.0 } else { 0.0 };
    }
    1.0 - sse / variance
}
