//! `sdl methods`: named settings of the field's methods, from `src/config/presets.json`.

use super::failure::Outcome;
use super::say;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const PRESETS: &str = include_str!("../config/presets.json");

/// List the methods: ids for `sdl train ID` and `sdl table --methods ID,…`
#[derive(Args)]
pub struct Methods {
    /// Machine output: the presets with all they set
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Method {
    pub id: String,
    pub name: String,
    /// Who described it.
    pub source: String,
    pub about: String,
    /// Dotted fields of the config.
    pub set: Map<String, Value>,
}

pub fn all() -> Vec<Method> {
    serde_json::from_str(PRESETS).expect("presets.json is a list of methods")
}

pub fn find(id: &str) -> Option<Method> {
    all().into_iter().find(|m| m.id == id)
}

impl Methods {
    pub fn run(&self) -> Outcome {
        if self.json {
            return say(serde_json::to_string_pretty(&all()).expect("plain data"));
        }
        let methods = all();
        let width = methods.iter().map(|m| m.id.len()).max().unwrap_or(0);
        for m in methods {
            say(format!("{:width$}  {} ({})\n{:width$}  {}", m.id, m.name, m.source, "", m.about))?;
        }
        Ok(())
    }
}
