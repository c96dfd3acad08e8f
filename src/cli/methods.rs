//! `sdl methods`: named settings of the field's methods, from `src/config/presets.json`.

use super::failure::Outcome;
use super::say;
use crate::config::{Preset, presets};
use clap::Args;
use serde_json::json;

/// List the methods: ids for `sdl train ID` and `sdl table --methods ID,…`
#[derive(Args)]
pub struct Methods {
    /// Machine output: the presets with all they set
    #[arg(long)]
    json: bool,
}

pub fn find(id: &str) -> Option<Preset> {
    presets().into_iter().find(|m| m.id == id)
}

/// All ids, for messages.
pub fn ids() -> String {
    presets().iter().map(|m| m.id.as_str()).collect::<Vec<_>>().join(", ")
}

impl Methods {
    pub fn run(&self) -> Outcome {
        if self.json {
            let entry =
                |m: &Preset| json!({ "id": m.id, "name": m.name, "source": m.source, "about": m.about, "set": m.set });
            let list: Vec<_> = presets().iter().map(entry).collect();
            return say(serde_json::to_string_pretty(&list).expect("plain data"));
        }
        let methods = presets();
        let width = methods.iter().map(|m| m.id.len()).max().unwrap_or(0);
        for m in methods {
            say(format!("{:width$}  {} ({})\n{:width$}  {}", m.id, m.name, m.source, "", m.about))?;
        }
        Ok(())
    }
}
