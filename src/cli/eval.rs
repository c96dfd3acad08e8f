//! `sdl eval`: scores weights against a world, or on labelled data.

use super::data::Data;
use super::failure::{Failure, Outcome};
use super::formats::saelens;
use super::formats::safetensors::Writer;
use super::settings::Settings;
use super::weights::Trained;
use super::{files, report, say, world};
use crate::bench::{Batch, Samples, World, scale};
use crate::config::{Config, Source};
use crate::metrics::Effort;
use crate::model::reference::Reference;
use crate::model::{Control, Hyper};
use crate::run::Run;
use clap::Args;
use pollster::block_on;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// Score weights: against the world that they were trained in, another (`sdl world`), or labelled data
#[derive(Args)]
pub struct Eval {
    /// A run's folder, or a weights file
    #[arg(value_name = "WEIGHTS")]
    weights: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// Score against this world
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    world: Option<PathBuf>,
    #[command(flatten)]
    data: Data,
    /// Also write what the model makes of its rows (all of the data, or the evaluation batch): latents [rows, n_latent]
    /// and reconstruction [rows, n_target], as safetensors
    #[arg(long, value_name = "FILE")]
    latents: Option<PathBuf>,
    /// The metrics as JSON
    #[arg(long)]
    json: bool,
}

impl Eval {
    pub fn run(&self) -> Outcome {
        let trained = Trained::load(&self.weights, &self.settings)?;
        if self.latents.is_some() {
            saelens::coded_by_encoder(&trained.config)?;
        }
        let (config, world) = self.world(&trained)?;
        let s = trained.shape;
        if (world.n_input, world.n_target) != (s.n_input, s.n_target) {
            let value = format!("{} to {} dimensions wide", world.n_input, world.n_target);
            let expected = format!("as wide as the model: {} to {}", s.n_input, s.n_target);
            return Err(Failure::bad("the world", value, expected));
        }
        let world = Arc::new(world);
        let mut run = Run::of_world(config, world.clone());
        run.set_effort(Effort::Complete);
        let mut state = block_on(run.checkpoint())?.clone();
        state.weights = trained.weights.clone();
        if let Some(threshold) = trained.threshold {
            (state.control.threshold, state.control.threshold_seen) = (threshold, 1.0);
        }
        let control = state.control;
        run.restore(state)?;
        let metrics = block_on(run.frame())?.metrics;
        let mut values = report::scalars(&metrics, world.has_truth());
        values.insert("threshold".into(), run.config().scoring.threshold.into());
        if let Some(path) = &self.latents {
            files::save(path, &latents(&trained, run.config(), &world, control))?;
        }
        if self.json { say(Value::Object(values)) } else { say(report::table(&values)) }
    }

    /// What to score on, and the model's config with it.
    fn world(&self, trained: &Trained) -> Outcome<(Config, World)> {
        let mut value = serde_json::to_value(&trained.config).expect("a config is plain data");
        if let Some(path) = &self.world {
            let (other, mut world) = world::read(path)?;
            if let Some(other) = other {
                let other = serde_json::to_value(other).expect("a config is plain data");
                for part in ["source", "bench", "activations"] {
                    value[part] = other[part].clone();
                }
            }
            let mut config: Config = serde_json::from_value(value).expect("put together from configs");
            config.scoring.hold_out = config.scoring.hold_out.min(world.n_features as u32);
            treat(&mut world, trained);
            return Ok((config, world));
        }
        let bytes = self.data.load(&mut value)?;
        let mut config = Config::from_value(value)?;
        let own = config.model.scale_data;
        config.model.scale_data = false;
        let mut world = World::new(&config, bytes.as_deref())?;
        config.model.scale_data = own;
        treat(&mut world, trained);
        Ok((config, world))
    }
}

/// Scales a world as the model's own was when it was trained.
fn treat(world: &mut World, trained: &Trained) {
    if let (Some(factors), None) = (&trained.factors, &world.factors) {
        scale::scale_by(world, factors.clone());
    }
}

/// Codes and reconstructions at inference, in the data's own units, by the reference.
fn latents(t: &Trained, config: &Config, world: &World, control: Control) -> Vec<u8> {
    let batch = match &world.samples {
        Samples::Rows(rows) => Batch::Rows((0..rows.n_rows as u32).collect()),
        Samples::Bench(_) => world.evaluation_batch(config.seed, config.scoring.rows as usize),
    };
    let reference = Reference {
        shape: t.shape,
        model: &t.config.model,
        anchors_in: &[],
        anchors_out: &[],
        dead: vec![],
        control,
        training: false,
    };
    let (weights, mut hyper) = (t.weights.to_f64(), Hyper::new(config, t.step));
    hyper.n_anchors = 0;
    let (mut codes, mut outputs) = (vec![], vec![]);
    for part in batch.parts(256) {
        let (input, target) = world.expand(&part);
        let pass = reference.forward(&weights, &input, &target, &hyper);
        codes.extend(pass.latents.iter().map(|f| *f as f32));
        outputs.extend(pass.residuals().iter().zip(&target).map(|(residual, x)| (residual + f64::from(*x)) as f32));
    }
    let width = t.shape.n_target;
    for row in outputs.chunks_exact_mut(width) {
        for (j, x) in row.iter_mut().enumerate() {
            let scale = world.factors.as_ref().map_or(1.0, |f| f.target[j / t.shape.source_width()]);
            *x = *x / scale + world.means.as_ref().map_or(0.0, |m| m.target[j]);
        }
    }
    let mut file = Writer::default();
    file.floats("latents", &[batch.n_rows(), t.shape.n_latent], &codes);
    file.floats("reconstruction", &[batch.n_rows(), width], &outputs);
    if config.source == Source::Bench {
        // A bench's rows are in no other file; they are written as they were before any scaling.
        let (mut input, _) = world.expand(&batch);
        let part = world.n_input / world.n_sources;
        for (j, x) in input.iter_mut().enumerate() {
            *x /= world.factors.as_ref().map_or(1.0, |f| f.input[j % world.n_input / part]);
        }
        file.floats("input", &[batch.n_rows(), world.n_input], &input);
    }
    file.finish()
}
