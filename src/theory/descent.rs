//! Training in the small landscape: gradient descent, Adam and alternating convex search on the weights (W_E, W_D)
//! themselves, with what may be switched on: anchors (in the scene) and resampling of dead latents.
//!
//! A path is over the picture at the angles of its encoder rows. It is at the picture's height only while its decoder is
//! the best one: descent has to move the decoder, too, and its rows change their lengths.

mod convex;

use crate::theory::landscape::plane::{Plane, Rows, Scene, Vec2, Weights, pattern_of, square};
use crate::theory::simplified::Pattern;
use serde::{Deserialize, Serialize};
use std::f64::consts::{PI, TAU};

/// Steps of a descent in which alternating convex search does one alternation.
pub const ALTERNATE_EVERY: usize = 10;
pub const MOST_STEPS: usize = 20_000;
/// Points of a path beyond its start.
const FRAMES: usize = 150;
/// Ends within this share of Σ M_d above the least height count as global, changes below it in the last tenth of the
/// steps as none: descent comes near a minimum long before it is there.
const NEAR: f64 = 0.01;
/// Errors up to this are rounding: there is nothing to re-aim at.
const NOTHING: f64 = 1e-12;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    GradientDescent,
    /// β₁ 0.9, β₂ 0.999, ε 10⁻⁸.
    Adam,
    /// The best decoder, then the best encoder rows of the same pattern, in turns: each is a convex problem, solved
    /// exactly. The pattern never changes.
    AlternatingConvexSearch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decoder {
    /// Each latent writes the direction that it reads, as sparse autoencoders commonly start.
    Tied,
    /// The start is on the surface.
    Best,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    pub method: Method,
    /// 1 to 20,000.
    pub steps: usize,
    /// Learning rate of gradient descent and Adam, above 0.
    pub rate: f64,
    pub decoder: Decoder,
    /// A latent that no feature fires is re-aimed every so many steps; 0: never.
    pub resample_every: usize,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Frame {
    pub step: usize,
    pub weights: Weights,
    /// Radians, in (−π, π].
    pub angles: Vec2,
    /// L̃ + λ_a anchor term of the weights as they are.
    pub objective: f64,
    /// The same with the best decoder: how high the picture is here.
    pub height: f64,
}

/// A dead latent re-aimed at the feature that is reconstructed worst.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Resampled {
    pub step: usize,
    pub latent: usize,
    pub feature: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As low as the landscape gets.
    Global,
    /// Higher, and at rest.
    Spurious,
    /// Neither yet.
    Moving,
}

#[derive(Debug, Serialize)]
pub struct Path {
    pub method: Method,
    pub frames: Vec<Frame>,
    pub resampled: Vec<Resampled>,
    pub outcome: Outcome,
    /// L̃ at the end.
    pub loss: f64,
    pub pattern: Pattern,
}

/// Where starts all over the landscape end: n × n starts.
#[derive(Debug, Serialize)]
pub struct Ends {
    pub method: Method,
    pub size: usize,
    /// The angles of the first start; the others follow in steps of 2π/size.
    pub first: Vec2,
    /// [θ₂][θ₁].
    pub outcomes: Vec<Outcome>,
    pub global: f64,
    pub spurious: f64,
    pub moving: f64,
}

/// The path from the start at `angles` (radians). `least` is the landscape's least height (`Picture::least`).
pub fn path(scene: &Scene, schedule: &Schedule, angles: Vec2, least: f64) -> Result<Path, String> {
    let plane = scene.plane()?;
    schedule.check()?;
    check_least(least)?;
    if angles.iter().any(|a| !a.is_finite()) {
        return Err(format!("start is {angles:?}: two finite angles"));
    }
    let every = schedule.steps.div_ceil(FRAMES);
    let mut frames = vec![];
    let mut run = Descent::new(&plane, *schedule, angles);
    let (resampled, outcome) = run.go(least, |step, weights| {
        if step % every == 0 || step == schedule.steps {
            frames.push(Frame {
                step,
                weights: *weights,
                angles: weights.encoder.map(|row| libm::atan2(row[1], row[0])),
                objective: plane.objective(weights),
                height: plane.height(weights.encoder),
            });
        }
    });
    let loss = plane.loss(&run.weights);
    let pattern = pattern_of(plane.pattern(&run.weights.encoder));
    Ok(Path { method: schedule.method, frames, resampled, outcome, loss, pattern })
}

/// The outcomes of `size` × `size` starts (1 to 64), evenly over both angles.
pub fn ends(scene: &Scene, schedule: &Schedule, size: usize, least: f64) -> Result<Ends, String> {
    let plane = scene.plane()?;
    schedule.check()?;
    check_least(least)?;
    if !(1..=64).contains(&size) {
        return Err(format!("size is {size}: from 1 to 64"));
    }
    // Off the middle, each axis by its own amount: no start lies on a boundary where feature angles are round.
    let angle = |at: usize, off: f64| -PI + (at as f64 + off) * TAU / size as f64;
    let (off1, off2) = (17.0 / 32.0, 19.0 / 32.0);
    let mut outcomes = Vec::with_capacity(size * size);
    for up in 0..size {
        for across in 0..size {
            let start = [angle(across, off1), angle(up, off2)];
            outcomes.push(Descent::new(&plane, *schedule, start).go(least, |_, _| {}).1);
        }
    }
    let share = |of: Outcome| outcomes.iter().filter(|o| **o == of).count() as f64 / outcomes.len() as f64;
    let (global, spurious, moving) = (share(Outcome::Global), share(Outcome::Spurious), share(Outcome::Moving));
    let first = [angle(0, off1), angle(0, off2)];
    Ok(Ends { method: schedule.method, size, first, outcomes, global, spurious, moving })
}

fn check_least(least: f64) -> Result<(), String> {
    if least.is_finite() { Ok(()) } else { Err(format!("least is {least}: the landscape's least height")) }
}

impl Schedule {
    fn check(&self) -> Result<(), String> {
        if !(1..=MOST_STEPS).contains(&self.steps) {
            return Err(format!("steps is {}: from 1 to {MOST_STEPS}", self.steps));
        }
        if !(self.rate.is_finite() && self.rate > 0.0) {
            return Err(format!("rate is {}: above 0", self.rate));
        }
        Ok(())
    }
}

struct Descent<'a> {
    plane: &'a Plane,
    schedule: Schedule,
    weights: Weights,
    /// Adam's two means, and for each latent β₁ᵗ and β₂ᵗ, t steps after they began.
    mean: Weights,
    square: Weights,
    decay: [Vec2; 2],
}

impl<'a> Descent<'a> {
    fn new(plane: &'a Plane, schedule: Schedule, angles: Vec2) -> Self {
        let encoder = plane.encoder(angles);
        let weights = match schedule.decoder {
            Decoder::Tied => Weights { encoder, decoder: encoder },
            Decoder::Best => plane.on_surface(encoder),
        };
        Self { plane, schedule, weights, mean: Weights::default(), square: Weights::default(), decay: [[1.0; 2]; 2] }
    }

    /// All steps; `seen` gets the weights before the first and after each.
    fn go(&mut self, least: f64, mut seen: impl FnMut(usize, &Weights)) -> (Vec<Resampled>, Outcome) {
        let Schedule { steps, resample_every, .. } = self.schedule;
        let mut resampled = vec![];
        // What the objective was when the last tenth began.
        let mut before = f64::INFINITY;
        let late = steps - steps.div_ceil(10);
        seen(0, &self.weights);
        for step in 1..=steps {
            if step > late && before == f64::INFINITY {
                before = self.plane.objective(&self.weights);
            }
            match self.schedule.method {
                Method::GradientDescent => self.descend(),
                Method::Adam => self.adam(),
                Method::AlternatingConvexSearch if step % ALTERNATE_EVERY == 0 => {
                    convex::alternate(self.plane, &mut self.weights);
                }
                Method::AlternatingConvexSearch => {}
            }
            if resample_every > 0 && step % resample_every == 0 {
                self.resample(step, &mut resampled);
            }
            seen(step, &self.weights);
        }
        (resampled, self.outcome(least, before))
    }

    fn outcome(&self, least: f64, before: f64) -> Outcome {
        let near = NEAR * self.plane.mass();
        let now = self.plane.objective(&self.weights);
        // The decoder is convex and will follow: what counts is where the encoder is.
        if self.plane.height(self.weights.encoder).min(now) <= least + near {
            Outcome::Global
        } else if (before - now).abs() < near {
            Outcome::Spurious
        } else {
            Outcome::Moving
        }
    }

    fn descend(&mut self) {
        let mut gradient = self.plane.gradient(&self.weights);
        for (w, g) in self.weights.numbers().zip(gradient.numbers()) {
            *w -= self.schedule.rate * *g;
        }
    }

    fn adam(&mut self) {
        const BETA: Vec2 = [0.9, 0.999];
        let mut gradient = self.plane.gradient(&self.weights);
        self.decay.iter_mut().for_each(|decay| (0..2).for_each(|k| decay[k] *= BETA[k]));
        // The order of `numbers`: both encoder rows, both decoder columns, two numbers each.
        let latent = (0..8).map(|at| at / 2 % 2);
        let means = self.mean.numbers().zip(self.square.numbers());
        for (((w, g), (m, v)), i) in self.weights.numbers().zip(gradient.numbers()).zip(means).zip(latent) {
            *m += (1.0 - BETA[0]) * (*g - *m);
            *v += (1.0 - BETA[1]) * (*g * *g - *v);
            let [m_hat, v_hat] = [*m / (1.0 - self.decay[i][0]), *v / (1.0 - self.decay[i][1])];
            *w -= self.schedule.rate * m_hat / (libm::sqrt(v_hat) + 1e-8);
        }
    }

    /// Every dead latent is re-aimed at the feature with the largest M_d ‖error‖²: as long as the living rows are, so that
    /// it wins where only one may answer, and with the decoder that makes this one error vanish.
    fn resample(&mut self, step: usize, told: &mut Vec<Resampled>) {
        for i in 0..2 {
            let bits = self.plane.pattern(&self.weights.encoder);
            if bits[i] != 0 {
                continue;
            }
            let error = |d: &usize| self.plane.error(&self.weights, *d);
            let n = self.plane.features.len();
            let Some(feature) = (0..n).max_by(|a, b| error(a).total_cmp(&error(b))) else { return };
            if error(&feature) <= NOTHING {
                return;
            }
            let length =
                if bits[1 - i] == 0 { self.plane.lengths[i] } else { libm::sqrt(square(self.weights.encoder[1 - i])) };
            self.aim(i, feature, length);
            (self.mean, self.square, self.decay[i]) = (cleared(self.mean, i), cleared(self.square, i), [1.0; 2]);
            told.push(Resampled { step, latent: i, feature });
        }
    }

    fn aim(&mut self, latent: usize, feature: usize, length: f64) {
        let direction = self.plane.features[feature].0;
        self.weights.encoder[latent] = direction.map(|x| length * x / libm::sqrt(square(direction)));
        self.weights.decoder[latent] = [0.0; 2];
        // What is still lacking with the new row, which may have taken the feature from the other.
        let lacking = self.plane.residual(&self.weights, feature);
        let answer = self.plane.latents(&self.weights.encoder, feature)[latent];
        if answer > 0.0 {
            self.weights.decoder[latent] = lacking.map(|x| x / answer);
        }
    }
}

fn cleared(mut moments: Weights, latent: usize) -> Weights {
    let clear = |rows: &mut Rows| rows[latent] = [0.0; 2];
    clear(&mut moments.encoder);
    clear(&mut moments.decoder);
    moments
}
