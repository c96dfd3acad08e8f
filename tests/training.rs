//! Training on both backends against the reference and each other; repeatability; a lost device.

use crate::support::*;
use pollster::block_on;
use sdl_explorer::config::{Activation, Config, Weighting};
use sdl_explorer::model::Hyper;
use sdl_explorer::train::gpu::GpuBackend;
use sdl_explorer::train::{AnyBackend, Backend, Problem, State};

/// What f32 sums in another order may differ by from the reference's f64, as |got − expected| / (1 + |expected|).
pub mod tolerance {
    /// Losses, errors, penalties, scores.
    pub const FORWARD: f32 = 2e-6;
    /// Weights and moments after a few steps: Adam divides by small roots.
    pub const STATE: f32 = 1e-5;
    /// Losses over 200 steps of both backends.
    pub const COURSE_LOSS: f32 = 1e-4;
    /// Weights after 200 steps: the distance between the backends over the distance from the start.
    pub const COURSE: f64 = 1e-4;
}

/// Trains both for a few steps and compares everything they leave.
fn check_course(name: &str, config: &Config, problem: &Problem) {
    let start = state(config, problem);
    let batches = batches(config, problem, 3);
    let hypers: Vec<_> = (0..3).map(|step| Hyper::new(config, step)).collect();
    for (place, mut backend) in backends(problem, &start) {
        let name = format!("{place}, {name}");
        backend.train(&batches, &hypers).unwrap();
        let losses = block_on(backend.losses()).unwrap();
        let got = block_on(backend.state()).unwrap();
        let (expected_losses, expected) = train_reference(config, problem, &start, &batches);
        let expected_losses: Vec<_> = expected_losses.iter().map(|l| *l as f32).collect();
        assert_close(&format!("{name}: losses"), &losses, &expected_losses, tolerance::FORWARD);
        for (part, got, expected) in [
            ("weights", &got.weights, &expected.weights),
            ("means", &got.mean, &expected.mean),
            ("squares", &got.square, &expected.square),
        ] {
            assert_weights_close(&format!("{name}: {part}"), got, expected, tolerance::STATE);
        }
        assert_eq!(got.since_fired, expected.since_fired, "{name}: since_fired");
        assert_eq!(got.fire_count, expected.fire_count, "{name}: fire_count");
        assert_eq!((got.step, got.samples), (expected.step, expected.samples), "{name}");
    }
}

#[test]
fn top_k_learns_as_the_reference() {
    let config = config();
    check_course("top_k", &config, &problem(&config));
}

/// Every switch of the model, alone and together, for both activations.
#[test]
fn switches_learn_as_the_reference() {
    let l1 = |weighting| relu(config(), weighting);
    let with = |mut config: Config, change: fn(&mut Config)| {
        change(&mut config);
        config
    };
    let biases: fn(&mut Config) = |c| (c.model.b_enc, c.model.b_dec) = (true, true);
    let all: fn(&mut Config) = |c| {
        (c.model.b_enc, c.model.b_dec, c.model.shift_input) = (true, true, true);
        (c.anchors.count, c.anchors.coefficient) = (5, 0.3);
    };
    let cases = [
        ("relu, plain L1", l1(Weighting::Plain)),
        ("relu, L1 by norm", l1(Weighting::DecoderNorm)),
        (
            "relu, L1 by norm, free decoder",
            with(l1(Weighting::DecoderNorm), |c| {
                c.model.unit_norm_decoder = false;
            }),
        ),
        ("top_k, free decoder", with(config(), |c| c.model.unit_norm_decoder = false)),
        (
            "top_k, L1 by norm",
            with(config(), |c| {
                c.loss.l1 = 0.2;
                c.loss.l1_weighting = Weighting::DecoderNorm;
            }),
        ),
        ("top_k, b_enc", with(config(), |c| c.model.b_enc = true)),
        ("top_k, b_dec", with(config(), |c| c.model.b_dec = true)),
        ("top_k, biases", with(config(), biases)),
        (
            "top_k, shifted, no b_enc",
            with(config(), |c| {
                (c.model.b_dec, c.model.shift_input) = (true, true);
            }),
        ),
        (
            "top_k, anchors",
            with(config(), |c| {
                (c.anchors.count, c.anchors.coefficient) = (7, 0.5);
            }),
        ),
        ("top_k, all", with(config(), all)),
        ("relu, all", with(l1(Weighting::DecoderNorm), all)),
        (
            "relu, all, free decoder",
            with(with(l1(Weighting::DecoderNorm), all), |c| {
                c.model.unit_norm_decoder = false;
            }),
        ),
    ];
    for (name, config) in cases {
        check_course(name, &config, &problem(&config));
    }
}

/// Sizes around workgroups, vec4s, mask words and tiles: (n, n_input, n_latent, k, batch).
#[test]
fn awkward_sizes_learn_as_the_reference() {
    for (n_features, n_input, n_latent, k, batch) in [
        (1, 1, 1, 1, 1),
        (3, 2, 63, 63, 31),
        (70, 5, 64, 1, 33),
        (20, 64, 65, 32, 65),
        (40, 65, 65, 33, 64),
        (90, 17, 345, 345, 7),
        (16, 345, 9, 4, 129),
        (200, 33, 130, 8, 70),
        (30, 12, 2100, 5, 40),
        (10, 1030, 3, 2, 5),
    ] {
        let mut config = config();
        (config.bench.n_features, config.bench.n_input) = (n_features, n_input);
        (config.model.n_latent, config.model.k) = (n_latent, f64::from(k));
        config.training.batch = batch;
        config.bench.sparsity = 0.9;
        config.bench.max_interference = 1.0;
        config.anchors.count = config.anchors.count.min(n_features).min(n_latent);
        config.scoring.hold_out = 0;
        let name = format!("{n_features} {n_input} {n_latent} {k} {batch}");
        check_course(&format!("top_k {name}"), &config, &problem(&config));
        config.model.b_dec = true;
        let config = relu(config, Weighting::DecoderNorm);
        check_course(&format!("relu {name}"), &config, &problem(&config));
    }
}

#[test]
fn dense_rows_learn_as_the_reference() {
    let mut config = config();
    config.anchors.coefficient = 0.1;
    check_course("rows, top_k", &config, &dense_problem(&config, 90));
    let config = relu(config, Weighting::Plain);
    check_course("rows, relu", &config, &dense_problem(&config, 90));
}

/// Both ways to pre-activations: by features where that is cheaper, and by the dense product.
#[test]
fn both_encodes_are_used_and_agree() {
    let mut config = config();
    for (batch, sparsity, by_features) in [(64, 0.97, true), (16, 0.97, false), (64, 0.2, false)] {
        (config.training.batch, config.bench.sparsity) = (batch, sparsity);
        let problem = problem(&config);
        assert_eq!(problem.by_features(batch as usize), by_features, "{batch}");
        check_course(&format!("{batch} {sparsity}"), &config, &problem);
        let mut shifted = config.clone();
        (shifted.model.b_enc, shifted.model.b_dec, shifted.model.shift_input) = (true, true, true);
        let problem = self::problem(&shifted);
        check_course(&format!("{batch} {sparsity}, shifted"), &shifted, &problem);
    }
}

/// More steps than one submit holds, in one call and in several, with batches of several sizes.
#[test]
fn many_steps_in_one_call_or_many_are_the_same() {
    let config = config();
    let problem = problem(&config);
    let start = state(&config, &problem);
    let batches: Vec<_> = (0..150).map(|step| problem.world.batch(7, step, 1 + (step as usize * 7) % 40)).collect();
    let hypers: Vec<_> = (0..150).map(|step| Hyper::new(&config, step)).collect();
    for (place, mut at_once) in backends(&problem, &start) {
        at_once.train(&batches, &hypers).unwrap();
        let losses = block_on(at_once.losses()).unwrap();
        let state_at_once = block_on(at_once.state()).unwrap();
        assert_eq!(losses.len(), 150, "{place}");

        at_once.load(&start).unwrap();
        let mut bit_by_bit = Vec::new();
        for (batches, hypers) in batches.chunks(7).zip(hypers.chunks(7)) {
            at_once.train(batches, hypers).unwrap();
            bit_by_bit.append(&mut block_on(at_once.losses()).unwrap());
        }
        assert_eq!(losses, bit_by_bit, "{place}");
        assert_eq!(state_at_once, block_on(at_once.state()).unwrap());
        assert!(block_on(at_once.losses()).unwrap().is_empty());

        // More losses than the log holds at first: none is lost when it grows.
        at_once.load(&start).unwrap();
        for _ in 0..30 {
            at_once.train(&batches, &hypers).unwrap();
        }
        let many = block_on(at_once.losses()).unwrap();
        assert_eq!(many.len(), 30 * 150);
        assert_eq!(many[..150], losses);
        assert!(many.iter().all(|l| l.is_finite() && *l > 0.0));
    }
}

#[test]
fn runs_repeat_bit_for_bit() {
    for config in [config(), relu(config(), Weighting::DecoderNorm)] {
        let problem = problem(&config);
        let start = state(&config, &problem);
        let batches = batches(&config, &problem, 40);
        let hypers: Vec<_> = (0..40).map(|step| Hyper::new(&config, step)).collect();
        let run = || -> Vec<_> {
            let trained = |(place, mut backend): (&'static str, AnyBackend)| {
                backend.train(&batches, &hypers).unwrap();
                let losses = block_on(backend.losses()).unwrap();
                (place, losses, block_on(backend.state()).unwrap())
            };
            backends(&problem, &start).into_iter().map(trained).collect()
        };
        assert_eq!(run(), run());
    }
}

/// From the same weights and batches, 200 steps at the page's learning rates.
///
/// Rounding differs, and a Top-k selection that flips by it moves a latent by up to a step, so the bound is on the
/// root mean square of the difference beside that of the way gone, and on losses.
#[test]
fn both_backends_take_the_same_course_over_200_steps() {
    let mut biased = config();
    (biased.model.b_enc, biased.model.b_dec) = (true, true);
    (biased.anchors.count, biased.anchors.coefficient) = (5, 0.1);
    for (name, config) in [
        ("top_k", config()),
        ("top_k, biases, anchors", biased),
        ("relu, l1", relu(config(), Weighting::Plain)),
        ("the page's default", Config::default()),
    ] {
        let problem = problem(&config);
        let start = State::start(&config, &problem);
        let batches = batches(&config, &problem, 200);
        let hypers: Vec<_> = (0..200).map(|step| Hyper::new(&config, step)).collect();
        let courses: Vec<_> = backends(&problem, &start)
            .into_iter()
            .map(|(_, mut backend)| {
                backend.train(&batches, &hypers).unwrap();
                (block_on(backend.losses()).unwrap(), block_on(backend.weights()).unwrap())
            })
            .collect();
        let [(cpu_losses, cpu), (gpu_losses, gpu)] = &courses[..] else { return };
        assert_close(&format!("{name}: losses"), gpu_losses, cpu_losses, tolerance::COURSE_LOSS);
        let square = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
        for (part, a, b, origin) in [
            ("encoder", &cpu.encoder, &gpu.encoder, &start.weights.encoder),
            ("decoder", &cpu.decoder, &gpu.decoder, &start.weights.decoder),
        ] {
            let (apart, gone) = (square(a, b).sqrt(), square(a, origin).sqrt());
            println!("{name}, {part}: apart {apart:.1e} of {gone:.2} gone");
            assert!(apart < tolerance::COURSE * gone, "{name}, {part}: {apart} apart after going {gone}");
        }
    }
}

#[test]
fn counters_saturate_and_wrap() {
    let config = config();
    let problem = problem(&config);
    let mut start = state(&config, &problem);
    start.weights.encoder[..problem.shape.n_input].fill(0.0);
    start.since_fired.fill(u32::MAX - 50);
    start.fire_count.fill(u32::MAX);
    let batches = batches(&config, &problem, 2);
    let hypers = [Hyper::new(&config, 0), Hyper::new(&config, 1)];
    let (_, expected) = train_reference(&config, &problem, &start, &batches);
    assert_eq!(expected.since_fired[0], u32::MAX);
    for (place, mut backend) in backends(&problem, &start) {
        backend.train(&batches, &hypers).unwrap();
        let (since_fired, fire_count) = block_on(backend.firing()).unwrap();
        assert_eq!(since_fired, expected.since_fired, "{place}");
        assert_eq!(fire_count, expected.fire_count);
    }
}

/// A zero decoder row has no direction: nothing may become NaN.
#[test]
fn zero_rows_stay_finite() {
    let mut config = relu(config(), Weighting::DecoderNorm);
    config.model.b_enc = true;
    let problem = problem(&config);
    let mut start = state(&config, &problem);
    start.weights.decoder[..2 * problem.shape.n_target].fill(0.0);
    start.mean = sdl_explorer::model::Weights::zero(problem.shape);
    start.weights.b_enc[0] = 5.0;
    for (place, mut backend) in backends(&problem, &start) {
        let batches = batches(&config, &problem, 3);
        let hypers: Vec<_> = (0..3).map(|step| Hyper::new(&config, step)).collect();
        backend.train(&batches, &hypers).unwrap();
        let weights = block_on(backend.weights()).unwrap();
        for (name, values) in weights.parts() {
            assert!(values.iter().all(|w| w.is_finite()), "{place}: {name}");
        }
    }
}

#[test]
fn a_lost_device_says_so_for_ever() {
    let config = config();
    let problem = problem(&config);
    let start = State::start(&config, &problem);
    let Some(mut backend) = gpu(&problem, &start) else {
        return;
    };
    let batches = batches(&config, &problem, 2);
    let hypers = [Hyper::new(&config, 0), Hyper::new(&config, 1)];
    backend.train(&batches, &hypers).unwrap();
    backend.lose_device();
    // The first call may still be taken (its work goes nowhere); whatever waits for an answer hears of the loss.
    let _ = backend.train(&batches, &hypers);
    let lost = block_on(backend.losses()).unwrap_err();
    assert!(!lost.0.is_empty());
    assert!(backend.train(&batches, &hypers).is_err());
    assert!(block_on(backend.evaluate(&batches[0], &hypers[0], true)).is_err());
    assert!(block_on(backend.matches()).is_err());
    assert!(block_on(backend.weights()).is_err());
    assert!(block_on(backend.firing()).is_err());
    assert!(block_on(backend.state()).is_err());
    assert!(backend.load(&start).is_err());
}

#[test]
fn what_does_not_fit_is_refused_with_both_sizes() {
    let mut config = config();
    // 60,000 rows × 60,000 latents: 13 GiB of pre-activations in one buffer.
    (config.model.n_latent, config.training.batch) = (60_000, 60_000);
    config.model.activation = Activation::TopK;
    let world = std::sync::Arc::new(sdl_explorer::bench::World::new(&config, None).unwrap());
    let problem = Problem::new(&config, world);
    let small = self::config();
    let start = State::start(&small, &self::problem(&small));
    if gpu(&self::problem(&small), &start).is_none() {
        return;
    }
    let Err(why) = block_on(GpuBackend::new(problem, &start)) else {
        panic!("13 GiB in one buffer cannot be had");
    };
    assert!(why.0.contains("MiB"), "{why}");
}
