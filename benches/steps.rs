//! Steps per second of the native backends on the shapes of `cargo xtask bench`, one JSON line a measurement.
//!
//! Arguments: `--repeats N` (default 5), `--shape S|M|L` (default all). A step includes drawing its batch.

use sdl_explorer::bench::World;
use sdl_explorer::config::Config;
use sdl_explorer::model::Hyper;
use sdl_explorer::train::{Backend, Problem, State, cpu::Cpu};
use std::sync::Arc;
use std::time::Instant;

/// name, n_features, n_input, n_latent, k, batch, sparsity.
const SHAPES: [(&str, u32, u32, u32, u32, u32, f64); 3] =
    [("S", 32, 16, 64, 3, 256, 0.95), ("M", 128, 64, 512, 8, 1024, 0.98), ("L", 1000, 768, 16_000, 32, 1024, 0.99)];

/// Seconds that one repeat should take.
const REPEAT_SECONDS: f64 = 1.0;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1));
    let repeats = value("--repeats").map_or(5, |r| r.parse().expect("--repeats takes a whole number"));
    for (shape, n_features, n_input, n_latent, k, batch, sparsity) in SHAPES {
        if value("--shape").is_some_and(|s| s != shape) {
            continue;
        }
        let mut config = Config::default();
        config.bench.n_features = n_features;
        config.bench.n_input = n_input;
        config.bench.sparsity = sparsity;
        config.bench.max_interference = 0.3;
        config.model.n_latent = n_latent;
        config.model.k = k;
        config.training.batch = batch;
        config.check().expect("the bench's shapes are valid");
        let world = Arc::new(World::new(&config, None).expect("a bench needs no file"));
        let problem = Problem::new(&config, world);
        let state = State::start(&config, problem.shape);
        measure("native cpu", shape, &config, Cpu::new(problem, state), repeats);
    }
}

fn measure<B: Backend>(place: &str, shape: &str, config: &Config, mut backend: B, repeats: usize) {
    let world = World::new(config, None).expect("a bench needs no file");
    let mut step = 0u64;
    let mut run = |backend: &mut B, steps: u64| {
        let start = Instant::now();
        for _ in 0..steps {
            let batch = world.batch(config.seed, step, config.training.batch as usize);
            backend.train(&[batch], &[Hyper::new(config, step)]).expect("the device stays");
            step += 1;
        }
        pollster::block_on(backend.losses()).expect("the device stays");
        start.elapsed().as_secs_f64()
    };
    let mut steps = 1;
    while run(&mut backend, steps) < REPEAT_SECONDS / 4.0 {
        steps *= 2;
    }
    let rates: Vec<f64> = (0..repeats).map(|_| steps as f64 / run(&mut backend, steps)).collect();
    let mut sorted = rates.clone();
    sorted.sort_by(f64::total_cmp);
    let line = serde_json::json!({
        "where": place, "shape": shape, "method": "top_k", "seed": config.seed,
        "steps_per_second": sorted[repeats / 2], "runs": rates,
    });
    println!("{line}");
}
