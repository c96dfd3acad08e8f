//! How weights start: Gaussian directions of a given norm, biases at zero or in the middle of the data.

use super::{Shape, Weights};
use crate::bench::World;
use crate::bench::directions::normalise_rows;
use crate::config::{BiasStart, Config, Task};
use crate::rng::{Purpose, Stream};

/// Samples that the middle of the data is read from.
const MIDDLE_SAMPLES: usize = 4_096;
/// Weiszfeld's iteration ends after so many rounds, or when the sum of distances changes by less than this share.
const WEISZFELD_ROUNDS: usize = 100;
const WEISZFELD_PROGRESS: f64 = 1e-6;

impl Weights {
    /// The weights at the start.
    ///
    /// Tied: the encoder is the decoder's transpose. A transcoder's never is: input and target are different spaces.
    pub fn start(config: &Config, shape: Shape, world: &World) -> Self {
        let m = &config.model;
        let mut stream = Stream::new(config.seed, Purpose::Weights, 0);
        let mut weights = Self::zero(shape);
        let mut fill = |rows: &mut [f32], width: usize| {
            rows.iter_mut().for_each(|w| *w = stream.normal() as f32);
            normalise_rows(rows, width / shape.n_sources);
            rows.iter_mut().for_each(|w| *w *= m.init_norm as f32);
        };
        fill(&mut weights.decoder, shape.n_target);
        if m.tied_init && m.task != Task::Transcoder {
            weights.encoder.copy_from_slice(&weights.decoder);
        } else {
            fill(&mut weights.encoder, shape.n_input);
        }
        if m.unit_norm_decoder {
            normalise_rows(&mut weights.decoder, shape.n_target);
        }
        if m.zero_decoder {
            weights.decoder.fill(0.0);
        }
        weights.theta.fill(m.theta as f32);
        if m.b_dec && m.b_dec_start != BiasStart::Zero {
            weights.b_dec = middle(config, world);
        }
        weights
    }
}

/// The mean or the geometric median of some targets.
fn middle(config: &Config, world: &World) -> Vec<f32> {
    let mut stream = Stream::new(config.seed, Purpose::Middle, 0);
    let (_, targets) = world.expand(&world.draw(&mut stream, MIDDLE_SAMPLES));
    let rows: Vec<&[f32]> = targets.chunks_exact(world.n_target).collect();
    let mut middle = weighted_mean(&rows, &vec![1.0; rows.len()]);
    if config.model.b_dec_start == BiasStart::GeometricMedian {
        let mut last = f64::INFINITY;
        for _ in 0..WEISZFELD_ROUNDS {
            let far: Vec<f64> = rows.iter().map(|row| distance(row, &middle)).collect();
            let sum: f64 = far.iter().sum();
            if (last - sum).abs() <= WEISZFELD_PROGRESS * sum {
                break;
            }
            last = sum;
            // A row at the middle itself would weigh infinitely.
            middle = weighted_mean(&rows, &far.iter().map(|d| 1.0 / d.max(1e-9)).collect::<Vec<_>>());
        }
    }
    middle.iter().map(|x| *x as f32).collect()
}

fn weighted_mean(rows: &[&[f32]], weights: &[f64]) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    let mut mean = vec![0.0; rows[0].len()];
    for (row, w) in rows.iter().zip(weights) {
        mean.iter_mut().zip(*row).for_each(|(m, x)| *m += f64::from(*x) * w / total);
    }
    mean
}

fn distance(row: &[f32], to: &[f64]) -> f64 {
    libm::sqrt(row.iter().zip(to).map(|(x, m)| (f64::from(*x) - m).powi(2)).sum())
}
