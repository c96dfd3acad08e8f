//! What a run says of the labels of real data, when it is asked.

use super::Run;
use crate::bench::{Batch, Samples};
use crate::metrics::{Codes, LabelAbsorption, label_absorption};
use crate::train::{Backend, DeviceLost};

impl Run {
    /// Absorption of every label over all rows of the data ([`label_absorption`]). Empty for a bench, for data without
    /// labels, and where codes are solved for.
    pub async fn label_absorption(&mut self) -> Result<Vec<LabelAbsorption>, DeviceLost> {
        let world = self.world.clone();
        let Samples::Rows(rows) = &world.samples else { return Ok(vec![]) };
        if !world.has_truth() {
            return Ok(vec![]);
        }
        self.refit().await?;
        let hyper = self.hyper(self.step);
        let all = Batch::Rows((0..rows.n_rows as u32).collect());
        let weights = self.backend.weights().await?;
        let Some(codes) = Codes::new(&self.config, &world, &weights, &all) else { return Ok(vec![]) };
        let evaluation = self.backend.evaluate(&all, &hyper, true).await?;
        Ok(label_absorption(&world, rows, &weights, &evaluation, &codes))
    }
}
