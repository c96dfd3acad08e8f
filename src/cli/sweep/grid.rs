//! The file that says what a sweep runs: settings that all runs share, axes, seeds, and what is kept and drawn of it.

use super::super::cells::hash;
use super::super::failure::{Failure, Outcome};
use super::super::settings::{apply, put, set_fields};
use super::super::{files, methods};
use super::figure::Figure;
use super::measures;
use crate::config::{Config, Source};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value, json};
use std::path::Path;

/// More cells than this are refused: a number typed wrong, rather than a month's work.
const MOST_CELLS: usize = 1_000_000;

/// What a grid's file looks like, for messages.
const FORM: &str = r#"a grid such as {"set": {"training.steps": 2000}, "axes": [{"name": "k", "field": "model.k", "values": [1, 2]}], "seeds": 32}"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// What the figure and the tables are headed with.
    #[serde(default)]
    pub title: String,
    /// Method (`sdl methods`) that all start from.
    method: Option<String>,
    /// A config, as nested JSON.
    #[serde(default)]
    config: Map<String, Value>,
    /// Fields of it by their dotted paths.
    #[serde(default)]
    set: Map<String, Value>,
    pub axes: Vec<Axis>,
    /// Runs of every cell: seeds from the config's on.
    pub seeds: u32,
    /// The measures that are kept of a run; all where none is named.
    #[serde(default)]
    pub metrics: Vec<String>,
    pub figure: Option<Figure>,
}

/// What is varied: a field over values, or named points that set several fields each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    pub name: String,
    field: Option<String>,
    #[serde(default)]
    values: Vec<Value>,
    #[serde(default)]
    pub points: Vec<Point>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    pub name: String,
    /// Where it stands on a numeric axis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<Number>,
    #[serde(default, skip_serializing)]
    method: Option<String>,
    #[serde(default, skip_serializing)]
    set: Map<String, Value>,
}

/// One run.
pub struct Cell {
    /// A point of every axis, by its place.
    pub at: Vec<usize>,
    /// The same in words: axis → point.
    pub coordinates: Map<String, Value>,
    pub config: Config,
    /// What is kept of it.
    pub metrics: Vec<String>,
}

impl Grid {
    /// Reads and checks a grid; `sets` of the command line have the last word over settings, `seeds` over its number.
    pub fn read(path: &Path, seeds: Option<u32>) -> Outcome<Self> {
        let text = files::read_text(path)?;
        let mut grid: Self =
            serde_json::from_str(&text).map_err(|e| Failure::in_file(path, format!("is not {FORM} ({e})")))?;
        grid.seeds = seeds.unwrap_or(grid.seeds);
        grid.check().map_err(|failure| Failure::in_file(path, failure))?;
        Ok(grid)
    }

    fn check(&mut self) -> Outcome {
        if !(1..=100_000).contains(&self.seeds) {
            return Err(Failure::bad("seeds", self.seeds, "a whole number from 1 to 100000"));
        }
        if self.axes.is_empty() {
            return Err(Failure::bad("axes", "empty", "at least one axis"));
        }
        let mut names: Vec<String> = vec![];
        for axis in &mut self.axes {
            axis.check()?;
            named("axes", &axis.name, &names)?;
            names.push(axis.name.clone());
        }
        let cells = self.axes.iter().try_fold(self.seeds as usize, |n, axis| n.checked_mul(axis.points.len()));
        if cells.is_none_or(|n| n > MOST_CELLS) {
            let axes: Vec<String> = self.axes.iter().map(|axis| axis.points.len().to_string()).collect();
            let value = format!("{} points × {} seeds", axes.join(" × "), self.seeds);
            return Err(Failure::bad("axes", value, format!("at most {MOST_CELLS} runs")));
        }
        let known = measures::names();
        for (ix, metric) in self.metrics.iter().enumerate() {
            if !known.contains(metric) || self.metrics[..ix].contains(metric) {
                let expected = format!("each one of {}, once", known.join(", "));
                return Err(Failure::bad("metrics", format!("{metric:?}"), expected));
            }
        }
        if self.metrics.is_empty() {
            self.metrics = known;
        }
        let figure = self.figure.take().unwrap_or_else(|| Figure::standard(self));
        figure.check(self)?;
        self.figure = Some(figure);
        Ok(())
    }

    /// All runs, each config checked before the first is run: seed after seed, so that a sweep stopped half-way has seen
    /// all of the grid.
    pub fn cells(&self, sets: &[String]) -> Outcome<Vec<Cell>> {
        let mut base = Value::Object(Map::new());
        apply(&mut base, fields_of(self.method.as_deref())?)?;
        merge(&mut base, &Value::Object(self.config.clone()));
        apply(&mut base, self.set.clone())?;
        let mut out: Vec<Cell> = vec![];
        for at in self.places() {
            let mut value = base.clone();
            let mut coordinates = Map::new();
            for (axis, ix) in self.axes.iter().zip(&at) {
                let point = &axis.points[*ix];
                apply(&mut value, fields_of(point.method.as_deref())?)?;
                apply(&mut value, point.set.clone())?;
                if let (Some(field), Some(set)) = (&axis.field, axis.values.get(*ix)) {
                    put(&mut value, field, set.clone())?;
                }
                let said = point.x.clone().map_or_else(|| json!(point.name), Value::Number);
                coordinates.insert(axis.name.clone(), said);
            }
            set_fields(&mut value, sets)?;
            let config = Config::from_value(value)
                .map_err(|e| Failure::Bad(format!("at {}: {e}", Value::Object(coordinates.clone()))))?;
            if config.source != Source::Bench {
                return Err(Failure::bad("source", "activations", "bench: a sweep needs known features"));
            }
            out.push(Cell { at, coordinates, config, metrics: self.metrics.clone() });
        }
        let of_seed = |ix: u32| {
            out.iter().map(move |cell| Cell {
                at: cell.at.clone(),
                coordinates: cell.coordinates.clone(),
                config: Config { seed: cell.config.seed.wrapping_add(ix), ..cell.config.clone() },
                metrics: cell.metrics.clone(),
            })
        };
        Ok((0..self.seeds).flat_map(of_seed).collect())
    }

    /// A place on every axis, the last axis fastest.
    pub fn places(&self) -> Vec<Vec<usize>> {
        self.axes.iter().fold(vec![vec![]], |places, axis| {
            let with = |place: &Vec<usize>, ix: usize| place.iter().copied().chain([ix]).collect::<Vec<_>>();
            places.iter().flat_map(|place| (0..axis.points.len()).map(move |ix| with(place, ix))).collect()
        })
    }
}

impl Axis {
    /// A field's values become points as well.
    fn check(&mut self) -> Outcome {
        let name = &self.name;
        match (&self.field, self.values.is_empty(), self.points.is_empty()) {
            (Some(_), false, true) => {
                let said = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let x = |value: &Value| if let Value::Number(x) = value { Some(x.clone()) } else { None };
                let point = |v: &Value| Point { name: said(v), x: x(v), method: None, set: Map::new() };
                self.points = self.values.iter().map(point).collect();
            }
            (None, true, false) => {}
            _ => {
                let expected = "a field and values, or points (of a name, and what they set)";
                return Err(Failure::bad(format!("axis {name:?}"), "neither or both", expected));
            }
        }
        let mut names: Vec<String> = vec![];
        for point in &self.points {
            named(&format!("axis {name:?}"), &point.name, &names)?;
            names.push(point.name.clone());
        }
        Ok(())
    }

    /// Where its points stand, if all stand somewhere.
    pub fn numbers(&self) -> Option<Vec<f64>> {
        self.points.iter().map(|point| point.x.as_ref().and_then(Number::as_f64)).collect()
    }
}

fn named(what: &str, name: &str, before: &[String]) -> Outcome {
    if name.is_empty() || name.contains(['|', '"', '\n']) || before.iter().any(|other| other == name) {
        let expected = "named each by a name of its own, on one line, without | and \"";
        return Err(Failure::bad(what, format!("{name:?}"), expected));
    }
    Ok(())
}

/// What a method sets.
fn fields_of(id: Option<&str>) -> Outcome<Map<String, Value>> {
    let Some(id) = id else { return Ok(Map::new()) };
    let found = methods::find(id).map(|method| method.set);
    found.ok_or_else(|| Failure::bad("method", format!("{id:?}"), format!("of {}", methods::ids())))
}

/// Lays nested settings over others.
fn merge(value: &mut Value, over: &Value) {
    match (value, over) {
        (Value::Object(value), Value::Object(over)) => {
            for (key, set) in over {
                merge(value.entry(key).or_insert(Value::Null), set);
            }
        }
        (value, over) => *value = over.clone(),
    }
}

impl super::super::cells::Cell for Cell {
    fn config(&self) -> &Config {
        &self.config
    }

    fn name(&self) -> String {
        let say = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
        self.coordinates.iter().map(|(axis, v)| format!("{axis} {}", say(v))).collect::<Vec<_>>().join(", ")
    }

    /// Places that come to the same config share its run (λ_a is nothing where no feature is anchored).
    fn key(&self) -> String {
        hash(&self.config)
    }

    fn key_of(line: &Value) -> Option<String> {
        Some(line.get("config")?.as_str()?.to_owned())
    }

    /// A grid that keeps more than it did runs its cells again.
    fn is_said_by(&self, line: &Value) -> bool {
        line.get("diverged").is_some() || self.metrics.iter().all(|metric| line.get(metric).is_some())
    }

    fn line(&self, end: &super::super::cells::End) -> Value {
        let mut line = Map::new();
        line.insert("at".into(), Value::Object(self.coordinates.clone()));
        line.insert("config".into(), hash(&self.config).into());
        line.insert("seed".into(), self.config.seed.into());
        if let Some(diverged) = &end.diverged {
            line.insert("diverged".into(), diverged.clone().into());
        }
        line.extend(measures::of(end, &self.metrics));
        Value::Object(line)
    }
}
