//! `sdl table`: methods × {plain, anchored} × seeds, and the paper's Table 1 of them.
//!
//! A cell is one run. Finished ones are lines of `cells.jsonl`, so that a table goes on where it was stopped.
//! `table.md`, `.csv` and `.json` are made of them.

mod layout;
mod plan;

use super::failure::{Failure, Outcome};
use super::log::Log;
use super::settings::Settings;
use super::{files, report, say};
use crate::bench::World;
use crate::config::{Activation, Config};
use crate::metrics::Effort;
use crate::run::{Event, Run, Stopped};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plan::Cell;
use pollster::block_on;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

/// Run methods, plain and anchored, over several seeds and tabulate what they recover (Table 1 of arXiv 2512.05534)
#[derive(Args)]
pub struct Table {
    #[command(flatten)]
    settings: Settings,
    /// Which methods, by id (`sdl methods`); all without
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    methods: Vec<String>,
    /// Rows from a file instead, each a method and fields beside it: a JSON list of {"name", "method", "set": {FIELD:
    /// VALUE}}
    #[arg(long, value_name = "FILE", conflicts_with = "methods")]
    rows: Option<PathBuf>,
    /// Runs of each: seeds from the config's on
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    seeds: u32,
    /// λ_a of the anchored half (its number of anchors is the config's); 0 leaves that half out
    #[arg(long, value_name = "λ", default_value_t = 0.1)]
    anchor: f64,
    /// Runs at a time; as many as there are cores without
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
    /// Folder for cells.jsonl and the tables; an unfinished table there goes on
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The table as JSON instead of Markdown
    #[arg(long)]
    json: bool,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

const CELLS: &str = "cells.jsonl";

impl Table {
    pub fn run(&self) -> Outcome {
        let cells = self.cells()?;
        files::make_folder(&self.out)?;
        let (log, lines) = Log::open(&self.out.join(CELLS), |_| true)?;
        let key = |line: &Value| line.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut done: HashMap<String, Value> = lines.into_iter().map(|line| (key(&line), line)).collect();
        let mut left: Vec<Cell> = cells.iter().filter(|cell| !done.contains_key(&cell.key())).cloned().collect();
        let before = cells.len() - left.len();
        if before > 0 && !self.quiet {
            eprintln!("{before} of {} cells are finished already", cells.len());
        }
        // Popped from the end: the first in the list is the first to run.
        left.reverse();
        for line in self.work(left, log)? {
            done.insert(key(&line), line);
        }
        let rows = layout::rows(cells.iter().filter_map(|cell| done.get(&cell.key())));
        let markdown = layout::markdown(&rows, &self.about(&cells));
        let json = serde_json::to_string_pretty(&rows).expect("plain data") + "\n";
        for (name, text) in [("table.md", &markdown), ("table.csv", &layout::csv(&rows)), ("table.json", &json)] {
            files::save(&self.out.join(name), text.as_bytes())?;
        }
        say(if self.json { json.trim_end() } else { markdown.trim_end() })
    }

    /// What all cells have in common, in a sentence.
    fn about(&self, cells: &[Cell]) -> String {
        let Some(c) = cells.first().map(|cell| &cell.config) else { return String::new() };
        let (b, s) = (&c.bench, &c.scoring);
        let scored = b.n_features - s.hold_out.min(b.n_features);
        let mut text = format!(
            "{} features in {} dimensions, S = {}; {} steps of {} samples; M_GT at τ = {}, over the {scored} features that are \
             not held out.",
            b.n_features, b.n_input, b.sparsity, c.training.steps, c.training.batch, s.threshold
        );
        if self.anchor > 0.0 {
            text += &format!(" Anchored: {} features at λ_a = {}.", c.anchors.count, self.anchor);
        }
        text
    }

    fn cells(&self) -> Outcome<Vec<Cell>> {
        if !(0.0..=1e6).contains(&self.anchor) {
            return Err(Failure::bad("--anchor", self.anchor, "a number from 0 to 1000000"));
        }
        let rows = match &self.rows {
            Some(path) => plan::of_file(path)?,
            None => plan::of_methods(&self.methods)?,
        };
        plan::cells(&self.settings, rows, self.anchor, self.seeds)
    }

    /// Runs cells on all cores; a failure to write ends the work.
    fn work(&self, left: Vec<Cell>, log: Log) -> Outcome<Vec<Value>> {
        let steps: u64 = left.iter().map(|cell| u64::from(cell.config.training.steps)).sum();
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
                        let line = train(&cell, &worlds, &bar);
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

/// One cell's line.
fn train(cell: &Cell, worlds: &Worlds, bar: &ProgressBar) -> Outcome<Value> {
    const PIECE: u64 = 100;
    let config = &cell.config;
    let mut run = Run::of_world(config.clone(), worlds.of(config)?);
    run.set_effort(Effort::Complete);
    bar.set_message(format!("{}{}, seed {}", cell.row, if cell.anchored { " anchored" } else { "" }, config.seed));
    let end = u64::from(config.training.steps);
    let mut diverged = Value::Null;
    while run.step() < end && diverged.is_null() {
        let before = run.step();
        if block_on(run.advance(PIECE.min(end - before))) == Stopped::Diverged {
            let events = block_on(run.frame())?.events;
            let cause = events.into_iter().find_map(|event| match event {
                Event::Diverged { step, cause, .. } => Some(format!("step {step}: {cause}")),
                _ => None,
            });
            diverged = cause.unwrap_or_else(|| "diverged".into()).into();
        }
        bar.inc(run.step() - before);
    }
    let mut line = match diverged {
        Value::Null => report::scalars(&block_on(run.frame())?.metrics, true),
        _ => Map::new(),
    };
    let m = &config.model;
    let k = matches!(m.activation, Activation::TopK | Activation::BatchTopK).then_some(m.k);
    line.extend([
        ("key".into(), cell.key().into()),
        ("method".into(), cell.row.clone().into()),
        ("anchored".into(), cell.anchored.into()),
        ("seed".into(), config.seed.into()),
        ("step".into(), run.step().into()),
        ("k".into(), json!(k)),
        ("true_l0".into(), json!(run.world().true_l0())),
        ("threshold".into(), config.scoring.threshold.into()),
        ("diverged".into(), diverged),
    ]);
    Ok(Value::Object(line))
}
