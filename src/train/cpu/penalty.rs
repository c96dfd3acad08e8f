//! What one active latent pays, in f32: the formulas of `model/reference/penalty.rs`.

use crate::model::{Control, Hyper};

const POWER_FLOOR: f32 = 1e-3;

/// Coefficients at a step, the controller's multiplier included.
#[derive(Clone, Copy)]
pub struct Penalty {
    pub l1: f32,
    p: f32,
    pub l0: f32,
    tanh: f32,
    scale: f32,
    pub by_norm: bool,
    /// λ f n and nothing else, as most runs have it.
    plain: bool,
}

impl Penalty {
    pub fn new(hyper: &Hyper, control: &Control) -> Self {
        let times = control.multiplier;
        Self {
            l1: times * hyper.l1,
            p: hyper.p,
            l0: times * hyper.l0,
            tanh: times * hyper.tanh,
            scale: hyper.tanh_scale,
            by_norm: hyper.by_norm == 1,
            plain: hyper.p == 1.0 && hyper.tanh == 0.0,
        }
    }

    /// (f n)^p alone.
    pub fn power(p: f32) -> Self {
        Self { l1: 1.0, p, plain: p == 1.0, ..Self::none() }
    }

    /// Nothing costs anything.
    pub fn none() -> Self {
        Self { l1: 0.0, p: 1.0, l0: 0.0, tanh: 0.0, scale: 1.0, by_norm: false, plain: true }
    }

    #[inline]
    pub fn value(&self, f: f32, n: f32) -> f32 {
        let paid = if self.plain {
            self.l1 * f * n
        } else {
            let power = libm::powf(f * n + POWER_FLOOR, self.p) - libm::powf(POWER_FLOOR, self.p);
            self.l1 * power + self.tanh * libm::tanhf(self.scale * f * n)
        };
        paid + self.l0
    }

    /// The derivative by the product f n.
    #[inline]
    pub fn slope(&self, f: f32, n: f32) -> f32 {
        if self.plain {
            return self.l1;
        }
        let tanh = libm::tanhf(self.scale * f * n);
        let power = self.p * libm::powf(f * n + POWER_FLOOR, self.p - 1.0);
        self.l1 * power + self.tanh * self.scale * (1.0 - tanh * tanh)
    }
}
