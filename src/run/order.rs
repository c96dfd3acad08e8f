//! In which order a run takes rows, and weights that come from somewhere else: what comparing two programs needs.

use super::Run;
use crate::bench::{Batch, Samples};
use crate::model::Weights;
use crate::train::DeviceLost;

/// How training batches are made of the rows of a data set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Drawn with replacement, a function of (seed, step).
    #[default]
    Shuffled,
    /// Batch t is rows tB … (t+1)B of the file, wrapping. A bench has no rows, and draws.
    Sequential,
}

impl Run {
    pub fn set_order(&mut self, order: Order) {
        self.order = order;
    }

    /// Replaces the weights, and nothing else: meant for a run that has not taken a step.
    pub async fn set_weights(&mut self, weights: Weights) -> Result<(), DeviceLost> {
        let mut state = self.checkpoint().await?.clone();
        state.weights = weights;
        self.restore(state)
    }

    /// The loss that divergence is measured against: a checkpoint's run has to go on with its own.
    pub fn start_loss(&self) -> Option<f32> {
        self.start_loss
    }

    pub fn set_start_loss(&mut self, loss: Option<f32>) {
        self.start_loss = loss;
    }

    /// The training batch of step `step`; full-batch algorithms see that of step 0 always.
    pub(super) fn batch(&self, step: u64) -> Batch {
        let n_rows = self.config.training.batch as usize;
        let step = if self.config.training.algorithm.full_batch() { 0 } else { step };
        match (self.order, &self.world.samples) {
            (Order::Sequential, Samples::Rows(rows)) => {
                let first = (u128::from(step) * n_rows as u128 % rows.n_rows as u128) as usize;
                Batch::Rows((first..first + n_rows).map(|row| (row % rows.n_rows) as u32).collect())
            }
            _ => self.world.batch(self.config.seed, step, n_rows),
        }
    }
}
