//! Gradient sums and Adam, fused a latent at a time: no gradient matrix is ever stored (but W_skip's, which is dense).

use super::adam::Adam;
use super::backprop::Pulls;
use super::penalty::Penalty;
use super::side::Dead;
use super::{Codes, Problem, State, Tally};
use crate::config::Activation;
use crate::linalg::{Matrix, add_rows, add_scaled, dot, gemm};
use crate::model::{Hyper, Weights};

/// Stands in for the norm of a zero row, which has no direction to keep.
const TINY_NORM: f32 = 1e-30;

/// What a forward pass left for the update.
pub struct Traces<'a> {
    pub codes: &'a Codes,
    pub tally: &'a Tally,
    /// Half of B times the gradients at the reconstructions.
    pub pulls: Pulls<'a>,
    /// [rows, n_input]: the inputs, not shifted.
    pub input: &'a [f32],
    pub side: Option<Side<'a>>,
    /// [n_latent]: gradient of θ; empty without.
    pub theta: &'a [f32],
    pub rule: Penalty,
}

/// The second reconstruction's part.
pub enum Side<'a> {
    Gates { codes: &'a Codes, tally: &'a Tally },
    Dead(&'a Dead),
}

/// Gradients of what a model has beside its two matrices; empty where it does not learn.
struct Vectors {
    /// [n_latent]: Σ_b ∂loss/∂(W_E (x − shift)), where a bias needs it.
    dz: Vec<f32>,
    b_enc: Vec<f32>,
    b_dec: Vec<f32>,
    theta: Vec<f32>,
    b_gate: Vec<f32>,
    b_mag: Vec<f32>,
    r_mag: Vec<f32>,
    skip: Vec<f32>,
}

/// One Adam step on all weights.
pub fn update(state: &mut State, problem: &Problem, traces: &Traces, hyper: &Hyper) {
    let shape = problem.shape;
    let State { weights: w, mean, square, .. } = state;
    // All of these are from the weights before they move.
    let mut vectors = Vectors::new(w, problem, traces);
    let scale = if hyper.clip > 0.0 { clip(w, problem, traces, &vectors, hyper) } else { 1.0 };
    let adam = Adam(hyper);

    let mut gradient = vec![0.0; shape.n_input];
    for i in 0..shape.n_latent {
        let span = i * shape.n_input..(i + 1) * shape.n_input;
        encoder_row(&mut gradient, i, w, problem, traces, &vectors, hyper);
        rescale(&mut gradient, scale);
        adam.step(&mut w.encoder[span.clone()], &mut mean.encoder[span.clone()], &mut square.encoder[span], &gradient);
    }
    gradient.resize(shape.n_target, 0.0);
    for i in 0..shape.n_latent {
        let span = i * shape.n_target..(i + 1) * shape.n_target;
        decoder_row(&mut gradient, i, w, problem, traces, hyper);
        rescale(&mut gradient, scale);
        let row = &mut w.decoder[span.clone()];
        adam.step(row, &mut mean.decoder[span.clone()], &mut square.decoder[span], &gradient);
        if problem.model.unit_norm_decoder {
            let scale = 1.0 / dot(row, row).sqrt().max(TINY_NORM);
            row.iter_mut().for_each(|d| *d *= scale);
        }
    }
    let parts = w.parts_mut().into_iter().zip(mean.parts_mut()).zip(square.parts_mut()).skip(2);
    for ((((name, w), (_, m)), (_, v)), g) in parts.zip(vectors.parts_mut()) {
        if !g.is_empty() {
            rescale(g, scale);
            adam.step(w, m, v, g);
        }
        if name == "theta" {
            w.iter_mut().for_each(|theta| *theta = theta.max(0.0));
        }
    }
}

/// Gradient of row i of the encoder.
fn encoder_row(
    gradient: &mut [f32],
    i: usize,
    w: &Weights,
    problem: &Problem,
    traces: &Traces,
    vectors: &Vectors,
    hyper: &Hyper,
) {
    let width = gradient.len();
    gradient.fill(0.0);
    let mut add = |tally: &Tally, codes: &Codes, gain: f32| {
        let (rows, entries) = tally.latent(i);
        let dz: Vec<f32> = entries.iter().map(|e| gain * codes.dz[*e as usize]).collect();
        add_rows(gradient, &dz, rows, traces.input);
    };
    add(traces.tally, traces.codes, traces.gain(w, i));
    match &traces.side {
        Some(Side::Gates { codes, tally }) => add(tally, codes, 1.0),
        Some(Side::Dead(dead)) => add_scaled(gradient, 1.0, dead.to_encoder(i, width)),
        None => {}
    }
    if problem.model.shift_input {
        add_scaled(gradient, -vectors.dz[i], &w.b_dec);
    }
    if i < hyper.n_anchors as usize {
        let span = i * width..(i + 1) * width;
        pull(gradient, &w.encoder[span.clone()], &problem.anchors_in[span], hyper.anchor);
    }
}

/// Gradient of column i of the decoder, as Adam sees it.
fn decoder_row(gradient: &mut [f32], i: usize, w: &Weights, problem: &Problem, traces: &Traces, hyper: &Hyper) {
    let width = gradient.len();
    let span = i * width..(i + 1) * width;
    let row = &w.decoder[span.clone()];
    let rows = traces.pulls.n_rows() as f32;
    gradient.fill(0.0);
    let share = 2.0 / rows;
    let (codes, pulls) = (traces.codes, traces.pulls);
    let (batch_rows, entries) = traces.tally.latent(i);
    let f: Vec<f32> = entries.iter().map(|e| share * codes.f[*e as usize]).collect();
    if pulls.n_levels == 1 {
        add_rows(gradient, &f, batch_rows, pulls.values);
    } else {
        let row = |(b, e): (&u32, &u32)| b * pulls.n_levels as u32 + codes.level_of(*e as usize) as u32;
        let rows: Vec<u32> = batch_rows.iter().zip(entries).map(row).collect();
        add_rows(gradient, &f, &rows, pulls.values);
    }
    // Gates reconstruct through a frozen decoder.
    if let Some(Side::Dead(dead)) = &traces.side {
        add_scaled(gradient, 1.0, dead.to_decoder(i, width));
    }
    if hyper.pulls_norms() && problem.model.activation != Activation::Gated {
        let part = problem.shape.source_width();
        let norm = |d: &[f32]| dot(d, d).sqrt().max(TINY_NORM);
        let n: f32 = row.chunks_exact(part).map(norm).sum();
        let slopes = entries.iter().map(|e| codes.f[*e as usize]).map(|f| f * traces.rule.slope(f, n));
        let size = slopes.sum::<f32>() / rows;
        for (g, d) in gradient.chunks_exact_mut(part).zip(row.chunks_exact(part)) {
            add_scaled(g, size / norm(d), d);
        }
    }
    if i < hyper.n_anchors as usize {
        pull(gradient, row, &problem.anchors_out[span], hyper.anchor);
    }
    if problem.model.unit_norm_decoder {
        let along = dot(gradient, row) / dot(row, row).max(TINY_NORM);
        add_scaled(gradient, -along, row);
    }
}

/// What all gradients are multiplied by so that their norm together is at most `hyper.clip`.
fn clip(w: &Weights, problem: &Problem, traces: &Traces, vectors: &Vectors, hyper: &Hyper) -> f32 {
    let mut total = 0.0;
    let mut add = |g: &[f32]| total += f64::from(dot(g, g));
    let mut gradient = vec![0.0; problem.shape.n_input];
    for i in 0..problem.shape.n_latent {
        encoder_row(&mut gradient, i, w, problem, traces, vectors, hyper);
        add(&gradient);
    }
    gradient.resize(problem.shape.n_target, 0.0);
    for i in 0..problem.shape.n_latent {
        decoder_row(&mut gradient, i, w, problem, traces, hyper);
        add(&gradient);
    }
    vectors.parts().into_iter().for_each(|g| add(g));
    (hyper.clip / (total.sqrt() as f32).max(TINY_NORM)).min(1.0)
}

impl Traces<'_> {
    /// ∂m/∂u of a gated latent; 1 for others.
    fn gain(&self, w: &Weights, i: usize) -> f32 {
        w.r_mag.get(i).map_or(1.0, |r| libm::expf(*r))
    }
}

impl Vectors {
    fn new(w: &Weights, problem: &Problem, traces: &Traces) -> Self {
        let (model, codes) = (&problem.model, traces.codes);
        let n_latent = problem.shape.n_latent;
        let is_gated = model.activation == Activation::Gated;
        let (mut b_mag, mut b_gate, mut r_mag) = (vec![], vec![], vec![]);
        let mut dz = vec![];
        if model.b_enc || model.shift_input || is_gated {
            dz = traces.tally.sums(&codes.dz);
        }
        if is_gated {
            // m − b_mag is e^r u.
            let part = |i: usize, e: usize| codes.dz[e] * (codes.f[e] - w.b_mag[i]);
            let of = |i: usize| traces.tally.latent(i).1.iter().map(|e| part(i, *e as usize)).sum();
            r_mag = (0..n_latent).map(of).collect();
            b_mag.clone_from(&dz);
            dz.iter_mut().enumerate().for_each(|(i, dz)| *dz *= traces.gain(w, i));
        }
        match &traces.side {
            Some(Side::Gates { codes, tally }) => {
                b_gate = tally.sums(&codes.dz);
                add_scaled(&mut dz, 1.0, &b_gate);
            }
            Some(Side::Dead(dead)) if !dz.is_empty() => dead.add_dz(&mut dz),
            _ => {}
        }
        let learns_b_enc = model.b_enc && !is_gated;
        Self {
            b_enc: if learns_b_enc { dz.clone() } else { vec![] },
            b_dec: if model.b_dec { b_dec(w, &traces.pulls, &dz, model.shift_input) } else { vec![] },
            theta: traces.theta.to_vec(),
            skip: if model.skip { skip(&traces.pulls, traces.input, problem.shape.n_input) } else { vec![] },
            dz,
            b_gate,
            b_mag,
            r_mag,
        }
    }

    /// In the order of the weights' parts after the two matrices.
    fn parts_mut(&mut self) -> [&mut Vec<f32>; 7] {
        let Self { b_enc, b_dec, theta, b_gate, b_mag, r_mag, skip, .. } = self;
        [b_enc, b_dec, theta, b_gate, b_mag, r_mag, skip]
    }

    fn parts(&self) -> [&Vec<f32>; 7] {
        let Self { b_enc, b_dec, theta, b_gate, b_mag, r_mag, skip, .. } = self;
        [b_enc, b_dec, theta, b_gate, b_mag, r_mag, skip]
    }
}

/// Σ_b G_b − [shift] Σ_i (Σ_b dz_bi) w_E^i.
fn b_dec(w: &Weights, pulls: &Pulls, dz_sums: &[f32], shift: bool) -> Vec<f32> {
    let scale = 2.0 / pulls.n_rows() as f32;
    let mut gradient = vec![0.0; pulls.width];
    (0..pulls.n_rows()).for_each(|b| add_scaled(&mut gradient, scale, pulls.at(b, 0)));
    if shift {
        let rows = w.encoder.chunks_exact(pulls.width);
        dz_sums.iter().zip(rows).for_each(|(s, row)| add_scaled(&mut gradient, -s, row));
    }
    gradient
}

/// [n_target, n_input]: Σ_b G_b x_bᵀ.
fn skip(pulls: &Pulls, input: &[f32], n_input: usize) -> Vec<f32> {
    let rows = pulls.n_rows();
    let mut gradient = vec![0.0; pulls.width * n_input];
    let firsts = Matrix { data: pulls.values, row_stride: 1, col_stride: pulls.n_levels * pulls.width };
    gemm(&mut gradient, pulls.width, n_input, rows, firsts, Matrix::rows(input, n_input));
    rescale(&mut gradient, 2.0 / rows as f32);
    gradient
}

/// Eq. 22: gradient += 2 λ_a (w − w̃).
fn pull(gradient: &mut [f32], row: &[f32], anchor: &[f32], coefficient: f32) {
    for ((g, w), a) in gradient.iter_mut().zip(row).zip(anchor) {
        *g += 2.0 * coefficient * (w - a);
    }
}

fn rescale(values: &mut [f32], scale: f32) {
    if scale != 1.0 {
        values.iter_mut().for_each(|x| *x *= scale);
    }
}
