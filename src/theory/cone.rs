//! Homogeneous linear systems a·x > 0, b·x ≥ 0, e·x = 0: a solution, or a proof that there is none.
//!
//! The proof is Motzkin's (a form of Farkas' lemma): multipliers y ≥ 0 on the strict rows, not all zero, and u ≥ 0 on
//! the closed ones with Σ y a + Σ u b = 0: summed, the rows say 0 > 0. Both come from one non-negative least-squares
//! problem, min ‖Σ y a + Σ u b‖² + (Σ y − 1)² (Lawson & Hanson, Solving Least Squares Problems, 1974, ch. 23): where
//! its residual (ρ, τ) is zero, y and u are the proof; elsewhere −ρ solves the system, with the widest margin.

use super::dense::{least_squares, norm, null_and_range};
use super::simplified::dot;

/// τ is the square of the margin that a solution of unit length has on rows of unit length: systems with a margin
/// below a millionth count as contradictory.
const LEAST: f64 = 1e-12;
/// A gradient below this is rounding.
const ROUNDING: f64 = 1e-14;

#[derive(Clone, Debug, Default)]
pub struct System {
    /// Length of x.
    pub width: usize,
    /// Rows a with a·x > 0, b with b·x ≥ 0, e with e·x = 0.
    pub strict: Vec<Vec<f64>>,
    pub closed: Vec<Vec<f64>>,
    pub equal: Vec<Vec<f64>>,
}

#[derive(Clone, Debug)]
pub enum Verdict {
    /// Closed rows are above 0 too, but for those in `touching`, which are 0 in every solution.
    Solved { x: Vec<f64>, touching: Vec<usize> },
    /// Multipliers of the strict rows (their sum is 1) and of the closed ones.
    Contradiction { strict: Vec<f64>, closed: Vec<f64> },
}

impl System {
    pub fn solve(&self) -> Verdict {
        let (basis, _) = null_and_range(&self.equal, self.width);
        let within = |rows: &[Vec<f64>]| -> Vec<Vec<f64>> {
            rows.iter().map(|row| basis.iter().map(|b| dot(row, b)).collect()).collect()
        };
        let (strict, closed) = (within(&self.strict), within(&self.closed));
        let back = |x: Vec<f64>| -> Vec<f64> {
            (0..self.width).map(|i| basis.iter().zip(&x).map(|(b, x)| b[i] * x).sum()).collect()
        };
        let all: Vec<&[f64]> = strict.iter().chain(&closed).map(Vec::as_slice).collect();
        if let Ok(x) = separate(&all, &[], basis.len()) {
            return Verdict::Solved { x: back(x), touching: vec![] };
        }
        let (strict, closed): (Vec<&[f64]>, Vec<&[f64]>) =
            (strict.iter().map(Vec::as_slice).collect(), closed.iter().map(Vec::as_slice).collect());
        let mut x = match separate(&strict, &closed, basis.len()) {
            Ok(x) => x,
            Err((strict, closed)) => return Verdict::Contradiction { strict, closed },
        };
        // Each closed row that can be above 0 is so in the sum of solutions in which it is.
        let mut touching = vec![];
        for k in 0..closed.len() {
            let mut above = strict.clone();
            above.push(closed[k]);
            match separate(&above, &closed, basis.len()) {
                Ok(more) => x.iter_mut().zip(more).for_each(|(x, m)| *x += m),
                Err(_) => touching.push(k),
            }
        }
        Verdict::Solved { x: back(x), touching }
    }
}

/// A unit x with a·x > 0 for the strict and b·x ≥ 0 for the closed rows (0 if there are no strict ones), or the proof.
fn separate(strict: &[&[f64]], closed: &[&[f64]], width: usize) -> Result<Vec<f64>, (Vec<f64>, Vec<f64>)> {
    if strict.is_empty() {
        return Ok(vec![0.0; width]);
    }
    let lengths: Vec<f64> = strict.iter().chain(closed).map(|row| length(row)).collect();
    let columns: Vec<Vec<f64>> = strict
        .iter()
        .chain(closed)
        .zip(&lengths)
        .enumerate()
        .map(|(j, (row, length))| {
            let last = if j < strict.len() { 1.0 } else { 0.0 };
            row.iter().map(|a| a / length).chain([last]).collect()
        })
        .collect();
    let mut target = vec![0.0; width];
    target.push(1.0);
    let (y, residual) = non_negative(&columns, &target);
    let (rho, tau) = residual.split_at(width);
    let size = norm(rho);
    if tau[0] > LEAST && size > 0.0 {
        return Ok(rho.iter().map(|r| -r / size).collect());
    }
    let mut y: Vec<f64> = y.iter().zip(&lengths).map(|(y, length)| y / length).collect();
    let u = y.split_off(strict.len());
    let sum: f64 = y.iter().sum();
    let scaled = |v: Vec<f64>| v.into_iter().map(|v| v / sum).collect();
    Err((scaled(y), scaled(u)))
}

/// What a row is divided by: its length, unless it is no more than rounding.
fn length(row: &[f64]) -> f64 {
    let length = norm(row);
    if length > 1e-12 { length } else { 1.0 }
}

/// x ≥ 0 that minimises ‖Σ x_j columns[j] − target‖, and target − Σ x_j columns[j] (Lawson & Hanson's NNLS).
pub fn non_negative(columns: &[Vec<f64>], target: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let n = columns.len();
    let mut x = vec![0.0; n];
    let mut free: Vec<usize> = vec![];
    let mut residual = target.to_vec();
    // Columns that were let in and came out at once: rounding, until something changes.
    let mut barred = vec![false; n];
    for _ in 0..30 * n.max(1) {
        let gain = |j: usize| dot(&columns[j], &residual);
        let best = (0..n)
            .filter(|j| !free.contains(j) && !barred[*j])
            .map(|j| (j, gain(j)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .filter(|(_, gain)| *gain > ROUNDING);
        let Some((entering, _)) = best else { break };
        free.push(entering);
        loop {
            let chosen: Vec<Vec<f64>> = free.iter().map(|j| columns[*j].clone()).collect();
            let wanted = least_squares(&chosen, target);
            if wanted.iter().all(|w| *w > 0.0) {
                free.iter().zip(&wanted).for_each(|(j, w)| x[*j] = *w);
                barred.fill(false);
                break;
            }
            if wanted.last().is_some_and(|w| *w <= 0.0) && free.last() == Some(&entering) && x[entering] == 0.0 {
                free.pop();
                barred[entering] = true;
                break;
            }
            // As far towards what is wanted as all stay at or above 0.
            let share = |(j, w): (&usize, &f64)| if *w <= 0.0 { x[*j] / (x[*j] - w) } else { 1.0 };
            let shares: Vec<f64> = free.iter().zip(&wanted).map(share).collect();
            let step = shares.iter().copied().fold(1.0, f64::min);
            for ((j, w), share) in free.iter().zip(&wanted).zip(shares) {
                x[*j] = if share <= step && *w <= 0.0 { 0.0 } else { x[*j] + step * (w - x[*j]) };
            }
            free.retain(|j| x[*j] > 0.0);
        }
        residual = target.to_vec();
        for j in &free {
            residual.iter_mut().zip(&columns[*j]).for_each(|(r, c)| *r -= x[*j] * c);
        }
    }
    (x, residual)
}
