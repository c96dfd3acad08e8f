//! Alternating convex search (Gorski et al. 2007) on the models that Adam trains: decoder, biases and skip by least
//! squares given the codes, then the encoder by conjugate gradients on the quadratic of its activation pattern.
//!
//! A block's new values are kept only if the true loss (with anchors, of weights rounded to f32) falls; else half the
//! way is tried, again and again. θ of JumpReLU stays. One batch for good: the loss never rises. The memory is the
//! loss at which neither block found a share of [`PROGRESS`] more; a step that starts at it changes nothing.

use super::Data;
use super::solve::{add_scaled, cholesky, conjugate_gradients, dot, solve};
use crate::config::Activation;
use crate::model::{Hyper, Weights, kept};
use crate::train::{Problem, State};

/// Share of the loss below which a step found nothing.
pub const PROGRESS: f64 = 1e-6;
/// Ridge of both blocks, as a share of the mean curvature: it holds what the batch says nothing about where it is.
const RIDGE: f64 = 1e-6;
const GRADIENT_STEPS: usize = 12;
const HALVINGS: usize = 16;

/// One step in place: (mean loss before it, without anchors; rows on which each latent fires).
pub fn step(problem: &Problem, state: &mut State, data: &Data, hyper: &Hyper) -> (f64, Vec<u32>) {
    let search = Search { problem, data, hyper, lambda: f64::from(hyper.l1), inputs: augmented(problem, data) };
    let start = search.pass(&state.weights);
    let found = (start.loss, start.fired(problem.shape.n_latent));
    let settled = state.memory.first() == Some(&(start.total as f32));
    let mut end = start.smallest;
    if !settled {
        let total = start.total;
        let pass = search.walk(&mut state.weights, start, |w, pass| search.decoder(w, pass));
        let by_decoder = total - pass.total;
        let middle = pass.total;
        let pass = search.walk(&mut state.weights, pass, |w, pass| search.encoder(w, pass));
        let by_encoder = middle - pass.total;
        end = pass.smallest;
        state.memory.clear();
        if by_decoder.max(by_encoder) <= PROGRESS * total.abs() {
            state.memory.push(pass.total as f32);
        }
    }
    if problem.model.activation == Activation::BatchTopK {
        (state.control.threshold, state.control.threshold_seen) = (end as f32, 1.0);
    }
    found
}

/// [rows, n_input + 1]: samples, and 1 where there is an encoder's bias, else 0.
fn augmented(problem: &Problem, data: &Data) -> Vec<f64> {
    let one = if problem.model.b_enc { 1.0 } else { 0.0 };
    let rows = data.input.chunks_exact(problem.shape.n_input);
    rows.flat_map(|x| x.iter().copied().chain([one])).collect()
}

struct Search<'a> {
    problem: &'a Problem,
    data: &'a Data,
    hyper: &'a Hyper,
    lambda: f64,
    /// See [`augmented`].
    inputs: Vec<f64>,
}

/// A forward pass over the batch.
struct Pass {
    /// Row b has entries `start[b]..start[b + 1]`: its active latents and their values.
    start: Vec<usize>,
    latent: Vec<usize>,
    value: Vec<f64>,
    /// [rows, n_target]: x̂ − x_r.
    residuals: Vec<f64>,
    /// Mean of error and penalties; with the anchor term.
    loss: f64,
    total: f64,
    /// The least value that Batch Top-k kept.
    smallest: f64,
}

impl Pass {
    fn row(&self, b: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        (self.start[b]..self.start[b + 1]).map(|e| (self.latent[e], self.value[e]))
    }

    fn fired(&self, n_latent: usize) -> Vec<u32> {
        let mut fired = vec![0; n_latent];
        self.latent.iter().for_each(|i| fired[*i] += 1);
        fired
    }
}

impl Search<'_> {
    /// Moves `w` towards what `block` wishes, as far as the loss falls; the pass at where it ends.
    fn walk(&self, w: &mut Weights, pass: Pass, block: impl Fn(&Weights, &Pass) -> Option<Weights<f64>>) -> Pass {
        let Some(mut change) = block(w, &pass) else { return pass };
        for _ in 0..HALVINGS {
            let mut candidate = w.to_f64();
            for ((_, to), (_, by)) in candidate.parts_mut().into_iter().zip(change.parts()) {
                add_scaled(to, 1.0, by);
            }
            let candidate = candidate.to_f32();
            let there = self.pass(&candidate);
            if there.total < pass.total {
                *w = candidate;
                return there;
            }
            change.parts_mut().into_iter().for_each(|(_, part)| part.iter_mut().for_each(|x| *x /= 2.0));
        }
        pass
    }

    fn pass(&self, w: &Weights) -> Pass {
        let (shape, model) = (self.problem.shape, &self.problem.model);
        let (q, r) = (shape.n_latent, shape.n_target);
        let w = w.to_f64();
        let encoder = self.encoder_rows(&w);
        let width = shape.n_input + 1;
        let rows = self.data.n_rows;
        let mut z = Vec::with_capacity(rows * q);
        for x in self.inputs.chunks_exact(width) {
            z.extend(encoder.chunks_exact(width).map(|w| dot(w, x)));
        }
        let ranks = self.ranks(&w);
        let key = |e: usize| ranks.get(e % q).map_or(z[e], |n| z[e] * n);
        let mut active = vec![];
        let mut smallest = 0.0;
        match model.activation {
            Activation::JumpRelu => active.extend((0..rows * q).filter(|e| z[*e] > w.theta[e % q].max(0.0))),
            Activation::TopK => {
                let k = self.hyper.k as usize;
                (0..rows).for_each(|b| active.extend(largest(b * q..(b + 1) * q, k, &key)));
            }
            Activation::BatchTopK => {
                let count = kept(self.hyper.k, rows);
                active = largest(0..rows * q, count, &key);
                if active.len() == count {
                    let least = active.iter().map(|e| key(*e)).fold(f64::INFINITY, f64::min);
                    smallest = if count > 0 { least } else { 0.0 };
                }
            }
            _ => active.extend((0..rows * q).filter(|e| z[*e] > 0.0)),
        }
        let mut out = Pass {
            start: vec![0],
            latent: active.iter().map(|e| e % q).collect(),
            value: active.iter().map(|e| z[*e]).collect(),
            residuals: self.data.target.iter().map(|x| -x).collect(),
            loss: 0.0,
            total: 0.0,
            smallest,
        };
        for b in 0..rows {
            out.start.push(active.partition_point(|e| *e < (b + 1) * q));
        }
        for (b, residual) in out.residuals.chunks_exact_mut(r).enumerate() {
            for e in out.start[b]..out.start[b + 1] {
                add_scaled(residual, out.value[e], &w.decoder[out.latent[e] * r..][..r]);
            }
            if model.b_dec {
                add_scaled(residual, 1.0, &w.b_dec);
            }
            if model.skip {
                let x = &self.data.input[b * shape.n_input..][..shape.n_input];
                residual.iter_mut().zip(w.skip.chunks_exact(shape.n_input)).for_each(|(r, w)| *r += dot(w, x));
            }
        }
        let count = f64::from(self.hyper.l0) * out.value.len() as f64;
        let size = self.lambda * out.value.iter().sum::<f64>();
        out.loss = (dot(&out.residuals, &out.residuals) + size + count) / rows as f64;
        out.total = out.loss + self.anchor_loss(&w);
        out
    }

    /// What a decoder, b_dec and skip of least squares given the codes are further than these.
    fn decoder(&self, w: &Weights, pass: &Pass) -> Option<Weights<f64>> {
        let (shape, model) = (self.problem.shape, &self.problem.model);
        let (q, p, r) = (shape.n_latent, shape.n_input, shape.n_target);
        let bias = usize::from(model.b_dec);
        let n = q + bias + if model.skip { p } else { 0 };
        let (mut square, mut pull) = (vec![0.0; n * n], vec![0.0; n * r]);
        for b in 0..self.data.n_rows {
            let mut columns: Vec<(usize, f64)> = pass.row(b).collect();
            columns.extend((q..q + bias).map(|column| (column, 1.0)));
            if model.skip {
                columns.extend((q + bias..).zip(self.data.input[b * p..][..p].iter().copied()));
            }
            for (place, &(i, a)) in columns.iter().enumerate() {
                columns[..=place].iter().for_each(|(j, other)| square[i * n + j] += a * other);
                add_scaled(&mut pull[i * r..][..r], -a, &pass.residuals[b * r..][..r]);
            }
        }
        let size = self.data.n_rows as f64 * f64::from(self.hyper.anchor);
        let ridge = RIDGE * (0..n).map(|i| square[i * n + i]).sum::<f64>() / n as f64;
        for i in 0..self.hyper.n_anchors as usize {
            square[i * n + i] += size;
            let there = self.problem.anchors_out[i * r..][..r].iter().zip(&w.decoder[i * r..]);
            for (pull, (anchor, d)) in pull[i * r..].iter_mut().zip(there) {
                *pull += size * (f64::from(*anchor) - f64::from(*d));
            }
        }
        (0..n).for_each(|i| square[i * n + i] += ridge);
        if !cholesky(&mut square, n) {
            return None;
        }
        solve(&square, n, &mut pull, r);
        let mut change = Weights::<f64>::zero(shape);
        change.decoder.copy_from_slice(&pull[..q * r]);
        if model.b_dec {
            change.b_dec.copy_from_slice(&pull[q * r..][..r]);
        }
        if model.skip {
            let by_input = &pull[(q + bias) * r..];
            for (e, skip) in change.skip.iter_mut().enumerate() {
                *skip = by_input[e % p * r + e / p];
            }
        }
        Some(change)
    }

    /// Conjugate-gradient steps of encoder and b_enc on the loss as it is while the pattern stays.
    fn encoder(&self, w: &Weights, pass: &Pass) -> Option<Weights<f64>> {
        let shape = self.problem.shape;
        let (q, p, r) = (shape.n_latent, shape.n_input, shape.n_target);
        let width = p + 1;
        let decoder: Vec<f64> = w.decoder.iter().map(|x| f64::from(*x)).collect();
        let anchors = self.hyper.n_anchors as usize;
        let anchor = self.data.n_rows as f64 * f64::from(self.hyper.anchor);
        // All of it times rows / 2.
        let mut downhill = vec![0.0; q * width];
        for b in 0..self.data.n_rows {
            let x = &self.inputs[b * width..][..width];
            for (i, _) in pass.row(b) {
                let slope = dot(&decoder[i * r..][..r], &pass.residuals[b * r..][..r]) + self.lambda / 2.0;
                add_scaled(&mut downhill[i * width..][..width], -slope, x);
            }
        }
        for e in 0..anchors * p {
            let far = f64::from(self.problem.anchors_in[e]) - f64::from(w.encoder[e]);
            downhill[e / p * width + e % p] += anchor * far;
        }
        let energy = dot(&self.inputs, &self.inputs) / width as f64;
        let ridge = RIDGE * energy * dot(&decoder, &decoder) / q as f64;
        let apply = |v: &[f64], out: &mut [f64]| {
            out.fill(0.0);
            let mut moved = vec![0.0; r];
            for b in 0..self.data.n_rows {
                let x = &self.inputs[b * width..][..width];
                moved.fill(0.0);
                for (i, _) in pass.row(b) {
                    add_scaled(&mut moved, dot(&v[i * width..][..width], x), &decoder[i * r..][..r]);
                }
                for (i, _) in pass.row(b) {
                    add_scaled(&mut out[i * width..][..width], dot(&decoder[i * r..][..r], &moved), x);
                }
            }
            add_scaled(out, ridge, v);
            for e in 0..anchors * p {
                let e = e / p * width + e % p;
                out[e] += anchor * v[e];
            }
        };
        let found = conjugate_gradients(&apply, &downhill, GRADIENT_STEPS);
        let mut change = Weights::<f64>::zero(shape);
        for (i, row) in found.chunks_exact(width).enumerate() {
            change.encoder[i * p..][..p].copy_from_slice(&row[..p]);
            change.b_enc[i] = if self.problem.model.b_enc { row[p] } else { 0.0 };
        }
        Some(change)
    }

    /// [n_latent, n_input + 1]: encoder rows and their biases.
    fn encoder_rows(&self, w: &Weights<f64>) -> Vec<f64> {
        let rows = w.encoder.chunks_exact(self.problem.shape.n_input).zip(&w.b_enc);
        rows.flat_map(|(row, bias)| row.iter().copied().chain([*bias])).collect()
    }

    /// [n_latent]: what latents are ranked by beside z; empty where that is z alone.
    fn ranks(&self, w: &Weights<f64>) -> Vec<f64> {
        if !self.problem.model.rank_by_norm {
            return vec![];
        }
        let part = self.problem.shape.source_width();
        let of = |row: &[f64]| row.chunks_exact(part).map(super::solve::norm).sum();
        w.decoder.chunks_exact(self.problem.shape.n_target).map(of).collect()
    }

    fn anchor_loss(&self, w: &Weights<f64>) -> f64 {
        let (n, shape) = (self.hyper.n_anchors as usize, self.problem.shape);
        let far = |a: &[f64], b: &[f32]| -> f64 {
            a.iter().zip(b).map(|(a, b)| (a - f64::from(*b)) * (a - f64::from(*b))).sum()
        };
        let encoder = far(&w.encoder[..n * shape.n_input], &self.problem.anchors_in);
        f64::from(self.hyper.anchor) * (encoder + far(&w.decoder[..n * shape.n_target], &self.problem.anchors_out))
    }
}

/// Of the entries in `range` the `count` with the largest keys above zero, ascending; of equal ones the earlier wins.
fn largest(range: std::ops::Range<usize>, count: usize, key: &dyn Fn(usize) -> f64) -> Vec<usize> {
    let mut found: Vec<usize> = range.filter(|e| key(*e) > 0.0).collect();
    if count < found.len() {
        found.select_nth_unstable_by(count, |a, b| key(*b).total_cmp(&key(*a)).then(a.cmp(b)));
        found.truncate(count);
        found.sort_unstable();
    }
    found
}
