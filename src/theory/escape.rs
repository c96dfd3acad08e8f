//! The escape room: a minimum with merged features is built, shaken and trained on; how often does the run leave it?
//!
//! Training is the bench's own (`run::Run`: samples with several features, Adam), not a descent on L̃: the question is
//! what happens to whoever trains a model. L̃ only tells where a try begins and ends.

use super::minima::{End, Verdict, canonical, verdict};
use super::seeds;
use super::simplified::{Pattern, Point, Sigma, Simplified, dot, norm};
use crate::bench::{World, directions};
use crate::config::{Activation, Config, Task};
use crate::model::Weights;
use crate::rng::{Purpose, Stream};
use crate::run::Run;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An end counts as less loss when L̃ has fallen by this share of where the try began: training jitters.
pub const LESS: f64 = 0.05;

/// Where tries begin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Start {
    /// Example 3.3: two orthonormal features in the plane on one latent, the other dead. The config's world is put
    /// aside; its sizes must be 2.
    Example,
    /// In the config's bench world: these two features share a latent, all others have their own, the rest is dead.
    Merged(usize, usize),
}

/// A built minimum and what holds there.
#[derive(Clone, Debug, Serialize)]
pub struct Built {
    pub start: Start,
    pub pattern: Pattern,
    pub approx_loss: f64,
    /// ‖∇L̃‖ in either block.
    pub gradient_encoder: f64,
    pub gradient_decoder: f64,
    /// The merged latent's products solve the rank-one problem min Σ M_d ‖w_r^d − u z_d‖² inside the region: a minimum
    /// there, both gradients vanish (v3 Theorem 3.6). Otherwise z = 1: what v2's Theorem 3.5 builds, a saddle where the
    /// two directions are more than 90° apart.
    pub minimum: bool,
    /// Features that the config anchors.
    pub anchored: Vec<usize>,
}

/// One try.
#[derive(Clone, Debug, Serialize)]
pub struct Try {
    pub seed: u32,
    /// In another pattern (up to the order of latents), with less L̃ by [`LESS`].
    pub escaped: bool,
    pub verdict: Verdict,
    pub end: End,
}

#[derive(Clone, Debug, Serialize)]
pub struct Tries {
    pub tries: Vec<Try>,
    /// Seeds whose runs diverged; they count as no escape and no stay.
    pub diverged: Vec<u32>,
}

/// Every pair of features that can be merged in the config's world, minima before saddles, and the lower L̃ first.
///
/// # Errors
/// As [`tries`].
pub fn starts(config: &Config) -> Result<Vec<Built>, String> {
    let room = Room::new(config, &Start::Merged(0, 1))?;
    let n = room.theory.n_features();
    let pairs = (0..n).flat_map(|a| (a + 1..n).map(move |b| Start::Merged(a, b)));
    let mut built: Vec<Built> = pairs.filter_map(|start| room.build(&start).ok()).map(|(_, built)| built).collect();
    built.sort_by(|a, b| b.minimum.cmp(&a.minimum).then(a.approx_loss.total_cmp(&b.approx_loss)));
    Ok(built)
}

/// The minimum that tries begin from.
///
/// # Errors
/// As [`tries`].
pub fn built(config: &Config, start: &Start) -> Result<Built, String> {
    Ok(Room::new(config, start)?.build(start)?.1)
}

/// Builds the minimum, adds noise of `epsilon` times the mean norm of the living rows to every row (the dead included;
/// encoder and decoder each by its own norm), trains on to the config's last step, once a seed. A seed names noise and
/// samples; the world is that of `bench.world`.
///
/// # Errors
/// Names a setting under which the built point is no minimum of what is trained, or a pair that cannot be merged.
pub fn tries(config: &Config, start: &Start, epsilon: f64, seeds: &[u32]) -> Result<Tries, String> {
    if !(0.0..=10.0).contains(&epsilon) {
        return Err(format!("epsilon is {epsilon}: it must be from 0 to 10"));
    }
    let room = Room::new(config, start)?;
    let (point, built) = room.build(start)?;
    let before = canonical(&built.pattern);
    let mut out = Tries { tries: vec![], diverged: vec![] };
    for &seed in seeds {
        let mut run = Run::of_world(Config { seed, ..config.clone() }, Arc::clone(&room.world));
        let shaken = shaken(&point, epsilon, seed);
        let mut weights = Weights::zero(run.shape());
        let flat = |rows: &[Vec<f64>]| rows.iter().flatten().map(|x| *x as f32).collect();
        (weights.encoder, weights.decoder) = (flat(&shaken.encoder), flat(&shaken.decoder));
        seeds::now(run.set_weights(weights)).expect("the CPU stays");
        let Some(end) = seeds::end(&mut run) else {
            out.diverged.push(seed);
            continue;
        };
        out.tries.push(Try {
            seed,
            escaped: canonical(&end.pattern) != before && end.approx_loss < (1.0 - LESS) * built.approx_loss,
            verdict: verdict(&end.pattern, room.theory.n_features(), end.approx_share),
            end,
        });
    }
    Ok(out)
}

/// The world of the tries, and L̃ in it.
struct Room {
    world: Arc<World>,
    theory: Simplified,
    n_latent: usize,
    /// Features in the order in which anchors take them, as many as there are anchors.
    anchored: Vec<usize>,
}

impl Room {
    fn new(config: &Config, start: &Start) -> Result<Self, String> {
        seeds::check(config)?;
        let m = &config.model;
        let refuse = |field: &str, is: &str, must: &str| Err(format!("{field} is {is}: it must be {must}"));
        let sigma = match m.activation {
            Activation::TopK => Sigma::TopK(m.k as usize),
            Activation::Relu => Sigma::Relu,
            other => return refuse("model.activation", &format!("{other:?}"), "top_k or relu (σ without a state)"),
        };
        if m.task != Task::Autoencoder {
            return refuse("model.task", &format!("{:?}", m.task), "autoencoder");
        }
        for (field, on) in [
            ("model.unit_norm_decoder", m.unit_norm_decoder),
            ("model.b_enc", m.b_enc),
            ("model.b_dec", m.b_dec),
            ("model.rank_by_norm", m.rank_by_norm),
            ("model.scale_data", m.scale_data),
        ] {
            if on {
                return refuse(field, "true", "false, as in the theory");
            }
        }
        let mut world = World::new(config, None).map_err(|e| e.to_string())?;
        if *start == Start::Example {
            for (field, is) in [
                ("bench.n_features", config.bench.n_features),
                ("bench.n_input", config.bench.n_input),
                ("model.n_latent", config.model.n_latent),
            ] {
                if is != 2 {
                    return refuse(field, &is.to_string(), "2 for Example 3.3");
                }
            }
            let axes = vec![1.0, 0.0, 0.0, 1.0];
            let report = directions::Report { interference: 0.0, ..world.report };
            world = World::of_directions(config, axes.clone(), axes, None, report);
        }
        let rows = |flat: &[f32], width: usize| -> Vec<Vec<f64>> {
            flat.chunks_exact(width).map(|row| row.iter().map(|x| f64::from(*x)).collect()).collect()
        };
        let theory = Simplified {
            directions_in: rows(&world.directions_in, world.n_input),
            directions_out: rows(&world.directions_out, world.n_target),
            mass: world.lone_moments().expect("`check` refuses a copula"),
            sigma,
        };
        theory.check()?;
        let count = if config.anchors.coefficient > 0.0 { config.anchors.count as usize } else { 0 };
        let order = world.anchor_order(config.world_seed());
        let anchored = order.iter().take(count).map(|d| *d as usize).collect();
        Ok(Self { world: Arc::new(world), theory, n_latent: config.model.n_latent as usize, anchored })
    }

    fn build(&self, start: &Start) -> Result<(Point, Built), String> {
        let n = self.theory.n_features();
        let (a, b) = match *start {
            Start::Example => (0, 1),
            Start::Merged(a, b) => (a.min(b), a.max(b)),
        };
        if a == b || b >= n {
            return Err(format!("the merged pair is {a}, {b}: it must be two different features below {n}"));
        }
        let mut groups: Vec<Vec<usize>> = vec![vec![a, b]];
        groups.extend((0..n).filter(|d| *d != a && *d != b).map(|d| vec![d]));
        if groups.len() > self.n_latent {
            return Err(format!("model.n_latent is {}: it must be {} or more", self.n_latent, groups.len()));
        }
        let wanted = self.placed(groups);
        let solved = self.point(&wanted, |of| rank_one(&self.theory, of));
        // Two features more than 90° apart have no solution with both products above zero, two at 90° have many.
        let minimum = *start != Start::Example && self.theory.pattern(&solved.encoder) == wanted;
        let point = if minimum { solved } else { self.point(&wanted, |of| vec![1.0; of.len()]) };
        let pattern = self.theory.pattern(&point.encoder);
        if pattern != wanted {
            return Err(format!("features {a} and {b} cannot share a latent here: the rows built give {pattern:?}"));
        }
        let gradient = self.theory.gradient(&point);
        let built = Built {
            start: start.clone(),
            pattern,
            approx_loss: self.theory.loss(&point),
            gradient_encoder: norm(&gradient.encoder),
            gradient_decoder: norm(&gradient.decoder),
            minimum: minimum || *start == Start::Example,
            anchored: self.anchored.clone(),
        };
        Ok((point, built))
    }

    /// A latent for every group, the rest dead. An anchored latent gets the group of its feature, so that an anchor asks
    /// for another minimum and not for another order of this one.
    fn placed(&self, groups: Vec<Vec<usize>>) -> Pattern {
        let mut left: Vec<Option<Vec<usize>>> = groups.into_iter().map(Some).collect();
        let mut pattern = vec![vec![]; self.n_latent];
        for (latent, d) in self.anchored.iter().enumerate().take(self.n_latent) {
            if let Some(group) = left.iter_mut().find(|g| g.as_ref().is_some_and(|g| g.contains(d))) {
                pattern[latent] = group.take().unwrap_or_default();
            }
        }
        // A second anchor on the same group leaves its latent dead, unless there are no others to take.
        let mut free: Vec<usize> = (self.anchored.len().min(self.n_latent)..self.n_latent).collect();
        free.extend((0..self.anchored.len().min(self.n_latent)).filter(|i| pattern[*i].is_empty()));
        for (group, latent) in left.into_iter().flatten().zip(free) {
            pattern[latent] = group;
        }
        pattern
    }

    /// The point of a partition whose products are z_d (`products` of each group): rows w_E^i = Σ_{d ∈ F_i} c_d w_p^d
    /// that have them, and the decoder that is best for them; both zero for the dead.
    fn point(&self, pattern: &Pattern, products: impl Fn(&[usize]) -> Vec<f64>) -> Point {
        let t = &self.theory;
        let (mut encoder, mut decoder) = (vec![], vec![]);
        for of in pattern {
            let z = products(of);
            encoder.push(combination(of, &coefficients(&t.directions_in, of, &z), &t.directions_in));
            decoder.push(least_squares(t, of, &z));
        }
        Point { encoder, decoder }
    }
}

/// z of the solution of min_{u, z} Σ_{d ∈ F_i} M_d ‖w_r^d − u z_d‖², scaled to ‖u‖ = 1, for one feature or two: √M_d z_d
/// is the top eigenvector of the weighted Gram matrix √(M_d M_e) ⟨w_r^d, w_r^e⟩.
fn rank_one(t: &Simplified, of: &[usize]) -> Vec<f64> {
    let mut z = vec![1.0; of.len()];
    if let [d, e] = *of {
        let weigh =
            |d: usize, e: usize| (t.mass[d] * t.mass[e]).sqrt() * dot(&t.directions_out[d], &t.directions_out[e]);
        let (a, b, c) = (weigh(d, d), weigh(d, e), weigh(e, e));
        let top = 0.5 * (a + c) + (0.25 * (a - c) * (a - c) + b * b).sqrt();
        z = vec![b / t.mass[d].sqrt(), (top - a) / t.mass[e].sqrt()];
    }
    let u = least_squares(t, of, &z);
    let length = dot(&u, &u).sqrt();
    z.iter_mut().for_each(|z| *z *= length);
    z
}

/// c with Σ_e c_e ⟨w^d, w^e⟩ = z_d, for one feature or two; c = z where two directions are one line.
fn coefficients(rows: &[Vec<f64>], of: &[usize], z: &[f64]) -> Vec<f64> {
    let g = |d: usize, e: usize| dot(&rows[of[d]], &rows[of[e]]);
    match of.len() {
        2 => {
            let determinant = g(0, 0) * g(1, 1) - g(0, 1) * g(0, 1);
            if determinant < 1e-9 {
                return z.to_vec();
            }
            vec![(g(1, 1) * z[0] - g(0, 1) * z[1]) / determinant, (g(0, 0) * z[1] - g(0, 1) * z[0]) / determinant]
        }
        _ => of.iter().zip(z).map(|(d, z)| z / dot(&rows[*d], &rows[*d])).collect(),
    }
}

/// w_D^i = Σ M_d z_d w_r^d / Σ M_d z_d² (Theorem 3.5).
fn least_squares(t: &Simplified, of: &[usize], z: &[f64]) -> Vec<f64> {
    let weights: Vec<f64> = of.iter().zip(z).map(|(d, z)| t.mass[*d] * z).collect();
    let size: f64 = weights.iter().zip(z).map(|(w, z)| w * z).sum();
    let scaled: Vec<f64> = weights.iter().map(|w| if size > 0.0 { w / size } else { 0.0 }).collect();
    combination(of, &scaled, &t.directions_out)
}

fn combination(of: &[usize], coefficients: &[f64], rows: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; rows[0].len()];
    for (d, c) in of.iter().zip(coefficients) {
        sum.iter_mut().zip(&rows[*d]).for_each(|(sum, x)| *sum += c * x);
    }
    sum
}

fn shaken(point: &Point, epsilon: f64, seed: u32) -> Point {
    let mut stream = Stream::new(seed, Purpose::Perturbation, 0);
    let mut shake = |rows: &[Vec<f64>]| -> Vec<Vec<f64>> {
        let norms: Vec<f64> = rows.iter().map(|row| dot(row, row).sqrt()).filter(|n| *n > 0.0).collect();
        let width = rows[0].len() as f64;
        let scale = epsilon * norms.iter().sum::<f64>() / norms.len() as f64 / width.sqrt();
        rows.iter().map(|row| row.iter().map(|x| x + scale * stream.normal()).collect()).collect()
    };
    Point { encoder: shake(&point.encoder), decoder: shake(&point.decoder) }
}
