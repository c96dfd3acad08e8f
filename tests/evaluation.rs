//! What both backends say of a model that they leave as it is: evaluation, selection among equals, matches.

use crate::support::*;
use crate::training::tolerance;
use pollster::block_on;
use sdl_explorer::bench::{Batch, SparseBatch};
use sdl_explorer::config::{Config, Weighting};
use sdl_explorer::model::Hyper;
use sdl_explorer::train::{AnyBackend, Backend, Match, Problem, State};

/// Enough work for `encode_tiled`, in none of its dimensions a whole number of tiles.
#[test]
fn products_by_tiles_are_the_references() {
    let mut config = config();
    (config.bench.n_input, config.model.n_latent, config.training.batch) = (259, 901, 300);
    config.model.b_enc = true;
    let problem = dense_problem(&config, 300);
    let start = state(&config, &problem);
    for (place, mut backend) in backends(&problem, &start) {
        let batch = problem.world.evaluation_batch(3, 300);
        check_evaluation(&format!("{place}, tiles"), &config, &problem, &start, &mut backend, &batch);
    }
}

/// Equal values go to the lower latents, in both selections; latents that are not positive never fire.
#[test]
fn ties_go_to_the_lower_latent() {
    for (n_latent, k) in [(70, 5), (70, 40), (2500, 5)] {
        let mut config = config();
        (config.bench.n_features, config.bench.n_input) = (2, 2);
        (config.model.n_latent, config.model.k) = (n_latent, f64::from(k));
        config.anchors.count = 0;
        config.scoring.hold_out = 0;
        let mut problem = problem(&config);
        let world = std::sync::Arc::make_mut(&mut problem.world);
        world.directions_in = vec![1.0, 0.0, 0.0, 1.0];
        world.directions_out = world.directions_in.clone();
        let mut start = State::start(&config, &problem);
        // Feature 0: latents 7 and 3 above the rest, which are all equal. Feature 1: two positive latents only.
        for i in 0..n_latent as usize {
            start.weights.encoder[2 * i] = 0.5;
            start.weights.encoder[2 * i + 1] = -1.0;
        }
        start.weights.encoder[2 * 7] = 1.0;
        start.weights.encoder[2 * 3] = 0.75;
        start.weights.encoder[2 * 9 + 1] = 0.25;
        start.weights.encoder[2 * 60 + 1] = 0.25;
        for (place, mut backend) in backends(&problem, &start) {
            let batch = Batch::Sparse(SparseBatch::alone(2));
            let hyper = Hyper::new(&config, 0);
            let seen = block_on(backend.evaluate(&batch, &hyper, true)).unwrap();
            assert_eq!(seen.l0, [k, 2]);
            let lowest = (0..).filter(|i| ![3, 7].contains(i)).take(k as usize - 2);
            let mut of_0: Vec<u32> = lowest.chain([3, 7]).collect();
            of_0.sort_unstable();
            let fired_by = |row: u32| -> Vec<u32> {
                (0..n_latent).filter(|i| seen.pattern[*i as usize] >> row & 1 == 1).collect()
            };
            assert_eq!(fired_by(0), of_0, "{place}, n_latent {n_latent}, k {k}");
            assert_eq!(fired_by(1), [9, 60], "{place}, n_latent {n_latent}, k {k}");
        }
    }
}

/// Batches larger than a step's, with whole and part words of the pattern.
#[test]
fn evaluations_are_the_references() {
    let mut shifted = relu(config(), Weighting::DecoderNorm);
    (shifted.model.b_enc, shifted.model.b_dec, shifted.model.shift_input) = (true, true, true);
    for (name, config) in [("top_k", config()), ("relu", shifted)] {
        for dense in [false, true] {
            let problem = if dense { dense_problem(&config, 300) } else { problem(&config) };
            let start = state(&config, &problem);
            for (place, mut backend) in backends(&problem, &start) {
                let alone = Batch::Sparse(SparseBatch::alone(config.bench.n_features as usize));
                for batch in [
                    problem.world.evaluation_batch(3, 1),
                    problem.world.evaluation_batch(3, 64),
                    problem.world.evaluation_batch(3, 201),
                    alone,
                ] {
                    let what = format!("{place}, {name}, dense {dense}, {} rows", batch.n_rows());
                    check_evaluation(&what, &config, &problem, &start, &mut backend, &batch);
                }
                // Looking changes nothing.
                assert_eq!(block_on(backend.state()).unwrap(), start);
            }
        }
    }
}

/// Targets that are not the inputs: errors and sizes of reconstructions are the target's.
#[test]
fn another_target_is_compared_with() {
    let config = config();
    let mut problem = problem(&config);
    std::sync::Arc::make_mut(&mut problem.world).directions_out.reverse();
    let start = state(&config, &problem);
    for (place, mut backend) in backends(&problem, &start) {
        let batch = problem.world.evaluation_batch(3, 64);
        check_evaluation(&format!("{place}, two spaces"), &config, &problem, &start, &mut backend, &batch);
    }
}

fn check_evaluation(
    what: &str,
    config: &Config,
    problem: &Problem,
    start: &State,
    backend: &mut AnyBackend,
    batch: &Batch,
) {
    let hyper = Hyper::new(config, 0);
    let got = block_on(backend.evaluate(batch, &hyper, true)).unwrap();
    let bare = block_on(backend.evaluate(batch, &hyper, false)).unwrap();
    assert!(bare.pattern.is_empty(), "{what}: not asked for");
    assert_eq!((&bare.sse, &bare.recon, &bare.fired), (&got.sse, &got.recon, &got.fired), "{what}");

    let (input, target) = problem.world.expand(batch);
    let pass = reference(problem).forward(&start.weights.to_f64(), &input, &target, &hyper);
    let narrow = |v: &[f64]| v.iter().map(|x| *x as f32).collect::<Vec<_>>();
    let near = |part: &str, got: &[f32], expected: &[f64]| {
        let part = format!("{what}: {part}");
        assert_close(&part, got, &narrow(expected), tolerance::FORWARD);
    };
    near("sse", &got.sse, &pass.sse);
    let width = problem.shape.n_target;
    let size = |(r, x): (&[f64], &[f32])| r.iter().zip(x).map(|(r, x)| (r + f64::from(*x)).powi(2)).sum();
    let recon: Vec<f64> = pass.residuals().chunks_exact(width).zip(target.chunks_exact(width)).map(size).collect();
    near("recon", &got.recon, &recon);
    near("penalty", &got.penalty, &pass.penalty);
    let n_latent = problem.shape.n_latent;
    let words = batch.n_rows().div_ceil(32);
    let mut l0 = vec![0; batch.n_rows()];
    let mut fired = vec![0; n_latent];
    let mut pattern = vec![0; n_latent * words];
    for (b, latents) in pass.latents.chunks_exact(n_latent).enumerate() {
        for i in (0..n_latent).filter(|i| latents[*i] > 0.0) {
            l0[b] += 1;
            fired[i] += 1;
            pattern[i * words + b / 32] |= 1 << (b % 32);
        }
    }
    assert_eq!(got.l0, l0, "{what}: l0");
    assert_eq!(got.fired, fired, "{what}: fired");
    assert_eq!(got.pattern, pattern, "{what}: pattern");
}

#[test]
fn matches_are_the_best_of_plain_loops() {
    for (n_features, n_latent, batch) in [(24, 33, 40), (5, 1, 40), (90, 345, 8)] {
        let mut config = config();
        (config.bench.n_features, config.model.n_latent) = (n_features, n_latent);
        (config.training.batch, config.model.k) = (batch, 1.0);
        config.model.unit_norm_decoder = false;
        config.anchors.count = 0;
        config.scoring.hold_out = 0;
        config.bench.max_interference = 1.0;
        let problem = problem(&config);
        let mut start = state(&config, &problem);
        let width = problem.shape.n_input;
        let w = &mut start.weights;
        for (row, size) in w.decoder.chunks_exact_mut(width).zip(1..) {
            row.iter_mut().for_each(|w| *w /= size as f32);
        }
        if n_latent > 20 {
            // Equals of either sign, best for feature 0 (the lowest of them not first to be looked at, where there
            // are more latents than lanes), and a row without direction.
            let aim = &problem.world.directions_in[..width];
            for (latent, size) in [(5, -3.0), (20, 3.0), (66, 3.0)] {
                if latent < n_latent as usize {
                    let row = &mut w.encoder[latent * width..][..width];
                    row.iter_mut().zip(aim).for_each(|(w, d)| *w = size * d);
                }
            }
            w.encoder[..width].fill(0.0);
        }
        for (place, mut backend) in backends(&problem, &start) {
            let got = block_on(backend.matches()).unwrap();
            let world = &problem.world;
            for (rows, directions, raw, cosine) in [
                (&start.weights.encoder, &world.directions_in, &got.encoder_raw, &got.encoder_cosine),
                (&start.weights.decoder, &world.directions_out, &got.decoder_raw, &got.decoder_cosine),
            ] {
                check_match(&format!("{place}, raw"), raw, rows, directions, width, false);
                check_match(&format!("{place}, cosine"), cosine, rows, directions, width, true);
            }
        }
    }
}

/// The score must be the best, the latent must reach it, and no lower latent may be equal to it bit for bit.
fn check_match(what: &str, got: &Match, rows: &[f32], directions: &[f32], width: usize, cosine: bool) {
    let product = |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    for (d, direction) in directions.chunks_exact(width).enumerate() {
        let score = |row: &[f32]| {
            let norm = product(row, row).sqrt().max(1e-30);
            product(row, direction).abs() / if cosine { norm } else { 1.0 }
        };
        let best = rows.chunks_exact(width).map(score).fold(0.0f64, |a, b| a.max(b));
        let latent = got.latent[d] as usize;
        let row = &rows[latent * width..][..width];
        for found in [f64::from(got.score[d]), score(row)] {
            assert!(
                (found - best).abs() < f64::from(tolerance::FORWARD),
                "{what}, feature {d}: latent {latent} has {found}, best is {best}"
            );
        }
        let opposite: Vec<_> = row.iter().map(|w| -w).collect();
        let first = rows.chunks_exact(width).position(|r| r == row || r == opposite);
        assert_eq!(first, Some(latent), "{what}, feature {d}: a lower latent is equal");
    }
}
