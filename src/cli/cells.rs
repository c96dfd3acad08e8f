//! Many runs, a line of `cells.jsonl` each: on all cores, finished ones skipped. What `sdl table` and `sdl sweep` share.

use super::failure::{Failure, Outcome};
use super::log::Log;
use super::{data, files};
use crate::bench::World;
use crate::config::Config;
use crate::metrics::{Effort, Metrics};
use crate::model::Weights;
use crate::run::{Event, Run, Stopped};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pollster::block_on;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::num::NonZero;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

const CELLS: &str = "cells.jsonl";

/// A run that is to be made, and what is written of it.
pub trait Cell: Sync {
    fn config(&self) -> &Config;
    /// For a reader of the progress.
    fn name(&self) -> String;
    /// What tells this cell's line from all others, also in the lines of earlier times; cells of one key are one run.
    fn key(&self) -> String;
    fn key_of(line: &Value) -> Option<String>;
    /// Whether its line, written earlier, says all that it would say now.
    fn is_said_by(&self, _line: &Value) -> bool {
        true
    }
    fn line(&self, end: &End) -> Value;
}

/// How a run ended.
pub struct End<'a> {
    pub run: &'a Run,
    /// None of a run that diverged.
    pub reading: Option<(Metrics, Weights)>,
    /// Where and why it did.
    pub diverged: Option<String>,
}

/// A config's name among all others, 16 hexadecimal digits. `bench.world` came later than cells that are kept: where it
/// says nothing they have the name that they had.
pub fn hash(config: &Config) -> String {
    let json = serde_json::to_string(config).expect("a config is plain data");
    let json = json.replacen(r#""bench":{"world":0,"#, r#""bench":{"#, 1);
    format!("{:016x}", data::hash(json.as_bytes()))
}

/// How the runs are made.
#[derive(Args)]
pub struct Workers {
    /// Runs at a time; as many as there are cores without
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

impl Workers {
    /// The line of every cell, in the cells' order; those that the folder has already are not run again.
    pub fn work<C: Cell>(&self, cells: &[C], folder: &Path) -> Outcome<Vec<Value>> {
        files::make_folder(folder)?;
        let (log, lines) = Log::open(&folder.join(CELLS), |_| true)?;
        let keyed = |line: Value| C::key_of(&line).map(|key| (key, line));
        let mut done: HashMap<String, Value> = lines.into_iter().filter_map(keyed).collect();
        let is_done = |cell: &&C| done.get(&cell.key()).is_some_and(|line| cell.is_said_by(line));
        let mut seen = HashSet::new();
        let runs: Vec<&C> = cells.iter().filter(|cell| seen.insert(cell.key())).collect();
        let n_runs = runs.len();
        let mut left: Vec<&C> = runs.into_iter().filter(|cell| !is_done(cell)).collect();
        if left.len() < n_runs && !self.quiet {
            eprintln!("{} of {n_runs} cells are finished already", n_runs - left.len());
        }
        // Popped from the end: the first in the list is the first to run.
        left.reverse();
        done.extend(self.run(left, log)?.into_iter().filter_map(keyed));
        Ok(cells.iter().filter_map(|cell| done.get(&cell.key()).cloned()).collect())
    }

    /// Runs cells on all cores; a failure to write ends the work.
    fn run<C: Cell>(&self, left: Vec<&C>, log: Log) -> Outcome<Vec<Value>> {
        let steps: u64 = left.iter().map(|cell| u64::from(cell.config().training.steps)).sum();
        let hidden = self.quiet || left.is_empty();
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(steps), target);
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} steps  {eta} left  {msg}");
        bar.set_style(style.expect("the template is fixed"));
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let jobs = self.jobs.map_or(cores, |n| n as usize).min(left.len());
        let (queue, results) = (Mutex::new(left), Mutex::new((log, Ok(vec![]))));
        let worlds = Worlds::default();
        thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    // Not in the loop's head, which would hold the lock for as long as a cell takes.
                    let next = || queue.lock().expect("no worker panics").pop();
                    while let Some(cell) = next() {
                        let line = train(cell, &worlds, &bar);
                        let (log, lines) = &mut *results.lock().expect("no worker panics");
                        match line.and_then(|line| log.add(&line).and_then(|()| log.sync()).map(|()| line)) {
                            Ok(line) => {
                                let _ = lines.as_mut().map(|all: &mut Vec<Value>| all.push(line));
                            }
                            Err(failure) => {
                                *lines = Err(failure);
                                queue.lock().expect("no worker panics").clear();
                            }
                        }
                    }
                });
            }
        });
        bar.finish_and_clear();
        results.into_inner().expect("no worker panicked").1
    }
}

/// One cell's line.
fn train<C: Cell>(cell: &C, worlds: &Worlds, bar: &ProgressBar) -> Outcome<Value> {
    const PIECE: u64 = 100;
    let config = cell.config();
    let mut run = Run::of_world(config.clone(), worlds.of(config)?);
    run.set_effort(Effort::Complete);
    bar.set_message(format!("{}, seed {}", cell.name(), config.seed));
    let end = u64::from(config.training.steps);
    let mut diverged = None;
    while run.step() < end && diverged.is_none() {
        let before = run.step();
        if block_on(run.advance(PIECE.min(end - before))) == Stopped::Diverged {
            let events = block_on(run.frame())?.events;
            let cause = events.into_iter().find_map(|event| match event {
                Event::Diverged { step, cause, .. } => Some(format!("step {step}: {cause}")),
                _ => None,
            });
            diverged = Some(cause.unwrap_or_else(|| "diverged".into()));
        }
        bar.inc(run.step() - before);
    }
    let reading = match diverged {
        Some(_) => None,
        None => Some(block_on(run.frame())?).map(|frame| (frame.metrics, frame.weights)),
    };
    Ok(cell.line(&End { run: &run, reading, diverged }))
}

/// Worlds by what makes them, each made once: their directions take longer than many a run.
#[derive(Default)]
struct Worlds(Mutex<HashMap<String, Slot>>);
type Slot = Arc<OnceLock<Outcome<Arc<World>>>>;

impl Worlds {
    fn of(&self, config: &Config) -> Outcome<Arc<World>> {
        let key = json!([config.seed, config.bench, config.model.task, config.model.scale_data]).to_string();
        let slot = self.0.lock().expect("no worker panics").entry(key).or_default().clone();
        match slot.get_or_init(|| Ok(World::new(config, None).map(Arc::new)?)) {
            Ok(world) => Ok(world.clone()),
            Err(failure) => Err(Failure::Bad(failure.to_string())),
        }
    }
}
