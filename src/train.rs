//! Training: what one step needs, the state it changes, and the trait that the backends share.
//!
//! `cpu` and `gpu` have kernels of the same names (the listing of `shaders/`); [`crate::model::reference`] judges both.
//! `classical` has the algorithms beside Adam, on the CPU only.
//! A backend knows nothing of schedules, events or metrics: it steps, evaluates and hands its state over.

mod any;
#[cfg(feature = "classical")]
pub mod classical;
pub mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;

use crate::bench::{Batch, World};
use crate::config::{Algorithm, Config};
use crate::model::{Control, Hyper, Shape, Weights};
pub use any::AnyBackend;
use std::fmt;
use std::sync::Arc;

/// All that a run's future depends on, beside its config: a backend starts from it and gives it back.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Optimiser steps taken.
    pub step: u64,
    /// Training samples seen.
    pub samples: u64,
    pub weights: Weights,
    /// Adam's first and second moments.
    pub mean: Weights,
    pub square: Weights,
    /// [n_latent]: training samples since the latent last fired (saturating).
    pub since_fired: Vec<u32>,
    /// [n_latent]: training samples on which it fired, ever (wrapping; differences are what counts).
    pub fire_count: Vec<u32>,
    /// Batch Top-k's threshold and the L0 controller.
    pub control: Control,
    /// What p-annealing multiplies λ by, so that the penalty keeps its size when p falls.
    pub l1_scale: f32,
    /// What an algorithm other than Adam remembers; empty otherwise.
    pub memory: Vec<f32>,
}

impl State {
    pub fn start(config: &Config, problem: &Problem) -> Self {
        Self::of(Weights::start(config, problem.shape, &problem.world), problem.shape)
    }

    /// Nothing has happened yet to these weights.
    pub fn of(weights: Weights, shape: Shape) -> Self {
        Self {
            step: 0,
            samples: 0,
            weights,
            mean: Weights::zero(shape),
            square: Weights::zero(shape),
            since_fired: vec![0; shape.n_latent],
            fire_count: vec![0; shape.n_latent],
            control: Control::default(),
            l1_scale: 1.0,
            memory: vec![],
        }
    }
}

/// What does not change while a backend lives.
#[derive(Clone)]
pub struct Problem {
    pub world: Arc<World>,
    pub shape: Shape,
    /// Largest batch of a training step.
    pub batch: usize,
    /// Switches that decide which kernels run.
    pub model: crate::config::Model,
    pub algorithm: Algorithm,
    /// Codes of K-SVD and of online dictionary learning are non-negative.
    pub non_negative: bool,
    pub seed: u32,
    pub needs: Needs,
    /// [anchors, n_input] and [anchors, n_target]: unit directions of all features in anchor order, of which
    /// [`Hyper::n_anchors`] count at a step.
    pub anchors_in: Vec<f32>,
    pub anchors_out: Vec<f32>,
}

impl Problem {
    pub fn new(config: &Config, world: Arc<World>) -> Self {
        let shape = Shape::new(config, &world);
        let order = world.anchor_order(config.world_seed());
        let most = order.len().min(shape.n_latent);
        let pick = |rows: &[f32], width: usize| {
            order[..most].iter().flat_map(|&d| &rows[d as usize * width..][..width]).copied().collect()
        };
        Self {
            anchors_in: pick(&world.directions_in, shape.n_input),
            anchors_out: pick(&world.directions_out, shape.n_target),
            shape,
            batch: config.training.batch as usize,
            model: config.model.clone(),
            algorithm: config.training.algorithm,
            non_negative: config.training.non_negative,
            seed: config.seed,
            needs: Needs::new(config),
            world,
        }
    }

    /// Whether pre-activations of a bench batch are cheaper by way of W_E W_p (one response a feature, then sums of a
    /// few) than by the dense product. The factor is what a gathered sum costs beside a product's flop (measured).
    pub fn by_features(&self, n_rows: usize) -> bool {
        const GATHER_COST: f64 = 2.0;
        let Some(l0) = self.world.true_l0() else {
            return false;
        };
        let (n, p, rows) = (self.world.n_features as f64, self.shape.n_input as f64, n_rows as f64);
        n * p + GATHER_COST * rows * l0 < rows * p
    }
}

/// What of a step depends on settings that may change while a run goes on. A backend that makes room beforehand (a
/// GPU) is made anew when they change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Latents that a row of Top-k keeps.
    pub k: usize,
    /// Levels of a nested loss, and whether they are of ranks.
    pub n_levels: usize,
    pub by_rank: bool,
    pub aux: bool,
    pub ghost: bool,
    pub clip: bool,
    pub penalty: bool,
    pub by_norm: bool,
    pub steered: bool,
}

impl Needs {
    pub fn new(config: &Config) -> Self {
        let l = &config.loss;
        let hyper = Hyper::new(config, 0);
        Self {
            k: config.model.k as usize,
            n_levels: hyper.n_levels as usize,
            by_rank: hyper.by_rank == 1,
            aux: l.aux_k > 0.0,
            ghost: hyper.ghost == 1,
            clip: config.training.clip > 0.0,
            penalty: l.l1 > 0.0 || l.l0 > 0.0 || l.tanh > 0.0,
            by_norm: hyper.by_norm == 1,
            steered: l.target_l0 > 0.0,
        }
    }
}

/// What a batch does to a model that is left as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// [rows]: Σ_dims (x̂ − x_r)².
    pub sse: Vec<f32>,
    /// [rows]: ‖x̂‖².
    pub recon: Vec<f32>,
    /// [rows]: the penalties of the row's latents (λ included).
    pub penalty: Vec<f32>,
    /// [rows]: latents that fire.
    pub l0: Vec<u32>,
    /// [n_latent]: rows on which the latent fires.
    pub fired: Vec<u32>,
    /// [n_latent, ⌈rows/32⌉] if asked for, else empty: bit b of word w is row 32 w + b.
    pub pattern: Vec<u32>,
}

impl Evaluation {
    /// Of no row yet, with room for the pattern of `n_rows` if it is asked for.
    fn empty(n_latent: usize, n_rows: usize, with_pattern: bool) -> Self {
        Self {
            sse: Vec::with_capacity(n_rows),
            recon: Vec::with_capacity(n_rows),
            penalty: Vec::with_capacity(n_rows),
            l0: Vec::with_capacity(n_rows),
            fired: vec![0; n_latent],
            pattern: vec![0; if with_pattern { n_latent * n_rows.div_ceil(32) } else { 0 }],
        }
    }

    /// Counts the latents that fire on the next row.
    fn count(&mut self, latents: &[u32]) {
        let (row, words) = (self.l0.len(), self.pattern.len() / self.fired.len());
        self.l0.push(latents.len() as u32);
        for &i in latents {
            self.fired[i as usize] += 1;
            if words > 0 {
                self.pattern[i as usize * words + row / 32] |= 1 << (row % 32);
            }
        }
    }
}

/// Per feature the best latent, for the four readings of the weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matches {
    pub encoder_raw: Match,
    pub encoder_cosine: Match,
    pub decoder_raw: Match,
    pub decoder_cosine: Match,
}

/// s_d = max_i |⟨w^i, w^d⟩| (raw) or |cos| and the lowest-numbered latent that reaches it; all [n_features].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Match {
    pub score: Vec<f32>,
    pub latent: Vec<u32>,
}

/// The device is gone or refused; the sentence says which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceLost(pub String);

impl fmt::Display for DeviceLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the GPU device was lost: {}", self.0)
    }
}

impl std::error::Error for DeviceLost {}

/// Where a run's arithmetic is done. `Cpu` and `GpuBackend` take the same batches and give the same course of training
/// (CPU bit for bit on its platform; GPU to the tolerances in `tests/backends.rs`); `Classical` goes ways of its own.
#[allow(async_fn_in_trait, reason = "called on concrete types only; no Send bound is wanted on one thread")]
pub trait Backend {
    /// Takes one step a batch. Returns when the work is queued, not when it is done.
    fn train(&mut self, batches: &[Batch], hyper: &[Hyper]) -> Result<(), DeviceLost>;

    /// Loss (error and penalties, without the anchor term) of every batch trained on since the last call, each
    /// before its update. Waits for the work queued.
    async fn losses(&mut self) -> Result<Vec<f32>, DeviceLost>;

    /// Runs the model on a batch of any size without changing it.
    async fn evaluate(&mut self, batch: &Batch, hyper: &Hyper, with_pattern: bool) -> Result<Evaluation, DeviceLost>;

    /// Scores every true feature against every latent.
    async fn matches(&mut self) -> Result<Matches, DeviceLost>;

    async fn weights(&mut self) -> Result<Weights, DeviceLost>;

    /// (since_fired, fire_count), as in [`State`].
    async fn firing(&mut self) -> Result<(Vec<u32>, Vec<u32>), DeviceLost>;

    async fn state(&mut self) -> Result<State, DeviceLost>;

    /// Replaces everything by `state`; losses not yet read are dropped.
    fn load(&mut self, state: &State) -> Result<(), DeviceLost>;
}
