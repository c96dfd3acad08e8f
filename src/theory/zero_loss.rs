//! Zero loss without recovery (v3: Theorems 3.3 and 3.4, Figure 4): L̃ = 0 asks W_D σ(W_E w_p^d) = w_r^d and nothing
//! more. For ReLU the split basis W_E = [U; −U], W_D = [Uᵀ, −Uᵀ] with any rotation U reconstructs every input there is,
//! since σ(z) − σ(−z) = z, and knows nothing of the features. Training from random weights finds such ends by itself.

use super::dense::norm as length;
use super::simplified::{Point, Sigma, Simplified, dot};
use crate::rng::{Purpose, Stream};
use serde::{Deserialize, Serialize};

/// Rotations tried for one that is far from all features.
const ROTATIONS: u64 = 400;
/// A feature is recovered where some latent's direction has this cosine with it (τ of v3 §5.1).
pub const RECOVERED: f64 = 0.95;
/// L̃ below this share of Σ_d M_d ‖w_r^d‖² is zero.
pub const ZERO: f64 = 1e-6;

/// Adam on L̃ from random rows of length ½.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    pub n_latent: usize,
    pub steps: usize,
    pub learning_rate: f64,
    /// Seeds `first_seed` .. `first_seed + seeds`.
    pub first_seed: u32,
    pub seeds: u32,
}

/// Where weights stand between loss and recovery.
#[derive(Clone, Debug, Serialize)]
pub struct End {
    pub seed: u32,
    pub point: Point,
    pub loss: f64,
    /// Whether the loss is zero ([`ZERO`]).
    pub is_zero: bool,
    /// [n_features]: largest cosine of an encoder row, and of a decoder column, with the feature.
    pub encoder_cosine: Vec<f64>,
    pub decoder_cosine: Vec<f64>,
    /// Features that a decoder column recovers ([`RECOVERED`]).
    pub recovered: usize,
}

/// The split basis, turned so that it is as far from all features as was found in some hundred tries.
pub fn split_basis(world: &Simplified, seed: u32) -> Result<End, String> {
    world.check()?;
    let width = world.directions_in[0].len();
    if world.sigma != Sigma::Relu || world.directions_in != world.directions_out {
        return Err("world is not a ReLU autoencoder: sigma relu, directions_out equal to directions_in".to_owned());
    }
    let end = |index: u64| {
        let rows = rotation(&mut Stream::new(seed, Purpose::Theory, index), width);
        let negative = rows.iter().map(|row| row.iter().map(|x| -x).collect());
        let both: Vec<Vec<f64>> = rows.iter().cloned().chain(negative).collect();
        judge(world, Point { encoder: both.clone(), decoder: both }, seed)
    };
    let worst = |end: &End| end.decoder_cosine.iter().fold(0.0, |a: f64, b| a.max(*b));
    let best = (0..ROTATIONS).map(end).min_by(|a, b| worst(a).total_cmp(&worst(b)));
    best.ok_or_else(|| "no rotation was tried".to_owned())
}

/// Trains each seed and says where it ends.
pub fn train(world: &Simplified, training: &Training) -> Result<Vec<End>, String> {
    world.check()?;
    // In f64: the product can pass what wasm's 32 bits hold.
    let sizes = [training.n_latent, training.steps, training.seeds as usize, world.n_features()];
    let work: f64 = sizes.iter().map(|n| *n as f64).product();
    if training.n_latent == 0 || work > 2e8 {
        return Err(format!("n_latent · steps · seeds · n_features is {work}: 1 to 200,000,000; ask for fewer seeds"));
    }
    if !(training.learning_rate > 0.0 && training.learning_rate <= 1.0) {
        return Err(format!("learning_rate is {}: above 0, at most 1", training.learning_rate));
    }
    Ok((0..training.seeds).map(|s| trained(world, training, training.first_seed.wrapping_add(s))).collect())
}

fn trained(world: &Simplified, training: &Training, seed: u32) -> End {
    let mut stream = Stream::new(seed, Purpose::Theory, u64::MAX);
    let mut rows = |width: usize| -> Vec<Vec<f64>> {
        (0..training.n_latent).map(|_| random_row(&mut stream, width).iter().map(|x| 0.5 * x).collect()).collect()
    };
    let mut at = Point { encoder: rows(world.directions_in[0].len()), decoder: rows(world.directions_out[0].len()) };
    let n = at.encoder.iter().chain(&at.decoder).map(Vec::len).sum();
    let (mut mean, mut square) = (vec![0.0; n], vec![0.0; n]);
    // Adam (Kingma & Ba 2015), its rate falling to zero along half a cosine, so that ends are ends.
    let (beta1, beta2) = (0.9, 0.999);
    let (mut power1, mut power2) = (1.0, 1.0);
    for step in 0..training.steps {
        (power1, power2) = (power1 * beta1, power2 * beta2);
        let left = 0.5 * (1.0 + libm::cos(std::f64::consts::PI * step as f64 / training.steps as f64));
        let rate = training.learning_rate * left;
        let gradient = world.gradient(&at);
        let slopes = gradient.encoder.iter().chain(&gradient.decoder).flatten();
        let weights = at.encoder.iter_mut().chain(&mut at.decoder).flatten();
        for (((w, g), m), v) in weights.zip(slopes).zip(&mut mean).zip(&mut square) {
            *m += (1.0 - beta1) * (g - *m);
            *v += (1.0 - beta2) * (g * g - *v);
            *w -= rate * (*m / (1.0 - power1)) / ((*v / (1.0 - power2)).sqrt() + 1e-12);
        }
    }
    judge(world, at, seed)
}

fn judge(world: &Simplified, point: Point, seed: u32) -> End {
    let closest = |rows: &[Vec<f64>], directions: &[Vec<f64>]| -> Vec<f64> {
        let cosine = |row: &[f64], w: &[f64]| dot(row, w) / (length(row) * length(w)).max(1e-12);
        directions.iter().map(|w| rows.iter().map(|row| cosine(row, w)).fold(0.0, f64::max)).collect()
    };
    let decoder_cosine = closest(&point.decoder, &world.directions_out);
    let all: f64 = world.mass.iter().zip(&world.directions_out).map(|(m, w)| m * dot(w, w)).sum();
    let loss = world.loss(&point);
    End {
        seed,
        loss,
        is_zero: loss < ZERO * all,
        encoder_cosine: closest(&point.encoder, &world.directions_in),
        recovered: decoder_cosine.iter().filter(|c| **c > RECOVERED).count(),
        decoder_cosine,
        point,
    }
}

/// Orthonormal rows, by Gram–Schmidt on Gaussian ones.
fn rotation(stream: &mut Stream, width: usize) -> Vec<Vec<f64>> {
    let mut rows: Vec<Vec<f64>> = vec![];
    while rows.len() < width {
        let mut row = random_row(stream, width);
        // Twice: the second time takes what rounding left.
        for _ in 0..2 {
            for other in &rows {
                let along = dot(&row, other);
                row.iter_mut().zip(other).for_each(|(x, o)| *x -= along * o);
            }
        }
        let size = length(&row);
        if size > 1e-6 {
            rows.push(row.iter().map(|x| x / size).collect());
        }
    }
    rows
}

fn random_row(stream: &mut Stream, width: usize) -> Vec<f64> {
    let row: Vec<f64> = (0..width).map(|_| stream.normal()).collect();
    let size = length(&row).max(1e-12);
    row.iter().map(|x| x / size).collect()
}
