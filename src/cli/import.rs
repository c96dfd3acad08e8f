//! `sdl import`: another program's model as our weights file.

use super::failure::Outcome;
use super::files;
use super::formats::saelens;
use super::settings::Settings;
use clap::Args;
use std::path::PathBuf;

/// Read a SAELens folder (cfg.json and sae_weights.safetensors) as a weights file for `sdl eval` and `sdl train --init`
#[derive(Args)]
pub struct Import {
    /// The SAELens folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// The weights file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Import {
    pub fn run(&self) -> Outcome {
        let trained = saelens::read(&self.folder, &self.settings)?;
        files::save(&self.out, &trained.to_bytes())
    }
}
