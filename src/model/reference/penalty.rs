//! What one active latent pays: λ₁ ((f n + ε)^p − ε^p) + λ_t tanh(c f n) + λ₀ for being active at all.

use crate::model::{Control, Hyper};

/// ε: keeps the derivative of f^p finite at f = 0. At p = 1 it changes nothing.
pub const POWER_FLOOR: f64 = 1e-3;

/// Coefficients at a step, the controller's multiplier included.
pub struct Penalty {
    pub l1: f64,
    pub p: f64,
    pub l0: f64,
    pub tanh: f64,
    pub scale: f64,
    pub by_norm: bool,
}

impl Penalty {
    pub fn new(hyper: &Hyper, control: &Control) -> Self {
        let times = |x: f32| f64::from(x) * f64::from(control.multiplier);
        Self {
            l1: times(hyper.l1),
            p: f64::from(hyper.p),
            l0: times(hyper.l0),
            tanh: times(hyper.tanh),
            scale: f64::from(hyper.tanh_scale),
            by_norm: hyper.by_norm == 1,
        }
    }

    pub fn value(&self, f: f64, n: f64) -> f64 {
        let power = (f * n + POWER_FLOOR).powf(self.p) - POWER_FLOOR.powf(self.p);
        self.l1 * power + self.tanh * (self.scale * f * n).tanh() + if f > 0.0 { self.l0 } else { 0.0 }
    }

    /// The derivative by the product f n: times n it is that by f, times f that by n.
    pub fn slope(&self, f: f64, n: f64) -> f64 {
        let u = 1.0 - (self.scale * f * n).tanh().powi(2);
        self.l1 * self.p * (f * n + POWER_FLOOR).powf(self.p - 1.0) + self.tanh * self.scale * u
    }
}
