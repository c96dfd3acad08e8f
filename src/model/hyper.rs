//! The numbers of one step, worked out once on the host for both backends.

use crate::config::{Config, L1Weighting};
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
    /// λ of L1.
    pub l1: f32,
    /// 1 if L1 is weighted by decoder norms.
    pub l1_by_norm: u32,
    /// λ_a.
    pub anchor: f32,
    /// Latents 0..n_anchors are anchored.
    pub n_anchors: u32,
    /// Latents kept per sample (Top-k).
    pub k: u32,
}

impl Hyper {
    /// For the step that follows `step` finished ones.
    ///
    /// Learning rate: linear from 1/warm_up of the full rate at the first step, constant, then linear to zero over
    /// the last `decay` steps before `training.steps`.
    pub fn new(config: &Config, step: u64) -> Self {
        let t = &config.training;
        let number = step + 1;
        let rise = if t.warm_up > 0 { (number as f64 / f64::from(t.warm_up)).min(1.0) } else { 1.0 };
        let left = u64::from(t.steps).saturating_sub(step) as f64;
        let fall = if t.decay > 0 { (left / f64::from(t.decay)).min(1.0) } else { 1.0 };
        let correction = |beta: f64| 1.0 - libm::pow(beta, number as f64);
        let on = config.anchors.coefficient > 0.0;
        Self {
            step_size: (t.learning_rate * rise * fall / correction(t.beta1)) as f32,
            square_scale: (1.0 / libm::sqrt(correction(t.beta2))) as f32,
            beta1: t.beta1 as f32,
            beta2: t.beta2 as f32,
            epsilon: t.epsilon as f32,
            l1: config.loss.l1 as f32,
            l1_by_norm: u32::from(config.loss.l1_weighting == L1Weighting::DecoderNorm),
            anchor: config.anchors.coefficient as f32,
            n_anchors: if on { config.anchors.count } else { 0 },
            k: config.model.k,
        }
    }
}
