//! p-annealing: when p falls, λ is scaled so that the penalty keeps its size (Karvonen et al. 2024; the code of
//! `dictionary_learning`).

use super::Run;
use crate::bench::Batch;
use crate::model::{Hyper, p_updates_done};
use crate::train::cpu::power_sums;
use crate::train::{Backend, DeviceLost};

/// Batches that the penalties before and after are compared on: the last ones trained on.
const BATCHES: u64 = 10;

impl Run {
    /// Whether p falls before the next step.
    pub(super) fn p_falls(&self) -> bool {
        let before = if self.step > 0 { p_updates_done(&self.config, self.step - 1) } else { 0 };
        self.config.loss.l1 > 0.0 && p_updates_done(&self.config, self.step) > before
    }

    /// The first step after this one before which p falls.
    pub(super) fn next_fall_of_p(&self) -> Option<u64> {
        let l = &self.config.loss;
        let done = p_updates_done(&self.config, self.step);
        if l.p_end == 1.0 || l.l1 == 0.0 || done == l.p_updates {
            return None;
        }
        // Steps of the schedule are found by bisection, so that there is one formula for it.
        let (mut low, mut high) = (self.step, u64::from(l.p_until));
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if p_updates_done(&self.config, middle) > done { high = middle } else { low = middle }
        }
        Some(high)
    }

    /// λ ← λ · mean penalty at the old p / mean penalty at the new one.
    pub(super) async fn rescale_l1(&mut self) -> Result<(), DeviceLost> {
        let old = if self.step > 0 { Hyper::new(&self.config, self.step - 1).p } else { 1.0 };
        let hyper = Hyper::new(&self.config, self.step);
        let first = self.step.saturating_sub(BATCHES);
        let batches: Vec<Batch> = (first..self.step.max(1)).map(|t| self.batch(t)).collect();
        let state = self.backend.state().await?;
        let [before, after] = power_sums(&self.problem, state, &hyper, &batches, [old, hyper.p]);
        if before > 0.0 && after > 0.0 {
            self.l1_scale *= (before / after) as f32;
        }
        Ok(())
    }
}
