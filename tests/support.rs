//! Worlds, models and GPUs for the tests, and comparisons that say where two arrays part.

use sdl_explorer::bench::{Batch, Rows, Samples, World};
use sdl_explorer::config::{Activation, Config, Weighting};
use sdl_explorer::model::reference::Reference;
use sdl_explorer::model::{Control, Hyper, Weights, control_step};
use sdl_explorer::rng::{Purpose, Stream};
use sdl_explorer::train::cpu::Cpu;
use sdl_explorer::train::gpu::GpuBackend;
use sdl_explorer::train::{AnyBackend, Problem, State};
use std::sync::Arc;

/// A small config: n 24, n_input 10 (whole vec4s and a rest), n_latent 33, k 3, a batch of 40 (a word of the masks
/// and a part), S 0.8.
pub fn config() -> Config {
    let mut c = Config::default();
    c.bench.n_features = 24;
    c.bench.n_input = 10;
    c.bench.sparsity = 0.8;
    c.model.n_latent = 33;
    c.model.k = 3.0;
    c.training.batch = 40;
    c.training.learning_rate = 1e-2;
    c
}

/// The config with ReLU and L1.
pub fn relu(mut config: Config, weighting: Weighting) -> Config {
    config.model.activation = Activation::Relu;
    config.loss.l1 = 0.1;
    config.loss.l1_weighting = weighting;
    config
}

pub fn problem(config: &Config) -> Problem {
    config.check().expect("tests use configs that can be run");
    let world = World::new(config, None).expect("the bench needs no file");
    Problem::new(config, Arc::new(world))
}

/// The same problem on a data set of random rows.
pub fn dense_problem(config: &Config, n_rows: usize) -> Problem {
    let mut world = World::new(config, None).expect("the bench needs no file");
    let mut stream = Stream::new(config.seed, Purpose::Evaluation, 1);
    let values = (0..n_rows * world.n_input).map(|_| stream.normal() as f32);
    world.samples = Samples::Rows(Rows {
        n_rows,
        width: world.n_input,
        values: Arc::new(values.collect()),
        targets: None,
        labels: Arc::new(vec![0; n_rows]),
        label_names: vec!["none".to_owned()],
    });
    Problem::new(config, Arc::new(world))
}

/// A state in the middle of things: weights off their start, biases and moments that are not zero.
pub fn state(config: &Config, problem: &Problem) -> State {
    let mut state = State::start(config, problem);
    let mut stream = Stream::new(config.seed, Purpose::Resample, 9);
    let mut shake = |values: &mut Vec<f32>, size: f64| {
        values.iter_mut().for_each(|v| *v += (size * stream.normal()) as f32);
    };
    shake(&mut state.weights.encoder, 0.1);
    for bias in [&mut state.weights.b_enc, &mut state.weights.b_dec] {
        shake(bias, 0.1);
    }
    for (_, moment) in state.mean.parts_mut() {
        shake(moment, 0.01);
    }
    for (_, moment) in state.square.parts_mut() {
        shake(moment, 0.01);
        moment.iter_mut().for_each(|v| *v = v.abs());
    }
    state
}

pub fn batches(config: &Config, problem: &Problem, n: usize) -> Vec<Batch> {
    (0..n as u64).map(|step| problem.world.batch(config.seed, step, config.training.batch as usize)).collect()
}

pub fn reference(problem: &Problem) -> Reference<'_> {
    Reference {
        shape: problem.shape,
        model: &problem.model,
        anchors_in: &problem.anchors_in,
        anchors_out: &problem.anchors_out,
        dead: vec![],
        control: Control::default(),
        training: true,
    }
}

/// The reference's course: losses and state after these batches.
pub fn train_reference(config: &Config, problem: &Problem, start: &State, batches: &[Batch]) -> (Vec<f64>, State) {
    let mut judge = reference(problem);
    let mut state = start.clone();
    let mut weights = start.weights.to_f64();
    let mut mean = start.mean.to_f64();
    let mut square = start.square.to_f64();
    let mut losses = Vec::new();
    for batch in batches {
        let hyper = Hyper::new(config, state.step);
        let (input, target) = problem.world.expand(batch);
        judge.dead = state.since_fired.iter().map(|since| *since >= hyper.dead_after).collect();
        judge.control = state.control;
        let pass = judge.forward(&weights, &input, &target, &hyper);
        losses.push(pass.loss());
        let gradient = judge.gradient(&weights, &input, &pass, &hyper);
        judge.update(&mut weights, &mut mean, &mut square, gradient, &hyper);
        let n_rows = batch.n_rows() as u32;
        for i in 0..problem.shape.n_latent {
            let latents = pass.latents.iter().skip(i).step_by(problem.shape.n_latent);
            let fired = latents.filter(|f| **f > 0.0).count() as u32;
            let since = &mut state.since_fired[i];
            *since = if fired > 0 { 0 } else { since.saturating_add(n_rows) };
            state.fire_count[i] = state.fire_count[i].wrapping_add(fired);
        }
        let (smallest, l0) = (pass.smallest as f32, pass.l0() as f32);
        control_step(&mut state.control, config.model.activation, &hyper, smallest, l0);
        state.step += 1;
        state.samples += u64::from(n_rows);
    }
    state.weights = weights.to_f32();
    state.mean = mean.to_f32();
    state.square = square.to_f32();
    (losses, state)
}

/// Both backends in this state, named; the CPU alone where there is no GPU (see [`gpu`]).
pub fn backends(problem: &Problem, state: &State) -> Vec<(&'static str, AnyBackend)> {
    let cpu = AnyBackend::Cpu(Box::new(Cpu::new(problem.clone(), state.clone())));
    let gpu = gpu(problem, state).map(|gpu| ("gpu", AnyBackend::Gpu(Box::new(gpu))));
    [("cpu", cpu)].into_iter().chain(gpu).collect()
}

/// A backend on this machine's GPU, or none: said loudly, and a failure where `REQUIRE_GPU=1`.
pub fn gpu(problem: &Problem, state: &State) -> Option<GpuBackend> {
    match pollster::block_on(GpuBackend::new(problem.clone(), state)) {
        Ok(backend) => Some(backend),
        Err(why) => {
            assert!(std::env::var("REQUIRE_GPU").as_deref() != Ok("1"), "REQUIRE_GPU=1, but: {why}");
            eprintln!("SKIPPED, NO GPU: {why}");
            None
        }
    }
}

/// Fails with the first few places where |got − expected| > tolerance · (1 + |expected|).
pub fn assert_close(what: &str, got: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(got.len(), expected.len(), "{what}: lengths differ");
    let far: Vec<_> = got
        .iter()
        .zip(expected)
        .enumerate()
        // A NaN is off, too.
        .filter(|(_, (g, e))| {
            let distance = (**g - **e).abs();
            distance.is_nan() || distance > tolerance * (1.0 + e.abs())
        })
        .collect();
    let first: Vec<_> = far.iter().take(5).map(|(i, (g, e))| format!("[{i}] got {g}, expected {e}")).collect();
    assert!(
        far.is_empty(),
        "{what}: {} of {} are off by more than {tolerance}: {}",
        far.len(),
        got.len(),
        first.join("; ")
    );
}

pub fn assert_weights_close(what: &str, got: &Weights, expected: &Weights, tolerance: f32) {
    for ((name, got), (_, expected)) in got.parts().into_iter().zip(expected.parts()) {
        assert_close(&format!("{what}, {name}"), got, expected, tolerance);
    }
}
