//! Sizes of a problem on the device: padded widths, planes and masks, and how many steps one submit holds.

use crate::config::{Activation, MAX_LEVELS};
use crate::model::Shape;
use crate::train::Problem;

/// The second reconstruction that a model may have; numbers of `shaders/shared.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    None = 0,
    AuxK = 1,
    Ghost = 2,
    Gates = 3,
}

/// Sizes of a problem on the device.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub shape: Shape,
    pub n_features: usize,
    /// ⌈n/4⌉; of input and target, of every source's part.
    pub latent4: usize,
    pub input4: usize,
    pub target4: usize,
    /// Rows that one step has room for: whole words of the row masks.
    pub rows: usize,
    pub mask_words: usize,
    /// Entries that a row's list of active latents has room for, and about how many it has; and the second
    /// reconstruction's.
    pub capacity: usize,
    expected: usize,
    side_expected: usize,
    /// Steps of one submit.
    pub steps: usize,
    /// Input and target are the same rows.
    pub shared_rows: bool,
    /// Whether latents' responses to features are kept.
    pub with_responses: bool,
    pub side: Side,
    pub n_levels: usize,
    pub by_rank: bool,
    /// Row masks of a step.
    pub n_masks: usize,
    pub gradient: Gradient,
}

/// Where parts of the gradient lie that are stored, in vec4s. Without clipping only thresholds' and gates' are.
#[derive(Clone, Copy, Debug)]
pub struct Gradient {
    pub theta: usize,
    pub gates: usize,
    pub encoder: usize,
    pub decoder: usize,
    pub b_enc: usize,
    pub b_dec: usize,
    pub skip: usize,
    pub end: usize,
}

/// Multiply-adds after which a submit is cut, so that it stays below about 0.1 s: a weak GPU does 10 G/s, and
/// SwiftShader 0.2 G/s on two cores (measured).
const SUBMIT_WORK: usize = 1_000_000_000;
const SUBMIT_WORK_SOFTWARE: usize = 20_000_000;
/// Most threads that share a row's list of latents.
const MOST_LANES: usize = 64;
/// Most steps of a submit, and most bytes of its inputs.
const SUBMIT_STEPS: usize = 64;
const SUBMIT_BYTES: usize = 16 << 20;

/// Members of `Batch` of `shaders/shared.wgsl` before its array.
const BATCH: usize = 8;

/// vec4s that a workgroup of `sum_squares` sums.
pub const STRETCH: usize = 4096;

impl Sizes {
    pub fn new(problem: &Problem, is_software: bool) -> Self {
        let shape = problem.shape;
        let (world, model, needs) = (&problem.world, &problem.model, &problem.needs);
        let rows = problem.batch.max(1).next_multiple_of(32);
        let with_responses = problem.by_features(rows);
        let capacity = match model.activation {
            Activation::TopK => needs.k.min(shape.n_latent),
            _ => shape.n_latent,
        };
        let side = match model.activation {
            Activation::Gated => Side::Gates,
            _ if needs.aux => Side::AuxK,
            _ if needs.ghost => Side::Ghost,
            _ => Side::None,
        };
        let n_levels = needs.n_levels.clamp(1, MAX_LEVELS);
        let n_masks = if needs.by_rank { n_levels } else { 1 } + usize::from(side != Side::None);
        let four = |width: usize| shape.n_sources * (width / shape.n_sources).div_ceil(4);
        let (latent4, input4, target4) = (shape.n_latent.div_ceil(4), four(shape.n_input), four(shape.n_target));

        // The step's work, by kernel: encode, activation, then decode, backprop and two updates of active latents.
        let products = if with_responses { world.n_features.min(rows) } else { rows };
        let skip = if model.skip { 2 * rows * shape.n_target * shape.n_input } else { 0 };
        let dense = products * shape.n_latent * shape.n_input + 4 * rows * shape.n_latent + skip;
        let expected = match model.activation {
            Activation::TopK => capacity,
            Activation::BatchTopK => (needs.k + 1).min(shape.n_latent),
            _ => shape.n_latent.div_ceil(4),
        };
        let side_expected = match side {
            Side::None => 0,
            Side::AuxK => (shape.n_target / 2).min(shape.n_latent),
            Side::Ghost | Side::Gates => shape.n_latent.div_ceil(4),
        };
        let active = rows * (expected + side_expected) * (shape.n_input + 3 * shape.n_target);
        let adam = 8 * shape.n_latent * (shape.n_input + shape.n_target);
        let row_bytes = 4 * rows * shape.n_input.max(shape.n_target);
        let work = if is_software { SUBMIT_WORK_SOFTWARE } else { SUBMIT_WORK };
        let steps = (work / (dense + active + adam)).min(SUBMIT_BYTES / row_bytes).clamp(1, SUBMIT_STEPS);
        Self {
            shape,
            n_features: world.n_features,
            latent4,
            input4,
            target4,
            rows,
            mask_words: rows / 32,
            capacity,
            expected,
            side_expected,
            steps,
            shared_rows: world.one_space(),
            with_responses,
            side,
            n_levels,
            by_rank: needs.by_rank,
            n_masks,
            gradient: Gradient::new(shape, [latent4, input4, target4], needs.clip),
        }
    }

    /// Threads that share a row's list of latents, or of the second reconstruction's: more than it has entries would
    /// idle. Those of `side_dead` share the row's columns first, and lie in one workgroup.
    pub fn lanes(&self, of_side: bool) -> usize {
        let of_dead = of_side && matches!(self.side, Side::AuxK | Side::Ghost);
        match (of_dead, of_side) {
            (true, _) => self.target4.next_power_of_two().min(MOST_LANES),
            (_, true) => self.side_expected.clamp(1, MOST_LANES),
            _ => self.expected.clamp(1, MOST_LANES),
        }
    }

    /// Planes that `z` and `dz` have.
    pub fn planes(&self) -> usize {
        if self.side == Side::None { 1 } else { 2 }
    }

    /// Rows of a submit.
    pub fn submit_rows(&self) -> usize {
        self.steps * self.rows
    }

    /// Rows of `residual`: those of the submit, then planes of one step (`shaders/shared.wgsl`).
    pub fn residual_rows(&self) -> usize {
        let levels = if self.n_levels > 1 { self.n_levels } else { 0 };
        let side = self.planes() - 1;
        let extra = usize::from(levels > 0 || self.side == Side::Gates);
        self.submit_rows() + self.rows * (levels + side + extra)
    }

    /// Words of `Batch`: equals of every row, and room for as many keys in the band as are kept in all.
    pub fn batch(&self) -> usize {
        BATCH + self.rows * (1 + self.expected)
    }

    /// Entries of the second reconstruction's lists.
    pub fn side_entries(&self) -> usize {
        if self.side == Side::None { 0 } else { self.rows * self.shape.n_latent }
    }

    /// Bytes of the largest buffer.
    pub fn largest_buffer(&self, problem: &Problem) -> u64 {
        let data = match &problem.world.samples {
            crate::bench::Samples::Rows(rows) => {
                rows.n_rows * 4 * if rows.targets.is_some() { self.input4.max(self.target4) } else { self.input4 }
            }
            crate::bench::Samples::Bench(_) => 0,
        };
        let widest = 4 * self.input4.max(self.target4);
        let largest = [
            data,
            self.shape.n_latent * widest,
            self.n_features * widest,
            self.submit_rows() * widest,
            self.residual_rows() * self.target4 * 4,
            self.planes() * self.rows * self.latent4 * 4,
            self.rows * self.capacity,
            self.side_entries(),
            self.steps * self.n_masks * self.shape.n_latent * self.mask_words,
            4 * self.gradient.end,
            16 * self.target4 * self.input4 * usize::from(self.shape.has_skip),
        ];
        4 * largest.into_iter().max().unwrap_or(0) as u64
    }

    /// Entries of sparse batches that a submit has room for at first: twice what is expected.
    pub fn entries(&self, problem: &Problem) -> usize {
        let per_row = problem.world.true_l0().unwrap_or(1.0);
        let expected = per_row * self.submit_rows() as f64;
        (2.0 * expected) as usize + self.submit_rows() + self.n_features
    }
}

impl Gradient {
    fn new(shape: Shape, [latent4, input4, target4]: [usize; 3], clips: bool) -> Self {
        let mut at = 0;
        let mut next = |size: usize, is_stored: bool| {
            let start = at;
            at += if is_stored { size } else { 0 };
            start
        };
        Self {
            theta: next(latent4, shape.has_theta),
            gates: next(3 * latent4, shape.has_gates),
            encoder: next(shape.n_latent * input4, clips),
            decoder: next(shape.n_latent * target4, clips),
            b_enc: next(latent4, clips),
            b_dec: next(target4, clips),
            skip: next(4 * target4 * input4, clips && shape.has_skip),
            end: next(0, false),
        }
    }
}
