//! Loss at extreme sparsity (Theorem 3.1 of arXiv 2512.05534): L_SDL, L̃ and the bound |L_SDL − L̃| ≤ n² C (1−S)² for
//! given weights, as curves over S.
//!
//! Where features fire independently, L_SDL = Σ_m Pr(m features are active) E_m, and E_m, the mean squared error when m
//! random features are active, does not depend on S: it is sampled once for each m, so that the whole curve comes from
//! the same samples, and rare samples with many features are never missed. L̃ needs none.

mod strata;

use crate::bench::{Batch, Samples, SparseBatch, World};
use crate::config::{Activation, Config, Source};
use crate::model::reference::Reference;
use crate::model::{Control, Hyper, Shape, Weights};
use crate::rng::{Purpose, Stream};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strata::{Strata, mean_and_variance};

/// Multiply-adds that a question may cost, about a second or two in a browser; and the fewest samples of a stratum.
const WORK: f64 = 2e9;
const FEWEST: usize = 24;
const MOST: usize = 4_096;
/// 95 % of a normal distribution lies within.
const Z95: f64 = 1.959_964;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// A [`Config`] as JSON: its bench is the world, its model says what the weights mean.
    pub config: Value,
    pub weights: Parts,
    /// Values of S in [0, 1), at most 200.
    pub sparsities: Vec<f64>,
}

/// Weights as the page has them: flat, row-major, latent-major. What a model does not have may be left out; what it
/// has and is left out is zero (θ: as the config says).
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parts {
    /// [n_latent, n_input] and [n_latent, n_target].
    pub encoder: Vec<f32>,
    pub decoder: Vec<f32>,
    pub b_enc: Vec<f32>,
    pub b_dec: Vec<f32>,
    pub theta: Vec<f32>,
    pub b_gate: Vec<f32>,
    pub b_mag: Vec<f32>,
    pub r_mag: Vec<f32>,
    pub skip: Vec<f32>,
    /// What Batch Top-k latents must pass; left out, it is read from one batch of the world.
    pub threshold: Option<f32>,
}

#[derive(Debug, Serialize)]
pub struct Report {
    pub curve: Vec<At>,
    /// The S above which the bound is below L̃, that is, below the size of what it bounds; none if there is none.
    pub informative_above: Option<f64>,
    /// Whether Theorem 3.1 covers this model on this world; if not, why. Curves are then shown without bound.
    pub applies: bool,
    pub why_not: Vec<String>,
    /// How many samples were drawn, and the largest number of features active at once in any.
    pub samples: usize,
    pub most_active: usize,
}

/// One S.
#[derive(Debug, Serialize)]
pub struct At {
    pub sparsity: f64,
    /// n(1−S), features active on average (families: as they are).
    pub active: f64,
    /// L_SDL, and half of its 95 % interval.
    pub loss: f64,
    pub loss_error: f64,
    /// L̃; none where M_d is not known.
    pub approx: Option<f64>,
    /// |L_SDL − L̃|, with the interval of L_SDL without its exact parts.
    pub gap: Option<f64>,
    /// C: the largest squared error drawn with as many features active as the paper's 100,000 samples would show at
    /// this S. (Sizes have no upper limit, so the supremum over all data is infinite.)
    pub c: Option<f64>,
    /// n² C (1−S)².
    pub bound: Option<f64>,
    /// Whether the bound is below L̃.
    pub informative: bool,
}

pub fn report(ask: &Ask) -> Result<Report, String> {
    let config = Config::from_value(ask.config.clone()).map_err(|e| e.to_string())?;
    if config.source != Source::Bench {
        return Err("source is activations: bench, whose features are known".to_owned());
    }
    if ask.sparsities.is_empty() || ask.sparsities.len() > 200 {
        return Err(format!("sparsities has {} values: 1 to 200", ask.sparsities.len()));
    }
    if let Some(s) = ask.sparsities.iter().find(|s| !(0.0..1.0).contains(*s)) {
        return Err(format!("sparsities has {s}: values from 0 to below 1"));
    }
    let world = World::new(&config, None).map_err(|e| e.to_string())?;
    let model = Model::new(&config, &world, &ask.weights)?;
    let why_not = why_not(&config);
    if config.bench.n_parents > 0 || config.bench.correlation > 0.0 {
        return plain(&config, world, &model, &ask.sparsities, why_not);
    }
    let least = ask.sparsities.iter().fold(1.0, |a: f64, b| a.min(*b));
    let strata = Strata::new(&model, &world, config.seed, least);
    let moments = world.lone_moments().ok_or("the sizes of lone features are not known")?;
    // M_d = (1−S) S^{n−1} E[x²], and only E[x²] is taken from the config's own S.
    let n = world.n_features;
    let alone = |s: f64| (1.0 - s) * libm::pow(s, (n - 1) as f64);
    let own = alone(config.bench.sparsity);
    let size: Vec<f64> =
        if own > 0.0 { moments.iter().map(|m| m / own).collect() } else { vec![mean_square(&config); n] };
    let errors = model.errors(&world, SparseBatch::alone(n));
    let lone: f64 = errors.iter().zip(&size).map(|(e, s)| e * s).sum();
    let applies = why_not.is_empty();
    let at = |s: f64| {
        let (loss, loss_error, c) = strata.at(s, if applies { Some(lone / n as f64) } else { None });
        let approx = alone(s) * lone;
        let bound = applies.then(|| (n as f64 * (1.0 - s)).powi(2) * c);
        At {
            sparsity: s,
            active: n as f64 * (1.0 - s),
            loss,
            loss_error,
            approx: Some(approx),
            gap: Some((loss - approx).abs()),
            c: applies.then_some(c),
            bound,
            informative: bound.is_some_and(|b| b < approx),
        }
    };
    Ok(Report {
        curve: ask.sparsities.iter().map(|s| at(*s)).collect(),
        informative_above: if applies { informative_above(|s| at(s).informative) } else { None },
        applies,
        why_not,
        samples: strata.drawn,
        most_active: strata.most(),
    })
}

/// The smallest S = 1 − 10^{-x} from which on the bound is informative; x in steps of 1/64 up to 8.
fn informative_above(informative: impl Fn(f64) -> bool) -> Option<f64> {
    let grid = |i: u32| 1.0 - libm::pow(10.0, -f64::from(i) / 64.0);
    (0..=512).rev().map(grid).take_while(|s| informative(*s)).last()
}

fn why_not(config: &Config) -> Vec<String> {
    let (m, b) = (&config.model, &config.bench);
    let mut out = vec![];
    if b.n_parents > 0 || b.correlation > 0.0 {
        out.push("features do not fire independently".to_owned());
    }
    if matches!(m.activation, Activation::JumpRelu | Activation::Gated | Activation::BatchTopK) {
        out.push("σ has a threshold, so σ(c z) = c σ(z) does not hold".to_owned());
    }
    let gated = m.activation == Activation::Gated;
    if (m.b_enc && !gated) || m.b_dec {
        out.push("the model has biases; the theory has none".to_owned());
    }
    out
}

/// Plain sampling at each S, where features do not fire independently.
fn plain(
    config: &Config,
    mut world: World,
    model: &Model,
    sparsities: &[f64],
    why_not: Vec<String>,
) -> Result<Report, String> {
    let each = (model.affordable() / sparsities.len()).clamp(FEWEST, MOST);
    let errors = model.errors(&world, SparseBatch::alone(world.n_features));
    let mut report = Report {
        curve: vec![],
        informative_above: None,
        applies: false,
        why_not,
        samples: each * sparsities.len(),
        most_active: 0,
    };
    for s in sparsities {
        let mut at = config.clone();
        at.bench.sparsity = *s;
        at.check().map_err(|e| e.to_string())?;
        world.samples = Samples::of_bench(&at.bench, at.seed);
        let Batch::Sparse(batch) = world.draw(&mut Stream::new(config.seed, Purpose::Theory, 0), each) else {
            unreachable!("a bench draws sparse batches")
        };
        let most = batch.row_start.windows(2).map(|w| (w[1] - w[0]) as usize).max().unwrap_or(0);
        report.most_active = report.most_active.max(most);
        let (loss, variance) = mean_and_variance(&model.errors(&world, batch));
        let approx = world.lone_moments().map(|m| errors.iter().zip(&m).map(|(e, m)| e * m).sum());
        report.curve.push(At {
            sparsity: *s,
            active: world.true_l0().unwrap_or(0.0),
            loss,
            loss_error: Z95 * libm::sqrt(variance / each as f64),
            approx,
            gap: approx.map(|a: f64| (loss - a).abs()),
            c: None,
            bound: None,
            informative: false,
        });
    }
    Ok(report)
}

/// Weights and how to run them.
struct Model<'a> {
    reference: Reference<'a>,
    weights: Weights<f64>,
    hyper: Hyper,
}

impl<'a> Model<'a> {
    fn new(config: &'a Config, world: &World, parts: &Parts) -> Result<Self, String> {
        let shape = Shape::new(config, world);
        let given = [
            &parts.encoder,
            &parts.decoder,
            &parts.b_enc,
            &parts.b_dec,
            &parts.theta,
            &parts.b_gate,
            &parts.b_mag,
            &parts.r_mag,
            &parts.skip,
        ];
        let mut weights = Weights::zero(shape);
        weights.theta.fill(config.model.theta as f32);
        for ((name, part), given) in weights.parts_mut().into_iter().zip(given) {
            if given.is_empty() && !["encoder", "decoder"].contains(&name) {
                continue;
            }
            if given.len() != part.len() || given.iter().any(|w| !w.is_finite()) {
                let (got, want) = (given.len(), part.len());
                return Err(format!("weights.{name} has {got} values or some not finite: {want} finite ones"));
            }
            part.copy_from_slice(given);
        }
        let mut reference = Reference {
            shape,
            model: &config.model,
            anchors_in: &[],
            anchors_out: &[],
            dead: vec![],
            control: Control::default(),
            training: false,
        };
        let (weights, hyper) = (weights.to_f64(), Hyper::new(config, 0));
        if config.model.activation == Activation::BatchTopK {
            let threshold = match parts.threshold {
                Some(threshold) => threshold,
                None => {
                    reference.training = true;
                    let (input, target) = world.expand(&world.batch(config.seed, 0, 1024));
                    let pass = reference.forward(&weights, &input, &target, &hyper);
                    reference.training = false;
                    pass.smallest as f32
                }
            };
            (reference.control.threshold, reference.control.threshold_seen) = (threshold, 1.0);
        }
        Ok(Self { reference, weights, hyper })
    }

    /// Samples that [`WORK`] pays for.
    fn affordable(&self) -> usize {
        let s = self.reference.shape;
        (WORK / (s.n_latent * (s.n_input + s.n_target)) as f64) as usize
    }

    /// [rows]: squared errors.
    fn errors(&self, world: &World, batch: SparseBatch) -> Vec<f64> {
        let mut out = vec![];
        for part in Batch::Sparse(batch).parts(64) {
            let (input, target) = world.expand(&part);
            out.extend(self.reference.forward(&self.weights, &input, &target, &self.hyper).sse);
        }
        out
    }
}

/// E[x²] of a feature that fires.
fn mean_square(config: &Config) -> f64 {
    let (c, b) = (config.bench.magnitude_min, config.bench.magnitude_scale);
    c * c + 2.0 * c * b + 2.0 * b * b
}
