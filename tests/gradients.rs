//! The reference's gradients against central differences in f64, for every loss term and switch.

use crate::methods::{METHODS, config_of, state_of};
use crate::support::{batches, config, problem, reference, relu, state};
use sdl_explorer::config::{Activation, Config, Weighting};
use sdl_explorer::model::reference::{Forward, Reference};
use sdl_explorer::model::{Hyper, N_PARTS, Weights};

/// Half the distance of a central difference, and what the two may differ by: rounding of the loss over 2h, and h².
const H: f64 = 1e-6;
const TOLERANCE: f64 = 1e-7;

fn check(name: &str, config: &Config) {
    let problem = problem(config);
    let mut judge = reference(&problem);
    let hyper = Hyper::new(config, 0);
    let start = state_of(config, &problem);
    judge.dead = start.since_fired.iter().map(|since| *since >= hyper.dead_after).collect();
    let start = start.weights.to_f64();
    let (input, target) = problem.world.expand(&batches(config, &problem, 1)[0]);
    let pass = judge.forward(&start, &input, &target, &hyper);
    let gradient = judge.gradient(&start, &input, &pass, &hyper);
    assert!(pass.side.is_some() == (hyper.aux > 0.0 || hyper.ghost == 1 || !start.b_gate.is_empty()), "{name}");
    let total = |w: &Weights<f64>| {
        let moved = judge.forward(w, &input, &target, &hyper);
        let rows = moved.sse.len() as f64;
        let side = |pass: &Forward, w: &Weights<f64>, frozen: Option<&Weights<f64>>| -> f64 {
            frozen_side(&judge, pass, w, frozen.unwrap_or(w), &moved, &target, &hyper)
        };
        // What the pass itself has of the second reconstruction is taken off; it is added with frozen parts.
        let own = moved.side.as_ref().map_or(0.0, |_| side(&moved, w, None));
        let frozen = pass.side.as_ref().map_or(0.0, |_| side(&pass, w, Some(&start)));
        moved.loss() + (frozen - own) / rows + judge.anchor_loss(w, &hyper)
    };

    let mut wrong = vec![];
    for part in 0..N_PARTS {
        let (label, analytic) = gradient.parts()[part];
        // Biases that are off have no effect, and their gradient is never used; θ's is no derivative of this loss.
        let is_off = (label == "b_enc" && (!config.model.b_enc || problem.shape.has_gates))
            || (label == "b_dec" && !config.model.b_dec)
            || label == "theta";
        if is_off {
            continue;
        }
        // A stride coprime to the widths visits every row and column.
        for ix in (0..analytic.len()).step_by(if analytic.len() > 100 { 7 } else { 1 }) {
            let at = |delta: f64| {
                let mut w = start.clone();
                w.parts_mut()[part].1[ix] += delta;
                total(&w)
            };
            let numeric = (at(H) - at(-H)) / (2.0 * H);
            if (numeric - analytic[ix]).abs() > TOLERANCE * (1.0 + numeric.abs()) {
                wrong.push(format!("{label}[{ix}]: analytic {}, numeric {numeric}", analytic[ix]));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{name}: {} gradients differ by more than {TOLERANCE}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Σ_b of what the second reconstruction costs at weights `w`, with what the methods call detached as it was in
/// `pass`: the residual e, weights and scales, which latents take part, and of a gated model the decoder (`frozen`).
fn frozen_side(
    judge: &Reference,
    pass: &Forward,
    w: &Weights<f64>,
    frozen: &Weights<f64>,
    moved: &Forward,
    target: &[f32],
    hyper: &Hyper,
) -> f64 {
    let side = pass.side.as_ref().expect("there is one");
    let (n, width) = (judge.shape.n_latent, judge.shape.n_target);
    let is_gated = judge.shape.has_gates;
    let decoder = if is_gated { &frozen.decoder } else { &w.decoder };
    let norms = judge.decoder_norms(frozen);
    let mut total = 0.0;
    for b in 0..side.weight.len() {
        let mut sum = vec![0.0; width];
        for i in (0..n).filter(|i| side.values[b * n + i] != 0.0) {
            let z = moved.pre_activations[b * n + i];
            let value = match (is_gated, hyper.ghost == 1) {
                (true, _) => z + w.b_gate[i],
                (_, true) => z.min(10.0).exp(),
                _ => z,
            };
            sum.iter_mut().zip(&decoder[i * width..]).for_each(|(s, d)| *s += side.scale[b] * value * d);
            if is_gated {
                let n = if hyper.by_norm == 1 { norms[i] } else { 1.0 };
                total += f64::from(hyper.l1) * value * n;
            }
        }
        for j in 0..width {
            let e = match is_gated {
                true if judge.model.b_dec => f64::from(target[b * width + j]) - frozen.b_dec[j],
                true => f64::from(target[b * width + j]),
                false => -pass.residuals()[b * width + j],
            };
            total += side.weight[b] * (sum[j] - e).powi(2);
        }
    }
    total
}

#[test]
fn gradients_are_finite_differences() {
    for method in METHODS {
        check(method.0, &config_of(method));
    }
}

fn with(change: impl FnOnce(&mut Config)) -> Config {
    let mut c = config();
    change(&mut c);
    c
}

#[test]
fn switches_gradients_are_finite_differences() {
    let biases = |c: &mut Config| (c.model.b_enc, c.model.b_dec) = (true, true);
    check("top_k, biases", &with(biases));
    check("relu, l1 by norm, biases", &relu(with(biases), Weighting::DecoderNorm));
    let shifted = with(|c| {
        biases(c);
        c.model.shift_input = true;
    });
    check("top_k, shifted input", &shifted);
    check("relu, shifted input", &relu(shifted, Weighting::Plain));
    let anchored = with(|c| (c.anchors.count, c.anchors.coefficient) = (5, 0.3));
    check("top_k, anchors", &anchored);
    check("relu, l1 by norm, anchors", &relu(anchored, Weighting::DecoderNorm));
}

/// θ's straight-through gradient against the derivative of the expected loss, by differences over many samples.
///
/// The L0 part is exact up to the kernel's width; the part through f has a bias of the order of ε.
#[test]
fn the_gradient_of_theta_is_that_of_the_smoothed_loss() {
    for (l0, l1, tolerance) in [(0.0, 0.0, 0.1), (0.5, 0.0, 0.05), (0.2, 0.1, 0.08)] {
        let mut c = config();
        (c.bench.n_features, c.bench.n_input, c.bench.sparsity) = (3, 3, 0.3);
        (c.model.n_latent, c.model.activation, c.model.theta) = (4, Activation::JumpRelu, 0.6);
        (c.model.bandwidth, c.loss.l0, c.loss.l1) = (0.1, l0, l1);
        (c.anchors.count, c.scoring.hold_out, c.training.batch) = (0, 0, 60_000);
        let problem = problem(&c);
        let (judge, hyper) = (reference(&problem), Hyper::new(&c, 0));
        let w = state(&c, &problem).weights.to_f64();
        let (input, target) = problem.world.expand(&batches(&c, &problem, 1)[0]);
        let loss = |w: &Weights<f64>| judge.forward(w, &input, &target, &hyper).loss();
        let pass = judge.forward(&w, &input, &target, &hyper);
        let gradient = judge.gradient(&w, &input, &pass, &hyper);
        let largest = gradient.theta.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
        assert!(largest > 1e-3, "no threshold has a gradient: nothing is tested");
        for i in 0..4 {
            let at = |delta: f64| {
                let mut w = w.clone();
                w.theta[i] += delta;
                loss(&w)
            };
            let numeric = (at(0.05) - at(-0.05)) / 0.1;
            let error = (gradient.theta[i] - numeric).abs();
            assert!(error < tolerance * largest, "l0 {l0}, latent {i}: {} beside {numeric}", gradient.theta[i]);
        }
    }
}

/// What Adam sees has no part along the unit row, and rows stay unit.
#[test]
fn a_unit_norm_decoder_stays_unit() {
    let config = with(|c| c.model.unit_norm_decoder = true);
    let problem = problem(&config);
    let (judge, hyper) = (reference(&problem), Hyper::new(&config, 0));
    let start = sdl_explorer::train::State::start(&config, &problem);
    let (mut w, zero) = (start.weights.to_f64(), start.mean.to_f64());
    let (input, target) = problem.world.expand(&batches(&config, &problem, 1)[0]);
    let pass = judge.forward(&w, &input, &target, &hyper);
    let gradient = judge.gradient(&w, &input, &pass, &hyper);
    let before = w.clone();
    let (mut mean, mut square) = (zero.clone(), zero);
    judge.update(&mut w, &mut mean, &mut square, gradient.clone(), &hyper);
    let width = problem.shape.n_target;
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut had_radial_part = false;
    for i in 0..problem.shape.n_latent {
        let row = i * width..(i + 1) * width;
        had_radial_part |= product(&gradient.decoder[row.clone()], &before.decoder[row.clone()]).abs() > 1e-3;
        let along = product(&mean.decoder[row.clone()], &before.decoder[row.clone()]);
        assert!(along.abs() < 1e-7, "latent {i}: Adam's mean has {along} along its row");
        let norm = product(&w.decoder[row.clone()], &w.decoder[row]).sqrt();
        assert!((norm - 1.0).abs() < 1e-6, "latent {i}: norm {norm}");
    }
    assert!(had_radial_part, "no gradient had a radial part: nothing was tested");
}
