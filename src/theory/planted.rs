//! The planted solution (Theorem 3.2): W_E = [W_pᵀ; 0], W_D = [W_r, 0] has L̃ ≤ M² Σ_d M_d (K_d − 1)² ≤ n² M² Σ_d M_d,
//! with M the largest product of two input directions and K_d the number of latents that feature d fires.

use super::simplified::{Point, Simplified};
use super::small::interference;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub struct Report {
    pub loss: f64,
    /// [n_features]: K_d, and ‖w_r^d − W_D σ(W_E w_p^d)‖².
    pub latents_per_feature: Vec<usize>,
    pub error_per_feature: Vec<f64>,
    /// M.
    pub interference: f64,
    /// M² Σ M_d (K_d − 1)², and n² M² Σ M_d.
    pub bound: f64,
    pub loose_bound: f64,
}

/// Every feature a latent of its own, the rest zero. `n_latent` ≥ n.
pub fn point(world: &Simplified, n_latent: usize) -> Result<Point, String> {
    let n = world.n_features();
    if n_latent < n {
        return Err(format!("n_latent is {n_latent}: at least {n}, a latent for each feature"));
    }
    let rows = |directions: &[Vec<f64>]| {
        let mut rows = directions.to_vec();
        rows.resize(n_latent, vec![0.0; directions[0].len()]);
        rows
    };
    Ok(Point { encoder: rows(&world.directions_in), decoder: rows(&world.directions_out) })
}

pub fn report(world: &Simplified, n_latent: usize) -> Result<Report, String> {
    world.check()?;
    let at = point(world, n_latent)?;
    let n = world.n_features();
    let fires = |d: usize| world.latents(&at.encoder, d).iter().filter(|f| **f > 0.0).count();
    let latents_per_feature: Vec<usize> = (0..n).map(fires).collect();
    // A single feature meets no other; negative products fire nothing.
    let m = interference(&world.directions_in).max(0.0);
    let others = |k: usize| (k as f64 - 1.0) * (k as f64 - 1.0);
    let sum: f64 = world.mass.iter().zip(&latents_per_feature).map(|(mass, k)| mass * others(*k)).sum();
    let error = |d: usize| world.residual(&at, d).iter().map(|r| r * r).sum();
    Ok(Report {
        loss: world.loss(&at),
        error_per_feature: (0..n).map(error).collect(),
        bound: m * m * sum,
        loose_bound: (n as f64 * m).powi(2) * world.mass.iter().sum::<f64>(),
        latents_per_feature,
        interference: m,
    })
}
