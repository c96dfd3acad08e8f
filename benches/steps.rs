//! Steps per second of the native backends for the shapes and methods of `cases.json`, and how long worlds take to
//! make.
//!
//! One JSON line a measurement. Arguments: `--quick` (two repeats instead of five), `--shape S|M|L` (default all),
//! `--methods a,b` (default: all at S and M, Top-k at L). A step includes drawing its batch. Repeats of the methods
//! take turns, so that the machine's moods meet all of them; `beside_top_k` is the median of time over Top-k's.

use pollster::block_on;
use sdl_explorer::bench::World;
use sdl_explorer::config::{Config, Interference};
use sdl_explorer::model::Hyper;
use sdl_explorer::train::gpu::GpuBackend;
use sdl_explorer::train::{AnyBackend, Backend, Problem, State, cpu::Cpu};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Instant;

/// Seconds that one repeat should take.
const REPEAT_SECONDS: f64 = 1.0;
/// A shape whose single step takes longer is given up (a software adapter at L).
const LONGEST_STEP_SECONDS: f64 = 20.0;

fn main() {
    let cases: Value = serde_json::from_str(include_str!("cases.json")).expect("the cases are JSON");
    let arguments: Vec<String> = std::env::args().collect();
    let after = |flag: &str| arguments.iter().position(|a| a == flag).and_then(|i| arguments.get(i + 1));
    let repeats = if arguments.iter().any(|a| a == "--quick") { 2 } else { 5 };
    let (only, chosen) = (after("--shape"), after("--methods"));
    let all: Vec<&str> = cases["methods"].as_object().expect("a table").keys().map(String::as_str).collect();
    for shape in ["S", "M", "L"].into_iter().filter(|shape| only.is_none_or(|only| only == shape)) {
        let methods: Vec<&str> = match chosen {
            Some(list) => list.split(',').collect(),
            None if shape == "L" => vec!["top_k"],
            None => all.clone(),
        };
        for gpu in [false, true] {
            shape_at(&cases, shape, &methods, gpu, repeats);
        }
    }
    if only.is_none() && chosen.is_none() {
        worlds(&cases);
    }
}

/// One method being timed.
struct Course {
    method: String,
    config: Config,
    world: Arc<World>,
    backend: AnyBackend,
    step: u64,
    /// Steps of a repeat, and steps a second of each repeat.
    steps: u64,
    rates: Vec<f64>,
}

fn shape_at(cases: &Value, shape: &str, methods: &[&str], gpu: bool, repeats: usize) {
    let place = if gpu { "native gpu" } else { "native cpu" };
    let mut adapter = "one thread".to_owned();
    let mut courses = vec![];
    for method in methods {
        let config = config(cases, shape, method);
        let world = Arc::new(World::new(&config, None).expect("a bench needs no file"));
        let problem = Problem::new(&config, world.clone());
        let state = state(cases, method, &config, &problem);
        let backend = if gpu {
            match block_on(GpuBackend::new(problem, &state)) {
                Ok(gpu) => {
                    gpu.adapter_name().clone_into(&mut adapter);
                    AnyBackend::Gpu(Box::new(gpu))
                }
                Err(why) => {
                    say(place, shape, method, json!({ "error": why.to_string() }));
                    continue;
                }
            }
        } else {
            AnyBackend::Cpu(Box::new(Cpu::new(problem, state)))
        };
        let mut course =
            Course { method: (*method).to_owned(), config, world, backend, step: 0, steps: 1, rates: vec![] };
        course.run(1);
        let mut seconds = course.run(1);
        if seconds > LONGEST_STEP_SECONDS {
            say(place, shape, method, json!({ "error": format!("one step takes {seconds:.0} s on {adapter}") }));
            continue;
        }
        while seconds < REPEAT_SECONDS / 8.0 {
            course.steps *= 2;
            seconds = course.run(course.steps);
        }
        course.steps = ((course.steps as f64 * REPEAT_SECONDS / seconds).round() as u64).max(1);
        courses.push(course);
    }
    for _ in 0..repeats {
        for course in &mut courses {
            let seconds = course.run(course.steps);
            course.rates.push(course.steps as f64 / seconds);
        }
    }
    let plain = courses.iter().find(|c| c.method == "top_k").map(|c| c.rates.clone());
    for course in &courses {
        let mut measured = json!({
            "seed": course.config.seed, "adapter": adapter, "steps_per_second": median(&course.rates),
            "runs": course.rates,
        });
        if let Some(plain) = &plain {
            let times: Vec<f64> = plain.iter().zip(&course.rates).map(|(plain, rate)| plain / rate).collect();
            measured["beside_top_k"] = json!(median(&times));
        }
        say(place, shape, &course.method, measured);
    }
}

impl Course {
    /// Seconds that so many steps take.
    fn run(&mut self, steps: u64) -> f64 {
        let start = Instant::now();
        let mut left = steps;
        while left > 0 {
            let range = self.step..self.step + left.min(32);
            let rows = self.config.training.batch as usize;
            let batches: Vec<_> = range.clone().map(|t| self.world.batch(self.config.seed, t, rows)).collect();
            let hyper: Vec<_> = range.clone().map(|t| Hyper::new(&self.config, t)).collect();
            self.backend.train(&batches, &hyper).expect("the device stays");
            left -= range.end - range.start;
            self.step = range.end;
        }
        block_on(self.backend.losses()).expect("the device stays");
        start.elapsed().as_secs_f64()
    }
}

fn config(cases: &Value, shape: &str, method: &str) -> Config {
    let empty = Map::new();
    let table = |value: &Value| value.as_object().unwrap_or(&empty).clone();
    let case = &cases["methods"][method];
    let mut value = serde_json::to_value(Config::default()).expect("plain data");
    value["seed"] = cases["seed"].clone();
    for (path, to) in [&cases["shapes"][shape], &case["all"], &case[shape]].into_iter().flat_map(table) {
        let place = value.pointer_mut(&format!("/{}", path.replace('.', "/")));
        *place.unwrap_or_else(|| panic!("{path} is no setting")) = to;
    }
    Config::from_value(value).unwrap_or_else(|e| panic!("{shape}, {method}: {e}"))
}

/// The start; where a case asks for dead latents, every so many listen to nothing.
fn state(cases: &Value, method: &str, config: &Config, problem: &Problem) -> State {
    let mut state = State::start(config, problem);
    if let Some(every) = cases["methods"][method]["dead_every"].as_u64() {
        let rows = state.weights.encoder.chunks_exact_mut(problem.shape.n_input);
        for (row, since) in rows.zip(&mut state.since_fired).step_by(every as usize) {
            row.fill(0.0);
            *since = config.dead.window;
        }
    }
    state
}

/// How long directions take: the paper's size in both settings, and the largest there is.
fn worlds(cases: &Value) {
    for (n_features, n_input, interference, target) in [
        (1000, 768, Interference::Bounded, 0.1),
        (1000, 768, Interference::Negative, 0.0),
        (4096, 768, Interference::Bounded, 0.1),
    ] {
        let mut config = config(cases, "S", "top_k");
        (config.bench.n_features, config.bench.n_input) = (n_features, n_input);
        (config.bench.interference, config.bench.max_interference) = (interference, target);
        let start = Instant::now();
        let reached = World::new(&config, None).expect("a bench needs no file").report.statement;
        let seconds = start.elapsed().as_secs_f64();
        let line = json!({
            "where": "native cpu", "measure": format!("world n={n_features} n_p={n_input} {interference:?}"),
            "unit": "s", "value": seconds, "runs": [seconds], "seed": config.seed, "reached": reached,
        });
        println!("{line}");
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn say(place: &str, shape: &str, method: &str, mut measured: Value) {
    measured["where"] = place.into();
    measured["shape"] = shape.into();
    measured["method"] = method.into();
    println!("{measured}");
}
