//! Where a config comes from: a file, a page's link, a method by name, and single fields set on the command line.

use super::failure::{Failure, Outcome};
use super::{files, link, methods};
use crate::config::Config;
use clap::Args;
use serde_json::{Map, Value};
use std::path::Path;

#[derive(Args)]
pub struct Settings {
    /// A config: a JSON file, a page's link (in quotes), or a method's id (`sdl methods`); without one, the defaults
    #[arg(value_name = "CONFIG")]
    config: Option<String>,
    /// Which of a link's two runs
    #[arg(long, value_name = "A|B")]
    run: Option<link::Label>,
    /// Sets one field, such as --set model.k=4 (again for more; `sdl schema` lists them)
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
}

impl Settings {
    pub fn says_something(&self) -> bool {
        self.config.is_some() || !self.set.is_empty()
    }

    /// The config as JSON, still to be checked: data may yet change it.
    pub fn value(&self) -> Outcome<Value> {
        self.value_over(None)
    }

    /// The same, with another than the default where no config is named.
    pub fn value_over(&self, base: Option<Value>) -> Outcome<Value> {
        let mut value = match &self.config {
            None => base.unwrap_or_else(|| Value::Object(Map::new())),
            Some(text) if link::is_link(text) => link::read(text, self.run)?,
            Some(text) => named(text)?,
        };
        if self.run.is_some() && !self.config.as_deref().is_some_and(link::is_link) {
            return Err(Failure::Bad("--run chooses between the two runs of a link: there is no link here".into()));
        }
        self.set_fields(&mut value)?;
        Ok(value)
    }

    /// What `--set` says.
    pub fn set_fields(&self, value: &mut Value) -> Outcome {
        set_fields(value, &self.set)
    }
}

/// What `--set FIELD=VALUE …` says.
pub fn set_fields(value: &mut Value, sets: &[String]) -> Outcome {
    for set in sets {
        let (field, text) = set
            .split_once('=')
            .ok_or_else(|| Failure::bad("--set", format!("{set:?}"), "of the form FIELD=VALUE, such as model.k=4"))?;
        put(value, field, serde_json::from_str(text).unwrap_or_else(|_| text.into()))?;
    }
    Ok(())
}

/// A file if there is one of that name, otherwise a method.
fn named(text: &str) -> Outcome<Value> {
    let path = Path::new(text);
    if let (false, Some(method)) = (path.exists(), methods::find(text)) {
        let mut value = Value::Object(Map::new());
        apply(&mut value, method.set)?;
        return Ok(value);
    }
    let is_path = path.exists() || text.ends_with(".json") || text.contains(std::path::is_separator);
    if !is_path {
        let expected = format!("a file that exists, a page's link, or a method ({})", methods::ids());
        return Err(Failure::bad("CONFIG", format!("{text:?}"), expected));
    }
    let json = files::read_text(path)?;
    serde_json::from_str(&json).map_err(|e| Failure::in_file(path, format!("is not JSON ({e}): it must be a config")))
}

/// Sets fields by their dotted paths, as methods and rows of a table have them.
pub fn apply(value: &mut Value, fields: Map<String, Value>) -> Outcome {
    fields.into_iter().try_for_each(|(field, set)| put(value, &field, set))
}

/// Sets a field by its dotted path; whether there is such a field is for the config's own check.
pub fn put(value: &mut Value, field: &str, set: Value) -> Outcome {
    let mut place = value;
    for name in field.split('.') {
        let Value::Object(fields) = place else {
            return Err(Failure::bad(field, set, "a field of the config (`sdl schema` lists them)"));
        };
        place = fields.entry(name).or_insert_with(|| Value::Object(Map::new()));
    }
    *place = set;
    Ok(())
}

/// A config as files hold it: complete, and readable.
pub fn to_json(config: &Config) -> String {
    serde_json::to_string_pretty(config).expect("a config is plain data") + "\n"
}
