//! `sdl train`: a run into a folder, with its metrics, its checkpoint and its weights; and going on with one.
//!
//! The folder holds `config.json`, `run.json` (what the command line said beside the config), `metrics.jsonl`,
//! `checkpoint.bin` and in the end `weights.safetensors`. Everything but the log is written whole or not at all; the
//! log is cut back to the checkpoint when a run goes on, so that a killed run and one that was not leave the same files.

use super::data::{Data, fingerprint};
use super::failure::{Failure, Outcome};
use super::log::Log;
use super::settings::{Settings, to_json};
use super::weights::Trained;
use super::{checkpoint, files, report, say, weights};
use crate::config::Config;
use crate::metrics::Effort;
use crate::run::{BackendKind, Event, Order, Run, Stopped};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pollster::block_on;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Train a model: `sdl train [CONFIG] --out DIR`, or go on with one: `sdl train --resume DIR`
#[derive(Args)]
pub struct Train {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    data: Data,
    /// Start from these weights (safetensors, named and shaped as the final ones)
    #[arg(long, value_name = "FILE")]
    init: Option<PathBuf>,
    /// How rows become batches; sequential: batch t is rows tB…(t+1)B, wrapping
    #[arg(long, value_enum, default_value = "shuffled")]
    order: RowOrder,
    /// auto times both and takes the faster; only the CPU repeats a run bit for bit
    #[arg(long, value_enum, default_value = "auto")]
    backend: Backend,
    /// Folder for all that the run writes
    #[arg(long, value_name = "DIR", required_unless_present = "resume")]
    out: Option<PathBuf>,
    /// Go on with the run in this folder from its last checkpoint
    #[arg(long, value_name = "DIR", conflicts_with_all = ["config", "run", "set", "files", "init", "out",
        "order", "backend", "log_every", "checkpoint_every"])]
    resume: Option<PathBuf>,
    /// Steps between lines of metrics.jsonl (step, samples, the loss of the step's batch before its update, metrics
    /// after it)
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    log_every: u64,
    /// Steps between checkpoints
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    checkpoint_every: u64,
    /// The final metrics as JSON
    #[arg(long)]
    json: bool,
    /// No progress, no notes, no final metrics
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RowOrder {
    Sequential,
    Shuffled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Backend {
    Auto,
    Cpu,
    Gpu,
}

/// `run.json`: all that a run depends on beside its config.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    data: Data,
    /// Tells whether the data are still the same.
    fingerprint: Option<String>,
    init: Option<PathBuf>,
    order: RowOrder,
    backend: Backend,
    log_every: u64,
    checkpoint_every: u64,
}

const CONFIG: &str = "config.json";
const PLAN: &str = "run.json";
const METRICS: &str = "metrics.jsonl";
const WEIGHTS: &str = "weights.safetensors";
/// Steps are taken in pieces of about this length, between which progress is shown.
const PIECE: Duration = Duration::from_millis(200);

impl Train {
    pub fn run(&self) -> Outcome {
        let (folder, plan, mut run) = match (&self.resume, &self.out) {
            (Some(folder), _) => self.resumed(folder)?,
            (None, Some(folder)) => self.begun(folder)?,
            (None, None) => return Err(Failure::bad("--out", "absent", "the folder for all that the run writes")),
        };
        // Held while this program lives: two writers would ruin each other's files.
        let lock = File::open(folder.join(PLAN)).map_err(|e| Failure::writing(&folder.join(PLAN), &e))?;
        if lock.try_lock().is_err() {
            return Err(Failure::bad(folder.display(), "in use", "left to the other `sdl train` that writes to it"));
        }
        if !checkpoint::restore(&folder, &mut run)? {
            if let Some(path) = &plan.init {
                let weights = weights::read(path, run.config(), run.shape())?;
                block_on(run.set_weights(weights))?;
            }
            checkpoint::save(&folder, &mut run)?;
        }
        choose_backend(&mut run, plan.backend)?;
        if !self.quiet {
            let info = run.info();
            let kind = if info.kind == BackendKind::Cpu { "CPU" } else { "GPU" };
            eprintln!("{kind}: {} ({}); from step {}", info.adapter, info.reason, run.step());
        }
        let mut course = Course { folder: &folder, plan: &plan, bar: self.bar(&run), last: None, kept: run.step() };
        course.go(&mut run).map_err(|failure| course.explained(failure))?;
        course.bar.finish_and_clear();
        let Some(last) = course.last.take() else { return self.say_nothing_left(&folder, &run) };
        match (self.json, self.quiet) {
            (true, _) => say(last),
            (false, true) => Ok(()),
            (false, false) => say(report::table(last.as_object().expect("a line is an object"))),
        }
    }

    /// A new run in a new folder.
    fn begun(&self, folder: &Path) -> Outcome<(PathBuf, Plan, Run)> {
        if folder.join(PLAN).exists() {
            let way = format!("go on with it (sdl train --resume {0}) or name another", folder.display());
            return Err(Failure::Bad(format!("--out {}: there is a run in this folder: {way}", folder.display())));
        }
        let mut value = self.settings.value()?;
        let bytes = self.data.load(&mut value)?;
        let config = Config::from_value(value)?;
        if self.order == RowOrder::Sequential && bytes.is_none() {
            return Err(Failure::bad("--order", "sequential", "shuffled without --data: a bench has no rows"));
        }
        let run = self.make(config.clone(), bytes.as_deref(), self.order)?;
        if let Some(path) = &self.init {
            // Read once more when it is used: here only to refuse it before anything is written.
            weights::read(path, &config, run.shape())?;
        }
        let plan = Plan {
            data: self.data.absolute(),
            fingerprint: bytes.as_deref().map(fingerprint),
            init: self.init.as_ref().map(|p| std::path::absolute(p).unwrap_or_else(|_| p.clone())),
            order: self.order,
            backend: self.backend,
            log_every: self.log_every,
            checkpoint_every: self.checkpoint_every,
        };
        files::make_folder(folder)?;
        files::save(&folder.join(CONFIG), to_json(&config).as_bytes())?;
        let json = serde_json::to_string_pretty(&plan).expect("plain data") + "\n";
        files::save(&folder.join(PLAN), json.as_bytes())?;
        Ok((folder.to_owned(), plan, run))
    }

    /// The run that a folder holds.
    fn resumed(&self, folder: &Path) -> Outcome<(PathBuf, Plan, Run)> {
        let path = folder.join(PLAN);
        if !path.exists() {
            let expected = "a folder that `sdl train --out` has begun a run in";
            return Err(Failure::bad("--resume", folder.display(), expected));
        }
        let plan: Plan = serde_json::from_str(&files::read_text(&path)?)
            .map_err(|e| Failure::in_file(&path, format!("is not a run's plan ({e})")))?;
        let path = folder.join(CONFIG);
        let mut value: Value = serde_json::from_str(&files::read_text(&path)?)
            .map_err(|e| Failure::in_file(&path, format!("is not JSON ({e})")))?;
        let bytes = plan.data.load(&mut value)?;
        if bytes.as_deref().map(fingerprint) != plan.fingerprint {
            let files: Vec<_> = plan.data.files.iter().map(|f| f.display().to_string()).collect();
            return Err(Failure::bad(files.join(", "), "not what the run began with", "the same data, unchanged"));
        }
        let config = Config::from_value(value).map_err(|e| Failure::in_file(&path, e))?;
        let run = self.make(config, bytes.as_deref(), plan.order)?;
        Ok((folder.to_owned(), plan, run))
    }

    fn make(&self, config: Config, bytes: Option<&[u8]>, order: RowOrder) -> Outcome<Run> {
        let mut run = Run::new(config, bytes)?;
        run.set_effort(Effort::Complete);
        if order == RowOrder::Sequential {
            run.set_order(Order::Sequential);
        }
        if !self.quiet && bytes.is_none() {
            eprintln!("{}", run.world().report.statement);
        }
        Ok(run)
    }

    fn bar(&self, run: &Run) -> ProgressBar {
        let target = if self.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(run.config().training.steps.into()), target);
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} steps  {per_sec}  {eta} left  {msg}");
        bar.set_style(style.expect("the template is fixed"));
        bar.set_position(run.step());
        bar.reset_eta();
        bar
    }

    fn say_nothing_left(&self, folder: &Path, run: &Run) -> Outcome {
        if !self.quiet {
            eprintln!("{}: finished before, at step {}", folder.display(), run.step());
        }
        Ok(())
    }
}

fn choose_backend(run: &mut Run, asked: Backend) -> Outcome {
    match asked {
        Backend::Cpu => Ok(()),
        Backend::Auto => {
            block_on(run.use_faster_backend(milliseconds));
            Ok(())
        }
        Backend::Gpu => block_on(run.use_backend(BackendKind::WebGpu, "asked for"))
            .map_err(|why| Failure::Failed(format!("--backend gpu: {why} (--backend auto goes on without a GPU)"))),
    }
}

fn milliseconds() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1e3
}

/// The way through a run: steps, log lines, checkpoints, weights.
struct Course<'a> {
    folder: &'a Path,
    plan: &'a Plan,
    bar: ProgressBar,
    /// The last line of metrics.
    last: Option<Value>,
    /// The step of the checkpoint on the disk.
    kept: u64,
}

impl Course<'_> {
    /// To the end of the run, on the CPU once the GPU is lost.
    fn go(&mut self, run: &mut Run) -> Outcome {
        self.go_to(run, u64::from(run.config().training.steps))?;
        if self.last.is_some() || !self.folder.join(WEIGHTS).exists() {
            files::save(&self.folder.join(WEIGHTS), &trained(run)?.to_bytes())?;
        }
        Ok(())
    }

    fn go_to(&mut self, run: &mut Run, end: u64) -> Outcome {
        loop {
            // Cut back to where the run is: at its start, or at the checkpoint that it fell back to.
            let mut log = Log::up_to(&self.folder.join(METRICS), run.step())?;
            match self.leg(run, &mut log, end) {
                Err(Failure::Lost(why)) if run.info().kind == BackendKind::WebGpu => {
                    block_on(run.use_backend(BackendKind::Cpu, "the device was lost")).map_err(Failure::Failed)?;
                    self.bar.println(format!("{why}: on the CPU from step {}", run.step()));
                }
                outcome => return outcome,
            }
        }
    }

    /// As far as one backend goes.
    fn leg(&mut self, run: &mut Run, log: &mut Log, end: u64) -> Outcome {
        if run.step() == 0 && log.is_empty() {
            self.log(run, log)?;
        }
        let mut pace = 1;
        while run.step() < end {
            let next = |every: u64| (run.step() / every + 1) * every;
            let halt = end.min(next(self.plan.log_every)).min(next(self.plan.checkpoint_every));
            let (start, steps) = (Instant::now(), pace.min(halt - run.step()));
            match block_on(run.advance(steps)) {
                Stopped::No | Stopped::Finished => {}
                Stopped::Diverged => return Err(self.diverged(run)?),
                Stopped::DeviceLost => return Err(Failure::Lost("the GPU device was lost".into())),
            }
            pace = paced(steps, start.elapsed());
            self.bar.set_position(run.step());
            if run.step().is_multiple_of(self.plan.log_every) || run.step() == end {
                self.log(run, log)?;
            }
            if run.step().is_multiple_of(self.plan.checkpoint_every) || run.step() == end {
                log.sync()?;
                checkpoint::save(self.folder, run)?;
                self.kept = run.step();
            }
        }
        Ok(())
    }

    fn log(&mut self, run: &mut Run, log: &mut Log) -> Outcome {
        let frame = block_on(run.frame())?;
        let loss = frame.losses.last().filter(|(step, _)| step + 1 == frame.step).map(|(_, loss)| loss);
        let mut line = report::scalars(&frame.metrics, run.world().has_truth());
        line.insert("step".into(), frame.step.into());
        line.insert("samples".into(), frame.samples.into());
        line.insert("batch_loss".into(), json!(loss));
        for event in &frame.events {
            if let Event::Resampled { step, latents, .. } = event {
                self.bar.println(format!("step {step}: {} dead latents re-aimed", latents.len()));
            }
        }
        self.bar.set_message(format!("loss {:.4}  EV {:.3}", frame.metrics.loss, frame.metrics.explained_variance));
        let line = Value::Object(line);
        log.add(&line)?;
        self.last = Some(line);
        Ok(())
    }

    fn diverged(&self, run: &mut Run) -> Outcome<Failure> {
        let events = block_on(run.frame())?.events;
        let found = events.into_iter().find_map(|event| match event {
            Event::Diverged { step, loss, cause, remedy } => Some((step, loss, cause, remedy)),
            _ => None,
        });
        let Some((step, loss, cause, remedy)) = found else {
            return Ok(Failure::Failed("the run diverged".into()));
        };
        let set = format!("--set {}={}", remedy.field, remedy.value);
        Ok(Failure::Failed(format!("diverged at step {step} (loss {loss}): {cause} {} ({set})", remedy.text)))
    }

    /// What is left when a run fails on its way.
    fn explained(&self, failure: Failure) -> Failure {
        self.bar.abandon();
        match failure {
            Failure::Failed(text) | Failure::Lost(text) if !text.starts_with("diverged") => Failure::Failed(format!(
                "{text}. The checkpoint of step {} is whole: sdl train --resume {} goes on from it",
                self.kept,
                self.folder.display()
            )),
            other => other,
        }
    }
}

/// Steps for the next piece, from how long the last ones took.
fn paced(steps: u64, took: Duration) -> u64 {
    let share = PIECE.as_secs_f64() / took.as_secs_f64().max(1e-6);
    ((steps as f64 * share) as u64).clamp(1, steps * 4)
}

fn trained(run: &mut Run) -> Outcome<Trained> {
    let state = block_on(run.checkpoint())?.clone();
    Ok(Trained {
        config: run.config().clone(),
        shape: run.shape(),
        weights: state.weights,
        threshold: (state.control.threshold_seen > 0.0).then_some(state.control.threshold),
        factors: run.world().factors.clone(),
        means: run.world().means.clone(),
        step: state.step,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Needs a GPU (lavapipe will do): skipped loudly without one, a failure under `REQUIRE_GPU=1`.
    #[test]
    fn a_lost_device_costs_the_steps_since_the_checkpoint_and_no_line() {
        let folder = std::env::temp_dir().join(format!("sdl-lost-device-{}", std::process::id()));
        files::make_folder(&folder).expect("a folder for tests");
        let mut config = Config::default();
        config.training.steps = 50;
        let mut run = Run::new(config, None).expect("a good config");
        if let Err(why) = choose_backend(&mut run, Backend::Gpu) {
            assert!(std::env::var("REQUIRE_GPU").as_deref() != Ok("1"), "REQUIRE_GPU=1, but: {why}");
            eprintln!("SKIPPED, NO GPU: {why}");
            return;
        }
        let data = Data::default();
        let (order, backend) = (RowOrder::Shuffled, Backend::Gpu);
        let (log_every, checkpoint_every) = (5, 20);
        let plan = Plan { data, fingerprint: None, init: None, order, backend, log_every, checkpoint_every };
        let bar = ProgressBar::hidden();
        let mut course = Course { folder: &folder, plan: &plan, bar, last: None, kept: 0 };
        // The end of a leg has a checkpoint; the device is lost after it and 13 steps more.
        course.go_to(&mut run, 20).expect("the device is there");
        block_on(run.advance(13));
        run.lose_device();
        course.go(&mut run).expect("the CPU is always there");
        assert_eq!((run.step(), run.info().kind), (50, BackendKind::Cpu));
        let text = std::fs::read_to_string(folder.join(METRICS)).expect("a log");
        let step = |line: &str| serde_json::from_str::<Value>(line).expect("whole lines")["step"].as_u64();
        let steps: Vec<u64> = text.lines().filter_map(step).collect();
        assert_eq!(steps, (0..=10).map(|i| 5 * i).collect::<Vec<_>>());
        let _ = std::fs::remove_dir_all(&folder);
    }
}
