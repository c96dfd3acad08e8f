//! ER-SpUD (Spielman, Wang & Wright 2012) for Y = A X, A square: rows of X are the sparsest vectors in Y's row space.
//!
//! Each step takes the next pair of samples (DC: disjoint pairs of a random order, samples under random signs, since
//! features are never negative) and solves min ‖Yᵀw‖₁ with rᵀw = 1, r their sum. Of all w found the sparsest
//! independent ones are kept, greedily; with them X, and A by least squares. One batch for good; the memory is the w.

use super::dictionary::{read, store};
use super::solve::{add_scaled, cholesky, dot, norm, normalise, solve};
use super::{Coder, Data, Dictionary};
use crate::model::Hyper;
use crate::rng::{Purpose, Stream};
use crate::train::{Problem, State};

/// Rounds of reweighted least squares, and by how much each sharpens |s|.
const ROUNDS: usize = 45;
const SHARPEN: f64 = 0.65;
/// Entries below this share of the largest are zero.
const ZERO: f64 = 1e-3;
/// A row whose part off the others is a smaller share is not independent.
const INDEPENDENT: f64 = 0.05;

/// One step in place: (mean loss of the present dictionary before its update, rows that use each atom).
pub fn step(problem: &Problem, state: &mut State, data: &Data, hyper: &Hyper) -> (f64, Vec<u32>) {
    let n = problem.shape.n_input;
    let y = &data.input;
    let found = read(&Dictionary::of(&state.weights, problem), &Coder::new(problem, hyper), data);
    let mut directions: Vec<Vec<f64>> =
        state.memory.chunks_exact(n).map(|w| w.iter().map(|x| f64::from(*x)).collect()).collect();
    directions.extend(pair(y, n, problem.seed, state.step).and_then(|r| sparsest(y, &r)));
    let kept = sparsest_independent(y, directions);
    state.memory = kept.iter().flat_map(|w| w.iter().map(|x| *x as f32)).collect();
    let mut atoms: Vec<f64> = state.weights.decoder.iter().map(|x| f64::from(*x)).collect();
    if let Some(new) = dictionary_of(y, &kept) {
        atoms[..new.len()].copy_from_slice(&new);
        store(&mut state.weights, &atoms);
    }
    found
}

/// r of step `step`: the sum of two samples under random signs; none if it is zero.
fn pair(y: &[f64], n: usize, seed: u32, step: u64) -> Option<Vec<f64>> {
    let rows = y.len() / n;
    let pairs = (rows / 2).max(1) as u64;
    let mut stream = Stream::new(seed, Purpose::Classical, step / pairs);
    let order = stream.permutation(rows, rows);
    let signs: Vec<f64> = (0..rows).map(|_| if stream.uniform() < 0.5 { -1.0 } else { 1.0 }).collect();
    let mut r = vec![0.0; n];
    for &b in order.iter().skip(2 * (step % pairs) as usize).take(2) {
        add_scaled(&mut r, signs[b as usize], &y[b as usize * n..][..n]);
    }
    (norm(&r) > 0.0).then_some(r)
}

/// argmin_w ‖Yᵀw‖₁ with rᵀw = 1, `y` [rows, n]: least squares reweighted by 1/√(s² + ε²), ε falling (Chartrand & Yin
/// 2008). None if samples do not span the space.
fn sparsest(y: &[f64], r: &[f64]) -> Option<Vec<f64>> {
    let n = r.len();
    let mut weight = vec![1.0; y.len() / n];
    let mut w = vec![];
    let mut epsilon = 0.0;
    for round in 0..ROUNDS {
        let mut m = vec![0.0; n * n];
        for (y, h) in y.chunks_exact(n).zip(&weight) {
            for i in 0..n {
                add_scaled(&mut m[i * n..][..=i], h * y[i], y);
            }
        }
        let mean = (0..n).map(|i| m[i * n + i]).sum::<f64>() / n as f64;
        (0..n).for_each(|i| m[i * n + i] += 1e-12 * mean);
        if !cholesky(&mut m, n) {
            break;
        }
        w = r.to_vec();
        solve(&m, n, &mut w, 1);
        let along = dot(&w, r);
        w.iter_mut().for_each(|x| *x /= along);
        let row: Vec<f64> = y.chunks_exact(n).map(|y| dot(y, &w)).collect();
        let most = row.iter().fold(0.0, |most: f64, s| most.max(s.abs()));
        epsilon = if round == 0 { most } else { epsilon * SHARPEN };
        weight.iter_mut().zip(&row).for_each(|(h, s)| *h = most / (s * s + epsilon * epsilon).sqrt());
    }
    (!w.is_empty()).then_some(w)
}

/// Of `directions` the most independent ones with the sparsest rows Yᵀw, at most n; each scaled so that the largest
/// entry of its row is 1 and the row's sum positive. Who stays keeps its place: latents do not trade features.
fn sparsest_independent(y: &[f64], directions: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let Some(n) = directions.first().map(Vec::len) else { return vec![] };
    let mut pool = vec![];
    let places = directions.len();
    for (place, mut w) in directions.into_iter().enumerate() {
        let mut row: Vec<f64> = y.chunks_exact(n).map(|y| dot(y, &w)).collect();
        let most = row.iter().fold(0.0, |most: f64, s| most.max(s.abs()));
        if most.is_nan() || most <= 0.0 {
            continue;
        }
        let scale = if row.iter().sum::<f64>() < 0.0 { -most } else { most };
        w.iter_mut().chain(&mut row).for_each(|x| *x /= scale);
        let size = row.iter().filter(|s| s.abs() > ZERO).count();
        normalise(&mut row);
        pool.push((size, place, w, row));
    }
    pool.sort_by_key(|(size, ..)| *size);
    let mut basis: Vec<Vec<f64>> = vec![];
    let mut kept = vec![None; places];
    for (_, place, w, mut row) in pool {
        for other in &basis {
            let along = dot(&row, other);
            add_scaled(&mut row, -along, other);
        }
        if basis.len() < n && normalise(&mut row) > INDEPENDENT {
            basis.push(row);
            kept[place] = Some(w);
        }
    }
    // The newest, last, takes the place that it made free.
    if let Some(free) = kept.iter().position(Option::is_none) {
        kept.swap_remove(free);
    }
    kept.into_iter().flatten().collect()
}

/// Unit atoms of A = Y Xᵀ (X Xᵀ)⁻¹ with X = Wᵀ Y, as rows, one for each row of X; none if X has not full rank.
fn dictionary_of(y: &[f64], directions: &[Vec<f64>]) -> Option<Vec<f64>> {
    let (m, n) = (directions.len(), directions.first()?.len());
    let (mut square, mut atoms) = (vec![0.0; m * m], vec![0.0; m * n]);
    for y in y.chunks_exact(n) {
        let x: Vec<f64> = directions.iter().map(|w| dot(w, y)).collect();
        for i in 0..m {
            add_scaled(&mut square[i * m..][..m], x[i], &x);
            add_scaled(&mut atoms[i * n..][..n], x[i], y);
        }
    }
    cholesky(&mut square, m).then(|| solve(&square, m, &mut atoms, n))?;
    atoms.chunks_exact_mut(n).for_each(|atom| {
        normalise(atom);
    });
    Some(atoms)
}
