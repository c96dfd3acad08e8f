//! Methods at awkward sizes, among equals, on rows of a file, and over many steps of one submit.

use crate::methods::{METHODS, Method, config_of, state_of};
use crate::support::*;
use crate::training::tolerance;
use pollster::block_on;
use sdl_explorer::bench::Samples;
use sdl_explorer::config::{Activation, Config, Task, Treatment, Weighting};
use sdl_explorer::model::Hyper;
use sdl_explorer::rng::{Purpose, Stream};
use sdl_explorer::train::{Backend, Problem, State};
use std::sync::Arc;

/// Thresholds and gates off their start; every third latent dead.
fn shaken(config: &Config, problem: &Problem) -> State {
    let mut state = state_of(config, problem);
    let mut stream = Stream::new(config.seed, Purpose::Resample, 3);
    let w = &mut state.weights;
    for part in [&mut w.b_gate, &mut w.b_mag, &mut w.r_mag, &mut w.skip] {
        part.iter_mut().for_each(|v| *v += (0.2 * stream.normal()) as f32);
    }
    w.theta.iter_mut().for_each(|v| *v = (*v + (0.1 * stream.normal()) as f32).max(0.0));
    state.control.multiplier = 0.7;
    state
}

/// Three steps on every backend leave what they leave in the reference.
fn check(name: &str, config: &Config, problem: &Problem) {
    let start = shaken(config, problem);
    let batches = batches(config, problem, 3);
    let hypers: Vec<_> = (0..3).map(|step| Hyper::new(config, step)).collect();
    let (losses, expected) = train_reference(config, problem, &start, &batches);
    let losses: Vec<f32> = losses.iter().map(|l| *l as f32).collect();
    for (place, mut backend) in backends(problem, &start) {
        let name = format!("{place}, {name}");
        backend.train(&batches, &hypers).unwrap();
        assert_close(
            &format!("{name}: losses"),
            &block_on(backend.losses()).unwrap(),
            &losses,
            2.0 * tolerance::FORWARD,
        );
        let got = block_on(backend.state()).unwrap();
        assert_eq!(got.fire_count, expected.fire_count, "{name}: fire_count");
        assert_eq!(got.since_fired, expected.since_fired, "{name}: since_fired");
        assert_weights_close(&format!("{name}: means"), &got.mean, &expected.mean, tolerance::STATE);
        assert_weights_close(&format!("{name}: weights"), &got.weights, &expected.weights, 2.0 * tolerance::STATE);
    }
}

/// Sizes around workgroups, vec4s, mask words, selections by threads and by workgroups: (n, n_input, n_latent, k, batch).
#[test]
fn methods_at_awkward_sizes_learn_as_the_reference() {
    let methods: [Method; 8] = [
        ("jump_relu", |c| {
            (c.model.activation, c.model.theta, c.model.bandwidth, c.loss.l0) = (Activation::JumpRelu, 0.2, 0.3, 0.05);
        }),
        ("batch_top_k", |c| (c.model.activation, c.model.k) = (Activation::BatchTopK, c.model.k * 0.77)),
        ("gated", |c| (c.model.activation, c.loss.l1) = (Activation::Gated, 0.1)),
        ("matryoshka", |c| c.loss.matryoshka = prefixes(c.model.n_latent)),
        ("multi_k", |c| c.loss.multi_k = prefixes(c.model.k as u32)),
        ("multi_k by norm", |c| {
            (c.loss.multi_k, c.model.rank_by_norm) = (prefixes(c.model.k as u32), true);
            c.model.unit_norm_decoder = false;
        }),
        ("aux_k", |c| (c.loss.aux_k, c.loss.aux_k_latents) = (0.2, 3)),
        ("ghost", |c| c.dead.treatment = Treatment::Ghost),
    ];
    let sizes = [
        (1, 1, 1, 1, 1),
        (3, 2, 63, 63, 31),
        (20, 64, 65, 32, 65),
        (40, 65, 65, 33, 64),
        (90, 17, 345, 40, 7),
        (16, 345, 9, 4, 129),
        (30, 12, 2100, 5, 40),
    ];
    for (s, (n_features, n_input, n_latent, k, batch)) in sizes.into_iter().enumerate() {
        // Every method at half of the sizes: compiling kernels takes its time.
        for (_, (name, change)) in methods.into_iter().enumerate().filter(|(m, _)| (m + s) % 2 == 0) {
            let mut config = config();
            (config.bench.n_features, config.bench.n_input) = (n_features, n_input);
            (config.model.n_latent, config.model.k, config.training.batch) = (n_latent, f64::from(k), batch);
            (config.bench.sparsity, config.bench.max_interference) = (0.9, 1.0);
            (config.anchors.count, config.scoring.hold_out, config.dead.window) = (0, 0, 100);
            config.model.b_dec = true;
            change(&mut config);
            let name = format!("{name}, {n_features} {n_input} {n_latent} {k} {batch}");
            check(&name, &config, &problem(&config));
        }
    }
}

/// 1 and the middle, where they lie below the whole.
fn prefixes(whole: u32) -> Vec<u32> {
    let mut out = vec![1, whole / 2];
    out.retain(|end| (1..whole).contains(end));
    out.dedup();
    out
}

/// Features of one size make equal rows: Batch Top-k's cut falls among equals, and the earlier rows win.
#[test]
fn batch_top_k_cuts_among_equals() {
    for k in [0.3, 0.7, 1.3] {
        let mut config = config();
        (config.bench.n_features, config.bench.n_input, config.bench.sparsity) = (4, 6, 0.5);
        (config.bench.magnitude_min, config.bench.magnitude_scale) = (1.0, 0.0);
        (config.model.activation, config.model.k) = (Activation::BatchTopK, k);
        (config.training.batch, config.anchors.count, config.scoring.hold_out) = (97, 0, 0);
        let problem = problem(&config);
        check(&format!("equals, k = {k}"), &config, &problem);
    }
}

/// Batch Top-k looks for its cut around the last one: it finds it as well where pre-activations have grown or shrunk
/// since by more than that.
#[test]
fn batch_top_k_finds_a_cut_that_has_jumped() {
    let mut config = config();
    config.model.activation = Activation::BatchTopK;
    let problem = problem(&config);
    let start = state_of(&config, &problem);
    let (batches, hyper) = (batches(&config, &problem, 5), Hyper::new(&config, 0));
    for (place, mut backend) in backends(&problem, &start) {
        for (batch, scale) in batches.iter().zip([1.0, 1.1, 30.0, 0.03, 1.0]) {
            let mut scaled = start.clone();
            scaled.weights.encoder.iter_mut().for_each(|w| *w *= scale);
            let batch = std::slice::from_ref(batch);
            let (loss, expected) = train_reference(&config, &problem, &scaled, batch);
            backend.load(&scaled).unwrap();
            backend.train(batch, &[hyper]).unwrap();
            let what = format!("{place}, encoder times {scale}");
            assert_close(&what, &block_on(backend.losses()).unwrap(), &[loss[0] as f32], 2.0 * tolerance::FORWARD);
            let got = block_on(backend.state()).unwrap();
            assert_eq!(got.fire_count, expected.fire_count, "{what}");
        }
    }
}

/// Rows of a file whose targets are other rows.
#[test]
fn rows_with_targets_learn_as_the_reference() {
    let mut config = config();
    (config.model.task, config.bench.n_target, config.model.skip) = (Task::Transcoder, 7, true);
    let mut problem = dense_problem(&config, 90);
    let mut stream = Stream::new(1, Purpose::Evaluation, 2);
    let world = Arc::make_mut(&mut problem.world);
    let Samples::Rows(rows) = &mut world.samples else { unreachable!("a dense problem has rows") };
    rows.targets = Some(Arc::new((0..90 * 7).map(|_| stream.normal() as f32).collect()));
    check("rows with targets", &config, &problem);
}

/// Every method's look at batches of several sizes, with a threshold and a multiplier; and the state comes back whole.
#[test]
fn every_method_is_evaluated_as_the_reference() {
    for method in METHODS {
        let config = config_of(method);
        let problem = problem(&config);
        let mut start = shaken(&config, &problem);
        (start.control.threshold, start.control.threshold_seen) = (0.4, 1.0);
        (start.l1_scale, start.memory) = (0.3, vec![1.0, 2.0]);
        let hyper = Hyper::new(&config, 0);
        for (place, mut backend) in backends(&problem, &start) {
            for n_rows in [1, 64, 201] {
                let what = format!("{place}, {}, {n_rows} rows", method.0);
                let batch = problem.world.evaluation_batch(3, n_rows);
                let (input, target) = problem.world.expand(&batch);
                let mut judge = reference(&problem);
                (judge.control, judge.training) = (start.control, false);
                let pass = judge.forward(&start.weights.to_f64(), &input, &target, &hyper);
                let got = block_on(backend.evaluate(&batch, &hyper, false)).unwrap();
                let narrow = |v: &[f64]| v.iter().map(|x| *x as f32).collect::<Vec<_>>();
                assert_close(&format!("{what}: sse"), &got.sse, &narrow(&pass.sse), 2.0 * tolerance::FORWARD);
                let expected = narrow(&pass.penalty);
                assert_close(&format!("{what}: penalty"), &got.penalty, &expected, 2.0 * tolerance::FORWARD);
                let l0 = pass.latents.chunks_exact(problem.shape.n_latent);
                let l0: Vec<u32> = l0.map(|row| row.iter().filter(|f| **f > 0.0).count() as u32).collect();
                assert_eq!(got.l0, l0, "{what}: l0");
            }
            assert_eq!(block_on(backend.state()).unwrap(), start, "{place}, {}", method.0);
        }
    }
}

/// More steps than a submit holds, at once or a few at a time, where steps leave something to the next.
#[test]
fn steps_of_one_submit_follow_one_another() {
    let with = |change: fn(&mut Config)| {
        let mut config = config();
        config.dead.window = 60;
        change(&mut config);
        config
    };
    for config in [
        with(|c| c.loss.aux_k = 0.1),
        with(|c| c.dead.treatment = Treatment::Ghost),
        with(|c| {
            (c.model.activation, c.loss.l1, c.loss.target_l0) = (Activation::BatchTopK, 0.1, 4.0);
            c.loss.l1_weighting = Weighting::DecoderNorm;
        }),
        with(|c| (c.model.activation, c.loss.l1, c.training.clip) = (Activation::Gated, 0.1, 0.1)),
        with(|c| (c.model.k, c.loss.multi_k) = (6.0, vec![1, 3])),
    ] {
        let problem = problem(&config);
        let start = shaken(&config, &problem);
        let batches: Vec<_> = (0..70).map(|step| problem.world.batch(7, step, 1 + (step as usize * 7) % 40)).collect();
        let hypers: Vec<_> = (0..70).map(|step| Hyper::new(&config, step)).collect();
        for (place, mut backend) in backends(&problem, &start) {
            backend.train(&batches, &hypers).unwrap();
            let losses = block_on(backend.losses()).unwrap();
            let at_once = block_on(backend.state()).unwrap();
            backend.load(&start).unwrap();
            let mut few = vec![];
            for (batches, hypers) in batches.chunks(7).zip(hypers.chunks(7)) {
                backend.train(batches, hypers).unwrap();
                few.append(&mut block_on(backend.losses()).unwrap());
            }
            assert_eq!(losses, few, "{place}");
            assert_eq!(at_once, block_on(backend.state()).unwrap(), "{place}");
        }
    }
}
