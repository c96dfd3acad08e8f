//! Steps per second of the native backends on the shapes of `cargo xtask bench`, and how long worlds take to make.
//!
//! One JSON line a measurement. Arguments: `--quick` (two repeats instead of five), `--shape S|M|L` (default all).
//! A step includes drawing its batch. The shapes, seed and config are those of `www/bench-worker.ts`.

use pollster::block_on;
use sdl_explorer::bench::World;
use sdl_explorer::config::{Config, Interference};
use sdl_explorer::model::Hyper;
use sdl_explorer::train::gpu::GpuBackend;
use sdl_explorer::train::{Backend, Problem, State, cpu::Cpu};
use std::sync::Arc;
use std::time::Instant;

/// name, n_features, n_input, n_latent, k, batch, sparsity.
const SHAPES: [(&str, u32, u32, u32, u32, u32, f64); 3] =
    [("S", 32, 16, 64, 3, 256, 0.95), ("M", 128, 64, 512, 8, 1024, 0.98), ("L", 1000, 768, 16_000, 32, 1024, 0.99)];

const SEED: u32 = 1;
/// Seconds that one repeat should take.
const REPEAT_SECONDS: f64 = 1.0;
/// A shape whose single step takes longer is given up (a software adapter at L).
const LONGEST_STEP_SECONDS: f64 = 20.0;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let repeats = if arguments.iter().any(|a| a == "--quick") { 2 } else { 5 };
    let only = arguments.iter().position(|a| a == "--shape").and_then(|i| arguments.get(i + 1));
    for shape in SHAPES.iter().filter(|s| only.is_none_or(|only| only == s.0)) {
        let config = config(shape);
        let world = Arc::new(World::new(&config, None).expect("a bench needs no file"));
        let problem = Problem::new(&config, world);
        let state = State::start(&config, &problem);
        measure(
            "native cpu",
            "one thread",
            shape.0,
            &config,
            &problem,
            Cpu::new(problem.clone(), state.clone()),
            repeats,
        );
        match block_on(GpuBackend::new(problem.clone(), &state)) {
            Ok(gpu) => {
                let adapter = gpu.adapter_name().to_owned();
                measure("native gpu", &adapter, shape.0, &config, &problem, gpu, repeats);
            }
            Err(why) => say("native gpu", shape.0, serde_json::json!({ "error": why.to_string() })),
        }
    }
    if only.is_none() {
        worlds(repeats);
    }
}

fn config(&(_, n_features, n_input, n_latent, k, batch, sparsity): &(&str, u32, u32, u32, u32, u32, f64)) -> Config {
    let mut config = Config { seed: SEED, ..Config::default() };
    (config.bench.n_features, config.bench.n_input, config.bench.sparsity) = (n_features, n_input, sparsity);
    (config.model.n_latent, config.model.k, config.training.batch) = (n_latent, f64::from(k), batch);
    config.check().expect("the bench's shapes are valid");
    config
}

fn measure<B: Backend>(
    place: &str,
    adapter: &str,
    shape: &str,
    config: &Config,
    problem: &Problem,
    mut backend: B,
    repeats: usize,
) {
    let mut step = 0u64;
    let mut run = |steps: u64| {
        let start = Instant::now();
        let mut left = steps;
        while left > 0 {
            let range = step..step + left.min(32);
            let batches: Vec<_> =
                range.clone().map(|t| problem.world.batch(config.seed, t, config.training.batch as usize)).collect();
            let hyper: Vec<_> = range.clone().map(|t| Hyper::new(config, t)).collect();
            backend.train(&batches, &hyper).expect("the device stays");
            left -= range.end - range.start;
            step = range.end;
        }
        block_on(backend.losses()).expect("the device stays");
        start.elapsed().as_secs_f64()
    };
    run(1);
    let (mut steps, mut seconds) = (1, run(1));
    if seconds > LONGEST_STEP_SECONDS {
        return say(
            place,
            shape,
            serde_json::json!({ "error": format!("one step takes {seconds:.0} s on {adapter}") }),
        );
    }
    while seconds < REPEAT_SECONDS / 8.0 {
        steps *= 2;
        seconds = run(steps);
    }
    steps = ((steps as f64 * REPEAT_SECONDS / seconds).round() as u64).max(1);
    let rates: Vec<f64> = (0..repeats).map(|_| steps as f64 / run(steps)).collect();
    let measured = serde_json::json!({
        "method": "top_k", "seed": SEED, "adapter": adapter, "steps_per_second": median(&rates), "runs": rates,
    });
    say(place, shape, measured);
}

/// How long directions take: the paper's size in both settings, and the largest there is.
fn worlds(repeats: usize) {
    for (n_features, n_input, interference, target) in [
        (1000, 768, Interference::Bounded, 0.1),
        (1000, 768, Interference::Negative, 0.0),
        (4096, 768, Interference::Bounded, 0.1),
    ] {
        let mut config = Config { seed: SEED, ..Config::default() };
        (config.bench.n_features, config.bench.n_input) = (n_features, n_input);
        (config.bench.interference, config.bench.max_interference) = (interference, target);
        let mut statement = String::new();
        let seconds: Vec<f64> = (0..repeats.min(1))
            .map(|_| {
                let start = Instant::now();
                statement = World::new(&config, None).expect("a bench needs no file").report.statement;
                start.elapsed().as_secs_f64()
            })
            .collect();
        let line = serde_json::json!({
            "where": "native cpu", "measure": format!("world n={n_features} n_p={n_input} {interference:?}"),
            "unit": "s", "value": median(&seconds), "runs": seconds, "seed": SEED, "reached": statement,
        });
        println!("{line}");
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn say(place: &str, shape: &str, mut measured: serde_json::Value) {
    measured["where"] = place.into();
    measured["shape"] = shape.into();
    println!("{measured}");
}
