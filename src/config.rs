//! Every knob of a run: one struct, one JSON for the link, the page, the worker and the command line, checked once.
//!
//! [`Config::check`] is the only door: a config that passed it can be run. All fields are always present in what is
//! written; what is read may leave fields out (they take the default) but may not name unknown ones.

mod check;

pub use check::ConfigError;
use serde::{Deserialize, Serialize};

/// The version of the meaning of a config; a link names it so that it keeps meaning the same run.
pub const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

/// Where samples come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The Linear Representation Bench: a world with known features.
    Bench,
    /// Rows of a safetensors file.
    Activations,
}

/// The Linear Representation Bench (arXiv 2512.05534, App. C).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bench {
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
}

/// The two settings of the paper's Table 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interference {
    /// Products of different directions are at most M.
    Bounded,
    /// Products are pushed to zero and below as far as the dimension allows.
    Negative,
}

/// Activations of a real model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Activations {
    /// Which data set; the caller hands the bytes over.
    pub name: String,
    /// Subtract the mean row from the data (and so from class means).
    pub center: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Model {
    pub task: Task,
    /// n_q.
    pub n_latent: u32,
    pub activation: Activation,
    /// Latents kept per sample (Top-k).
    pub k: u32,
    pub b_enc: bool,
    pub b_dec: bool,
    /// Encode x − b_dec instead of x.
    pub shift_input: bool,
    /// The encoder starts as the decoder's transpose; otherwise it is drawn by itself.
    pub tied_init: bool,
    /// ‖w_D^i‖, and ‖w_E^i‖, at the start.
    pub init_norm: f64,
    /// Decoder columns stay unit: gradient projected before Adam, columns renormalised after it (Bricken et al. 2023).
    pub unit_norm_decoder: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// The target is the input.
    Autoencoder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    Relu,
    /// The k largest, then ReLU.
    TopK,
}

/// Terms beside the reconstruction error Σ_dims (x̂ − x)²; every term is a mean over the batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Loss {
    /// λ of the L1 penalty (eq. 5); 0 is off.
    pub l1: f64,
    pub l1_weighting: L1Weighting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum L1Weighting {
    /// Σ_i f_i.
    Plain,
    /// Σ_i f_i ‖w_D^i‖.
    DecoderNorm,
}

/// Feature anchoring (eq. 22): latents 0..count are pulled to known features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Anchors {
    pub count: u32,
    /// λ_a; 0 is off.
    pub coefficient: f64,
}

/// What is called dead, and what is done about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    None,
    /// Re-aim dead latents at badly reconstructed inputs (Bricken et al. 2023).
    Resample,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Training {
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
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scoring {
    /// τ of M_GT.
    pub threshold: f64,
    /// Features, from the head of the anchor order, left out of the recovery scores.
    pub hold_out: u32,
    /// Samples of the fixed evaluation batch.
    pub rows: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            version: VERSION,
            seed: 7,
            source: Source::Bench,
            bench: Bench::default(),
            activations: Activations::default(),
            model: Model::default(),
            loss: Loss::default(),
            anchors: Anchors::default(),
            dead: Dead::default(),
            training: Training::default(),
            scoring: Scoring::default(),
        }
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self {
            n_features: 32,
            n_input: 16,
            sparsity: 0.95,
            interference: Interference::Bounded,
            max_interference: 0.3,
            magnitude_min: 0.0,
            magnitude_scale: 1.0,
        }
    }
}

impl Default for Activations {
    fn default() -> Self {
        Self { name: "minilm-wordnet-sentences".into(), center: true }
    }
}

impl Default for Model {
    fn default() -> Self {
        Self {
            task: Task::Autoencoder,
            n_latent: 64,
            activation: Activation::TopK,
            k: 3,
            b_enc: false,
            b_dec: false,
            shift_input: false,
            tied_init: true,
            init_norm: 1.0,
            unit_norm_decoder: true,
        }
    }
}

impl Default for Loss {
    fn default() -> Self {
        Self { l1: 0.0, l1_weighting: L1Weighting::Plain }
    }
}

impl Default for Anchors {
    fn default() -> Self {
        Self { count: 8, coefficient: 0.0 }
    }
}

impl Default for Dead {
    fn default() -> Self {
        Self {
            window: 100_000,
            treatment: Treatment::None,
            resample_every: 2_500,
            resample_until: 20_000,
            resample_inputs: 4_096,
            resample_scale: 0.2,
        }
    }
}

impl Default for Training {
    fn default() -> Self {
        Self {
            steps: 20_000,
            batch: 256,
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            warm_up: 0,
            decay: 0,
        }
    }
}

impl Default for Scoring {
    fn default() -> Self {
        Self { threshold: 0.95, hold_out: 8, rows: 2_048 }
    }
}
