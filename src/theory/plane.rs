//! The loss on a plane through the weights of real runs: through both runs and the planted solution or a start, or
//! around one run along two random directions (Li et al. 2018, arXiv 1712.09913).
//!
//! A plane needs models of one size whose latents correspond. The smaller are widened with latents of zeros, which never
//! fire; then latents are matched (`matching`), and the second dictionary and the truth are put into the first's order.
//! Everywhere on the plane the loss is the first run's: its activation, its penalties, its evaluation batch.
//!
//! The planted solution is that of Theorem 3.2, W_E = [W_pᵀ; 0], W_D = [W_r, 0] (for scaled data, the rows that undo the
//! scale), without biases, gates or skip; thresholds θ stay those of the first run. Batch Top-k, whose threshold belongs
//! to one point of the plane only, selects within the batch as in training (in parts of 512 samples), and among all
//! features alone for L̃. Algorithms that keep a dictionary code with it in their own way, and scale its atoms as ever.

mod matching;
mod space;

use crate::bench::{Batch, Samples, SparseBatch, World};
use crate::config::Config;
use crate::model::{Hyper, Shape, Weights};
use crate::rng::{Purpose, Stream};
use crate::run::Run;
use crate::train::{AnyBackend, Backend, DeviceLost, Problem, State};
pub use matching::{counterparts, reordered};
use serde::{Deserialize, Serialize};
use space::{difference, filter_normalised, fitted, norm, product};
use std::sync::Arc;

/// Latents that can be matched: the assignment's time grows with their cube.
const MOST_MATCHED: usize = 2_048;
/// Points that lie nearer, as a share of the length of the weights, span no plane.
const TOO_NEAR: f64 = 1e-6;

/// What spans the plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// First run, second run, planted solution.
    Truth,
    /// First run, second run, what the first started from.
    Start,
    /// The first run and two random directions, each of whose rows is as long as the weights' row (filter
    /// normalisation); biases and thresholds stay. The number names the directions.
    Around(u32),
}

/// Whose weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    First,
    Second,
    Truth,
    FirstStart,
    SecondStart,
}

/// Where weights are on the plane, or their shadow if they are not on it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Place {
    pub x: f64,
    pub y: f64,
    /// Distance from the plane.
    pub off: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mark {
    pub of: Of,
    #[serde(flatten)]
    pub place: Place,
}

/// The loss at a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// On the evaluation batch: mean of Σ_dims (x̂ − x_r)², and of the penalties (without the anchor term).
    pub sse: f64,
    pub penalty: f64,
    /// L̃ of Theorem 3.1, where M_d is known.
    pub approx: Option<f64>,
}

/// What is to be said of a plane beside its losses.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub marks: Vec<Mark>,
    /// Steps that the first run had taken.
    pub step: u64,
    /// Latents of the models on the plane, after widening.
    pub n_latent: usize,
    /// Samples of the evaluation batch.
    pub n_rows: usize,
    /// Whether L̃ is there.
    pub has_approx: bool,
}

/// Points are origin + α·along + β·across. Around one run (x, y) = (α, β). Through three points x and y are distances in
/// weight space: x from the first towards the second, y at a right angle to it.
pub struct Plane {
    shape: Shape,
    backend: AnyBackend,
    /// What is loaded into the backend, with other weights at every point.
    state: State,
    hyper: Hyper,
    evaluation: Batch,
    alone: Batch,
    mass: Option<Vec<f64>>,
    origin: Weights<f64>,
    along: Weights<f64>,
    across: Weights<f64>,
    axes: Axes,
    /// The second run's latents in the first's order.
    order: Vec<usize>,
    marks: Vec<Mark>,
}

/// ‖along‖, and across = slant·along/‖along‖ + height·(a unit vector at a right angle to it).
#[derive(Clone, Copy, Debug)]
enum Axes {
    Directions,
    Distances { length: f64, slant: f64, height: f64 },
}

impl Plane {
    /// The plane of `basis` through these runs as they are now. `rows`: samples of the evaluation batch, the first run's.
    ///
    /// # Errors
    /// Says in a sentence why there is no such plane: runs of different worlds or none second, weights that are not
    /// finite, points that coincide or lie on a line, too many latents to match, no planted solution.
    pub async fn new(first: &mut Run, second: Option<&mut Run>, basis: Basis, rows: usize) -> Result<Self, String> {
        let world = first.shared_world();
        let (config, state) = of_run(first).await?;
        let other = match (second, basis) {
            (_, Basis::Around(_)) => None,
            (None, _) => return Err("there is no second run: two runs, or a plane around one".to_owned()),
            (Some(run), _) => {
                let there = run.world();
                if (there.n_input, there.n_target) != (world.n_input, world.n_target) {
                    return Err("the runs live in different worlds: two runs of one world".to_owned());
                }
                Some(of_run(run).await?)
            }
        };
        let other = other.as_ref().map(|(config, state)| (config, &state.weights));
        let n_latent = common_size(&config, other.map(|(config, _)| config), &world, basis)?;
        let wide = widened(&config, n_latent);
        let problem = Problem::new(&wide, world.clone());
        let shape = problem.shape;
        let points = Points::new(shape, &world, (&config, &state.weights), other, basis).await?;
        let origin = points.first.to_f64();
        let (along, across, axes) = points.span(basis, shape)?;
        let mut hyper = Hyper::new(&wide, state.step);
        hyper.l1 *= state.l1_scale;
        let mut bare = State { step: state.step, control: state.control, ..State::of(points.first.clone(), shape) };
        // Batch Top-k: no threshold has been seen, so it selects within the batch.
        bare.control.threshold_seen = 0.0;
        // It is loaded at every point, and no step is taken.
        (bare.mean, bare.square) = (Weights::default(), Weights::default());
        let mut plane = Self {
            shape,
            backend: AnyBackend::on_host(problem, bare.clone()),
            state: bare,
            hyper,
            evaluation: world.evaluation_batch(config.seed, rows),
            alone: Batch::Sparse(SparseBatch::alone(world.n_features)),
            mass: world.lone_moments(),
            origin,
            along,
            across,
            axes,
            order: points.order,
            marks: vec![],
        };
        let all = std::iter::once((Of::First, points.first)).chain(points.spanning).chain(points.shadows);
        plane.marks = all.map(|(of, weights)| Mark { of, place: plane.place_of(&weights.to_f64()) }).collect();
        Ok(plane)
    }

    pub fn report(&self) -> Report {
        Report {
            marks: self.marks.clone(),
            step: self.state.step,
            n_latent: self.shape.n_latent,
            n_rows: self.evaluation.n_rows(),
            has_approx: self.mass.is_some(),
        }
    }

    /// The loss at each (x, y).
    ///
    /// # Errors
    /// Never in fact: the plane is evaluated on the host, which is not lost.
    pub async fn losses(&mut self, points: &[[f64; 2]]) -> Result<Vec<Loss>, DeviceLost> {
        let mut out = Vec::with_capacity(points.len());
        for point in points {
            self.state.weights = self.weights(*point);
            self.backend.load(&self.state)?;
            let of_batch = self.backend.evaluate(&self.evaluation, &self.hyper, false).await?;
            let mean = |v: &[f32]| v.iter().map(|x| f64::from(*x)).sum::<f64>() / v.len() as f64;
            let approx = match &self.mass {
                None => None,
                Some(mass) => {
                    let alone = self.backend.evaluate(&self.alone, &self.hyper, false).await?;
                    Some(mass.iter().zip(&alone.sse).map(|(m, sse)| m * f64::from(*sse)).sum())
                }
            };
            out.push(Loss { sse: mean(&of_batch.sse), penalty: mean(&of_batch.penalty), approx });
        }
        Ok(out)
    }

    /// The weights at (x, y).
    pub fn weights(&self, [x, y]: [f64; 2]) -> Weights {
        let (alpha, beta) = match self.axes {
            Axes::Directions => (x, y),
            Axes::Distances { length, slant, height } => {
                let beta = y / height;
                ((x - beta * slant) / length, beta)
            }
        };
        let mut out = self.origin.clone();
        for (((_, w), (_, u)), (_, v)) in out.parts_mut().into_iter().zip(self.along.parts()).zip(self.across.parts()) {
            w.iter_mut().zip(u).zip(v).for_each(|((w, u), v)| *w += alpha * u + beta * v);
        }
        out.theta.iter_mut().for_each(|t| *t = t.max(0.0));
        out.to_f32()
    }

    /// Where weights of the first run (or of the second, in its own order) are or were: a point of its path. What is
    /// empty in them is as it is now.
    pub fn place(&self, second: bool, weights: &Weights) -> Place {
        let wide = fitted(weights, self.shape, &self.origin.to_f32());
        let wide = if second && !self.order.is_empty() { reordered(&wide, &self.order) } else { wide };
        self.place_of(&wide.to_f64())
    }

    fn place_of(&self, weights: &Weights<f64>) -> Place {
        let r = difference(weights, &self.origin);
        let (u, v) = (&self.along, &self.across);
        let (uu, uv, vv) = (product(u, u), product(u, v), product(v, v));
        let (ru, rv, rr) = (product(&r, u), product(&r, v), product(&r, &r));
        // Least squares for α and β.
        let determinant = uu * vv - uv * uv;
        if determinant <= 0.0 {
            return Place { x: 0.0, y: 0.0, off: rr.sqrt() };
        }
        let (alpha, beta) = ((ru * vv - rv * uv) / determinant, (rv * uu - ru * uv) / determinant);
        let off = (rr - alpha * ru - beta * rv).max(0.0);
        let (x, y) = match self.axes {
            Axes::Directions => (alpha, beta),
            Axes::Distances { length, slant, height } => (alpha * length + beta * slant, beta * height),
        };
        // Below rounding it is on the plane.
        Place { x, y, off: if off <= 1e-12 * rr { 0.0 } else { off.sqrt() } }
    }
}

/// Weights in the plane's size and the first run's order.
struct Points {
    first: Weights,
    /// What spans the plane with it.
    spanning: Vec<(Of, Weights)>,
    /// What is only marked.
    shadows: Vec<(Of, Weights)>,
    order: Vec<usize>,
}

impl Points {
    async fn new(
        shape: Shape,
        world: &Arc<World>,
        (config, weights): (&Config, &Weights),
        other: Option<(&Config, &Weights)>,
        basis: Basis,
    ) -> Result<Self, String> {
        let first = fitted(weights, shape, &Weights::zero(shape));
        let (mut spanning, mut shadows, mut order) = (vec![], vec![], vec![]);
        if let Some((other, weights)) = other {
            let second = fitted(weights, shape, &first);
            order = counterparts(&first, &second, shape);
            spanning.push((Of::Second, reordered(&second, &order)));
            let start = (Of::FirstStart, fitted(&start_of(config, world).await?, shape, &first));
            if basis == Basis::Start {
                spanning.push(start);
            } else {
                let truth = planted(world, shape, &first);
                spanning.push((Of::Truth, reordered(&truth, &counterparts(&first, &truth, shape))));
                shadows.push(start);
            }
            let start = fitted(&start_of(other, world).await?, shape, &first);
            shadows.push((Of::SecondStart, reordered(&start, &order)));
        }
        Ok(Self { first, spanning, shadows, order })
    }

    fn span(&self, basis: Basis, shape: Shape) -> Result<(Weights<f64>, Weights<f64>, Axes), String> {
        if let Basis::Around(number) = basis {
            let direction =
                |index| filter_normalised(&self.first, shape, &mut Stream::new(number, Purpose::Plane, index));
            return Ok((direction(0), direction(1), Axes::Directions));
        }
        let origin = self.first.to_f64();
        let [(_, p), (_, q)] = &self.spanning[..] else { unreachable!("a second run brings two points") };
        let (along, across) = (difference(&p.to_f64(), &origin), difference(&q.to_f64(), &origin));
        let axes = distances(&along, &across, norm(&origin))?;
        Ok((along, across, axes))
    }
}

/// Latents that all models of the plane are given.
fn common_size(first: &Config, second: Option<&Config>, world: &World, basis: Basis) -> Result<usize, String> {
    let mut n_latent = first.model.n_latent.max(second.map_or(0, |config| config.model.n_latent)) as usize;
    if basis == Basis::Truth {
        if matches!(world.samples, Samples::Rows(_)) {
            return Err("real data have no planted solution: a plane through the start".to_owned());
        }
        n_latent = n_latent.max(world.n_features);
    }
    if second.is_some() && n_latent > MOST_MATCHED {
        return Err(format!(
            "{n_latent} latents are too many to match: at most {MOST_MATCHED}, or a plane around one run"
        ));
    }
    Ok(n_latent)
}

async fn of_run(run: &mut Run) -> Result<(Config, State), String> {
    let config = run.config().clone();
    let state = run.checkpoint().await.map_err(|e| e.to_string())?.clone();
    if state.weights.parts().iter().any(|(_, part)| part.iter().any(|w| !w.is_finite())) {
        return Err("weights are not finite: a run that has not diverged".to_owned());
    }
    Ok((config, state))
}

/// The config of the same model with more latents; the outermost prefix of a nested loss has them too.
fn widened(config: &Config, n_latent: usize) -> Config {
    let mut wide = config.clone();
    if wide.loss.matryoshka.last() == Some(&config.model.n_latent) {
        wide.loss.matryoshka.pop();
        if wide.loss.matryoshka.is_empty() {
            wide.loss.matryoshka_weights.clear();
        }
    }
    wide.model.n_latent = n_latent as u32;
    wide
}

/// What a run started from; a dictionary is settled before the first step.
async fn start_of(config: &Config, world: &Arc<World>) -> Result<Weights, String> {
    let problem = Problem::new(config, world.clone());
    let state = State::start(config, &problem);
    AnyBackend::on_host(problem, state).weights().await.map_err(|e| e.to_string())
}

fn planted(world: &World, shape: Shape, like: &Weights) -> Weights {
    let mut w = Weights { theta: like.theta.clone(), ..Weights::zero(shape) };
    for (row, basis) in w.encoder.chunks_exact_mut(shape.n_input).zip(world.basis_in().chunks_exact(shape.n_input)) {
        let square: f64 = basis.iter().map(|x| f64::from(*x).powi(2)).sum();
        row.iter_mut().zip(basis).for_each(|(w, x)| *w = (f64::from(*x) / square.max(f64::MIN_POSITIVE)) as f32);
    }
    w.decoder[..world.basis_out().len()].copy_from_slice(world.basis_out());
    w
}

fn distances(along: &Weights<f64>, across: &Weights<f64>, size: f64) -> Result<Axes, String> {
    let length = norm(along);
    if length <= TOO_NEAR * size {
        return Err("both runs have the same weights: runs that differ, or a plane around one run".to_owned());
    }
    let slant = product(along, across) / length;
    let height = libm::sqrt((product(across, across) - slant * slant).max(0.0));
    if height <= TOO_NEAR * size {
        return Err("the three points lie on a line: train further, or a plane around one run".to_owned());
    }
    Ok(Axes::Distances { length, slant, height })
}
