//! `sdl world`: a bench instance as a file, for other programs and for `sdl eval`.
//!
//! `directions_in` [n_features, n_input] and `directions_out` (unit rows), `features` [rows, n_features] (the true
//! activations), `parent` [n_features] where there are families (−1: none), and the samples made of them: `embedding`
//! [rows, n_input] of an autoencoder, `input` and `target` of a transcoder, `source_00` … of a crosscoder. `sdl train
//! --data` takes the file, too (a crosscoder with --tensor).

use super::failure::{Failure, Outcome};
use super::files;
use super::formats::safetensors::{Writer, floats};
use super::settings::Settings;
use super::weights::PROGRAM;
use crate::bench::{Batch, Rows, Samples, Tensors, World as Truth, directions};
use crate::config::{Config, Source, Task};
use crate::rng::{Purpose, Stream};
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Write a bench instance (true directions, true activations, samples) as safetensors
#[derive(Args)]
pub struct World {
    #[command(flatten)]
    settings: Settings,
    /// Samples
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..))]
    rows: u32,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// No notes
    #[arg(long, short)]
    quiet: bool,
}

/// Refused before they are made.
const MOST_BYTES: usize = 8 << 30;

impl World {
    pub fn run(&self) -> Outcome {
        let config = Config::from_value(self.settings.value()?)?;
        if config.source != Source::Bench {
            return Err(Failure::bad("source", "activations", "bench: data sets have files already"));
        }
        let n_rows = self.rows as usize;
        let (p, r) = config.bench_widths();
        let needed = 4 * n_rows * (config.bench.n_features as usize + p as usize + r as usize);
        if needed > MOST_BYTES {
            let value = format!("{n_rows} ({:.1} GiB of samples)", needed as f64 / f64::from(1 << 30));
            return Err(Failure::bad("--rows", value, "small enough for 8 GiB"));
        }
        let world = Truth::new(&config, None)?;
        if !self.quiet {
            eprintln!("{}", world.report.statement);
        }
        let batch = world.draw(&mut Stream::new(config.seed, Purpose::Evaluation, 0), n_rows);
        files::save(&self.out, &to_bytes(&config, &world, &batch))
    }
}

fn to_bytes(config: &Config, world: &Truth, batch: &Batch) -> Vec<u8> {
    let (n, n_rows) = (world.n_features, batch.n_rows());
    let (input, target) = world.expand(batch);
    let mut features = vec![0.0f32; n_rows * n];
    if let Batch::Sparse(s) = batch {
        for b in 0..n_rows {
            for e in s.row_start[b] as usize..s.row_start[b + 1] as usize {
                features[b * n + s.feature[e] as usize] = s.value[e];
            }
        }
    }
    let mut file = Writer::default();
    file.floats("directions_in", &[n, world.n_input], &world.directions_in);
    file.floats("directions_out", &[n, world.n_target], &world.directions_out);
    file.floats("features", &[n_rows, n], &features);
    match config.model.task {
        Task::Autoencoder => file.floats("embedding", &[n_rows, world.n_input], &input),
        Task::Transcoder => {
            file.floats("input", &[n_rows, world.n_input], &input);
            file.floats("target", &[n_rows, world.n_target], &target);
        }
        Task::Crosscoder => {
            let width = world.n_input / world.n_sources;
            for s in 0..world.n_sources {
                let part = input.chunks_exact(world.n_input).flat_map(|row| &row[s * width..][..width]);
                let part: Vec<f32> = part.copied().collect();
                file.floats(&format!("source_{s:02}"), &[n_rows, width], &part);
            }
        }
    }
    if let Some(families) = world.families() {
        let mut parent = vec![-1i32; n];
        for p in 0..families.n_parents {
            parent[families.children(p)].fill(p as i32);
        }
        file.bytes("parent", "I32", &[n], bytemuck::cast_slice(&parent));
    }
    file.note("program", PROGRAM);
    file.note("report", world.report.statement.clone());
    file.note("config", serde_json::to_string(config).expect("a config is plain data"));
    file.finish()
}

/// The world in a file: of its config, where it has one, with the file's own directions; or of its tensors alone,
/// `directions` (or `directions_in` and `directions_out`) and samples.
pub fn read(path: &Path) -> Outcome<(Option<Config>, Truth)> {
    let bytes = files::read(path)?;
    let file = Tensors::read(&bytes).map_err(|e| Failure::in_file(path, e))?;
    let matrix = |names: &[&str]| -> Outcome<(usize, usize, Vec<f32>)> {
        let name = names.iter().find(|name| file.tensor(name).is_some()).unwrap_or(&names[0]);
        let shape =
            file.tensor(name).transpose().map_err(|e| Failure::in_file(path, e))?.map_or(vec![0, 0], |t| t.shape);
        let [rows, width] = shape[..] else {
            return Err(Failure::in_file(path, format!("{name} is of shape {shape:?}: it must be a matrix")));
        };
        Ok((rows, width, floats(&file, path, name, &[rows, width], "rows, width")?))
    };
    let (n, p, directions_in) = matrix(&["directions_in", "directions"])?;
    let (n_out, r, directions_out) = matrix(&["directions_out", "directions_in", "directions"])?;
    if n_out != n || n == 0 || p == 0 || r == 0 {
        let what = format!("directions_out are {n_out}, directions_in {n}: they must be as many, and some");
        return Err(Failure::in_file(path, what));
    }
    let unit = |mut rows: Vec<f32>, width: usize| {
        directions::normalise_rows(&mut rows, width);
        rows
    };
    if let Some(text) = file.metadata("config") {
        let config = Config::from_json(text).map_err(|e| Failure::in_file(path, format!("its config: {e}")))?;
        let mut world = Truth::new(&config, None)?;
        if (world.n_features, world.n_input, world.n_target) != (n, p, r) {
            return Err(Failure::in_file(path, "its directions are of other sizes than its config says"));
        }
        (world.directions_in, world.directions_out) = (directions_in, directions_out);
        return Ok((Some(config), world));
    }
    let (n_rows, width, values) = matrix(&["embedding", "input"])?;
    let targets = file.tensor("target").is_some().then(|| matrix(&["target"])).transpose()?;
    let width_out = targets.as_ref().map_or(width, |t| t.1);
    if width != p || width_out != r || targets.as_ref().is_some_and(|t| t.0 != n_rows) || n_rows == 0 {
        let what = format!("its samples are {n_rows}×{width} to {width_out}, its directions of {p} and {r}");
        return Err(Failure::in_file(path, format!("{what}: they must be of the same widths, with rows")));
    }
    let samples = Rows {
        n_rows,
        width,
        values: Arc::new(values),
        targets: targets.map(|t| Arc::new(t.2)),
        labels: Arc::new(vec![0; n_rows]),
        label_names: (0..n).map(|d| d.to_string()).collect(),
    };
    let directions_in = unit(directions_in, p);
    let report = directions::report_of(&directions_in, p, format!("{n} directions of {}.", path.display()));
    let world = Truth {
        n_features: n,
        n_input: p,
        n_target: r,
        n_sources: 1,
        directions_out: unit(directions_out, r),
        directions_in,
        basis: None,
        factors: None,
        means: None,
        report,
        samples: Samples::Rows(samples),
    };
    Ok((None, world))
}
