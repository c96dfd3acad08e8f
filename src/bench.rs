//! Worlds: where samples come from and what the truth about them is.
//!
//! A [`World`] holds the true feature directions and makes batches. The Linear Representation Bench (`directions`,
//! `firing`) knows its features; real activations (`rows`) take class means of their labels in their place.

mod copula;
pub mod directions;
mod families;
mod firing;
mod rows;
pub mod scale;
pub mod tasks;
mod tensors;

use crate::config::{Bench, Config, ConfigError, Source, Task};
use crate::rng::{Purpose, Stream};
pub use families::Families;
pub use rows::Rows;
pub use tensors::{Tensor, Tensors};

/// What samples are made of, and the truth that models are scored against.
#[derive(Clone, Debug)]
pub struct World {
    pub n_features: usize,
    pub n_input: usize,
    pub n_target: usize,
    /// Parts of equal width that input and target are made of; 1 unless the task is a crosscoder.
    pub n_sources: usize,
    /// [n_features, n_input]: unit rows w_p^d.
    pub directions_in: Vec<f32>,
    /// [n_features, n_target]: unit rows w_r^d.
    pub directions_out: Vec<f32>,
    /// What a feature of size 1 adds to input and target, where that is not its unit direction: with several sources,
    /// or scaled data.
    pub basis: Option<Basis>,
    /// What the data were multiplied by, if they were scaled.
    pub factors: Option<scale::Factors>,
    /// What was subtracted from the data before, if they were centred.
    pub means: Option<Means>,
    pub report: directions::Report,
    pub samples: Samples,
}

/// Mean rows of input and target.
#[derive(Clone, Debug)]
pub struct Means {
    pub input: Vec<f32>,
    pub target: Vec<f32>,
}

/// [n_features, n_input] and [n_features, n_target].
#[derive(Clone, Debug)]
pub struct Basis {
    pub input: Vec<f32>,
    pub target: Vec<f32>,
}

#[derive(Clone, Debug)]
pub enum Samples {
    /// Features with sparsity S whose sizes are shifted exponentials.
    Bench(firing::Firing),
    Rows(Rows),
}

/// Samples of one step. Bench samples stay sparse: backends expand them with the directions themselves.
#[derive(Clone, Debug, PartialEq)]
pub enum Batch {
    Sparse(SparseBatch),
    /// Indices of rows of the data set.
    Rows(Vec<u32>),
}

/// Feature activations x(s): sample b fires features `feature[row_start[b]..row_start[b + 1]]`, ascending.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseBatch {
    /// [rows + 1].
    pub row_start: Vec<u32>,
    pub feature: Vec<u32>,
    /// Positive.
    pub value: Vec<f32>,
}

impl Batch {
    pub fn n_rows(&self) -> usize {
        match self {
            Self::Sparse(s) => s.row_start.len() - 1,
            Self::Rows(r) => r.len(),
        }
    }

    /// The batch cut into parts of at most `size` rows, in order.
    pub fn parts(&self, size: usize) -> Vec<Self> {
        match self {
            Self::Rows(rows) => rows.chunks(size).map(|part| Self::Rows(part.to_vec())).collect(),
            Self::Sparse(s) => {
                let part = |first: usize| {
                    let rows = &s.row_start[first..=(first + size).min(self.n_rows())];
                    let entries = rows[0] as usize..rows[rows.len() - 1] as usize;
                    Self::Sparse(SparseBatch {
                        row_start: rows.iter().map(|r| r - rows[0]).collect(),
                        feature: s.feature[entries.clone()].to_vec(),
                        value: s.value[entries].to_vec(),
                    })
                };
                (0..self.n_rows()).step_by(size).map(part).collect()
            }
        }
    }
}

impl Samples {
    /// Samples of a bench whose directions stay as they are.
    pub fn of_bench(bench: &Bench, seed: u32) -> Self {
        Self::Bench(firing::Firing::new(bench, seed))
    }
}

impl SparseBatch {
    /// Every feature alone, with value 1: what L̃ and the activation patterns F_i are read from.
    pub fn alone(n_features: usize) -> Self {
        Self {
            row_start: (0..=n_features as u32).collect(),
            feature: (0..n_features as u32).collect(),
            value: vec![1.0; n_features],
        }
    }
}

impl World {
    /// Makes the world a config asks for. `file`: the safetensors bytes for [`Source::Activations`].
    pub fn new(config: &Config, file: Option<&[u8]>) -> Result<Self, ConfigError> {
        let mut world = match config.source {
            Source::Bench => tasks::bench(config),
            Source::Activations => rows::world(config, file)?,
        };
        if config.model.scale_data {
            scale::scale(&mut world, config.seed);
        }
        Ok(world)
    }

    /// The bench's world of directions that have been found before, and the report on them.
    pub fn of_directions(
        config: &Config,
        directions_in: Vec<f32>,
        directions_out: Vec<f32>,
        basis: Option<Basis>,
        report: directions::Report,
    ) -> Self {
        let (n_input, n_target) = config.bench_widths();
        Self {
            n_features: config.bench.n_features as usize,
            n_input: n_input as usize,
            n_target: n_target as usize,
            n_sources: if config.model.task == Task::Crosscoder { config.bench.n_sources as usize } else { 1 },
            directions_in,
            directions_out,
            basis,
            factors: None,
            means: None,
            report,
            samples: Samples::Bench(firing::Firing::new(&config.bench, config.seed)),
        }
    }

    /// What a feature of size 1 adds to the input, and to the target.
    pub fn basis_in(&self) -> &[f32] {
        self.basis.as_ref().map_or(&self.directions_in, |b| &b.input)
    }

    pub fn basis_out(&self) -> &[f32] {
        self.basis.as_ref().map_or(&self.directions_out, |b| &b.target)
    }

    /// Whether the target is the input itself, sample for sample.
    pub fn one_space(&self) -> bool {
        match &self.samples {
            Samples::Bench(_) => self.n_input == self.n_target && self.basis_in() == self.basis_out(),
            Samples::Rows(rows) => rows.targets.is_none(),
        }
    }

    /// Training batch of step `step`: a function of (seed, step) alone.
    pub fn batch(&self, seed: u32, step: u64, n_rows: usize) -> Batch {
        self.draw(&mut Stream::new(seed, Purpose::Batch, step), n_rows)
    }

    /// The fixed batch that metrics are read from; for real data, the first rows of a random order of all.
    pub fn evaluation_batch(&self, seed: u32, n_rows: usize) -> Batch {
        let mut stream = Stream::new(seed, Purpose::Evaluation, 0);
        match &self.samples {
            Samples::Bench(_) => self.draw(&mut stream, n_rows),
            Samples::Rows(rows) => Batch::Rows(stream.permutation(rows.n_rows, n_rows.min(rows.n_rows))),
        }
    }

    /// `n_rows` samples from `stream`; real rows are drawn with replacement.
    pub fn draw(&self, stream: &mut Stream, n_rows: usize) -> Batch {
        match &self.samples {
            Samples::Bench(firing) => Batch::Sparse(firing.draw(stream, n_rows)),
            Samples::Rows(rows) => Batch::Rows((0..n_rows).map(|_| stream.below(rows.n_rows) as u32).collect()),
        }
    }

    /// Inputs and targets of a batch, dense: [rows, n_input] and [rows, n_target].
    pub fn expand(&self, batch: &Batch) -> (Vec<f32>, Vec<f32>) {
        match (batch, &self.samples) {
            (Batch::Sparse(s), _) => {
                (superpose(s, self.basis_in(), self.n_input), superpose(s, self.basis_out(), self.n_target))
            }
            (Batch::Rows(ix), Samples::Rows(rows)) => {
                let dense = |of: fn(&Rows, usize) -> &[f32]| -> Vec<f32> {
                    ix.iter().flat_map(|&r| of(rows, r as usize)).copied().collect()
                };
                (dense(Rows::row), dense(Rows::target))
            }
            (Batch::Rows(_), Samples::Bench(_)) => unreachable!("a bench draws sparse batches"),
        }
    }

    /// The features in the order in which anchors take them: random, but where there are families their parents first,
    /// which are what absorption takes from.
    pub fn anchor_order(&self, seed: u32) -> Vec<u32> {
        let order = Stream::new(seed, Purpose::Anchors, 0).permutation(self.n_features, self.n_features);
        let n_parents = self.families().map_or(0, |f| f.n_parents) as u32;
        let (mut order, others): (Vec<u32>, Vec<u32>) = order.into_iter().partition(|d| *d < n_parents);
        order.extend(others);
        order
    }

    /// Mean number of features that fire (n(1−S) where there are no families), or none for real data.
    pub fn true_l0(&self) -> Option<f64> {
        match &self.samples {
            Samples::Bench(f) => Some(f.mean_l0()),
            Samples::Rows(_) => None,
        }
    }

    /// [n_features]: M_d = Pr(only d is active) · E[x_d² | x_d > 0] (Theorem 3.1), where it is known.
    pub fn lone_moments(&self) -> Option<Vec<f64>> {
        match &self.samples {
            Samples::Bench(f) => f.lone_moments(),
            Samples::Rows(_) => None,
        }
    }

    /// Parents and children, where there are some.
    pub fn families(&self) -> Option<&Families> {
        match &self.samples {
            Samples::Bench(f) => f.families.as_ref(),
            Samples::Rows(_) => None,
        }
    }

    /// Whether there is a truth to score against: rows without labels have none.
    pub fn has_truth(&self) -> bool {
        self.names().is_none_or(|names| names != [rows::UNLABELLED])
    }

    /// Names of the features where the data has them.
    pub fn names(&self) -> Option<&[String]> {
        match &self.samples {
            Samples::Bench(_) => None,
            Samples::Rows(rows) => Some(&rows.label_names),
        }
    }
}

/// x = W s per sample: [rows, width].
fn superpose(batch: &SparseBatch, directions: &[f32], width: usize) -> Vec<f32> {
    let n_rows = batch.row_start.len() - 1;
    let mut out = vec![0.0; n_rows * width];
    for (b, row) in out.chunks_exact_mut(width).enumerate() {
        for e in batch.row_start[b] as usize..batch.row_start[b + 1] as usize {
            let d = batch.feature[e] as usize;
            for (x, w) in row.iter_mut().zip(&directions[d * width..][..width]) {
                *x += batch.value[e] * w;
            }
        }
    }
    out
}
