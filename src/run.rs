//! A run: one model learning one world, stepped, read, changed and resumed.
//!
//! Owns the config, the backend and everything that happens on a schedule. The page, the command line and the tests
//! drive runs through this; nothing here knows a page.

mod anneal;
mod backends;
mod divergence;
#[cfg(feature = "theory")]
mod labels;
mod order;
mod pack;
mod resample;
mod snapshot;

use crate::bench::{Batch, SparseBatch, World};
use crate::config::{Algorithm, Config, ConfigError, Treatment};
use crate::metrics::{Density, Effort, Metrics, Reading, Scorer};
use crate::model::{Hyper, Shape, Weights};
use crate::rng::{Purpose, Stream};
use crate::train::{AnyBackend, Backend, DeviceLost, Needs, Problem, State};
pub use backends::{BackendInfo, BackendKind};
pub use divergence::Remedy;
pub use order::Order;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Steps handed to a backend at once; bounds the batches that exist at a time.
const CHUNK: u64 = 32;

pub struct Run {
    config: Config,
    world: Arc<World>,
    problem: Problem,
    backend: AnyBackend,
    info: BackendInfo,
    step: u64,
    samples: u64,
    order: Order,
    /// Losses not yet handed out, and the steps they were read before.
    losses: Vec<(u64, f32)>,
    /// The loss of the first batch that has one, which divergence is measured against.
    start_loss: Option<f32>,
    stopped: Stopped,
    events: Vec<Event>,
    /// Where a lost device's run goes on from.
    checkpoint: State,
    evaluation: Batch,
    alone: Batch,
    scorer: Scorer,
    density: Density,
    /// What p-annealing has multiplied λ by.
    l1_scale: f32,
    /// A live change outgrew what the backend was made for; it is made anew before it is used again.
    outgrown: bool,
}

/// Why a run does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stopped {
    No,
    Finished,
    Diverged,
    DeviceLost,
}

/// What happened beside plain steps; `step` is the number of steps finished then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    Resampled {
        step: u64,
        latents: Vec<u32>,
        on_demand: bool,
    },
    Changed {
        step: u64,
        field: String,
        value: String,
    },
    Diverged {
        step: u64,
        #[serde(with = "pack::bits")]
        loss: f32,
        cause: String,
        remedy: Remedy,
    },
    FellBack {
        step: u64,
        reason: String,
    },
    Finished {
        step: u64,
    },
}

/// All that a reader sees of a run at one moment.
pub struct Frame {
    pub step: u64,
    pub samples: u64,
    /// (steps finished before it, batch loss) since the last frame.
    pub losses: Vec<(u64, f32)>,
    pub weights: Weights,
    pub metrics: Metrics,
    pub events: Vec<Event>,
}

impl Run {
    /// Checks the config, makes the world and starts on the CPU. `file`: the data's bytes where the source is a file.
    pub fn new(config: Config, file: Option<&[u8]>) -> Result<Self, ConfigError> {
        config.check()?;
        let algorithm = config.training.algorithm;
        if algorithm != Algorithm::Adam && !cfg!(feature = "classical") {
            let value = format!("{algorithm:?}");
            return Err(ConfigError::new("training.algorithm", value, "adam in this build of the engine"));
        }
        let world = Arc::new(World::new(&config, file)?);
        Ok(Self::of_world(config, world))
    }

    /// A run in a world made before (from the same config).
    pub fn of_world(config: Config, world: Arc<World>) -> Self {
        let state = State::start(&config, &Problem::new(&config, world.clone()));
        Self::of_state(config, world, state)
    }

    fn of_state(config: Config, world: Arc<World>, state: State) -> Self {
        let problem = Problem::new(&config, world.clone());
        let evaluation = world.evaluation_batch(config.seed, config.scoring.rows as usize);
        Self {
            scorer: Scorer::new(&world, &evaluation, config.world_seed()),
            backend: AnyBackend::on_host(problem.clone(), state.clone()),
            info: BackendInfo::at_start(config.training.algorithm),
            alone: Batch::Sparse(SparseBatch::alone(world.n_features)),
            evaluation,
            problem,
            world,
            step: state.step,
            samples: state.samples,
            order: Order::default(),
            losses: vec![],
            start_loss: None,
            stopped: Stopped::No,
            events: vec![],
            checkpoint: state,
            density: Density::default(),
            l1_scale: 1.0,
            outgrown: false,
            config,
        }
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn world(&self) -> &World {
        &self.world
    }

    /// The world, for whoever needs it longer than the run lives.
    pub fn shared_world(&self) -> Arc<World> {
        self.world.clone()
    }

    pub fn shape(&self) -> Shape {
        self.problem.shape
    }

    pub fn step(&self) -> u64 {
        self.step
    }

    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// How far frames' metrics go from now on.
    pub fn set_effort(&mut self, effort: Effort) {
        self.scorer.effort = effort;
    }

    pub fn info(&self) -> &BackendInfo {
        &self.info
    }

    /// Trains `steps` steps, or until something stops the run. A lost device is an answer, not an error:
    /// [`Self::use_backend`] goes on from the last checkpoint on the CPU.
    pub async fn advance(&mut self, steps: u64) -> Stopped {
        match self.try_advance(steps).await {
            Ok(()) => {}
            Err(DeviceLost(_)) => self.stopped = Stopped::DeviceLost,
        }
        self.stopped
    }

    async fn try_advance(&mut self, steps: u64) -> Result<(), DeviceLost> {
        self.refit().await?;
        let goal = self.step + steps;
        if self.step == 0 && self.l1_scale == 1.0 && self.p_falls() {
            self.rescale_l1().await?;
        }
        while self.stopped == Stopped::No && self.step < goal {
            let end = goal.min(self.next_halt());
            let mut first = self.step;
            while self.stopped == Stopped::No && self.step < end {
                let count = CHUNK.min(end - self.step);
                let range = self.step..self.step + count;
                let n_rows = self.config.training.batch as usize;
                let batches: Vec<Batch> = range.clone().map(|t| self.batch(t)).collect();
                let hyper: Vec<Hyper> = range.map(|t| self.hyper(t)).collect();
                self.backend.train(&batches, &hyper)?;
                self.step += count;
                self.samples += count * n_rows as u64;
                // Reading costs nothing on the CPU and a wait on a GPU: there divergence is seen at the halt.
                if self.step == end || self.info.kind == BackendKind::Cpu {
                    let losses = self.backend.losses().await?;
                    self.record(first, &losses);
                    first = self.step;
                }
            }
            if self.stopped == Stopped::No && self.resampling_is_due() {
                self.resample_dead(false).await?;
            }
            if self.stopped == Stopped::No && self.p_falls() {
                self.rescale_l1().await?;
            }
            if self.stopped == Stopped::No && self.step >= u64::from(self.config.training.steps) {
                self.stopped = Stopped::Finished;
                self.events.push(Event::Finished { step: self.step });
            }
        }
        Ok(())
    }

    /// The next step at which something other than a step happens.
    fn next_halt(&self) -> u64 {
        let (dead, end) = (&self.config.dead, u64::from(self.config.training.steps));
        let every = u64::from(dead.resample_every);
        let resampling = (self.step / every.max(1) + 1) * every;
        let halt = match dead.treatment {
            Treatment::Resample if resampling <= u64::from(dead.resample_until) => end.min(resampling),
            _ => end,
        };
        self.next_fall_of_p().map_or(halt, |fall| halt.min(fall)).max(self.step + 1)
    }

    /// The numbers of the step after `step` finished ones.
    fn hyper(&self, step: u64) -> Hyper {
        let hyper = Hyper::new(&self.config, step);
        Hyper { l1: hyper.l1 * self.l1_scale, ..hyper }
    }

    fn resampling_is_due(&self) -> bool {
        let dead = &self.config.dead;
        dead.treatment == Treatment::Resample
            && self.step <= u64::from(dead.resample_until)
            && self.step.is_multiple_of(u64::from(dead.resample_every))
    }

    fn record(&mut self, first: u64, losses: &[f32]) {
        for (step, &loss) in (first..).zip(losses) {
            // A batch of silence says nothing about the size of losses.
            self.start_loss = self.start_loss.filter(|start| *start != 0.0).or(Some(loss));
            if divergence::diverged(loss, self.start_loss.unwrap_or_default()) {
                let (cause, remedy) = divergence::explain(&self.config, step);
                self.stopped = Stopped::Diverged;
                self.events.push(Event::Diverged { step, loss, cause, remedy });
                return;
            }
            self.losses.push((step, loss));
        }
    }

    /// Reads weights and metrics, and hands out what was recorded since the last frame.
    pub async fn frame(&mut self) -> Result<Frame, DeviceLost> {
        self.refit().await?;
        let hyper = self.hyper(self.step);
        let weights = self.backend.weights().await?;
        let with_pattern = self.scorer.needs_pattern(&self.world, self.problem.shape);
        let evaluation = self.backend.evaluate(&self.evaluation, &hyper, with_pattern).await?;
        let alone = self.backend.evaluate(&self.alone, &hyper, true).await?;
        let matches = self.backend.matches().await?;
        let (since_fired, fire_count) = self.backend.firing().await?;
        let density = self.density.read(self.samples, &fire_count, self.config.dead.window);
        let reading = Reading {
            step: self.step,
            weights: &weights,
            evaluation: &evaluation,
            alone: &alone,
            matches,
            since_fired,
            density,
        };
        let metrics = self.scorer.score(&self.config, &self.world, self.problem.shape, reading);
        Ok(Frame {
            step: self.step,
            samples: self.samples,
            losses: std::mem::take(&mut self.losses),
            weights,
            metrics,
            events: std::mem::take(&mut self.events),
        })
    }

    /// Takes over a config whose live fields differ; refuses one that would need another world or model.
    pub fn configure(&mut self, config: Config) -> Result<(), ConfigError> {
        config.check()?;
        let live = |c: &Config| Config {
            loss: c.loss.clone(),
            anchors: c.anchors.clone(),
            dead: c.dead.clone(),
            training: crate::config::Training {
                batch: self.config.training.batch,
                algorithm: self.config.training.algorithm,
                non_negative: self.config.training.non_negative,
                ..c.training.clone()
            },
            scoring: crate::config::Scoring { rows: self.config.scoring.rows, ..c.scoring.clone() },
            model: crate::config::Model { k: c.model.k, ..self.config.model.clone() },
            ..self.config.clone()
        };
        let wanted = live(&config);
        if let Some((field, value)) = differences(&wanted, &config).into_iter().next() {
            return Err(ConfigError::new(
                field,
                value,
                "left as it is while the run goes on (a restart takes it over)",
            ));
        }
        if config.anchors.count as usize > self.problem.anchors_in.len() / self.problem.shape.n_input {
            let most = self.problem.anchors_in.len() / self.problem.shape.n_input;
            return Err(ConfigError::new("anchors.count", config.anchors.count, format!("at most {most}")));
        }
        for (field, value) in differences(&self.config, &config) {
            self.events.push(Event::Changed { step: self.step, field, value });
        }
        let needs = Needs::new(&config);
        self.outgrown |= needs != self.problem.needs;
        self.problem.needs = needs;
        self.problem.model.k = config.model.k;
        self.config = config;
        // Longer training, or the cure of a divergence, sets a stopped run going again.
        if self.stopped == Stopped::Finished && self.step < u64::from(self.config.training.steps) {
            self.stopped = Stopped::No;
        }
        Ok(())
    }

    /// Re-aims dead latents now; answers which. None where the algorithm takes care of its unused atoms itself.
    pub async fn resample(&mut self) -> Result<Vec<u32>, DeviceLost> {
        match self.config.training.algorithm {
            Algorithm::Adam | Algorithm::Alternating => self.resample_dead(true).await,
            _ => Ok(vec![]),
        }
    }

    async fn resample_dead(&mut self, on_demand: bool) -> Result<Vec<u32>, DeviceLost> {
        self.refit().await?;
        let mut state = self.backend.state().await?;
        let dead = resample::dead(&self.config, &state);
        if !dead.is_empty() {
            let mut stream = Stream::new(self.config.seed, Purpose::Resample, self.step);
            let inputs = self.world.draw(&mut stream, self.config.dead.resample_inputs as usize);
            let hyper = self.hyper(self.step);
            let evaluation = self.backend.evaluate(&inputs, &hyper, false).await?;
            let loss: Vec<f32> = evaluation.sse.iter().zip(&evaluation.penalty).map(|(a, b)| a + b).collect();
            resample::resample(
                &self.config,
                &self.world,
                self.problem.shape,
                &mut state,
                &dead,
                &inputs,
                &loss,
                &mut stream,
            );
            self.backend.load(&state)?;
        }
        self.events.push(Event::Resampled { step: self.step, latents: dead.clone(), on_demand });
        Ok(dead)
    }

    /// Sets one latent's directions (an empty slice leaves that one) and clears its moments.
    ///
    /// # Errors
    /// Names a latent that is not there or a direction of the wrong length.
    pub async fn set_latent(&mut self, latent: usize, encoder: &[f32], decoder: &[f32]) -> Result<(), ConfigError> {
        let shape = self.problem.shape;
        if latent >= shape.n_latent {
            return Err(ConfigError::new("latent", latent, format!("below {}", shape.n_latent)));
        }
        for (field, part, width) in [("encoder", encoder, shape.n_input), ("decoder", decoder, shape.n_target)] {
            if !part.is_empty() && (part.len() != width || part.iter().any(|x| !x.is_finite())) {
                return Err(ConfigError::new(field, format!("{part:?}"), format!("{width} finite numbers, or none")));
            }
        }
        let lost = |e: DeviceLost| ConfigError::new("device", e, "there");
        let mut state = self.backend.state().await.map_err(lost)?;
        resample::set_latent(&mut state, shape, latent, encoder, decoder);
        self.backend.load(&state).map_err(lost)
    }

    /// The whole state, also kept as what a lost device's run goes on from.
    pub async fn checkpoint(&mut self) -> Result<&State, DeviceLost> {
        self.checkpoint = self.backend.state().await?;
        self.checkpoint.l1_scale = self.l1_scale;
        Ok(&self.checkpoint)
    }

    /// Goes back (or on) to a state of this run's shape.
    pub fn restore(&mut self, state: State) -> Result<(), DeviceLost> {
        self.backend.load(&state)?;
        self.take_position(&state);
        self.checkpoint = state;
        Ok(())
    }

    fn take_position(&mut self, state: &State) {
        (self.step, self.samples, self.l1_scale) = (state.step, state.samples, state.l1_scale);
        self.losses.retain(|(step, _)| *step < state.step);
        self.stopped =
            if state.step >= u64::from(self.config.training.steps) { Stopped::Finished } else { Stopped::No };
    }

    /// Rows of the data set that fire a latent most: (row, activation), falling. Empty for a bench.
    pub async fn top_rows(&mut self, latent: usize, count: usize) -> Result<Vec<(u32, f32)>, DeviceLost> {
        let hyper = self.hyper(self.step);
        #[cfg(feature = "classical")]
        if let AnyBackend::Classical(classical) = &self.backend {
            return Ok(classical.top_rows(&hyper, latent, count));
        }
        let state = self.backend.state().await?;
        Ok(crate::train::cpu::top_rows(&self.problem, state, &hyper, latent, count))
    }
}

/// Dotted fields whose values differ, with the new value.
fn differences(old: &Config, new: &Config) -> Vec<(String, String)> {
    fn walk(path: &str, old: &serde_json::Value, new: &serde_json::Value, out: &mut Vec<(String, String)>) {
        match (old, new) {
            (serde_json::Value::Object(a), serde_json::Value::Object(b)) => {
                for (key, value) in b {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    walk(&path, &a[key], value, out);
                }
            }
            _ if old == new => {}
            _ => out.push((path.to_owned(), new.to_string())),
        }
    }
    let json = |c: &Config| serde_json::to_value(c).expect("a config is plain data");
    let mut out = vec![];
    walk("", &json(old), &json(new), &mut out);
    out
}
