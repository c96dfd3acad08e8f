//! Small worlds to choose from, as the theory wants them: input and target directions are the same.

use super::simplified::{Sigma, Simplified};
use crate::bench::directions;
use crate::config::{Bench, Interference};
use serde::{Deserialize, Serialize};

/// Most features and dimensions of a small world.
const MOST: usize = 64;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    pub world: Kind,
    pub sigma: Sigma,
    /// [n_features]: M_d; left out, 1 each.
    #[serde(default)]
    pub mass: Option<Vec<f64>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// The axes of `n` dimensions.
    Orthonormal { n: usize },
    /// `n` directions in the plane, `degrees` apart.
    Fan { n: usize, degrees: f64 },
    /// `n` directions in `width` dimensions with products of at most `interference`, as the bench draws them.
    Random { n: usize, width: usize, interference: f64, seed: u32 },
}

#[derive(Debug, Serialize)]
pub struct Report {
    pub world: Simplified,
    /// M: the largest ⟨w_p^i, w_p^j⟩, i ≠ j, that there is.
    pub interference: f64,
}

pub fn report(ask: &Ask) -> Result<Report, String> {
    let directions = match ask.world {
        Kind::Orthonormal { n } => {
            sized("n", n)?;
            (0..n).map(|d| super::dense::unit(n, d)).collect()
        }
        Kind::Fan { n, degrees } => {
            sized("n", n)?;
            if !degrees.is_finite() {
                return Err("degrees is not a number: an angle".to_owned());
            }
            let at = |d: usize| libm::sincos((d as f64 * degrees).to_radians());
            (0..n).map(|d| vec![at(d).1, at(d).0]).collect()
        }
        Kind::Random { n, width, interference, seed } => {
            sized("n", n)?;
            sized("width", width)?;
            if !(-1.0..=1.0).contains(&interference) {
                return Err(format!("interference is {interference}: from -1 to 1"));
            }
            random(n, width, interference, seed)
        }
    };
    let mass = ask.mass.clone().unwrap_or_else(|| vec![1.0; directions.len()]);
    let world = Simplified { directions_in: directions.clone(), directions_out: directions, mass, sigma: ask.sigma };
    world.check()?;
    Ok(Report { interference: interference(&world.directions_in), world })
}

/// Unit rows [n][width] by the bench's search for directions.
fn random(n: usize, width: usize, interference: f64, seed: u32) -> Vec<Vec<f64>> {
    let bench = Bench {
        n_features: n as u32,
        n_input: width as u32,
        interference: Interference::Bounded,
        max_interference: interference,
        ..Bench::default()
    };
    let (flat, _) = directions::generate(seed, &bench, width, 0);
    let unit = |row: &[f32]| {
        let row: Vec<f64> = row.iter().map(|x| f64::from(*x)).collect();
        let length = super::dense::norm(&row);
        row.iter().map(|x| x / length).collect()
    };
    flat.chunks_exact(width).map(unit).collect()
}

/// The largest product of two different directions; −1 for a single one.
pub fn interference(directions: &[Vec<f64>]) -> f64 {
    let pairs = directions.iter().enumerate().flat_map(|(i, a)| directions[..i].iter().map(move |b| (a, b)));
    pairs.map(|(a, b)| super::simplified::dot(a, b)).fold(-1.0, f64::max)
}

fn sized(name: &str, n: usize) -> Result<(), String> {
    if (1..=MOST).contains(&n) { Ok(()) } else { Err(format!("{name} is {n}: from 1 to {MOST}")) }
}
