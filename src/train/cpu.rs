//! The CPU backend: one thread, SIMD where the loops allow it, every sum in a fixed order.
//!
//! A step is the listing below, in order; each kernel is a file here and, under the same name, in `shaders/`.

mod backprop;
mod decode;
mod encode;
mod expand;
mod match_features;
mod offset;
mod relu;
mod superpose;
mod tally;
mod top_k;
mod update;

use super::{Backend, DeviceLost, Evaluation, Match, Matches, Problem, State};
use crate::bench::{Batch, Samples};
use crate::config::Activation;
use crate::model::{Hyper, Weights};
use tally::Tally;

/// Rows that an evaluation runs at a time, which bounds its memory.
const EVALUATION_ROWS: usize = 512;

pub struct Cpu {
    problem: Problem,
    state: State,
    work: Work,
    tally: Tally,
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
    /// [n_features, n_latent]: W_E w_p^d.
    responses: Vec<f32>,
    /// [n_latent]: b_enc − W_E shift.
    offset: Vec<f32>,
    /// [rows, n_latent].
    pre_activations: Vec<f32>,
    codes: Codes,
    /// [rows, n_target]: x̂ − x_r.
    residuals: Vec<f32>,
    /// [n_latent]: what a latent's activation weighs in the penalty.
    penalty_norms: Vec<f32>,
    /// [rows].
    sse: Vec<f32>,
    penalty: Vec<f32>,
}

/// The latents that fire: row b has entries `row_start[b]..row_start[b + 1]`.
#[derive(Default)]
pub struct Codes {
    /// [rows + 1].
    pub row_start: Vec<u32>,
    pub latent: Vec<u32>,
    /// Activations, positive.
    pub f: Vec<f32>,
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

    fn end_row(&mut self) {
        self.row_start.push(self.latent.len() as u32);
    }

    /// Latents and activations of row `b`.
    pub fn row(&self, b: usize) -> (&[u32], &[f32]) {
        let range = self.row_start[b] as usize..self.row_start[b + 1] as usize;
        (&self.latent[range.clone()], &self.f[range])
    }
}

impl Cpu {
    pub fn new(problem: Problem, state: State) -> Self {
        let tally = Tally::new(problem.shape.n_latent);
        let one_space = problem.world.directions_in == problem.world.directions_out;
        Self { problem, state, work: Work::default(), tally, losses: vec![], one_space }
    }

    /// From samples to residuals, loss and codes.
    fn forward(&mut self, batch: &Batch, hyper: &Hyper) {
        let Self { problem, state, work, one_space, .. } = self;
        let (shape, world, model) = (problem.shape, &*problem.world, &problem.model);
        let (w, rows) = (&state.weights, batch.n_rows());
        match (batch, &world.samples) {
            (Batch::Sparse(s), _) => {
                expand::expand(&mut work.input, s, &world.directions_in, shape.n_input);
                if !*one_space {
                    expand::expand(&mut work.target, s, &world.directions_out, shape.n_target);
                }
            }
            (Batch::Rows(ix), Samples::Rows(data)) => expand::gather_rows(&mut work.input, ix, data),
            (Batch::Rows(_), Samples::Bench(_)) => unreachable!("a bench draws sparse batches"),
        }
        offset::offset(&mut work.offset, w, model, shape.n_input);
        work.pre_activations.resize(rows * shape.n_latent, 0.0);
        match batch {
            Batch::Sparse(s) if problem.by_features(rows) => {
                work.responses.resize(world.n_features * shape.n_latent, 0.0);
                encode::encode(&mut work.responses, &world.directions_in, &w.encoder, shape.n_input);
                superpose::superpose(&mut work.pre_activations, s, &work.responses, &work.offset);
            }
            _ => {
                encode::encode(&mut work.pre_activations, &work.input, &w.encoder, shape.n_input);
                offset::add(&mut work.pre_activations, &work.offset);
            }
        }
        work.codes.clear();
        for z in work.pre_activations.chunks_exact(shape.n_latent) {
            match model.activation {
                Activation::Relu => relu::relu(z, &mut work.codes),
                Activation::TopK => top_k::top_k(z, hyper.k as usize, &mut work.codes),
            }
            work.codes.end_row();
        }
        let target = if *one_space { &work.input } else { &work.target };
        decode::penalty_norms(&mut work.penalty_norms, w, hyper, shape);
        work.residuals.resize(rows * shape.n_target, 0.0);
        work.sse.resize(rows, 0.0);
        work.penalty.resize(rows, 0.0);
        decode::decode(
            &mut work.residuals,
            &mut work.sse,
            &mut work.penalty,
            &work.codes,
            target,
            w,
            model.b_dec,
            hyper,
            &work.penalty_norms,
        );
    }

    fn step(&mut self, batch: &Batch, hyper: &Hyper) {
        self.forward(batch, hyper);
        let Self { problem, state, work, tally, losses, .. } = self;
        let n_rows = batch.n_rows();
        let sum = |v: &[f32]| v.iter().map(|x| f64::from(*x)).sum::<f64>();
        losses.push(((sum(&work.sse) + sum(&work.penalty)) / n_rows as f64) as f32);

        let decoder = &state.weights.decoder;
        backprop::backprop(&mut work.codes, &work.residuals, decoder, &work.penalty_norms, problem.shape, hyper);
        tally.tally(&work.codes, n_rows, &mut state.since_fired, &mut state.fire_count);
        update::update(state, problem, tally, &work.codes, &work.input, &work.residuals, hyper);
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
        let (n_latent, n_rows) = (self.problem.shape.n_latent, batch.n_rows());
        let words = n_rows.div_ceil(32);
        let mut out = Evaluation {
            sse: Vec::with_capacity(n_rows),
            recon: Vec::with_capacity(n_rows),
            penalty: Vec::with_capacity(n_rows),
            l0: Vec::with_capacity(n_rows),
            fired: vec![0; n_latent],
            pattern: vec![0; if with_pattern { n_latent * words } else { 0 }],
        };
        for part in batch.parts(EVALUATION_ROWS) {
            self.forward(&part, hyper);
            let codes = &self.work.codes;
            for b in 0..part.n_rows() {
                let row = out.l0.len();
                let latents = codes.row(b).0;
                out.l0.push(latents.len() as u32);
                for &i in latents {
                    out.fired[i as usize] += 1;
                    if with_pattern {
                        out.pattern[i as usize * words + row / 32] |= 1 << (row % 32);
                    }
                }
            }
            out.sse.extend_from_slice(&self.work.sse);
            let target = if self.one_space { &self.work.input } else { &self.work.target };
            decode::recon(&mut out.recon, &self.work.residuals, target, self.problem.shape.n_target);
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
pub fn top_rows(problem: &Problem, weights: Weights, hyper: &Hyper, latent: usize, count: usize) -> Vec<(u32, f32)> {
    let Samples::Rows(rows) = &problem.world.samples else { return vec![] };
    let mut cpu = Cpu::new(problem.clone(), State::of(weights, problem.shape));
    // Keys that sort by falling activation, then by row: positive floats order like their bits.
    let mut found: Vec<u64> = vec![];
    for part in Batch::Rows((0..rows.n_rows as u32).collect()).parts(EVALUATION_ROWS) {
        cpu.forward(&part, hyper);
        let Batch::Rows(ix) = &part else { unreachable!("parts of rows are rows") };
        for (b, &row) in ix.iter().enumerate() {
            let (latents, f) = cpu.work.codes.row(b);
            let firing = latents.iter().zip(f).filter(|(i, _)| **i as usize == latent);
            found.extend(firing.map(|(_, f)| u64::from(!f.to_bits()) << 32 | u64::from(row)));
        }
    }
    found.sort_unstable();
    found.iter().take(count).map(|key| (*key as u32, f32::from_bits(!((key >> 32) as u32)))).collect()
}
