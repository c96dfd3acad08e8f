//! `sdl sweep`: a grid of settings × seeds, and what every place of it comes to over its seeds.
//!
//! A cell is one run, a line of `cells.jsonl` ([`super::cells`]). Of the lines are made `summary.json`, `table.md`,
//! `table.csv` and `figure.svg`.

mod figure;
mod grid;
mod measures;
mod summary;
mod svg;
mod tables;

use super::cells::Workers;
use super::failure::Outcome;
use super::{files, say};
use clap::Args;
use grid::Grid;
use std::path::PathBuf;
use summary::Summary;

/// Run a grid of settings over several seeds, and summarise every place of it with 95 % intervals
#[derive(Args)]
pub struct Sweep {
    /// The grid: JSON with "axes" (each a "field" and its "values", or "points" with a "name" and what they "set"),
    /// "seeds", and what all share ("method", "config", "set"); "metrics" names what is kept, "figure" what is drawn
    #[arg(value_name = "FILE")]
    grid: PathBuf,
    /// Folder for cells.jsonl, summary.json, tables and figure.svg; an unfinished sweep there goes on
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Runs of each cell, instead of the grid's
    #[arg(long, value_name = "N")]
    seeds: Option<u32>,
    /// Sets one field in all cells, such as --set training.steps=100 (again for more; `sdl schema` lists them)
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// The summary as JSON instead of Markdown
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    workers: Workers,
}

impl Sweep {
    pub fn run(&self) -> Outcome {
        let grid = Grid::read(&self.grid, self.seeds)?;
        let cells = grid.cells(&self.set)?;
        let lines = self.workers.work(&cells, &self.out)?;
        let summary = Summary::new(&grid, &cells, &lines);
        let markdown = tables::markdown(&summary, &grid.metrics);
        let json = tables::json(&summary);
        let (csv, figure) = (tables::csv(&summary), svg::draw(&summary));
        for (name, text) in
            [("table.md", &markdown), ("table.csv", &csv), ("summary.json", &json), ("figure.svg", &figure)]
        {
            files::save(&self.out.join(name), text.as_bytes())?;
        }
        say(if self.json { json.trim_end() } else { markdown.trim_end() })
    }
}
