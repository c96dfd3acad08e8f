//! The order of a step: which stages run, one after the other, in one compute pass for many steps.

use super::kernels::{GROUP, TILE};
use super::pipelines::Stage;
use super::sizes::{Side, Sizes};
use super::stages::Stages;
use crate::model::Hyper;
use bytemuck::{Pod, Zeroable};

/// What one dispatch works on; `shaders/shared.wgsl` has the same struct and says what the members mean.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Step {
    pub n_rows: u32,
    pub first_row: u32,
    pub slot: u32,
    pub n_steps: u32,
    pub capacity: u32,
    pub loss_at: u32,
    pub training: u32,
    pub kept: u32,
    pub hyper: Hyper,
}

/// Distance of steps in their buffer: the alignment of dynamic offsets.
pub const SLOT_BYTES: u64 = 256;

/// What the rows of a submit come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Sparse,
    Rows,
}

/// Records stages into one compute pass.
pub struct Recorder<'a> {
    pub pass: wgpu::ComputePass<'a>,
    pub stages: &'a Stages,
    pub sizes: &'a Sizes,
}

impl Recorder<'_> {
    /// Dense rows of a whole submit; its record says how many.
    pub fn fill_rows(&mut self, origin: Origin, submit_slot: usize, n_rows: usize) {
        let stages = match origin {
            Origin::Sparse => &self.stages.expand,
            Origin::Rows => &self.stages.gather,
        };
        assert!(!stages.is_empty(), "only a world of rows draws rows");
        self.run_all(stages, submit_slot, n_rows);
    }

    /// From dense (or sparse) rows to residuals and penalties. `by_features`: the responses' slot, if they are used.
    /// The dead are treated in training only.
    pub fn forward(&mut self, slot: usize, n_rows: usize, hyper: &Hyper, by_features: Option<usize>, training: bool) {
        let (stages, sizes) = (self.stages, self.sizes);
        if let Some(offset) = &stages.offset {
            self.run(offset, slot, n_rows);
        }
        match (&stages.respond, by_features) {
            (Some([respond, superpose]), Some(features)) => {
                self.run(respond, features, sizes.n_features);
                self.run(superpose, slot, n_rows);
            }
            _ => self.run(&stages.encode, slot, n_rows),
        }
        if stages.ranks_by_norm || (hyper.by_norm == 1 && hyper.has_penalty()) {
            self.run(&stages.norms, slot, n_rows);
        }
        self.run_all(&stages.activate, slot, n_rows);
        if let Some(skip) = &stages.skip {
            self.run(skip, slot, n_rows);
        }
        self.run(&stages.decode, slot, n_rows);
        if let Some(gates) = &stages.gates {
            self.run(gates, slot, n_rows);
        }
        if hyper.has_penalty() || sizes.n_levels > 1 || sizes.side == Side::Gates {
            self.run(&stages.penalty, slot, n_rows);
        }
        if training {
            self.run_all(&stages.dead, slot, n_rows);
        }
    }

    /// From residuals to new weights.
    pub fn learn(&mut self, slot: usize, n_rows: usize, hyper: &Hyper) {
        let stages = self.stages;
        self.run_all(&stages.backprop, slot, n_rows);
        // `has_radial` of `shaders/shared.wgsl`.
        if stages.normalise.is_some() || (hyper.pulls_norms() && self.sizes.side != Side::Gates) {
            self.run(&stages.radial, slot, n_rows);
        }
        self.run_all(&stages.updates, slot, n_rows);
        self.run_all(&stages.adam, slot, n_rows);
        if let Some(normalise) = &stages.normalise {
            self.run(normalise, slot, n_rows);
        }
        if let Some(control) = &stages.control {
            self.run(control, slot, n_rows);
        }
        if self.tallies_steps() {
            self.run(&stages.tally, slot, 1);
        }
    }

    /// Whether the next step asks who is dead.
    fn tallies_steps(&self) -> bool {
        matches!(self.sizes.side, Side::AuxK | Side::Ghost)
    }

    pub fn errors(&mut self, submit_slot: usize, n_rows: usize) {
        self.run(&self.stages.errors, submit_slot, n_rows);
    }

    pub fn losses_and_tally(&mut self, submit_slot: usize, n_steps: usize) {
        self.run(&self.stages.losses, submit_slot, n_steps);
        if !self.tallies_steps() {
            self.run(&self.stages.tally, submit_slot, n_steps);
        }
    }

    /// Best latents of `n_rows` features, which their slot names.
    pub fn matches(&mut self, slot: usize, n_rows: usize) {
        for stage in self.stages.matches.iter().flatten() {
            self.run(stage, slot, n_rows);
        }
    }

    fn run_all(&mut self, stages: &[Stage], slot: usize, n_rows: usize) {
        stages.iter().for_each(|stage| self.run(stage, slot, n_rows));
    }

    fn run(&mut self, stage: &Stage, slot: usize, n_rows: usize) {
        let [x, y] = groups(stage.work, n_rows);
        self.pass.set_pipeline(&stage.pipeline);
        let offset = (slot as u64 * SLOT_BYTES) as u32;
        self.pass.set_bind_group(0, &stage.bindings, &[offset]);
        self.pass.dispatch_workgroups(x, y, 1);
    }
}

/// How many workgroups a kernel needs.
#[derive(Clone, Copy)]
pub enum Work {
    /// This many threads a row.
    Row(usize),
    /// This many threads for every four rows.
    FourRows(usize),
    /// A thread a row, and before them this many workgroups.
    GroupsAndRow(usize),
    /// A workgroup a row.
    RowGroup,
    /// This many workgroups across, tiles of rows down.
    Tiles(usize),
    /// This many threads, whatever the rows.
    Threads(usize),
    /// This many workgroups, whatever the rows.
    Groups(usize),
}

/// Workgroups across and down; more threads than one dimension may have go on in the second.
fn groups(work: Work, n_rows: usize) -> [u32; 2] {
    const MOST: usize = 65_535;
    let folded = |groups: usize| {
        let down = groups.div_ceil(MOST).max(1);
        [groups.div_ceil(down) as u32, down as u32]
    };
    let threads = |n: usize| folded(n.div_ceil(GROUP as usize));
    match work {
        Work::Row(each) => threads(n_rows * each),
        Work::FourRows(each) => threads(n_rows.div_ceil(4) * each),
        Work::Threads(n) => threads(n),
        Work::GroupsAndRow(n) => folded(n + n_rows.div_ceil(GROUP as usize)),
        Work::RowGroup => [n_rows as u32, 1],
        Work::Groups(n) => [n as u32, 1],
        Work::Tiles(across) => [across as u32, n_rows.div_ceil(TILE as usize) as u32],
    }
}
