//! One alternation of alternating convex search (v3 Theorem 3.2: on a fixed pattern L̃ is convex in the decoder and in the
//! encoder): the best decoder by least squares, then the best first row and the best second row inside the pattern's
//! cell, by quadratic programs. Each is solved exactly.

use crate::theory::landscape::plane::{Bits, Plane, Vec2, Weights, dot, minus, square};
use crate::theory::simplified::Sigma;

/// A row keeps this far from the edge between firing and not: on it the pattern, and with JumpReLU the loss, is already
/// that of the other side.
const INSIDE: f64 = 1e-9;
/// The pull to where a row is, as a share of 1 + Σ M_d: among equally good rows the nearest is taken.
const STAY: f64 = 1e-9;
/// Rounds over the two rows; they share an objective, and bounds for Top-1.
const ROUNDS: usize = 8;

/// c · w ≥ b.
type Bound = (Vec2, f64);

/// The best decoder for the encoder, then the best rows of the same pattern for the decoder. Never raises the objective,
/// never changes the pattern.
pub fn alternate(plane: &Plane, at: &mut Weights) {
    let start = *at;
    at.decoder = plane.best_decoder(&at.encoder);
    let pattern = plane.pattern(&at.encoder);
    for _ in 0..ROUNDS {
        let before = at.encoder;
        for latent in 0..2 {
            at.encoder[latent] = best_row(plane, at, pattern, latent);
        }
        if (0..2).all(|i| square(minus(at.encoder[i], before[i])) < INSIDE * INSIDE) {
            break;
        }
    }
    // Rounding only: no part can rise by itself.
    if plane.objective(at) > plane.objective(&start) {
        *at = start;
    }
}

/// The row of `latent` that is best inside the cell of `pattern`, the other row and the decoder held fixed: a quadratic
/// in two numbers over half-planes, solved by trying every set of at most two active bounds.
fn best_row(plane: &Plane, at: &Weights, pattern: Bits, latent: usize) -> Vec2 {
    let current = at.encoder[latent];
    let w_d = at.decoder[latent];
    let stay = STAY * (1.0 + plane.mass());
    // f(w) = wᵀ H w − 2 gᵀ w.
    let (mut h, mut g) = ([[stay, 0.0], [0.0, stay]], current.map(|x| stay * x));
    for (d, (p, r, m)) in plane.features.iter().enumerate().filter(|(d, _)| pattern[latent] >> d & 1 == 1) {
        let mut lacking = *r;
        if pattern[1 - latent] >> d & 1 == 1 {
            let other = dot(at.encoder[1 - latent], *p);
            lacking = [0, 1].map(|j| r[j] - other * at.decoder[1 - latent][j]);
        }
        add(&mut h, m * square(w_d), *p);
        (0..2).for_each(|j| g[j] += m * dot(lacking, w_d) * p[j]);
    }
    if latent < plane.anchors.count {
        let weight = plane.anchors.weight;
        (0..2).for_each(|j| {
            h[j][j] += weight;
            g[j] += weight * plane.features[latent].0[j];
        });
    }
    let value = |w: Vec2| h[0][0] * w[0] * w[0] + 2.0 * h[0][1] * w[0] * w[1] + h[1][1] * w[1] * w[1] - 2.0 * dot(g, w);
    let solve = |x: Vec2| {
        let det = h[0][0] * h[1][1] - h[0][1] * h[0][1];
        [(h[1][1] * x[0] - h[0][1] * x[1]) / det, (h[0][0] * x[1] - h[0][1] * x[0]) / det]
    };

    let bounds = bounds(plane, at, pattern, latent);
    let holds = |w: Vec2| bounds.iter().all(|(c, b)| dot(*c, w) >= b - 1e-3 * INSIDE);
    let free = solve(g);
    let mut tried = vec![free];
    for (ix, (c, b)) in bounds.iter().enumerate() {
        let along = solve(*c);
        let by = (b - dot(*c, free)) / dot(*c, along);
        tried.push([free[0] + by * along[0], free[1] + by * along[1]]);
        for (c2, b2) in &bounds[ix + 1..] {
            let det = c[0] * c2[1] - c[1] * c2[0];
            tried.push([(b * c2[1] - b2 * c[1]) / det, (c[0] * b2 - c2[0] * b) / det]);
        }
    }
    tried
        .into_iter()
        .filter(|w| w.iter().all(|x| x.is_finite()) && holds(*w) && value(*w) <= value(current))
        .min_by(|a, b| value(*a).total_cmp(&value(*b)))
        .unwrap_or(current)
}

/// What keeps the row of `latent` in its pattern, for each feature.
fn bounds(plane: &Plane, at: &Weights, pattern: Bits, latent: usize) -> Vec<Bound> {
    let edge = if let Sigma::JumpRelu(theta) = plane.sigma { theta } else { 0.0 };
    let contested = plane.sigma == Sigma::TopK(1);
    let bound = |(d, (p, ..)): (usize, &(Vec2, Vec2, f64))| {
        let other = dot(at.encoder[1 - latent], *p);
        let fires = |i: usize| pattern[i] >> d & 1 == 1;
        let minus_p = p.map(|x| -x);
        if fires(latent) {
            (*p, if contested { other.max(0.0) + INSIDE } else { edge + INSIDE })
        } else if contested && fires(1 - latent) {
            (minus_p, INSIDE - other)
        } else {
            (minus_p, INSIDE - edge)
        }
    };
    plane.features.iter().enumerate().map(bound).collect()
}

/// H += scale p pᵀ.
fn add(h: &mut [[f64; 2]; 2], scale: f64, p: Vec2) {
    for i in 0..2 {
        for j in 0..2 {
            h[i][j] += scale * p[i] * p[j];
        }
    }
}
