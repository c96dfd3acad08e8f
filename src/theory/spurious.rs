//! Spurious minima (Theorem 3.5; v3: 3.6): from a pattern to the points that the paper puts there, and what is true at
//! each.
//!
//! The *least-squares* point is v2's: any encoder with the pattern, the decoder that is best for it. ∇_{W_D} L̃ = 0 and
//! the Hessian in W_D is positive semidefinite. ∇_{W_E} L̃ = 0, which v3 adds, does not follow: orthonormal features
//! with M = (1, 2, ½), F_1 = {1, 2}, F_2 = {3} and z = (1, 2) leave ‖∇_{W_E} L̃‖ = 0.22. At the
//! *refined* point it holds too: for each latent i, z_d = ⟨w_E^i, w_p^d⟩ and u = w_D^i solve the rank-one problem Σ_{d∈F_i} M_d ‖w_r^d − u z_d‖²,
//! which alternating between u and z solves as power iteration solves an eigenproblem. Here the eigenproblem is solved.
//!
//! With y_d = √M_d z_d, both gradients vanish for latent i exactly where y is an eigenvector of
//! K_de = √(M_d M_e) ⟨w_r^d, w_r^e⟩, held to what an encoder row can do (y in the range of √M_d w_p^d). The pattern asks
//! for z > 0, and two positive vectors are never orthogonal: at most one eigenvalue has such a vector, and whether one
//! has is decided. So is whether a row with these products leaves the other features silent.

use super::cone::{System, Verdict};
use super::dense::{eigen, null_and_range};
use super::feasibility::{self, Answer, has_pattern, numbered};
use super::simplified::{Pattern, Point, Simplified, dot, norm};
use serde::Serialize;

/// Gradients below this, for masses and directions of size 1, are zero.
pub const STATIONARY: f64 = 1e-8;
/// Eigenvalues that differ by less than this share of the largest count as equal.
const EQUAL: f64 = 1e-10;
/// The joint Hessian is computed for so many weights.
const MOST_WEIGHTS: usize = 160;

#[derive(Debug, Serialize)]
pub struct Report {
    pub answer: Answer,
    /// No feature fires two latents: what the theorem is about.
    pub is_partition: bool,
    pub is_polysemantic: bool,
    /// Features that fire no latent.
    pub unheard: Vec<usize>,
    pub least_squares: Option<At>,
    pub refined: Option<At>,
    /// Why there is no refined point.
    pub no_refined: Option<String>,
}

/// A point and what holds there.
#[derive(Debug, Serialize)]
pub struct At {
    pub point: Point,
    pub loss: f64,
    pub gradient_encoder: f64,
    pub gradient_decoder: f64,
    /// Smallest eigenvalue of the Hessian in W_D, and in all weights inside the region (none for many weights): below
    /// zero, a step in encoder and decoder together goes down although none in one of them does.
    pub hessian_decoder: f64,
    pub hessian_joint: Option<f64>,
    pub survives: bool,
    /// Which published statement holds here.
    pub statement: Statement,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Statement {
    Neither,
    /// ∇_{W_D} = 0, Hessian in W_D positive semidefinite, and L̃ > 0 if polysemantic.
    V2,
    /// And ∇_{W_E} = 0.
    V3,
}

/// Both points of a pattern. `names[d]`: what a feature is called where words are needed; none: w_1, w_2, …
pub fn report(world: &Simplified, pattern: &Pattern, names: Option<&[String]>) -> Result<Report, String> {
    feasibility::check(world, pattern)?;
    let n = world.n_features();
    let names = match names {
        Some(names) if names.len() != n => return Err(format!("names has {} values: {n}", names.len())),
        Some(names) => names.to_vec(),
        None => numbered(n),
    };
    let answer = feasibility::decide(world, pattern, &names);
    let mut report = Report {
        is_partition: (0..n).all(|d| feasibility::firing(pattern, d).len() <= 1),
        is_polysemantic: pattern.iter().any(|of| of.len() >= 2),
        unheard: (0..n).filter(|d| feasibility::firing(pattern, *d).is_empty()).collect(),
        answer,
        least_squares: None,
        refined: None,
        no_refined: None,
    };
    if !report.answer.realizable {
        report.no_refined = Some("No encoder has this pattern.".to_owned());
        return Ok(report);
    }
    let region = Region { world, pattern, touching: &report.answer.touching };
    report.least_squares = Some(region.at(report.answer.encoder.clone()));
    if !report.is_partition {
        report.no_refined = Some("Some feature fires two latents: the theorem is about partitions.".to_owned());
        return Ok(report);
    }
    match refined_encoder(&region, &report.answer.encoder, &names) {
        Ok(encoder) => report.refined = Some(region.at(encoder)),
        Err(reason) => report.no_refined = Some(reason),
    }
    Ok(report)
}

/// L̃ on the closure of one pattern's region, where each latent answers to its features and no others.
pub struct Region<'a> {
    pub world: &'a Simplified,
    pub pattern: &'a Pattern,
    pub touching: &'a [(usize, usize)],
}

impl Region<'_> {
    /// [n_features][n_latent]: z of the pattern's latents, 0 of the others.
    fn codes(&self, encoder: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let of = |d: usize| {
            let z = |(i, row): (usize, &Vec<f64>)| {
                if self.pattern[i].contains(&d) { dot(row, &self.world.directions_in[d]) } else { 0.0 }
            };
            encoder.iter().enumerate().map(z).collect()
        };
        (0..self.world.n_features()).map(of).collect()
    }

    /// G_ij = Σ_d M_d z_di z_dj: half the Hessian in W_D, for each of the target's dimensions.
    fn gram(&self, codes: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let n = self.pattern.len();
        let entry = |i: usize, j: usize| codes.iter().zip(&self.world.mass).map(|(z, m)| m * z[i] * z[j]).sum();
        (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect()
    }

    /// The decoder that is best for an encoder; for a partition w_D^i = Σ M_d z_d w_r^d / Σ M_d z_d². Zero where
    /// nothing fires.
    pub fn best_decoder(&self, encoder: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let codes = self.codes(encoder);
        let (values, vectors) = eigen(&self.gram(&codes));
        let largest = values.last().copied().unwrap_or(0.0);
        let width = self.world.directions_out[0].len();
        let mut sums = vec![vec![0.0; width]; self.pattern.len()];
        for (d, z) in codes.iter().enumerate() {
            for (sum, z) in sums.iter_mut().zip(z) {
                let along = self.world.mass[d] * z;
                sum.iter_mut().zip(&self.world.directions_out[d]).for_each(|(s, w)| *s += along * w);
            }
        }
        let mut decoder = vec![vec![0.0; width]; self.pattern.len()];
        for (value, vector) in values.iter().zip(&vectors).filter(|(v, _)| **v > 1e-12 * largest && **v > 0.0) {
            let along: Vec<f64> =
                (0..width).map(|j| vector.iter().zip(&sums).map(|(v, s)| v * s[j]).sum::<f64>() / value).collect();
            for (row, v) in decoder.iter_mut().zip(vector) {
                row.iter_mut().zip(&along).for_each(|(w, a)| *w += v * a);
            }
        }
        decoder
    }

    /// [n_features][n_target]: W_D z_d − w_r^d.
    fn residuals(&self, codes: &[Vec<f64>], decoder: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let of = |(z, target): (&Vec<f64>, &Vec<f64>)| {
            let mut r: Vec<f64> = target.iter().map(|x| -x).collect();
            for (z, row) in z.iter().zip(decoder).filter(|(z, _)| **z != 0.0) {
                r.iter_mut().zip(row).for_each(|(r, w)| *r += z * w);
            }
            r
        };
        codes.iter().zip(&self.world.directions_out).map(of).collect()
    }

    /// L̃, and its gradient inside the region.
    pub fn value(&self, at: &Point) -> (f64, Point) {
        let codes = self.codes(&at.encoder);
        let residuals = self.residuals(&codes, &at.decoder);
        let zeros = |rows: &[Vec<f64>]| rows.iter().map(|row| vec![0.0; row.len()]).collect();
        let mut g = Point { encoder: zeros(&at.encoder), decoder: zeros(&at.decoder) };
        let mut loss = 0.0;
        for (d, r) in residuals.iter().enumerate() {
            let m = self.world.mass[d];
            loss += m * dot(r, r);
            for i in feasibility::firing(self.pattern, d) {
                let along = 2.0 * m * dot(r, &at.decoder[i]);
                g.encoder[i].iter_mut().zip(&self.world.directions_in[d]).for_each(|(g, x)| *g += along * x);
                g.decoder[i].iter_mut().zip(r).for_each(|(g, r)| *g += 2.0 * m * codes[d][i] * r);
            }
        }
        (loss, g)
    }

    /// The smallest eigenvalue of the Hessian in all weights: 2 Σ_d M_d (JᵀJ + Σ_j r_j ∇²r_j).
    fn joint(&self, at: &Point) -> Option<f64> {
        let (p, r_width) = (self.world.directions_in[0].len(), self.world.directions_out[0].len());
        let each = p + r_width;
        let n = self.pattern.len() * each;
        if n > MOST_WEIGHTS {
            return None;
        }
        let codes = self.codes(&at.encoder);
        let residuals = self.residuals(&codes, &at.decoder);
        let mut h = vec![vec![0.0; n]; n];
        for (d, r) in residuals.iter().enumerate() {
            let (m, x) = (2.0 * self.world.mass[d], &self.world.directions_in[d]);
            let on = feasibility::firing(self.pattern, d);
            for j in 0..r_width {
                let mut row = vec![0.0; n];
                for i in &on {
                    (0..p).for_each(|a| row[i * each + a] = at.decoder[*i][j] * x[a]);
                    row[i * each + p + j] = codes[d][*i];
                }
                let filled: Vec<usize> = (0..n).filter(|a| row[*a] != 0.0).collect();
                for a in &filled {
                    filled.iter().for_each(|b| h[*a][*b] += m * row[*a] * row[*b]);
                }
                for i in &on {
                    for (a, x) in x.iter().enumerate() {
                        h[i * each + a][i * each + p + j] += m * r[j] * x;
                        h[i * each + p + j][i * each + a] += m * r[j] * x;
                    }
                }
            }
        }
        eigen(&h).0.first().copied()
    }

    /// What holds at an encoder of this pattern with its best decoder.
    pub fn at(&self, encoder: Vec<Vec<f64>>) -> At {
        let decoder = self.best_decoder(&encoder);
        let point = Point { encoder, decoder };
        let (loss, gradient) = self.value(&point);
        let (gradient_encoder, gradient_decoder) = (norm(&gradient.encoder), norm(&gradient.decoder));
        let hessian_decoder = 2.0 * eigen(&self.gram(&self.codes(&point.encoder))).0[0];
        let survives = has_pattern(self.world, &point.encoder, self.pattern, self.touching);
        let is_polysemantic = self.pattern.iter().any(|of| of.len() >= 2);
        let v2 = gradient_decoder < STATIONARY && hessian_decoder > -STATIONARY && (loss > 0.0 || !is_polysemantic);
        let statement = match (v2 && survives, gradient_encoder < STATIONARY) {
            (false, _) => Statement::Neither,
            (true, false) => Statement::V2,
            (true, true) => Statement::V3,
        };
        let hessian_joint = self.joint(&point);
        At { point, loss, gradient_encoder, gradient_decoder, hessian_decoder, hessian_joint, survives, statement }
    }
}

/// An encoder of this pattern at which, with its best decoder, nothing is left to descend in either block.
fn refined_encoder(region: &Region, start: &[Vec<f64>], names: &[String]) -> Result<Vec<Vec<f64>>, String> {
    let world = region.world;
    let mut encoder: Vec<Vec<f64>> = start.iter().map(|row| vec![0.0; row.len()]).collect();
    let mut found = vec![Balanced::default(); start.len()];
    for (i, of) in region.pattern.iter().enumerate().filter(|(_, of)| !of.is_empty()) {
        found[i] = balanced(world, of, &start[i]).ok_or_else(|| vanishing(i, of, names))?;
    }
    for part in feasibility::systems(world, region.pattern) {
        // The products near the start's first; if others must break the pattern then, all that would do.
        let solved = [false, true].into_iter().find_map(|all| {
            let mut system: System = part.system.clone();
            for i in &part.latents {
                let of = &region.pattern[*i];
                let space = if all { found[*i].space.clone() } else { vec![found[*i].near.clone()] };
                for across in null_and_range(&space, of.len()).0 {
                    let mut row = vec![0.0; system.width];
                    for (d, across) in of.iter().zip(across) {
                        let along = across * world.mass[*d].sqrt();
                        row.iter_mut().zip(part.linear(world, *i, *d)).for_each(|(r, x)| *r += along * x);
                    }
                    system.equal.push(row);
                }
            }
            match system.solve() {
                Verdict::Solved { x, .. } => Some(x),
                Verdict::Contradiction { .. } => None,
            }
        });
        let Some(x) = solved else {
            let who: Vec<String> = part.latents.iter().map(|i| (i + 1).to_string()).collect();
            return Err(format!(
                "No stationary point with this pattern: rows with the products that solve the rank-one problem \
                 (latent {}) cannot keep the other features where the pattern wants them.",
                who.join(", "),
            ));
        };
        part.place(&x, &mut encoder);
    }
    Ok(encoder)
}

fn vanishing(latent: usize, of: &[usize], names: &[String]) -> String {
    let all: Vec<&str> = of.iter().map(|d| names[*d].as_str()).collect();
    format!(
        "No stationary point with this pattern: the rank-one problem of latent {} ({}) has no solution with every z_d > \
         0; descending, some z_d goes to 0 and the pattern breaks.",
        latent + 1,
        all.join(", "),
    )
}

/// Where both gradients of a latent vanish: y_d = √M_d z_d in an eigenspace that holds a positive vector.
#[derive(Clone, Default)]
struct Balanced {
    /// A positive vector of it: the start's share, if that is positive.
    near: Vec<f64>,
    /// Orthonormal rows that span it.
    space: Vec<Vec<f64>>,
}

fn balanced(world: &Simplified, of: &[usize], start: &[f64]) -> Option<Balanced> {
    let n = of.len();
    let root: Vec<f64> = of.iter().map(|d| world.mass[*d].sqrt()).collect();
    // Columns of √M A, whose range y is held to.
    let column = |a: usize| of.iter().zip(&root).map(|(d, r)| r * world.directions_in[*d][a]).collect();
    let columns: Vec<Vec<f64>> = (0..world.directions_in[0].len()).map(column).collect();
    let (_, basis) = null_and_range(&columns, n);
    let out = |i: usize| &world.directions_out[of[i]];
    let k: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| root[i] * root[j] * dot(out(i), out(j))).collect()).collect();
    let inner = |a: &[f64], b: &[f64]| a.iter().zip(&k).map(|(a, row)| a * dot(row, b)).sum();
    let within: Vec<Vec<f64>> = basis.iter().map(|a| basis.iter().map(|b| inner(a, b)).collect()).collect();
    let (values, vectors) = eigen(&within);
    let largest = values.last().copied().unwrap_or(0.0);
    let y0: Vec<f64> = of.iter().zip(&root).map(|(d, r)| r * dot(start, &world.directions_in[*d])).collect();
    let mut end = values.len();
    while end > 0 {
        let first = values[..end].iter().position(|v| values[end - 1] - v <= EQUAL * largest).expect("itself is equal");
        let space: Vec<Vec<f64>> = vectors[first..end].iter().map(|v| sum(&basis, v, n)).collect();
        let mut near = sum(&space, &space.iter().map(|v| dot(&y0, v)).collect::<Vec<_>>(), n);
        if !is_positive(&near) {
            let strict = (0..n).map(|i| space.iter().map(|v| v[i]).collect()).collect();
            near = match (System { width: space.len(), strict, ..System::default() }).solve() {
                Verdict::Solved { x, .. } => sum(&space, &x, n),
                Verdict::Contradiction { .. } => vec![0.0; n],
            };
        }
        if is_positive(&near) {
            return Some(Balanced { near, space });
        }
        end = first;
    }
    None
}

/// Σ_k weights[k] rows[k].
fn sum(rows: &[Vec<f64>], weights: &[f64], width: usize) -> Vec<f64> {
    (0..width).map(|i| rows.iter().zip(weights).map(|(row, w)| row[i] * w).sum()).collect()
}

fn is_positive(y: &[f64]) -> bool {
    let largest = y.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    y.iter().all(|y| *y > 1e-9 * largest)
}
