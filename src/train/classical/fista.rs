//! min_a ‖x − Σ a_j d_j‖² + λ Σ |a_j| by FISTA (Beck & Teboulle 2009), with a ≥ 0 if asked.
//!
//! FISTA runs on a working set of atoms through their Gram matrix; the atoms outside that break the optimality
//! condition most join it until none does. What comes out is optimal over the whole dictionary.

use super::Dictionary;
use super::solve::{add_scaled, cholesky, dot, solve};

/// Optimality holds to this share of ‖x‖.
const TOLERANCE: f64 = 1e-6;
/// A code of this share of ‖x‖ is nothing: samples and atoms are f32, and with λ = 0 their rounding would be coded.
const NOTHING: f64 = 1e-5;
/// Bounds for data on which FISTA is slow (dependent atoms and λ near 0).
const ROUNDS: usize = 60;
const STEPS: usize = 1_000;
/// Steps between tries of [`finish`].
const TRY: usize = 10;

/// Code of `x` as (atom, value), atoms in the order they joined; zeros are left out.
pub fn fista(d: &Dictionary, x: &[f64], lambda: f64, non_negative: bool, out: &mut Vec<(u32, f64)>) {
    out.clear();
    let tolerance = TOLERANCE * dot(x, x).sqrt();
    let half = lambda / 2.0;
    let size = |p: f64| if non_negative { p } else { p.abs() };
    let mut set: Vec<usize> = vec![];
    let (mut gram, mut b, mut a) = (vec![], vec![], vec![]);
    let mut residual = x.to_vec();
    let mut joining: Vec<(usize, f64)> = vec![];
    // What is far from done outside the set need not be done inside.
    let mut close = tolerance;
    for _ in 0..ROUNDS {
        joining.clear();
        let fits = (0..d.len()).map(|j| (j, size(dot(d.atom(j), &residual))));
        joining.extend(fits.filter(|(j, fit)| *fit > half + tolerance && !set.contains(j)));
        let worst = joining.iter().fold(0.0, |worst: f64, (_, fit)| worst.max(fit - half));
        if joining.is_empty() && close == tolerance {
            break;
        }
        close = tolerance.max(0.1 * worst);
        joining.sort_unstable_by(|(i, a), (j, b)| b.total_cmp(a).then(i.cmp(j)));
        joining.truncate(4 + set.len() / 4);
        let m = set.len();
        set.extend(joining.iter().map(|(j, _)| *j));
        gram = grown(d, &set, m, &gram);
        b.extend(set[m..].iter().map(|j| dot(d.atom(*j), x)));
        a.resize(set.len(), 0.0);
        on_set(&gram, &b, half, non_negative, close, &mut a);
        residual.copy_from_slice(x);
        for (j, a) in set.iter().zip(&a).filter(|(_, a)| **a != 0.0) {
            add_scaled(&mut residual, -a, d.atom(*j));
        }
    }
    let floor = NOTHING * dot(x, x).sqrt();
    out.extend(set.iter().zip(&a).filter(|(_, a)| a.abs() > floor).map(|(j, a)| (*j as u32, *a)));
}

/// The Gram matrix of `set`, of whose first `m` it is known.
fn grown(d: &Dictionary, set: &[usize], m: usize, known: &[f64]) -> Vec<f64> {
    let n = set.len();
    let mut gram = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let product = if i < m { known[i * m + j] } else { dot(d.atom(set[i]), d.atom(set[j])) };
            (gram[i * n + j], gram[j * n + i]) = (product, product);
        }
    }
    gram
}

/// FISTA with restarts (O'Donoghue & Candès 2015) from `a`, on ½ aᵀG a − bᵀa + half Σ|a|. Once it has the support
/// right, a linear system gives the rest of the digits.
fn on_set(gram: &[f64], b: &[f64], half: f64, non_negative: bool, tolerance: f64, a: &mut [f64]) {
    let n = b.len();
    // Rows' sums bound the largest eigenvalue.
    let slope = gram.chunks_exact(n).map(|row| row.iter().map(|g| g.abs()).sum()).fold(0.0, f64::max);
    let mut y = a.to_vec();
    let mut next = vec![0.0; n];
    let mut t = 1.0f64;
    for step in 1..=STEPS {
        for i in 0..n {
            let at = y[i] - (dot(&gram[i * n..][..n], &y) - b[i]) / slope;
            let shrunk = (at.abs() - half / slope).max(0.0);
            next[i] = match at > 0.0 {
                true => shrunk,
                false if non_negative => 0.0,
                false => -shrunk,
            };
        }
        let moved = next.iter().zip(&y).fold(0.0, |most: f64, (next, y)| most.max((next - y).abs()));
        let uphill: f64 = (0..n).map(|i| (y[i] - next[i]) * (next[i] - a[i])).sum();
        if uphill > 0.0 {
            t = 1.0;
        }
        let later = (1.0 + (1.0 + 4.0 * t * t).sqrt()) / 2.0;
        for i in 0..n {
            y[i] = next[i] + (t - 1.0) / later * (next[i] - a[i]);
        }
        a.copy_from_slice(&next);
        t = later;
        if moved * slope <= tolerance || (step % TRY == 0 && finish(gram, b, half, non_negative, tolerance, a)) {
            break;
        }
    }
}

/// Replaces `a` by the stationary point of its support and signs, if that is the minimum.
fn finish(gram: &[f64], b: &[f64], half: f64, non_negative: bool, tolerance: f64, a: &mut [f64]) -> bool {
    let n = b.len();
    let support: Vec<usize> = (0..n).filter(|i| a[*i] != 0.0).collect();
    let m = support.len();
    let mut l: Vec<f64> = support.iter().flat_map(|i| support.iter().map(move |j| gram[i * n + j])).collect();
    let mut c: Vec<f64> = support.iter().map(|i| b[*i] - half * a[*i].signum()).collect();
    if !cholesky(&mut l, m) {
        return false;
    }
    solve(&l, m, &mut c, 1);
    if support.iter().zip(&c).any(|(i, c)| c * a[*i] <= 0.0) {
        return false;
    }
    let mut whole = vec![0.0; n];
    support.iter().zip(&c).for_each(|(i, c)| whole[*i] = *c);
    let optimal = |i: usize| {
        let pull = b[i] - dot(&gram[i * n..][..n], &whole);
        whole[i] != 0.0 || (if non_negative { pull } else { pull.abs() }) <= half + tolerance
    };
    if !(0..n).all(optimal) {
        return false;
    }
    a.copy_from_slice(&whole);
    true
}
