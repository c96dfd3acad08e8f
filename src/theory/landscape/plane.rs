//! The smallest world in which minima can be spurious: a few features in the plane, two latents, and at any encoder the
//! decoder that is best for it, in closed form.
//!
//! Everything here is of fixed size and allocates nothing: a picture asks tens of thousands of times.

use crate::theory::simplified::{Point, Sigma, Simplified};
use serde::{Deserialize, Serialize};

pub type Vec2 = [f64; 2];
/// [latent][axis].
pub type Rows = [Vec2; 2];
/// Which features fire each latent, a bit a feature.
pub type Bits = [u8; 2];

/// As many features as a pattern has bits.
pub const MOST_FEATURES: usize = 8;
/// Eigenvalues of the 2×2 normal equations below this share of the larger count as 0: two latents whose codes differ
/// by less than 10⁻⁶ of their size act as one, instead of reconstructing with decoders a million long.
const RANK: f64 = 1e-12;

/// Feature anchoring (eq. 22): latents 1..`count` are held to features 1..`count`, with weight λ_a.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchors {
    pub count: usize,
    /// λ_a ≥ 0.
    pub weight: f64,
}

/// What a picture is of: the world, how long the two encoder rows are, and what is anchored.
///
/// For ReLU without anchors the lengths change nothing. The winner of Top-1 and what passes JumpReLU depend on them, and
/// so does the anchor term.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    pub world: Simplified,
    pub lengths: Vec2,
    #[serde(default)]
    pub anchors: Anchors,
}

/// Both sides of a model of two latents in the plane: encoder rows w_E^i and decoder columns w_D^i.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Weights {
    pub encoder: Rows,
    pub decoder: Rows,
}

/// A checked scene, ready to be asked often.
#[derive(Clone, Debug)]
pub struct Plane {
    /// w_p^d, w_r^d, M_d.
    pub features: Vec<(Vec2, Vec2, f64)>,
    pub sigma: Sigma,
    pub lengths: Vec2,
    pub anchors: Anchors,
}

impl Scene {
    /// Fails with the field, its value and what would be right.
    pub fn plane(&self) -> Result<Plane, String> {
        let Self { world, lengths, anchors } = self;
        world.check()?;
        let n = world.n_features();
        if n > MOST_FEATURES {
            return Err(format!("world has {n} features: at most {MOST_FEATURES} in the small landscape"));
        }
        let pairs = |name: &str, rows: &[Vec<f64>]| -> Result<Vec<Vec2>, String> {
            let pair = |row: &Vec<f64>| {
                let err = || format!("{name} has a row of {} values: 2, the small landscape is a plane", row.len());
                <Vec2>::try_from(row.as_slice()).map_err(|_| err())
            };
            rows.iter().map(pair).collect()
        };
        let inward = pairs("directions_in", &world.directions_in)?;
        let outward = pairs("directions_out", &world.directions_out)?;
        match world.sigma {
            Sigma::TopK(0) => return Err("sigma is top_k 0: at least 1".to_owned()),
            Sigma::JumpRelu(t) if !(t.is_finite() && t >= 0.0) => {
                return Err(format!("sigma is jump_relu {t}: a threshold of 0 or more"));
            }
            _ => {}
        }
        if lengths.iter().any(|l| !(l.is_finite() && *l > 0.0)) {
            return Err(format!("lengths is {lengths:?}: two values above 0"));
        }
        if anchors.count > n.min(2) {
            return Err(format!(
                "anchors.count is {}: at most {}, a feature and a latent each",
                anchors.count,
                n.min(2)
            ));
        }
        if !(anchors.weight.is_finite() && anchors.weight >= 0.0) {
            return Err(format!("anchors.weight is {}: 0 or more", anchors.weight));
        }
        let features = inward.into_iter().zip(outward).zip(&world.mass).map(|((p, r), m)| (p, r, *m)).collect();
        Ok(Plane { features, sigma: world.sigma, lengths: *lengths, anchors: *anchors })
    }
}

impl Plane {
    /// Encoder rows at these angles (radians), as long as the scene says.
    pub fn encoder(&self, angles: Vec2) -> Rows {
        [0, 1].map(|i| [self.lengths[i] * libm::cos(angles[i]), self.lengths[i] * libm::sin(angles[i])])
    }

    /// σ(W_E w_p^d).
    pub fn latents(&self, encoder: &Rows, feature: usize) -> Vec2 {
        let p = self.features[feature].0;
        fire(self.sigma, [dot(encoder[0], p), dot(encoder[1], p)])
    }

    pub fn pattern(&self, encoder: &Rows) -> Bits {
        let mut bits = [0; 2];
        for d in 0..self.features.len() {
            let f = self.latents(encoder, d);
            (0..2).filter(|i| f[*i] > 0.0).for_each(|i| bits[i] |= 1 << d);
        }
        bits
    }

    /// The decoder of least L̃ + λ_a anchor term for this encoder; of several the shortest.
    pub fn best_decoder(&self, encoder: &Rows) -> Rows {
        // Normal equations G W = B, with G = Σ M_d f fᵀ and B = Σ M_d f (w_r^d)ᵀ, and λ_a on the anchored diagonal.
        let (mut g, mut b) = ([[0.0; 2]; 2], [[0.0; 2]; 2]);
        for (d, (_, r, m)) in self.features.iter().enumerate() {
            let f = self.latents(encoder, d);
            for i in 0..2 {
                for j in 0..2 {
                    g[i][j] += m * f[i] * f[j];
                    b[i][j] += m * f[i] * r[j];
                }
            }
        }
        for i in 0..self.anchors.count {
            g[i][i] += self.anchors.weight;
            (0..2).for_each(|j| b[i][j] += self.anchors.weight * self.features[i].1[j]);
        }
        apply(pseudo_inverse(g), b)
    }

    /// Weights on the surface: this encoder, and its best decoder.
    pub fn on_surface(&self, encoder: Rows) -> Weights {
        Weights { encoder, decoder: self.best_decoder(&encoder) }
    }

    /// The picture's height: L̃ + λ_a anchor term at the best decoder.
    pub fn height(&self, encoder: Rows) -> f64 {
        self.objective(&self.on_surface(encoder))
    }

    /// L̃.
    pub fn loss(&self, at: &Weights) -> f64 {
        (0..self.features.len()).map(|d| self.error(at, d)).sum()
    }

    /// M_d ‖w_r^d − W_D σ(W_E w_p^d)‖².
    pub fn error(&self, at: &Weights, feature: usize) -> f64 {
        let r = self.residual(at, feature);
        self.features[feature].2 * dot(r, r)
    }

    /// w_r^d − W_D σ(W_E w_p^d).
    pub fn residual(&self, at: &Weights, feature: usize) -> Vec2 {
        let f = self.latents(&at.encoder, feature);
        let r = self.features[feature].1;
        [0, 1].map(|j| r[j] - f[0] * at.decoder[0][j] - f[1] * at.decoder[1][j])
    }

    /// L̃ + λ_a (‖W_E − W̃_pᵀ‖² + ‖W_D − W̃_r‖²) over the anchored latents.
    pub fn objective(&self, at: &Weights) -> f64 {
        let anchor = |i: usize| {
            let (p, r, _) = self.features[i];
            square(minus(at.encoder[i], p)) + square(minus(at.decoder[i], r))
        };
        self.loss(at) + self.anchors.weight * (0..self.anchors.count).map(anchor).sum::<f64>()
    }

    /// The objective's gradient inside the cell of `at`: the pattern held fixed.
    pub fn gradient(&self, at: &Weights) -> Weights {
        let mut g = Weights::default();
        for (d, (p, _, m)) in self.features.iter().enumerate() {
            let f = self.latents(&at.encoder, d);
            let r = self.residual(at, d);
            for i in (0..2).filter(|i| f[*i] > 0.0) {
                let along = -2.0 * m * dot(r, at.decoder[i]);
                for j in 0..2 {
                    g.encoder[i][j] += along * p[j];
                    g.decoder[i][j] -= 2.0 * m * f[i] * r[j];
                }
            }
        }
        for i in 0..self.anchors.count {
            let (p, r, _) = self.features[i];
            for j in 0..2 {
                g.encoder[i][j] += 2.0 * self.anchors.weight * (at.encoder[i][j] - p[j]);
                g.decoder[i][j] += 2.0 * self.anchors.weight * (at.decoder[i][j] - r[j]);
            }
        }
        g
    }

    /// Σ M_d: what L̃ is when nothing is reconstructed of unit directions.
    pub fn mass(&self) -> f64 {
        self.features.iter().map(|f| f.2).sum()
    }
}

impl Weights {
    pub fn point(&self) -> Point {
        let rows = |rows: &Rows| rows.iter().map(|row| row.to_vec()).collect();
        Point { encoder: rows(&self.encoder), decoder: rows(&self.decoder) }
    }

    /// All eight numbers, the encoder's first.
    pub fn numbers(&mut self) -> impl Iterator<Item = &mut f64> {
        self.encoder.iter_mut().chain(&mut self.decoder).flatten()
    }
}

/// As `Sigma::of`, for two.
fn fire(sigma: Sigma, z: Vec2) -> Vec2 {
    match sigma {
        Sigma::TopK(1) if z[1] > z[0] => [0.0, z[1].max(0.0)],
        Sigma::TopK(1) => [z[0].max(0.0), 0.0],
        Sigma::TopK(0) => [0.0; 2],
        Sigma::Relu | Sigma::TopK(_) => z.map(|z| z.max(0.0)),
        Sigma::JumpRelu(theta) => z.map(|z| if z > theta { z } else { 0.0 }),
    }
}

pub fn pattern_of(bits: Bits) -> Vec<Vec<usize>> {
    bits.iter().map(|of| (0..MOST_FEATURES).filter(|d| of >> d & 1 == 1).collect()).collect()
}

/// Of a symmetric positive semidefinite matrix, through its eigenvectors.
fn pseudo_inverse(g: [[f64; 2]; 2]) -> [[f64; 2]; 2] {
    let (a, b, c) = (g[0][0], g[0][1], g[1][1]);
    let middle = (a + c) / 2.0;
    let spread = libm::sqrt((a - c) * (a - c) / 4.0 + b * b);
    let large = middle + spread;
    if large <= 0.0 {
        return [[0.0; 2]; 2];
    }
    // The product of the eigenvalues keeps the small one's digits, which middle − spread would lose.
    let small = (a * c - b * b) / large;
    if small > RANK * large {
        let det = a * c - b * b;
        return [[c / det, -b / det], [-b / det, a / det]];
    }
    // The longer of two ways to write the eigenvector of the large one.
    let v = if a >= c { [large - c, b] } else { [b, large - a] };
    let scale = 1.0 / (large * square(v));
    [[scale * v[0] * v[0], scale * v[0] * v[1]], [scale * v[0] * v[1], scale * v[1] * v[1]]]
}

fn apply(a: [[f64; 2]; 2], b: Rows) -> Rows {
    [0, 1].map(|i| [0, 1].map(|j| a[i][0] * b[0][j] + a[i][1] * b[1][j]))
}

pub fn dot(a: Vec2, b: Vec2) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

pub fn square(a: Vec2) -> f64 {
    dot(a, a)
}

pub fn minus(a: Vec2, b: Vec2) -> Vec2 {
    [a[0] - b[0], a[1] - b[1]]
}
