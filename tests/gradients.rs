//! The reference's gradients against central differences in f64, for every loss term and switch.

use crate::support::{batches, config, problem, reference, relu, state};
use sdl_explorer::config::{Config, Weighting};
use sdl_explorer::model::{Hyper, N_PARTS, Weights};

/// Half the distance of a central difference, and what the two may differ by: rounding of the loss over 2h, and h².
const H: f64 = 1e-6;
const TOLERANCE: f64 = 1e-7;

fn check(name: &str, config: &Config) {
    let problem = problem(config);
    let judge = reference(&problem);
    let hyper = Hyper::new(config, 0);
    let start = state(config, &problem).weights.to_f64();
    let (input, target) = problem.world.expand(&batches(config, &problem, 1)[0]);
    let total = |w: &Weights<f64>| judge.forward(w, &input, &target, &hyper).loss() + judge.anchor_loss(w, &hyper);
    let pass = judge.forward(&start, &input, &target, &hyper);
    let gradient = judge.gradient(&start, &input, &pass, &hyper);

    let mut wrong = vec![];
    for part in 0..N_PARTS {
        let (label, analytic) = gradient.parts()[part];
        // Biases that are off have no effect, and their gradient is never used.
        if (label == "b_enc" && !config.model.b_enc) || (label == "b_dec" && !config.model.b_dec) {
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

fn with(change: impl FnOnce(&mut Config)) -> Config {
    let mut c = config();
    change(&mut c);
    c
}

#[test]
fn gradients_are_finite_differences() {
    let biases = |c: &mut Config| (c.model.b_enc, c.model.b_dec) = (true, true);
    check("top_k", &config());
    check("top_k, biases", &with(biases));
    check("relu, l1", &relu(config(), Weighting::Plain));
    check("relu, l1 by norm", &relu(config(), Weighting::DecoderNorm));
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
