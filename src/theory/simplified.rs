//! L̃ = Σ_d M_d ‖w_r^d − W_D σ(W_E w_p^d)‖² of Theorem 3.1, as a function of the weights: every feature alone, once,
//! weighed by how often it is alone and how large it is then. In f64, for few features.

use serde::{Deserialize, Serialize};

/// What passes σ: the theory's σ(z)_i ∈ {0, z_i} (eq. 10).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sigma {
    /// z > 0.
    Relu,
    /// The k largest z (of equals the lower latent), if they are > 0.
    TopK(usize),
    /// z > θ ≥ 0. Not scale-free: Theorem 3.1 does not cover it.
    JumpRelu(f64),
}

/// A world of features that come alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simplified {
    /// [n_features][n_input]: w_p^d.
    pub directions_in: Vec<Vec<f64>>,
    /// [n_features][n_target]: w_r^d.
    pub directions_out: Vec<Vec<f64>>,
    /// [n_features]: M_d > 0.
    pub mass: Vec<f64>,
    pub sigma: Sigma,
}

/// Encoder rows w_E^i and decoder columns w_D^i, a latent each: [n_latent][n_input] and [n_latent][n_target].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    pub encoder: Vec<Vec<f64>>,
    pub decoder: Vec<Vec<f64>>,
}

/// F_i, the features that fire latent i when alone: [n_latent], each ascending.
pub type Pattern = Vec<Vec<usize>>;

impl Simplified {
    /// Fails with the field, its value and what would be right.
    pub fn check(&self) -> Result<(), String> {
        let n = self.directions_in.len();
        if n == 0 {
            return Err("directions_in is empty: at least one feature".to_owned());
        }
        for (name, rows) in [("directions_in", &self.directions_in), ("directions_out", &self.directions_out)] {
            let width = rows.first().map_or(0, Vec::len);
            if rows.len() != n || width == 0 || rows.iter().any(|row| row.len() != width) {
                return Err(format!("{name} is ragged or has {} rows: {n} rows of one length", rows.len()));
            }
            if rows.iter().flatten().any(|x| !x.is_finite()) {
                return Err(format!("{name} has a value that is not a number: finite values"));
            }
        }
        if self.mass.len() != n || self.mass.iter().any(|m| !(m.is_finite() && *m > 0.0)) {
            return Err(format!("mass is {:?}: {n} values above 0", self.mass));
        }
        Ok(())
    }

    pub fn n_features(&self) -> usize {
        self.mass.len()
    }

    /// [n_latent]: σ(W_E w_p^d).
    pub fn latents(&self, encoder: &[Vec<f64>], feature: usize) -> Vec<f64> {
        let z: Vec<f64> = encoder.iter().map(|row| dot(row, &self.directions_in[feature])).collect();
        self.sigma.of(&z)
    }

    pub fn pattern(&self, encoder: &[Vec<f64>]) -> Pattern {
        let mut pattern = vec![vec![]; encoder.len()];
        for d in 0..self.n_features() {
            let active = self.latents(encoder, d);
            pattern.iter_mut().zip(active).filter(|(_, f)| *f > 0.0).for_each(|(of, _)| of.push(d));
        }
        pattern
    }

    /// W_D σ(W_E w_p^d) − w_r^d.
    pub fn residual(&self, at: &Point, feature: usize) -> Vec<f64> {
        let mut sum: Vec<f64> = self.directions_out[feature].iter().map(|x| -x).collect();
        for (f, row) in self.latents(&at.encoder, feature).iter().zip(&at.decoder).filter(|(f, _)| **f > 0.0) {
            sum.iter_mut().zip(row).for_each(|(sum, w)| *sum += f * w);
        }
        sum
    }

    pub fn loss(&self, at: &Point) -> f64 {
        (0..self.n_features())
            .map(|d| {
                let r = self.residual(at, d);
                self.mass[d] * dot(&r, &r)
            })
            .sum()
    }

    /// ∇L̃ inside the region of `at`'s pattern: the pattern held fixed.
    pub fn gradient(&self, at: &Point) -> Point {
        let zeros = |rows: &[Vec<f64>]| rows.iter().map(|row| vec![0.0; row.len()]).collect();
        let mut g = Point { encoder: zeros(&at.encoder), decoder: zeros(&at.decoder) };
        for d in 0..self.n_features() {
            let r = self.residual(at, d);
            for (i, f) in self.latents(&at.encoder, d).into_iter().enumerate().filter(|(_, f)| *f > 0.0) {
                let along = 2.0 * self.mass[d] * dot(&r, &at.decoder[i]);
                g.encoder[i].iter_mut().zip(&self.directions_in[d]).for_each(|(g, x)| *g += along * x);
                g.decoder[i].iter_mut().zip(&r).for_each(|(g, r)| *g += 2.0 * self.mass[d] * f * r);
            }
        }
        g
    }
}

impl Sigma {
    pub fn of(self, z: &[f64]) -> Vec<f64> {
        match self {
            Sigma::Relu => z.iter().map(|z| z.max(0.0)).collect(),
            Sigma::JumpRelu(theta) => z.iter().map(|z| if *z > theta { *z } else { 0.0 }).collect(),
            Sigma::TopK(k) => {
                let mut order: Vec<usize> = (0..z.len()).collect();
                order.sort_by(|a, b| z[*b].total_cmp(&z[*a]).then(a.cmp(b)));
                let mut out = vec![0.0; z.len()];
                order.iter().take(k).for_each(|i| out[*i] = z[*i].max(0.0));
                out
            }
        }
    }
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// √ of the sum of squares of all entries.
pub fn norm(rows: &[Vec<f64>]) -> f64 {
    rows.iter().map(|row| dot(row, row)).sum::<f64>().sqrt()
}
