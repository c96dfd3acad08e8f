//! Every knob of a run: one struct, one JSON for the link, the page, the worker and the command line, checked once.
//!
//! [`Config::check`] is the only door: a config that passed it can be run. All fields are always present in what is
//! written; what is read may leave fields out (they take the default) but may not name unknown ones.

mod check;
mod defaults;
#[cfg(not(target_arch = "wasm32"))]
mod presets;

pub use check::ConfigError;
#[cfg(not(target_arch = "wasm32"))]
pub use presets::{Preset, presets};
use serde::{Deserialize, Serialize};

/// The version of the meaning of a config; a link names it so that it keeps meaning the same run.
pub const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub version: u32,
    /// Names every random stream of the run.
    pub seed: u32,
    pub source: Source,
    pub bench: Bench,
    pub activations: Activations,
    pub model: Model,
    pub loss: Loss,
    pub anchors: Anchors,
    pub dead: Dead,
    pub training: Training,
    pub scoring: Scoring,
}

/// Most levels of a nested loss (Matryoshka, multi-k).
pub const MAX_LEVELS: usize = 8;

/// Where samples come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The Linear Representation Bench: a world with known features.
    Bench,
    /// Rows of a safetensors file.
    Activations,
}

/// The Linear Representation Bench (arXiv 2512.05534, App. C).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Bench {
    /// Names the streams of what the world is (directions, factors, the order of anchors), so that runs of many seeds
    /// can share it; 0: the run's seed does.
    pub world: u32,
    /// n.
    pub n_features: u32,
    /// n_p.
    pub n_input: u32,
    /// S = Pr(x_d = 0).
    pub sparsity: f64,
    pub interference: Interference,
    /// M: the largest ⟨w_i, w_j⟩, i ≠ j, asked for in the bounded setting.
    pub max_interference: f64,
    /// c_min: x_d = c_min + Exp(scale) where feature d fires.
    pub magnitude_min: f64,
    /// β: the mean of the exponential part.
    pub magnitude_scale: f64,
    /// n_r: dimensions of a transcoder's target, whose directions are an independent draw.
    pub n_target: u32,
    /// m: sources of a crosscoder, each with directions of its own.
    pub n_sources: u32,
    /// Share of the features that only one source of a crosscoder has; they are dealt to the sources in turn.
    pub exclusive: f64,
    /// Features 0..n_parents are parents of `n_children` features each, which come next (Definition 3.7); 0: none.
    pub n_parents: u32,
    pub n_children: u32,
    /// Pr(no child fires | the parent fires).
    pub no_child: f64,
    /// At most one child of a parent fires; otherwise children are independent.
    pub exclusive_children: bool,
    /// A parent is as large as its first active child.
    pub tied_magnitudes: bool,
    /// Scale of the Gaussian factors through which features fire together (a low-rank copula); 0: independent.
    pub correlation: f64,
    pub correlation_rank: u32,
}

/// The two settings of the paper's Table 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Interference {
    /// Products of different directions are at most M.
    Bounded,
    /// Products are pushed to zero and below as far as the dimension allows.
    Negative,
}

/// Activations of a real model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Activations {
    /// Which data set; the caller hands the bytes over.
    pub name: String,
    /// Subtract the mean row from the data (and so from class means).
    pub center: bool,
    /// Tensors of the file, in order: one for an autoencoder, input and target for a transcoder, the sources of a
    /// crosscoder. Empty: as `bench/rows.rs` finds them.
    pub tensors: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Model {
    pub task: Task,
    /// n_q.
    pub n_latent: u32,
    pub activation: Activation,
    /// Latents kept per sample (Top-k: whole; Batch Top-k: on average, may be a fraction).
    pub k: f64,
    /// Top-k and Batch Top-k rank latents by z_i n_i, n_i as in [`Weighting::DecoderNorm`], and use z_i.
    pub rank_by_norm: bool,
    /// θ at the start (JumpReLU).
    pub theta: f64,
    /// ε: width of the rectangle that smooths the step at θ (JumpReLU).
    pub bandwidth: f64,
    /// x̂ += W_skip x, a linear way around the latents (transcoder).
    pub skip: bool,
    /// b_E; a gated model has b_gate and b_mag in its place.
    pub b_enc: bool,
    pub b_dec: bool,
    /// What b_dec starts as.
    pub b_dec_start: BiasStart,
    /// Encode x − b_dec instead of x.
    pub shift_input: bool,
    /// The encoder starts as the decoder's transpose; otherwise (and for a transcoder always) it is drawn by itself.
    pub tied_init: bool,
    /// ‖w_D^i‖, and ‖w_E^i‖, at the start; of a crosscoder, of every source's part.
    pub init_norm: f64,
    /// The decoder starts at zero, the encoder as it would have been.
    pub zero_decoder: bool,
    /// Decoder columns stay unit: gradient projected before Adam, columns renormalised after it (Bricken et al. 2023).
    pub unit_norm_decoder: bool,
    /// Data are scaled to E‖x‖ = √d, each of input, target and sources by itself.
    pub scale_data: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// The target is the input.
    Autoencoder,
    /// The target is another vector than the input (the output of a block).
    Transcoder,
    /// Input and target are the concatenation of several sources.
    Crosscoder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    Relu,
    /// z where z > θ_i ≥ 0, θ trained through a rectangle kernel (Rajamanoharan et al. 2024b).
    JumpRelu,
    /// The k largest, then ReLU (Gao et al. 2024).
    TopK,
    /// The ⌊k B⌋ largest of the whole batch, then ReLU (Bussmann et al. 2024).
    BatchTopK,
    /// One direction a latent, read by a gate and by a magnitude (Rajamanoharan et al. 2024a).
    Gated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BiasStart {
    Zero,
    /// The mean of the targets.
    Mean,
    /// The point with the least sum of distances to the targets (Weiszfeld).
    GeometricMedian,
}

/// Terms beside the reconstruction error Σ_dims (x̂ − x)²; every term is a mean over the batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Loss {
    /// λ of the penalty λ Σ_i (f_i n_i)^p (eq. 5; p = 1 unless annealed); 0 is off. A gated model's is on ReLU(π).
    pub l1: f64,
    /// n_i, in every penalty here.
    pub l1_weighting: Weighting,
    /// p falls from 1 to this (p-annealing); 1 is off.
    pub p_end: f64,
    /// Steps between which p falls, in `p_updates` equal parts.
    pub p_from: u32,
    pub p_until: u32,
    pub p_updates: u32,
    /// λ of the L0 penalty λ Σ_i 1[z_i > θ_i] (eq. 6, JumpReLU); 0 is off.
    pub l0: f64,
    /// λ of the penalty λ Σ_i tanh(c f_i n_i); 0 is off.
    pub tanh: f64,
    /// c.
    pub tanh_scale: f64,
    /// L0 that a controller holds by scaling the penalties; 0 is off.
    pub target_l0: f64,
    /// Steps over which penalties rise linearly to their size.
    pub penalty_warm_up: u32,
    /// α of AuxK (eq. 8): dead latents reconstruct what the others leave; 0 is off.
    pub aux_k: f64,
    /// Dead latents that do so in a sample; 0: half of n_target.
    pub aux_k_latents: u32,
    pub aux_k_form: AuxForm,
    /// AuxK uses ReLU(z) instead of z.
    pub aux_k_relu: bool,
    /// Cumulative widths of nested prefixes of the latents (n_latent is appended); empty is off.
    pub matryoshka: Vec<u32>,
    /// w_g of the prefixes, n_latent's last; empty: equal, 1 in all.
    pub matryoshka_weights: Vec<f64>,
    /// k_1 < k_2 < … below `model.k`, which is appended (eq. 9, Top-k); empty is off.
    pub multi_k: Vec<u32>,
    /// λ_i of these; empty: equal, 1 in all.
    pub multi_k_weights: Vec<f64>,
}

impl Config {
    /// What names the world's own streams; initial weights, samples and resampling are always the seed's.
    pub fn world_seed(&self) -> u32 {
        if self.source == Source::Bench && self.bench.world > 0 { self.bench.world } else { self.seed }
    }
}

/// Pr(a parent fires) such that every child fires with probability 1−S.
pub fn parent_probability(bench: &Bench) -> f64 {
    let c = f64::from(bench.n_children);
    let fires = 1.0 - bench.sparsity;
    let some_child = if bench.exclusive_children { c * fires } else { 1.0 - libm::pow(bench.sparsity, c) };
    some_child / (1.0 - bench.no_child)
}

impl Loss {
    /// All cumulative widths, `n_latent` last; empty while off.
    pub fn matryoshka_widths(&self, n_latent: u32) -> Vec<u32> {
        with_last(&self.matryoshka, n_latent)
    }

    /// All k of the multi-k loss, `k` last; empty while off.
    pub fn multi_ks(&self, k: u32) -> Vec<u32> {
        with_last(&self.multi_k, k)
    }
}

fn with_last(list: &[u32], last: u32) -> Vec<u32> {
    let mut out = list.to_vec();
    if !list.is_empty() && list.last() != Some(&last) {
        out.push(last);
    }
    out
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Weighting {
    /// n_i = 1.
    Plain,
    /// n_i = ‖w_D^i‖; of a crosscoder the sum of its sources' parts' norms.
    DecoderNorm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuxForm {
    /// α Σ‖e − ê‖² / Σ‖e − mean e‖² over the batch.
    Normalised,
    /// α ‖e − ê‖² (eq. 8).
    Plain,
}

/// Feature anchoring (eq. 22): latents 0..count are pulled to known features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Anchors {
    pub count: u32,
    /// λ_a; 0 is off.
    pub coefficient: f64,
}

/// What is called dead, and what is done about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Dead {
    /// A latent that fired for none of the last `window` training samples is dead.
    pub window: u32,
    pub treatment: Treatment,
    /// Steps between resamplings.
    pub resample_every: u32,
    /// No resampling on schedule after this step.
    pub resample_until: u32,
    /// Inputs whose losses decide where dead latents are sent.
    pub resample_inputs: u32,
    /// Encoder norm that a resampled latent gets, as a share of the living's mean.
    pub resample_scale: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    None,
    /// Re-aim dead latents at badly reconstructed inputs (Bricken et al. 2023).
    Resample,
    /// Dead latents get the gradient of a second reconstruction through exp(z) (Jermyn & Templeton 2024).
    Ghost,
}

/// How weights are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// Gradient descent with Adam's moments.
    Adam,
    /// Decoder by least squares, encoder within its activation pattern, in turn, on one fixed batch (Gorski et al. 2007).
    Alternating,
    /// Approximate K-SVD with orthogonal matching pursuit, on one fixed batch (Aharon et al. 2006).
    KSvd,
    /// Online dictionary learning (Mairal et al. 2009).
    Online,
    /// ER-SpUD for complete dictionaries (Spielman et al. 2012), on one fixed batch.
    ErSpud,
    /// No learning: the true directions, codes by non-negative FISTA; the ceiling.
    Oracle,
}

impl Algorithm {
    /// Whether every step sees the same batch, the first.
    pub fn full_batch(self) -> bool {
        matches!(self, Self::Alternating | Self::KSvd | Self::ErSpud)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Adam => "Adam",
            Self::Alternating => "Alternating convex search",
            Self::KSvd => "K-SVD",
            Self::Online => "Online dictionary learning",
            Self::ErSpud => "ER-SpUD",
            Self::Oracle => "The oracle",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Training {
    pub algorithm: Algorithm,
    /// Codes of K-SVD and of online dictionary learning are non-negative.
    pub non_negative: bool,
    /// The run stops by itself here.
    pub steps: u32,
    /// B: samples a step.
    pub batch: u32,
    pub learning_rate: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    /// Steps of linear warm-up of the learning rate.
    pub warm_up: u32,
    /// Final steps over which the learning rate falls linearly to 0.
    pub decay: u32,
    /// Largest norm of the gradient of all weights together (of what Adam sees); 0 is off.
    pub clip: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Scoring {
    /// τ of M_GT.
    pub threshold: f64,
    /// Features, from the head of the anchor order, left out of the recovery scores.
    pub hold_out: u32,
    /// Samples of the fixed evaluation batch.
    pub rows: u32,
}
