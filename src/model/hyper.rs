//! The numbers of one step, worked out once on the host for both backends, and the small rules that go with them.

use crate::config::{Activation, AuxForm, Config, MAX_LEVELS, Treatment, Weighting};
use bytemuck::{Pod, Zeroable};

/// What one step needs beside batch and weights. `shaders/shared.wgsl` has a struct of the same name, members and
/// order; a test compares the layouts.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Hyper {
    /// Adam: learning rate after the schedule, divided by 1 − β₁ᵗ.
    pub step_size: f32,
    /// 1 / √(1 − β₂ᵗ).
    pub square_scale: f32,
    pub beta1: f32,
    pub beta2: f32,
    pub epsilon: f32,
    /// Largest norm of the whole gradient; 0: any.
    pub clip: f32,
    /// λ_a.
    pub anchor: f32,
    /// Latents 0..n_anchors are anchored.
    pub n_anchors: u32,
    /// Latents kept per sample (Top-k), on average (Batch Top-k).
    pub k: f32,
    /// λ and p of the penalty λ Σ (f n)^p.
    pub l1: f32,
    pub p: f32,
    /// λ of the L0 penalty.
    pub l0: f32,
    /// λ and c of the tanh penalty.
    pub tanh: f32,
    pub tanh_scale: f32,
    /// 1 if penalties weigh latents by decoder norms.
    pub by_norm: u32,
    /// ε of JumpReLU's rectangle.
    pub bandwidth: f32,
    /// L0 to be held by scaling the penalties; 0: none.
    pub target_l0: f32,
    /// α of AuxK (0: off), the latents that take part, and its switches (1: on).
    pub aux: f32,
    pub aux_latents: u32,
    pub aux_normalised: u32,
    pub aux_relu: u32,
    /// 1 if dead latents get ghost gradients.
    pub ghost: u32,
    /// Samples without firing after which a latent is dead.
    pub dead_after: u32,
    /// Levels of the nested loss: prefixes of the latents, or of the ranked active ones (multi-k). 1: not nested.
    pub n_levels: u32,
    /// 1 if levels are of ranks, 0 if of latents.
    pub by_rank: u32,
    pub unused: [u32; 3],
    /// Where each level ends: latents, or ranks.
    pub level_ends: [u32; MAX_LEVELS],
    pub level_weights: [f32; MAX_LEVELS],
}

impl Hyper {
    /// For the step that follows `step` finished ones.
    ///
    /// Learning rate: linear from 1/warm_up of the full rate at the first step, constant, then linear to zero over
    /// the last `decay` steps before `training.steps`.
    pub fn new(config: &Config, step: u64) -> Self {
        let (t, l, m) = (&config.training, &config.loss, &config.model);
        let number = step + 1;
        let up = |steps: u32| if steps > 0 { (number as f64 / f64::from(steps)).min(1.0) } else { 1.0 };
        let left = u64::from(t.steps).saturating_sub(step) as f64;
        let fall = if t.decay > 0 { (left / f64::from(t.decay)).min(1.0) } else { 1.0 };
        let correction = |beta: f64| 1.0 - libm::pow(beta, number as f64);
        let on = config.anchors.coefficient > 0.0;
        let penalty = up(l.penalty_warm_up);
        let (ends, weights) = levels(config);
        let is_steered = l.target_l0 > 0.0 && step >= u64::from(l.penalty_warm_up);
        let mut hyper = Self {
            step_size: (t.learning_rate * up(t.warm_up) * fall / correction(t.beta1)) as f32,
            square_scale: (1.0 / libm::sqrt(correction(t.beta2))) as f32,
            beta1: t.beta1 as f32,
            beta2: t.beta2 as f32,
            epsilon: t.epsilon as f32,
            clip: t.clip as f32,
            anchor: config.anchors.coefficient as f32,
            n_anchors: if on { config.anchors.count } else { 0 },
            k: m.k as f32,
            l1: (l.l1 * penalty) as f32,
            p: exponent(config, step) as f32,
            l0: (l.l0 * penalty) as f32,
            tanh: (l.tanh * penalty) as f32,
            tanh_scale: l.tanh_scale as f32,
            by_norm: u32::from(l.l1_weighting == Weighting::DecoderNorm),
            bandwidth: m.bandwidth as f32,
            target_l0: if is_steered { l.target_l0 as f32 } else { 0.0 },
            aux: l.aux_k as f32,
            aux_latents: l.aux_k_latents,
            aux_normalised: u32::from(l.aux_k_form == AuxForm::Normalised),
            aux_relu: u32::from(l.aux_k_relu),
            ghost: u32::from(config.dead.treatment == Treatment::Ghost),
            dead_after: config.dead.window,
            n_levels: ends.len() as u32,
            by_rank: u32::from(l.multi_ks(m.k as u32).len() > 1),
            unused: [0; 3],
            level_ends: [0; MAX_LEVELS],
            level_weights: [0.0; MAX_LEVELS],
        };
        hyper.level_ends[..ends.len()].copy_from_slice(&ends);
        hyper.level_weights[..weights.len()].copy_from_slice(&weights);
        hyper
    }

    /// Whether any penalty on active latents is on.
    pub fn has_penalty(&self) -> bool {
        self.l1 != 0.0 || self.l0 != 0.0 || self.tanh != 0.0
    }

    /// Whether a penalty's gradient reaches the decoder's norms.
    pub fn pulls_norms(&self) -> bool {
        self.by_norm == 1 && (self.l1 != 0.0 || self.tanh != 0.0)
    }

    /// k_aux: as asked, or half of the target's dimensions, and no more than there are latents.
    pub fn aux_count(&self, n_target: usize, n_latent: usize) -> usize {
        let asked = if self.aux_latents > 0 { self.aux_latents as usize } else { n_target.div_ceil(2) };
        asked.min(n_latent)
    }
}

/// Ends and weights of the levels; one level with weight 1 where nothing is nested.
fn levels(config: &Config) -> (Vec<u32>, Vec<f32>) {
    let (l, m) = (&config.loss, &config.model);
    let (ends, given) = if l.multi_k.is_empty() {
        (l.matryoshka_widths(m.n_latent), &l.matryoshka_weights)
    } else {
        (l.multi_ks(m.k as u32), &l.multi_k_weights)
    };
    if ends.len() < 2 {
        return (vec![m.n_latent], vec![1.0]);
    }
    let equal = 1.0 / ends.len() as f64;
    let weights = (0..ends.len()).map(|g| given.get(g).copied().unwrap_or(equal) as f32).collect();
    (ends, weights)
}

/// p at a step: 1 before `p_from`, then down in `p_updates` equal parts, `p_end` from `p_until` on.
fn exponent(config: &Config, step: u64) -> f64 {
    let l = &config.loss;
    let done = p_updates_done(config, step) as f64 / f64::from(l.p_updates);
    1.0 - (1.0 - l.p_end) * done
}

/// How many of the updates of p come before this step; the first at `p_from`, the last at `p_until`.
pub fn p_updates_done(config: &Config, step: u64) -> u32 {
    let l = &config.loss;
    let (from, until, n) = (u64::from(l.p_from), u64::from(l.p_until), u64::from(l.p_updates));
    if l.p_end == 1.0 || step < from {
        return 0;
    }
    if until == from || n == 1 {
        return n as u32;
    }
    (1 + (step - from) * (n - 1) / (until - from)).min(n) as u32
}

/// ⌊k B⌋, forgiving what f32 rounds off k.
pub fn kept(k: f32, n_rows: usize) -> usize {
    (f64::from(k) * n_rows as f64 + 1e-4).floor() as usize
}

/// What steps leave to the next beside weights and counters. On the device as four-byte members in this order.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Control {
    /// Batch Top-k at inference: latents above it fire. A running mean of the batches' smallest kept value.
    pub threshold: f32,
    /// 1 once there was a value to start the mean from.
    pub threshold_seen: f32,
    /// Running means of L0 and of its change; the first starts at the first batch's.
    pub l0_mean: f32,
    pub l0_rate: f32,
    pub l0_seen: f32,
    /// What the penalties are scaled by.
    pub multiplier: f32,
}

impl Default for Control {
    fn default() -> Self {
        Self { multiplier: 1.0, ..Self::zeroed() }
    }
}

/// Share of a new batch in the running mean of the threshold (SAELens).
const THRESHOLD_RATE: f32 = 0.01;

/// After a step: `smallest` is the least value that Batch Top-k kept (0 if it kept every positive one), `l0` the
/// batch's mean number of firing latents.
///
/// The controller is SynthSAEBench's: L0 too high raises the penalties, slowly once it is on its way to the target.
pub fn control_step(c: &mut Control, activation: Activation, hyper: &Hyper, smallest: f32, l0: f32) {
    if activation == Activation::BatchTopK {
        c.threshold =
            if c.threshold_seen > 0.0 { c.threshold + THRESHOLD_RATE * (smallest - c.threshold) } else { smallest };
        c.threshold_seen = 1.0;
    }
    if hyper.target_l0 > 0.0 {
        let mean = if c.l0_seen > 0.0 { 0.99 * c.l0_mean + 0.01 * l0 } else { l0 };
        let change = if c.l0_seen > 0.0 { mean - c.l0_mean } else { 0.0 };
        (c.l0_mean, c.l0_seen) = (mean, 1.0);
        c.l0_rate = 0.95 * c.l0_rate + 0.05 * change;
        let error = mean - hyper.target_l0;
        let gain = if error * c.l0_rate < 0.0 { 0.01 } else { 1.0 };
        let size = 3e-4 * gain * libm::tanhf(10.0 * error / hyper.target_l0);
        c.multiplier = (c.multiplier * (1.0 + size)).clamp(0.01, 100.0);
    }
}
