//! Identities between methods: what one does with a knob at its end is what another does without it.

use crate::methods::state_of;
use crate::support::*;
use sdl_explorer::config::{Activation, Config, Task, Weighting};
use sdl_explorer::model::reference::{Forward, Reference};
use sdl_explorer::model::{Hyper, Weights};
use sdl_explorer::train::Problem;
use std::sync::Arc;

/// Forward pass and gradient of the reference, from `state_of` (or weights made of it).
struct Pass {
    forward: Forward,
    gradient: Weights<f64>,
}

fn pass(config: &Config, problem: &Problem, w: &Weights<f64>, dead: Vec<bool>) -> Pass {
    let judge = Reference { dead, ..reference(problem) };
    let hyper = Hyper::new(config, 0);
    let (input, target) = problem.world.expand(&batches(config, problem, 1)[0]);
    let forward = judge.forward(w, &input, &target, &hyper);
    Pass { gradient: judge.gradient(w, &input, &forward, &hyper), forward }
}

fn start(config: &Config, problem: &Problem) -> Weights<f64> {
    state_of(config, problem).weights.to_f64()
}

fn with(change: impl FnOnce(&mut Config)) -> Config {
    let mut c = config();
    change(&mut c);
    c
}

fn close(a: &[f64], b: &[f64], what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    let off = a.iter().zip(b).position(|(a, b)| (a - b).abs() > 1e-12 * (1.0 + b.abs()));
    assert_eq!(off, None, "{what}: {:?} beside {:?}", off.map(|i| a[i]), off.map(|i| b[i]));
}

/// The same loss, latents and gradients of the parts that both have.
fn same(a: &Pass, b: &Pass, what: &str) {
    close(&a.forward.latents, &b.forward.latents, &format!("{what}: latents"));
    close(&[a.forward.loss()], &[b.forward.loss()], &format!("{what}: loss"));
    for ((name, a), (_, b)) in a.gradient.parts().into_iter().zip(b.gradient.parts()) {
        if !a.is_empty() && !b.is_empty() {
            close(a, b, &format!("{what}: gradient of {name}"));
        }
    }
}

/// Two configs on one world and the same weights do the same.
fn check(what: &str, one: &Config, other: &Config) {
    let (p, q) = (problem(one), problem(other));
    let w = start(one, &p);
    let mut v = start(other, &q);
    for ((_, to), (_, from)) in v.parts_mut().into_iter().zip(w.parts()).take(4) {
        to.clone_from(from);
    }
    same(&pass(one, &p, &w, vec![]), &pass(other, &q, &v, vec![]), what);
}

#[test]
fn methods_at_their_ends_are_one_another() {
    let relu = |c: &mut Config| c.model.activation = Activation::Relu;
    let at_zero = with(|c| (c.model.activation, c.model.theta, c.loss.l1) = (Activation::JumpRelu, 0.0, 0.2));
    check(
        "JumpReLU with θ = 0 is ReLU",
        &with(|c| {
            relu(c);
            c.loss.l1 = 0.2;
        }),
        &at_zero,
    );
    check("Matryoshka with one group is none", &with(|c| c.loss.matryoshka = vec![33]), &config());
    check("multi-k with one k is Top-k", &with(|c| c.loss.multi_k = vec![3]), &config());
    let single = |activation| with(|c| (c.model.activation, c.training.batch) = (activation, 1));
    check("Batch Top-k of one sample is Top-k", &single(Activation::BatchTopK), &single(Activation::TopK));
    check(
        "p that does not fall is L1",
        &with(|c| {
            relu(c);
            (c.loss.l1, c.loss.p_from) = (0.2, 0);
        }),
        &with(|c| {
            relu(c);
            c.loss.l1 = 0.2;
        }),
    );
}

/// z n is what is ranked; what is used is z, as if the scaled activation went through a unit decoder.
#[test]
fn ranking_by_norm_is_a_unit_decoder() {
    let ranked = with(|c| (c.model.rank_by_norm, c.model.unit_norm_decoder) = (true, false));
    let problem = problem(&ranked);
    let mut w = start(&ranked, &problem);
    let width = problem.shape.n_target;
    w.decoder.chunks_exact_mut(width).zip(1..).for_each(|(row, i)| row.iter_mut().for_each(|d| *d *= f64::from(i % 5)));
    w.decoder[..width].fill(0.5);
    let one = pass(&ranked, &problem, &w, vec![]);
    // The same function with norms moved from the decoder to the encoder.
    let mut folded = w.clone();
    let judge = reference(&problem);
    for (i, n) in judge.decoder_norms(&w).into_iter().enumerate() {
        folded.encoder[i * problem.shape.n_input..][..problem.shape.n_input].iter_mut().for_each(|e| *e *= n);
        folded.decoder[i * width..][..width].iter_mut().for_each(|d| *d /= n);
    }
    let plain = with(|c| c.model.unit_norm_decoder = false);
    let other = pass(&plain, &crate::support::problem(&plain), &folded, vec![]);
    close(one.forward.residuals(), other.forward.residuals(), "residuals");
    let fires = |p: &Pass| p.forward.latents.iter().map(|f| *f > 0.0).collect::<Vec<_>>();
    assert_eq!(fires(&one), fires(&other));
}

/// A gated model is a JumpReLU model with W' = e^r W, b' = b_mag, θ = max(0, b_mag − e^r b_gate); with r = b = 0, ReLU.
#[test]
fn gated_is_jump_relu() {
    let gated = with(|c| c.model.activation = Activation::Gated);
    let jump = with(|c| (c.model.activation, c.model.b_enc) = (Activation::JumpRelu, true));
    let (p, q) = (problem(&gated), problem(&jump));
    let w = start(&gated, &p);
    let mut v = start(&jump, &q);
    for i in 0..33 {
        let r = w.r_mag[i].exp();
        for e in i * p.shape.n_input..(i + 1) * p.shape.n_input {
            v.encoder[e] = r * w.encoder[e];
        }
        v.b_enc[i] = w.b_mag[i];
        v.theta[i] = (w.b_mag[i] - r * w.b_gate[i]).max(0.0);
    }
    v.decoder.clone_from(&w.decoder);
    let (one, other) = (pass(&gated, &p, &w, vec![]), pass(&jump, &q, &v, vec![]));
    close(&one.forward.latents, &other.forward.latents, "latents");

    let mut plain = w;
    for part in [&mut plain.b_gate, &mut plain.b_mag, &mut plain.r_mag] {
        part.fill(0.0);
    }
    let relu = with(|c| c.model.activation = Activation::Relu);
    let other = pass(
        &relu,
        &problem(&relu),
        &Weights { b_gate: vec![], b_mag: vec![], r_mag: vec![], ..plain.clone() },
        vec![],
    );
    close(&pass(&gated, &p, &plain, vec![]).forward.latents, &other.forward.latents, "r = b = 0");
}

#[test]
fn aux_k_and_ghosts_are_nothing_while_nobody_is_dead() {
    let plain = pass(&config(), &problem(&config()), &start(&config(), &problem(&config())), vec![]);
    for c in [with(|c| c.loss.aux_k = 1.0), with(|c| c.dead.treatment = sdl_explorer::config::Treatment::Ghost)] {
        let p = problem(&c);
        let w = start(&c, &p);
        same(&pass(&c, &p, &w, vec![false; 33]), &plain, "nobody is dead");
        let treated = pass(&c, &p, &w, vec![true; 33]);
        assert!(treated.forward.loss() > plain.forward.loss() + 1e-3, "everybody is dead, and nothing is different");
    }
}

/// One decoder pass with suffix sums gives what a separate pass a prefix gives.
#[test]
fn prefixes_gradients_are_those_of_separate_passes() {
    let c = with(|c| (c.loss.matryoshka, c.loss.matryoshka_weights) = (vec![5, 12], vec![0.25, 0.25, 0.5]));
    let p = problem(&c);
    let w = start(&c, &p);
    let nested = pass(&c, &p, &w, vec![]);
    let (judge, hyper) = (reference(&p), Hyper::new(&config(), 0));
    let (input, target) = p.world.expand(&batches(&c, &p, 1)[0]);
    let mut sum = Weights::<f64>::zero(p.shape);
    let mut loss = 0.0;
    for (width, weight) in [(5, 0.25), (12, 0.25), (33, 0.5)] {
        let mut part = judge.forward(&w, &input, &target, &hyper);
        // Latents beyond the prefix are silent.
        part.latents.iter_mut().enumerate().for_each(|(e, f)| *f = if e % 33 < width { *f } else { 0.0 });
        let n_target = p.shape.n_target;
        for b in 0..part.sse.len() {
            for j in 0..n_target {
                let decoded = (0..33).map(|i| part.latents[b * 33 + i] * w.decoder[i * n_target + j]).sum::<f64>();
                part.level_residuals[0][b * n_target + j] = decoded - f64::from(target[b * n_target + j]);
            }
        }
        let rows = part.sse.len() as f64;
        loss += weight * part.residuals().iter().map(|r| r * r).sum::<f64>() / rows;
        let gradient = judge.gradient(&w, &input, &part, &hyper);
        for ((_, sum), (_, g)) in sum.parts_mut().into_iter().zip(gradient.parts()) {
            sum.iter_mut().zip(g).for_each(|(s, g)| *s += weight * g);
        }
    }
    close(&[nested.forward.loss()], &[loss], "loss");
    for ((name, a), (_, b)) in nested.gradient.parts().into_iter().zip(sum.parts()).take(2) {
        let far = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(far < 1e-7, "{name}: {far}");
    }
}

/// A transcoder whose target is its input is an autoencoder; a crosscoder is one on the concatenation of its sources.
#[test]
fn tasks_are_one_map() {
    let c = with(|c| (c.model.task, c.bench.n_target) = (Task::Transcoder, 10));
    let mut p = problem(&c);
    let world = Arc::make_mut(&mut p.world);
    world.directions_out = world.directions_in.clone();
    let w = start(&c, &p);
    same(&pass(&c, &p, &w, vec![]), &pass(&config(), &problem(&config()), &w, vec![]), "transcoder");

    let c = with(|c| {
        (c.model.task, c.bench.n_input, c.bench.exclusive) = (Task::Crosscoder, 5, 0.5);
        (c.loss.l1, c.loss.l1_weighting) = (0.1, Weighting::Plain);
    });
    let p = problem(&c);
    let plain = with(|c| c.loss.l1 = 0.1);
    let mut q = problem(&plain);
    q.world = p.world.clone();
    let w = start(&c, &p);
    same(&pass(&c, &p, &w, vec![]), &pass(&plain, &q, &w, vec![]), "crosscoder");
    // What sets it apart is the norm that penalties weigh by: a sum over sources.
    let norms = reference(&p).decoder_norms(&w);
    let of_whole = reference(&q).decoder_norms(&w);
    assert!(norms.iter().zip(&of_whole).all(|(sum, whole)| sum > whole));
    // Exclusive features lie in one source's part of the input.
    let world = &p.world;
    for d in 12..24 {
        let part = |s: usize| world.basis_in()[d * 10 + 5 * s..][..5].iter().any(|w| *w != 0.0);
        assert_eq!((part(0), part(1)), ((d - 12) % 2 == 0, (d - 12) % 2 == 1), "feature {d}");
    }
}
