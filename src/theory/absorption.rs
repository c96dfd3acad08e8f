//! Absorption (Example 3.6, Theorem 3.8): from a latent that answers to a parent's sub-concepts, a pattern in which a
//! latent of its own has taken one of them away.
//!
//! With threshold c, row w of the parent's latent and the child d* of the least product a_min, w is scaled by
//! λ = (c + a_min)/(2 a_min), the threshold becomes c″ just above (c + a_min)/2, and a new row α w_p^{d*} with
//! α = 2c″/(1+M) answers to d* alone: (F_i, ∅) becomes (F_i \ {d*}, {d*}). The other rows are scaled with the threshold.

use super::cone::Verdict;
use super::feasibility::{self, Reason, Term, numbered};
use super::simplified::{Pattern, Sigma, Simplified, dot};
use super::small::interference;
use super::spurious::{At, Region};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// σ: relu (c = 0) or jump_relu (c = θ).
    pub world: Simplified,
    pub pattern: Pattern,
    /// The parent's latent, a child in its F_i, and an idle latent (F_j empty) to take it.
    pub parent: usize,
    pub child: usize,
    pub idle: usize,
    #[serde(default)]
    pub names: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
pub struct Report {
    /// Why there is no row for the parent's latent in which the child is the weakest, or whatever else is in the way.
    pub reason: Option<Reason>,
    pub made: Option<Made>,
}

#[derive(Debug, Serialize)]
pub struct Made {
    pub before: Stage,
    pub after: Stage,
    /// The numbers of the construction.
    pub c: f64,
    pub a_min: f64,
    pub lambda: f64,
    pub c_after: f64,
    pub alpha: f64,
    /// M.
    pub interference: f64,
    /// Whether the pattern that came out is the one that the theorem states.
    pub as_stated: bool,
}

/// An encoder, its threshold, what it makes of each feature, and its least-squares point.
#[derive(Debug, Serialize)]
pub struct Stage {
    pub threshold: f64,
    /// [n_latent][n_features]: ⟨w_E^i, w_p^d⟩, whether above the threshold or not.
    pub products: Vec<Vec<f64>>,
    pub pattern: Pattern,
    pub at: At,
}

pub fn report(ask: &Ask) -> Result<Report, String> {
    feasibility::check(&ask.world, &ask.pattern)?;
    let n = ask.world.n_features();
    let c = match ask.world.sigma {
        Sigma::Relu => 0.0,
        Sigma::JumpRelu(theta) if theta >= 0.0 && theta.is_finite() => theta,
        _ => return Err("world.sigma has no threshold: relu, or jump_relu with θ ≥ 0".to_owned()),
    };
    let latents = ask.pattern.len();
    if ask.parent >= latents || ask.idle >= latents || ask.parent == ask.idle || !ask.pattern[ask.idle].is_empty() {
        return Err(format!(
            "parent {} and idle {}: two latents below {latents}, idle with F empty",
            ask.parent, ask.idle
        ));
    }
    let family = &ask.pattern[ask.parent];
    if !family.contains(&ask.child) || family.len() < 2 {
        return Err(format!("child {} with F of the parent {family:?}: a member of two or more", ask.child));
    }
    let names = ask.names.clone().filter(|names| names.len() == n).unwrap_or_else(|| numbered(n));
    let m = interference(&ask.world.directions_in);
    if m >= 1.0 - 1e-9 {
        return Err("world has two equal directions (M = 1): directions that differ".to_owned());
    }
    match realize(ask, &names) {
        Err(reason) => Ok(Report { reason: Some(reason), made: None }),
        Ok(encoder) => Ok(Report { reason: None, made: Some(construct(ask, encoder, c, m)) }),
    }
}

/// An encoder with the pattern, in which the child is the parent's weakest.
fn realize(ask: &Ask, names: &[String]) -> Result<Vec<Vec<f64>>, Reason> {
    let answer = feasibility::decide(&ask.world, &ask.pattern, names);
    if let Some(reason) = answer.reasons.into_iter().next() {
        return Err(reason);
    }
    let mut encoder = answer.encoder;
    let parts = feasibility::systems(&ask.world, &ask.pattern);
    let part = parts.iter().find(|p| p.latents == [ask.parent]).expect("the parent answers to something");
    let mut system = part.system.clone();
    let child = part.linear(&ask.world, ask.parent, ask.child);
    for d in ask.pattern[ask.parent].iter().filter(|d| **d != ask.child) {
        let other = part.linear(&ask.world, ask.parent, *d);
        system.strict.push(other.iter().zip(&child).map(|(o, c)| o - c).collect());
    }
    match system.solve() {
        Verdict::Solved { x, .. } => part.place(&x, &mut encoder),
        Verdict::Contradiction { .. } => {
            let words = format!(
                "Every row that fires latent {} for these features fires at least as strongly for {} as for some other of \
                 them: it cannot be the weakest, so it is not the one to be absorbed.",
                ask.parent + 1,
                names[ask.child],
            );
            return Err(Reason { latent: Some(ask.parent), terms: Vec::<Term>::new(), words });
        }
    }
    Ok(encoder)
}

fn construct(ask: &Ask, before: Vec<Vec<f64>>, c: f64, m: f64) -> Made {
    let product = |row: &[f64], d: usize| dot(row, &ask.world.directions_in[d]);
    let family = &ask.pattern[ask.parent];
    let a_min = product(&before[ask.parent], ask.child);
    let second = family.iter().filter(|d| **d != ask.child).map(|d| product(&before[ask.parent], *d));
    let second = second.fold(f64::INFINITY, f64::min);
    let lambda = (c + a_min) / (2.0 * a_min);
    // Between what is left of the weakest and of the next; half way, so that both have a margin.
    let c_after = 0.5 * (lambda * a_min + lambda * second);
    let alpha = 2.0 * c_after / (1.0 + m);
    let mut after = before.clone();
    let scale = |row: &[f64], by: f64| -> Vec<f64> { row.iter().map(|w| by * w).collect() };
    for (i, row) in after.iter_mut().enumerate() {
        *row = if i == ask.parent {
            scale(row, lambda)
        } else if i == ask.idle {
            scale(&ask.world.directions_in[ask.child], alpha)
        } else if c > 0.0 {
            scale(row, c_after / c)
        } else {
            // Without a threshold before, the least of what fires comes to twice the new one.
            let least = ask.pattern[i].iter().map(|d| product(row, *d)).fold(f64::INFINITY, f64::min);
            if least.is_finite() { scale(row, 2.0 * c_after / least) } else { row.clone() }
        };
    }
    let mut stated = ask.pattern.clone();
    stated[ask.parent].retain(|d| *d != ask.child);
    stated[ask.idle] = vec![ask.child];
    let stage = |encoder: Vec<Vec<f64>>, threshold: f64, sigma: Sigma| {
        let world = Simplified { sigma, ..ask.world.clone() };
        let pattern = world.pattern(&encoder);
        let all = |row: &Vec<f64>| (0..world.n_features()).map(|d| product(row, d)).collect();
        let products = encoder.iter().map(all).collect();
        let at = Region { world: &world, pattern: &pattern, touching: &[] }.at(encoder);
        Stage { threshold, products, pattern, at }
    };
    let after = stage(after, c_after, Sigma::JumpRelu(c_after));
    Made {
        as_stated: after.pattern == stated,
        before: stage(before, c, ask.world.sigma),
        after,
        c,
        a_min,
        lambda,
        c_after,
        alpha,
        interference: m,
    }
}
