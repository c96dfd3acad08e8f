//! Orthogonal matching pursuit: the atom that fits the residual best, then least squares on all taken, k times.
//!
//! Non-negative: the largest signed product instead of the largest in size, and non-negative least squares.

use super::Dictionary;
use super::solve::{add_scaled, dot, nnls};

/// A residual of this share of ‖x‖² is nothing: samples are f32.
const NOTHING: f64 = 1e-13;

/// Code of `x` with at most `k` atoms, as (atom, value) in the order they were taken; zeros are left out.
pub fn omp(d: &Dictionary, x: &[f64], k: usize, non_negative: bool, out: &mut Vec<(u32, f64)>) {
    out.clear();
    let k = k.min(d.len());
    let energy = dot(x, x);
    let mut residual = x.to_vec();
    let mut set: Vec<usize> = vec![];
    // Rows of the Gram matrix of the set and of its Cholesky factor, and products with x.
    let (mut gram, mut factor) = (vec![0.0; k * k], vec![0.0; k * k]);
    let (mut b, mut c) = (vec![0.0; k], vec![0.0; k]);
    while set.len() < k && dot(&residual, &residual) > NOTHING * energy {
        let m = set.len();
        let size = |p: f64| if non_negative { p } else { p.abs() };
        let fits = (0..d.len()).filter(|j| !set.contains(j)).map(|j| (j, size(dot(d.atom(j), &residual))));
        let none = (usize::MAX, 1e-9 * energy.sqrt());
        let (next, _) = fits.fold(none, |best, fit| if fit.1 > best.1 { fit } else { best });
        if next == usize::MAX {
            break;
        }
        for (place, j) in set.iter().chain([&next]).enumerate() {
            gram[m * k + place] = dot(d.atom(*j), d.atom(next));
            gram[place * k + m] = gram[m * k + place];
        }
        for place in 0..m {
            let known = dot(&factor[m * k..][..place], &factor[place * k..][..place]);
            factor[m * k + place] = (gram[m * k + place] - known) / factor[place * k + place];
        }
        let pivot = gram[m * k + m] - dot(&factor[m * k..][..m], &factor[m * k..][..m]);
        if pivot <= 1e-10 {
            break;
        }
        factor[m * k + m] = pivot.sqrt();
        b[m] = dot(d.atom(next), x);
        set.push(next);
        least_squares(&factor, k, &b[..=m], &mut c);
        if non_negative && c[..=m].iter().any(|c| *c < 0.0) {
            let small: Vec<f64> = (0..=m).flat_map(|i| gram[i * k..][..=m].to_vec()).collect();
            c[..=m].copy_from_slice(&nnls(&small, &b[..=m]));
        }
        residual.copy_from_slice(x);
        for (j, c) in set.iter().zip(&c) {
            add_scaled(&mut residual, -c, d.atom(*j));
        }
    }
    out.extend(set.iter().zip(&c).filter(|(_, c)| **c != 0.0).map(|(j, c)| (*j as u32, *c)));
}

/// c with L Lᵀ c = b, the rows of L `stride` apart.
fn least_squares(l: &[f64], stride: usize, b: &[f64], c: &mut [f64]) {
    for i in 0..b.len() {
        c[i] = (b[i] - dot(&l[i * stride..][..i], &c[..i])) / l[i * stride + i];
    }
    for i in (0..b.len()).rev() {
        c[i] /= l[i * stride + i];
        let (before, at) = c.split_at_mut(i);
        add_scaled(before, -at[0], &l[i * stride..][..i]);
    }
}
