//! The CPU backend: one thread, SIMD where the loops allow it, every sum in a fixed order.
//!
//! A step is the listing below, in order; each kernel is a file here and, under the same name, in `shaders/`.

mod adam;
mod aux_k;
mod backprop;
mod batch_top_k;
mod decode;
mod encode;
mod expand;
mod forward;
mod gated;
mod ghost;
mod jump_relu;
mod levels;
mod match_features;
mod offset;
mod penalty;
mod relu;
mod side;
mod superpose;
mod tally;
mod top_k;
mod update;

use super::{Backend, DeviceLost, Evaluation, Match, Matches, Problem, State};
use crate::bench::{Batch, Samples};
use crate::config::Activation;
use crate::model::{Hyper, Weights, control_step};
use backprop::Pulls;
use penalty::Penalty;
use side::{Dead, Kind};
use tally::Tally;

/// Rows that an evaluation runs at a time, which bounds its memory.
const EVALUATION_ROWS: usize = 512;

pub struct Cpu {
    problem: Problem,
    state: State,
    work: Work,
    tally: Tally,
    gate_tally: Tally,
    losses: Vec<f32>,
    /// The target is the input.
    one_space: bool,
}

/// What a forward pass fills; buffers grow to the largest batch and are reused.
#[derive(Default)]
struct Work {
    /// [rows, n_input].
    input: Vec<f32>,
    /// [rows, n_target]; empty while the target is the input.
    target: Vec<f32>,
    /// [rows, n_target]: W_skip x; empty without a skip.
    skipped: Vec<f32>,
    /// [n_features, n_latent]: W_E w_p^d.
    responses: Vec<f32>,
    /// [n_latent]: b_enc − W_E shift.
    offset: Vec<f32>,
    /// [rows, n_latent].
    pre_activations: Vec<f32>,
    /// The same as latents are ranked by, where that is not z itself.
    ranks: Vec<f32>,
    codes: Codes,
    /// [rows, n_levels, n_target]: x̂_g − x_r, then what `decode::weigh` makes of them.
    residuals: Vec<f32>,
    /// [n_latent]: ‖w_D^i‖, where somebody needs it.
    norms: Vec<f32>,
    /// [rows].
    sse: Vec<f32>,
    penalty: Vec<f32>,
    /// The second reconstruction.
    kind: Option<Kind>,
    gates: Codes,
    dead: Dead,
    /// [rows, n_target].
    side_pulls: Vec<f32>,
    /// The least value that Batch Top-k kept in the last step.
    smallest: f32,
    /// [n_latent]: gradient of θ.
    theta: Vec<f32>,
    keys: Vec<u64>,
}

/// The latents that fire: row b has entries `row_start[b]..row_start[b + 1]`.
#[derive(Default)]
pub struct Codes {
    /// [rows + 1].
    pub row_start: Vec<u32>,
    pub latent: Vec<u32>,
    /// Activations, positive.
    pub f: Vec<f32>,
    /// Level of a nested loss; empty without one.
    pub level: Vec<u8>,
    /// ∂loss/∂(pre-activation); filled by `backprop`.
    pub dz: Vec<f32>,
}

impl Codes {
    fn clear(&mut self) {
        self.row_start.clear();
        self.row_start.push(0);
        self.latent.clear();
        self.f.clear();
    }

    #[inline]
    fn push(&mut self, latent: u32, f: f32) {
        self.latent.push(latent);
        self.f.push(f);
    }

    fn end_row(&mut self) {
        self.row_start.push(self.latent.len() as u32);
    }

    /// Latents and activations of row `b`.
    pub fn row(&self, b: usize) -> (&[u32], &[f32]) {
        let range = self.row_start[b] as usize..self.row_start[b + 1] as usize;
        (&self.latent[range.clone()], &self.f[range])
    }

    #[inline]
    fn level_of(&self, entry: usize) -> usize {
        self.level.get(entry).map_or(0, |level| usize::from(*level))
    }
}

impl Cpu {
    pub fn new(problem: Problem, state: State) -> Self {
        let n = problem.shape.n_latent;
        let one_space = problem.world.one_space();
        let (tally, gate_tally) = (Tally::new(n), Tally::new(n));
        Self { problem, state, work: Work::default(), tally, gate_tally, losses: vec![], one_space }
    }

    fn step(&mut self, batch: &Batch, hyper: &Hyper) {
        self.forward(batch, hyper, true);
        let Self { problem, state, work, tally, gate_tally, losses, .. } = self;
        let n_rows = batch.n_rows();
        let sum = |v: &[f32]| v.iter().map(|x| f64::from(*x)).sum::<f64>();
        losses.push(((sum(&work.sse) + sum(&work.penalty)) / n_rows as f64) as f32);

        let (shape, model) = (problem.shape, &problem.model);
        let decoder = &state.weights.decoder;
        let mut rule = Penalty::new(hyper, &state.control);
        let pulls = Pulls { values: &work.residuals, n_levels: hyper.n_levels as usize, width: shape.n_target };
        match work.kind {
            Some(Kind::Gates) => {
                let (gates, pulls) = (&mut work.gates, &work.side_pulls);
                side::side_backprop(gates, pulls, decoder, shape.n_target, &work.norms, &rule);
                gate_tally.sort(gates);
            }
            Some(_) => work.dead.backprop(&work.side_pulls, shape.n_target, &work.input, shape.n_input),
            None => {}
        }
        if model.activation == Activation::Gated {
            // Its penalty is on the gates alone.
            rule = Penalty::none();
        }
        backprop::backprop(&mut work.codes, pulls, decoder, &work.norms, &rule);
        if model.activation == Activation::JumpRelu {
            let (z, theta) = (&work.pre_activations, &state.weights.theta);
            let (codes, norms) = (&work.codes, &work.norms);
            backprop::band(&mut work.theta, codes, z, theta, pulls, decoder, norms, &rule, hyper, shape);
        }
        tally.tally(&work.codes, n_rows, &mut state.since_fired, &mut state.fire_count);
        let side = work.kind.map(|kind| match kind {
            Kind::Gates => update::Side::Gates { codes: &work.gates, tally: gate_tally },
            _ => update::Side::Dead(&work.dead),
        });
        let (codes, input, theta) = (&work.codes, &work.input, &work.theta);
        let traces = update::Traces { codes, tally, pulls, input, side, theta, rule };
        update::update(state, problem, &traces, hyper);
        let l0 = work.codes.latent.len() as f32 / n_rows as f32;
        control_step(&mut state.control, model.activation, hyper, work.smallest, l0);
        state.step += 1;
        state.samples += n_rows as u64;
    }
}

impl Backend for Cpu {
    fn train(&mut self, batches: &[Batch], hyper: &[Hyper]) -> Result<(), DeviceLost> {
        for (batch, hyper) in batches.iter().zip(hyper) {
            self.step(batch, hyper);
        }
        Ok(())
    }

    async fn losses(&mut self) -> Result<Vec<f32>, DeviceLost> {
        Ok(std::mem::take(&mut self.losses))
    }

    async fn evaluate(&mut self, batch: &Batch, hyper: &Hyper, with_pattern: bool) -> Result<Evaluation, DeviceLost> {
        let mut out = Evaluation::empty(self.problem.shape.n_latent, batch.n_rows(), with_pattern);
        for part in batch.parts(EVALUATION_ROWS) {
            self.forward(&part, hyper, false);
            (0..part.n_rows()).for_each(|b| out.count(self.work.codes.row(b).0));
            out.sse.extend_from_slice(&self.work.sse);
            let target = if self.one_space { &self.work.input } else { &self.work.target };
            decode::recon(&mut out.recon, &self.work.residuals, target, hyper, self.problem.shape.n_target);
            out.penalty.extend_from_slice(&self.work.penalty);
        }
        Ok(out)
    }

    async fn matches(&mut self) -> Result<Matches, DeviceLost> {
        let (world, w, shape) = (&self.problem.world, &self.state.weights, self.problem.shape);
        let (encoder_raw, encoder_cosine) =
            match_features::match_features(&world.directions_in, &w.encoder, shape.n_input);
        let (decoder_raw, decoder_cosine) =
            match_features::match_features(&world.directions_out, &w.decoder, shape.n_target);
        Ok(Matches { encoder_raw, encoder_cosine, decoder_raw, decoder_cosine })
    }

    async fn weights(&mut self) -> Result<Weights, DeviceLost> {
        Ok(self.state.weights.clone())
    }

    async fn firing(&mut self) -> Result<(Vec<u32>, Vec<u32>), DeviceLost> {
        Ok((self.state.since_fired.clone(), self.state.fire_count.clone()))
    }

    async fn state(&mut self) -> Result<State, DeviceLost> {
        Ok(self.state.clone())
    }

    fn load(&mut self, state: &State) -> Result<(), DeviceLost> {
        self.state = state.clone();
        self.losses.clear();
        Ok(())
    }
}

/// Rows of the data set that fire `latent` most: (row, activation), falling. Empty for a bench.
///
/// Runs on the host whatever the backend: it is asked for by a click, not by a step.
pub fn top_rows(problem: &Problem, state: State, hyper: &Hyper, latent: usize, count: usize) -> Vec<(u32, f32)> {
    let Samples::Rows(rows) = &problem.world.samples else { return vec![] };
    let mut cpu = Cpu::new(problem.clone(), state);
    // Keys that sort by falling activation, then by row: positive floats order like their bits. Kept sorted as they come:
    // they are few, and a sort would cost the page 2 kB.
    let mut best: Vec<u64> = vec![];
    for part in Batch::Rows((0..rows.n_rows as u32).collect()).parts(EVALUATION_ROWS) {
        cpu.forward(&part, hyper, false);
        let Batch::Rows(ix) = &part else { unreachable!("parts of rows are rows") };
        for (b, &row) in ix.iter().enumerate() {
            let (latents, f) = cpu.work.codes.row(b);
            for (_, f) in latents.iter().zip(f).filter(|(i, _)| **i as usize == latent) {
                let key = u64::from(!f.to_bits()) << 32 | u64::from(row);
                let place = best.partition_point(|other| *other < key);
                if place < count {
                    best.truncate(count - 1);
                    best.insert(place, key);
                }
            }
        }
    }
    best.iter().map(|key| (*key as u32, f32::from_bits(!((key >> 32) as u32)))).collect()
}

/// Σ (f_i n_i)^p over all samples of `batches`, for two values of p.
pub fn power_sums(problem: &Problem, state: State, hyper: &Hyper, batches: &[Batch], ps: [f32; 2]) -> [f64; 2] {
    let mut cpu = Cpu::new(problem.clone(), state);
    let mut sums = [0.0; 2];
    for part in batches.iter().flat_map(|batch| batch.parts(EVALUATION_ROWS)) {
        cpu.forward(&part, hyper, false);
        for (&i, &f) in cpu.work.codes.latent.iter().zip(&cpu.work.codes.f) {
            let n = if hyper.by_norm == 1 { cpu.work.norms[i as usize] } else { 1.0 };
            for (sum, p) in sums.iter_mut().zip(ps) {
                *sum += f64::from(Penalty::power(p).value(f, n));
            }
        }
    }
    sums
}
