//! What a table runs: its rows, by method or from a file, and the cells that they make.

use super::super::failure::{Failure, Outcome};
use super::super::settings::{Settings, apply, put};
use super::super::{files, methods};
use crate::config::{Config, Source, presets};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::path::Path;

/// One run that is to be made.
#[derive(Clone)]
pub struct Cell {
    pub row: String,
    pub anchored: bool,
    pub config: Config,
}

/// A row of the table before it is run: a name, and fields beside those that all rows share.
pub struct Row {
    name: String,
    set: Map<String, Value>,
}

/// A row as a file says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    method: Option<String>,
    #[serde(default)]
    set: Map<String, Value>,
}

/// A row a method, by id; all methods where none is named.
pub fn of_methods(ids: &[String]) -> Outcome<Vec<Row>> {
    let row = |id: &String| fields_of(id, "--methods").map(|set| Row { name: id.clone(), set });
    match ids {
        [] => Ok(presets().into_iter().map(|m| Row { name: m.id, set: m.set }).collect()),
        ids => ids.iter().map(row).collect(),
    }
}

/// The rows of a file: a JSON list of `{"name": …, "method": ID, "set": {FIELD: VALUE, …}}`, the last two optional.
pub fn of_file(path: &Path) -> Outcome<Vec<Row>> {
    let expected =
        "a list of rows such as [{\"name\": \"Top-k, k = 16\", \"method\": \"top_k\", \"set\": {\"model.k\": 16}}]";
    let written: Vec<Written> = serde_json::from_str(&files::read_text(path)?)
        .map_err(|e| Failure::in_file(path, format!("is not {expected} ({e})")))?;
    if written.is_empty() {
        return Err(Failure::in_file(path, format!("has no rows: it must be {expected}")));
    }
    let mut rows: Vec<Row> = vec![];
    for Written { name, method, set } in written {
        if name.is_empty() || name.contains(['|', '"', '\n']) || rows.iter().any(|row| row.name == name) {
            let expected = "a name of its own, on one line, without | and \"";
            return Err(Failure::in_file(path, format!("has a row named {name:?}: it must be {expected}")));
        }
        let mut fields = method.map_or(Ok(Map::new()), |id| fields_of(&id, "method"))?;
        fields.extend(set);
        rows.push(Row { name, set: fields });
    }
    Ok(rows)
}

/// What a method sets.
fn fields_of(id: &str, asked_by: &str) -> Outcome<Map<String, Value>> {
    let found = methods::find(id).map(|method| method.set);
    found.ok_or_else(|| Failure::bad(asked_by, format!("{id:?}"), format!("of {}", methods::ids())))
}

/// All cells, checked before the first is run: rows plain, and anchored by λ_a where it is not 0, each over the seeds.
///
/// The config says the world and the training, the row the model; `--set` has the last word.
pub fn cells(settings: &Settings, rows: Vec<Row>, anchor: f64, seeds: u32) -> Outcome<Vec<Cell>> {
    let mut cells = vec![];
    for row in rows {
        let mut value = settings.value()?;
        apply(&mut value, row.set)?;
        settings.set_fields(&mut value)?;
        for anchored in [false, true].into_iter().filter(|anchored| !anchored || anchor > 0.0) {
            put(&mut value, "anchors.coefficient", json!(if anchored { anchor } else { 0.0 }))?;
            let config = match Config::from_value(value.clone()) {
                Ok(config) => config,
                // Not every method can be anchored: its half of the row stays empty.
                Err(e) if anchored && e.field.starts_with("anchors.") => continue,
                Err(e) => return Err(Failure::Bad(format!("row {}: {e}", row.name))),
            };
            if config.source != Source::Bench {
                return Err(Failure::bad("source", "activations", "bench: the table needs known features"));
            }
            for ix in 0..seeds {
                let config = Config { seed: config.seed.wrapping_add(ix), ..config.clone() };
                cells.push(Cell { row: row.name.clone(), anchored, config });
            }
        }
    }
    // Seed after seed, so that a table stopped half-way has all rows.
    let per_seed = seeds as usize;
    Ok((0..per_seed).flat_map(|ix| cells.iter().skip(ix).step_by(per_seed).cloned()).collect())
}
