//! `sdl schema`: the JSON Schema of a config, from the same types and comments that read it.

use super::failure::Outcome;
use super::say;
use crate::config::Config;
use clap::Args;

/// Print the JSON Schema of a config: every field, its default and what it means
#[derive(Args)]
pub struct Schema {}

impl Schema {
    pub fn run(&self) -> Outcome {
        say(serde_json::to_string_pretty(&schemars::schema_for!(Config)).expect("a schema is plain data"))
    }
}
