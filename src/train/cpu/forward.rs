//! The forward pass: from samples to codes, residuals and what every row pays.

use super::penalty::Penalty;
use super::side::Kind;
use super::{Codes, Cpu};
use super::{aux_k, batch_top_k, decode, encode, expand, gated, ghost, jump_relu, levels, offset, relu, side};
use super::{superpose, top_k};
use crate::bench::{Batch, Samples};
use crate::config::Activation;
use crate::linalg::{Matrix, gemm};
use crate::model::{Hyper, kept};

impl Cpu {
    /// From samples to residuals, loss and codes. In training Batch Top-k selects within the batch, and the dead are
    /// treated.
    pub fn forward(&mut self, batch: &Batch, hyper: &Hyper, training: bool) {
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
        let dead = &mut work.dead;
        dead.latents.clear();
        if training && (hyper.aux > 0.0 || hyper.ghost == 1) {
            let is_dead = |i: &u32| state.since_fired[*i as usize] >= hyper.dead_after;
            dead.latents.extend((0..n as u32).filter(is_dead));
        }
        work.kind = match model.activation {
            Activation::Gated => Some(Kind::Gates),
            _ if dead.latents.is_empty() => None,
            _ if hyper.aux > 0.0 => Some(Kind::AuxK),
            _ => Some(Kind::Ghost),
        };
        let (codes, gates) = (&mut work.codes, &mut work.gates);
        codes.clear();
        gates.clear();
        match model.activation {
            Activation::Relu => each_row(ranks, n, codes, relu::relu),
            Activation::JumpRelu => each_row(ranks, n, codes, |z, codes| jump_relu::jump_relu(z, &w.theta, codes)),
            Activation::TopK => each_row(ranks, n, codes, |z, codes| top_k::top_k(z, hyper.k as usize, codes)),
            Activation::BatchTopK if training || state.control.threshold_seen == 0.0 => {
                let count = kept(hyper.k, ranks.len() / n);
                let least = batch_top_k::batch_top_k(ranks, n, count, work.smallest, codes, &mut work.keys);
                if training {
                    work.smallest = least;
                }
            }
            Activation::BatchTopK => batch_top_k::above(ranks, n, state.control.threshold.max(0.0), codes),
            Activation::Gated => {
                let gains: Vec<f32> = w.r_mag.iter().map(|r| libm::expf(*r)).collect();
                each_row(ranks, n, codes, |z, codes| {
                    gated::gated(z, w, &gains, codes, gates);
                    gates.end_row();
                });
            }
        }
        let rows = || work.pre_activations.chunks_exact(n).enumerate();
        if by_rank {
            for (b, z) in rows() {
                let range = codes.row_start[b] as usize..codes.row_start[b + 1] as usize;
                let (latents, f) = (&codes.latent[range.clone()], &mut codes.f[range]);
                f.iter_mut().zip(latents).for_each(|(f, i)| *f = z[*i as usize]);
            }
        }
        if let Some(kind @ (Kind::AuxK | Kind::Ghost)) = work.kind {
            let k_aux = hyper.aux_count(problem.shape.n_target, n);
            let n_dead = dead.latents.len();
            dead.clear(ranks.len() / n);
            let parts = dead.a.chunks_exact_mut(n_dead).zip(dead.slope.chunks_exact_mut(n_dead));
            for ((b, z), (a, slope)) in rows().zip(parts) {
                match kind {
                    Kind::AuxK => aux_k::aux_k(z, &dead.latents, k_aux, hyper.aux_relu == 1, a, slope, &mut work.keys),
                    _ => ghost::ghost(z, &dead.latents, codes.row(b).0, a, slope),
                }
            }
        }
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
        // What the second reconstruction starts from: the residuals before they are weighed. One level leaves them as
        // they are, and no copy is made.
        let mut start = vec![];
        if let Some(kind) = work.kind {
            if kind == Kind::Gates {
                side::side_decode(&mut work.side_pulls, &work.gates, &w.decoder, shape.n_target);
                let bias = || w.b_dec.iter().map(|b| if with_bias { *b } else { 0.0 });
                target.chunks_exact(shape.n_target).for_each(|x| start.extend(bias().zip(x).map(|(b, x)| b - x)));
            } else {
                work.dead.decode(&mut work.side_pulls, &w.decoder, shape.n_target);
            }
            if kind != Kind::Gates && n_levels > 1 {
                let levels = work.residuals.chunks_exact(shape.n_target);
                levels.skip(n_levels - 1).step_by(n_levels).for_each(|r| start.extend_from_slice(r));
            }
        }
        decode::weigh(&mut work.residuals, &mut work.sse, &mut work.penalty, hyper, shape.n_target);
        let rule = Penalty::new(hyper, &state.control);
        if hyper.has_penalty() && work.kind != Some(Kind::Gates) {
            decode::charge(&mut work.penalty, &work.codes, &work.norms, &rule);
        }
        if let Some(kind) = work.kind {
            let start = if start.is_empty() { &work.residuals } else { &start };
            side::side_weigh(&mut work.side_pulls, &mut work.penalty, start, kind, hyper);
            if kind == Kind::Gates {
                side::charge_gates(&mut work.penalty, &work.gates, &work.norms, &rule);
            }
        }
        debug_assert!(training || work.kind.is_none_or(|kind| kind == Kind::Gates));
    }
}

/// An activation that needs no more than its own row.
fn each_row(keys: &[f32], n_latent: usize, codes: &mut Codes, mut activate: impl FnMut(&[f32], &mut Codes)) {
    for row in keys.chunks_exact(n_latent) {
        activate(row, codes);
        codes.end_row();
    }
}
