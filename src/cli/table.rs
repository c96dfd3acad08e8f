//! `sdl table`: methods × {plain, anchored} × seeds, and the paper's Table 1 of them.
//!
//! A cell is one run, a line of `cells.jsonl` ([`super::cells`]); `table.md`, `.csv` and `.json` are made of them.

mod layout;
mod plan;

use super::cells::{End, Workers};
use super::failure::{Failure, Outcome};
use super::settings::Settings;
use super::{cells, files, report, say};
use crate::config::{Activation, Config};
use clap::Args;
use plan::Cell;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

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
    /// Folder for cells.jsonl and the tables; an unfinished table there goes on
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The table as JSON instead of Markdown
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    workers: Workers,
}

impl Table {
    pub fn run(&self) -> Outcome {
        let cells = self.cells()?;
        let lines = self.workers.work(&cells, &self.out)?;
        let rows = layout::rows(lines.iter());
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
}

impl cells::Cell for Cell {
    fn config(&self) -> &Config {
        &self.config
    }

    fn name(&self) -> String {
        format!("{}{}", self.row, if self.anchored { " anchored" } else { "" })
    }

    /// A cell is known by its whole config: another config is another cell.
    fn key(&self) -> String {
        format!("{}-{}-{}", self.row, self.anchored, cells::hash(&self.config))
    }

    fn key_of(line: &Value) -> Option<String> {
        Some(line.get("key")?.as_str()?.to_owned())
    }

    fn line(&self, end: &End) -> Value {
        let mut line = end.reading.as_ref().map_or_else(Map::new, |(metrics, _)| report::scalars(metrics, true));
        let m = &self.config.model;
        let k = matches!(m.activation, Activation::TopK | Activation::BatchTopK).then_some(m.k);
        line.extend([
            ("key".into(), self.key().into()),
            ("method".into(), self.row.clone().into()),
            ("anchored".into(), self.anchored.into()),
            ("seed".into(), self.config.seed.into()),
            ("step".into(), end.run.step().into()),
            ("k".into(), json!(k)),
            ("true_l0".into(), json!(end.run.world().true_l0())),
            ("threshold".into(), self.config.scoring.threshold.into()),
            ("diverged".into(), json!(end.diverged)),
        ]);
        Value::Object(line)
    }
}
