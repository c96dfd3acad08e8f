//! `sdl export`: a trained model for other programs.

use super::failure::Outcome;
use super::formats::{crosscoder, saelens};
use super::settings::Settings;
use super::weights::Trained;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Write a trained model as a folder that other programs load: SAELens (version 6 and up), or a crosscoder's layout
#[derive(Args)]
pub struct Export {
    /// A run's folder, or a weights file
    #[arg(value_name = "WEIGHTS")]
    weights: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// saelens: cfg.json and sae_weights.safetensors; crosscoder: encoder.weight [L, d, F] and its like
    #[arg(long, value_enum, default_value = "saelens")]
    format: Format,
    /// The folder to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Saelens,
    Crosscoder,
}

impl Export {
    pub fn run(&self) -> Outcome {
        let trained = Trained::load(&self.weights, &self.settings)?;
        match self.format {
            Format::Saelens => saelens::write(&self.out, &trained),
            Format::Crosscoder => crosscoder::write(&self.out, &trained),
        }
    }
}
