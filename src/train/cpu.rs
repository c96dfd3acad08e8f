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
use crate::linalg::{Matrix, gemm};
use crate::model::{Hyper, Weights, control_step, kept};
use backprop::Pulls;
use penalty::Penalty;
use side::Kind;
use tally::Tally;

/// Rows that an evaluation runs at a time, which bounds its memory.
const EVALUATION_ROWS: usize = 512;

pub struct Cpu {
    problem: Problem,
    state: State,
    work: Work,
    tally: Tally,
    side_tally: Tally,
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
    side: Codes,
    /// [rows, n_target].
    side_pulls: Vec<f32>,
    /// The least value that Batch Top-k kept.
    smallest: f32,
    /// [n_latent]: gradient of θ.
    theta: Vec<f32>,
    candidates: Vec<u32>,
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
        let (tally, side_tally) = (Tally::new(n), Tally::new(n));
        Self { problem, state, work: Work::default(), tally, side_tally, losses: vec![], one_space }
    }

    /// From samples to residuals, loss and codes. In training Batch Top-k selects within the batch, and the dead are
    /// treated.
    fn forward(&mut self, batch: &Batch, hyper: &Hyper, training: bool) {
        self.expand(batch);
        self.encode(batch);
        self.activate(hyper, training);
        self.decode(hyper, batch.n_rows(), training);
    }

    fn expand(&mut self, batch: &Batch) {
        let Self { problem, work, one_space, state, .. } = self;
        let (shape, world) = (problem.shape, &*problem.world);
        match (batch, &world.samples) {
            (Batch::Sparse(s), _) => {
                expand::expand(&mut work.input, s, world.basis_in(), shape.n_input);
                if !*one_space {
                    expand::expand(&mut work.target, s, world.basis_out(), shape.n_target);
                }
            }
            (Batch::Rows(ix), Samples::Rows(data)) => {
                expand::gather_rows(&mut work.input, ix, &data.values, data.width);
                if let Some(targets) = &data.targets {
                    expand::gather_rows(&mut work.target, ix, targets, shape.n_target);
                }
            }
            (Batch::Rows(_), Samples::Bench(_)) => unreachable!("a bench draws sparse batches"),
        }
        if problem.model.skip {
            let (n, r, p) = (batch.n_rows(), shape.n_target, shape.n_input);
            work.skipped.resize(n * r, 0.0);
            let skip = Matrix::rows(&state.weights.skip, p).transposed();
            gemm(&mut work.skipped, n, r, p, Matrix::rows(&work.input, p), skip);
        }
    }

    fn encode(&mut self, batch: &Batch) {
        let Self { problem, state, work, .. } = self;
        let (shape, world, w) = (problem.shape, &*problem.world, &state.weights);
        let rows = batch.n_rows();
        offset::offset(&mut work.offset, w, &problem.model, shape.n_input);
        work.pre_activations.resize(rows * shape.n_latent, 0.0);
        match batch {
            Batch::Sparse(s) if problem.by_features(rows) => {
                work.responses.resize(world.n_features * shape.n_latent, 0.0);
                encode::encode(&mut work.responses, world.basis_in(), &w.encoder, shape.n_input);
                superpose::superpose(&mut work.pre_activations, s, &work.responses, &work.offset);
            }
            _ => {
                encode::encode(&mut work.pre_activations, &work.input, &w.encoder, shape.n_input);
                offset::add(&mut work.pre_activations, &work.offset);
            }
        }
    }

    /// Fills the codes, and the second reconstruction's.
    fn activate(&mut self, hyper: &Hyper, training: bool) {
        let Self { problem, state, work, .. } = self;
        let (model, n) = (&problem.model, problem.shape.n_latent);
        let w = &state.weights;
        let is_top_k = matches!(model.activation, Activation::TopK | Activation::BatchTopK);
        let by_rank = model.rank_by_norm && is_top_k;
        if by_rank || hyper.by_norm == 1 {
            decode::norms(&mut work.norms, w, problem.shape);
        }
        if by_rank {
            work.ranks.clear();
            let norms = work.norms.iter().cycle();
            work.ranks.extend(work.pre_activations.iter().zip(norms).map(|(z, n)| z * n));
        }
        let ranks = if by_rank { &work.ranks } else { &work.pre_activations };
        let dead: Vec<u32> = if training && (hyper.aux > 0.0 || hyper.ghost == 1) {
            (0..n as u32).filter(|i| state.since_fired[*i as usize] >= hyper.dead_after).collect()
        } else {
            vec![]
        };
        let kind = match model.activation {
            Activation::Gated => Kind::Gates,
            _ if dead.is_empty() => Kind::None,
            _ if hyper.aux > 0.0 => Kind::AuxK,
            _ => Kind::Ghost,
        };
        let rows = ranks.len() / n;
        let control = &state.control;
        let in_batch = training || control.threshold_seen == 0.0;
        let mut cut = batch_top_k::Cut { threshold: control.threshold, n_equal: 0 };
        if model.activation == Activation::BatchTopK && in_batch {
            cut = batch_top_k::batch_top_k(ranks, kept(hyper.k, rows), &mut work.candidates);
        }
        // A cut above everything kept nothing.
        work.smallest = if cut.threshold < f32::MAX { cut.threshold } else { 0.0 };
        let gains: Vec<f32> = w.r_mag.iter().map(|r| libm::expf(*r)).collect();
        work.codes.clear();
        work.side.clear();
        let k_aux = hyper.aux_count(problem.shape.n_target, n);
        for (b, z) in work.pre_activations.chunks_exact(n).enumerate() {
            let codes = &mut work.codes;
            let ranks = &ranks[b * n..][..n];
            let first = codes.latent.len();
            match model.activation {
                Activation::Relu => relu::relu(z, codes),
                Activation::JumpRelu => jump_relu::jump_relu(z, &w.theta, codes),
                Activation::TopK => top_k::top_k(ranks, hyper.k as usize, codes),
                Activation::BatchTopK => batch_top_k::take(ranks, &mut cut, codes),
                Activation::Gated => gated::gated(z, w, &gains, codes, &mut work.side),
            }
            if by_rank {
                let (latents, f) = (&codes.latent[first..], &mut codes.f[first..]);
                f.iter_mut().zip(latents).for_each(|(f, i)| *f = z[*i as usize]);
            }
            match kind {
                Kind::AuxK => {
                    aux_k::aux_k(z, &dead, k_aux, hyper.aux_relu == 1, &mut work.side, &mut work.keys);
                }
                Kind::Ghost => ghost::ghost(z, &dead, &codes.latent[first..], &mut work.side),
                Kind::Gates | Kind::None => {}
            }
            codes.end_row();
            work.side.end_row();
        }
        work.kind = Some(kind).filter(|kind| *kind != Kind::None);
        levels::levels(&mut work.codes, hyper);
    }

    /// Fills residuals, their pulls, errors and penalties.
    fn decode(&mut self, hyper: &Hyper, rows: usize, training: bool) {
        let Self { problem, state, work, one_space, .. } = self;
        let (shape, w) = (problem.shape, &state.weights);
        let n_levels = hyper.n_levels as usize;
        let target = if *one_space { &work.input } else { &work.target };
        let with_bias = problem.model.b_dec;
        let expected = decode::Expected { target, skipped: &work.skipped, with_bias };
        work.residuals.resize(rows * n_levels * shape.n_target, 0.0);
        work.sse.resize(rows, 0.0);
        work.penalty.resize(rows, 0.0);
        decode::decode(&mut work.residuals, &work.codes, &expected, w, n_levels);
        // The whole model's residuals, before they are weighed.
        let mut start = vec![];
        if let Some(kind) = work.kind {
            side::side_decode(&mut work.side_pulls, &work.side, &w.decoder, shape.n_target);
            for b in 0..rows {
                let bias = w.b_dec.iter().map(|b| if with_bias { *b } else { 0.0 });
                match kind {
                    Kind::Gates => start.extend(bias.zip(&target[b * shape.n_target..]).map(|(b, x)| b - x)),
                    _ => {
                        let last = (b * n_levels + n_levels - 1) * shape.n_target;
                        start.extend_from_slice(&work.residuals[last..][..shape.n_target]);
                    }
                }
            }
        }
        decode::weigh(&mut work.residuals, &mut work.sse, &mut work.penalty, hyper, shape.n_target);
        let rule = Penalty::new(hyper, &state.control);
        if hyper.has_penalty() && work.kind != Some(Kind::Gates) {
            decode::charge(&mut work.penalty, &work.codes, &work.norms, &rule);
        }
        if let Some(kind) = work.kind {
            side::side_weigh(&mut work.side_pulls, &mut work.penalty, &start, kind, hyper);
            if kind == Kind::Gates {
                side::charge_gates(&mut work.penalty, &work.side, &work.norms, &rule);
            }
        }
        debug_assert!(training || work.kind.is_none_or(|kind| kind == Kind::Gates));
    }

    fn step(&mut self, batch: &Batch, hyper: &Hyper) {
        self.forward(batch, hyper, true);
        let Self { problem, state, work, tally, side_tally, losses, .. } = self;
        let n_rows = batch.n_rows();
        let sum = |v: &[f32]| v.iter().map(|x| f64::from(*x)).sum::<f64>();
        losses.push(((sum(&work.sse) + sum(&work.penalty)) / n_rows as f64) as f32);

        let (shape, model) = (problem.shape, &problem.model);
        let decoder = &state.weights.decoder;
        let mut rule = Penalty::new(hyper, &state.control);
        let pulls = Pulls { values: &work.residuals, n_levels: hyper.n_levels as usize, width: shape.n_target };
        if let Some(kind) = work.kind {
            let (side, sides) = (&mut work.side, &work.side_pulls);
            side::side_backprop(side, sides, decoder, shape.n_target, kind, &work.norms, &rule);
            side_tally.sort(side);
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
        let side = work.kind.map(|kind| update::Side {
            codes: &work.side,
            tally: side_tally,
            pulls: Pulls { values: &work.side_pulls, n_levels: 1, width: shape.n_target },
            kind,
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
            self.forward(&part, hyper, false);
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
    // Keys that sort by falling activation, then by row: positive floats order like their bits.
    let mut found: Vec<u64> = vec![];
    for part in Batch::Rows((0..rows.n_rows as u32).collect()).parts(EVALUATION_ROWS) {
        cpu.forward(&part, hyper, false);
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
