//! Online dictionary learning (Mairal et al. 2009): sparse codes of a fresh batch, then the dictionary that fits all
//! codes so far, by block coordinate descent on A = Σ a aᵀ and B = Σ a xᵀ, whose past fades by (1 − 1/t)^ρ.
//!
//! Atoms stay in the unit ball. The memory is A [n_latent, n_latent], then B [n_latent, n_input].

use super::dictionary::{loss, store};
use super::solve::{add_scaled, norm};
use super::{Coder, Data, Dictionary};
use crate::model::Hyper;
use crate::rng::{Purpose, Stream};
use crate::train::{Problem, State};

/// ρ. The first codes come from a random dictionary: at 2 the weight of batch s in t is about (s/t)².
const FADING: f64 = 2.0;
/// Rounds over the atoms; the dictionary starts close to where it goes.
const ROUNDS: usize = 5;
/// An atom used less than this share of the mean is unused.
const UNUSED: f64 = 1e-8;

/// One step in place: (mean loss of the present dictionary before its update, rows that use each atom).
pub fn step(problem: &Problem, state: &mut State, data: &Data, hyper: &Hyper) -> (f64, Vec<u32>) {
    let (q, p) = (problem.shape.n_latent, problem.shape.n_input);
    let d = Dictionary::of(&state.weights, problem);
    let coder = Coder::new(problem, hyper);
    let codes = coder.code_all(&d, &data.input);
    let before = loss(&d, &coder, data, &codes);
    let fired = codes.fired(q);

    state.memory.resize(q * (q + p), 0.0);
    let mut sums: Vec<f64> = state.memory.iter().map(|x| f64::from(*x)).collect();
    let t = (state.step + 1) as f64;
    let keeps = libm::pow(1.0 - 1.0 / t, FADING);
    sums.iter_mut().for_each(|x| *x *= keeps);
    let (a, b) = sums.split_at_mut(q * q);
    let share = 1.0 / data.n_rows as f64;
    for (row, x) in data.input.chunks_exact(p).enumerate() {
        let (atoms, values) = codes.row(row);
        for (i, value) in atoms.iter().zip(values) {
            add_scaled(&mut b[*i as usize * p..][..p], share * value, x);
            for (j, other) in atoms.iter().zip(values) {
                a[*i as usize * q + *j as usize] += share * value * other;
            }
        }
    }
    let mut atoms: Vec<f64> = state.weights.decoder.iter().map(|x| f64::from(*x)).collect();
    let mean = (0..q).map(|j| a[j * q + j]).sum::<f64>() / q as f64;
    let mut stream = Stream::new(problem.seed, Purpose::Classical, state.step);
    for j in 0..q {
        let since = if fired[j] > 0 { 0 } else { state.since_fired[j].saturating_add(data.n_rows as u32) };
        if a[j * q + j] > UNUSED * mean && since < hyper.dead_after {
            continue;
        }
        // A new life at a random sample, without a past.
        let sample = &data.input[stream.below(data.n_rows) * p..][..p];
        let length = norm(sample);
        if length > 0.0 {
            atoms[j * p..][..p].iter_mut().zip(sample).for_each(|(d, x)| *d = x / length);
            state.since_fired[j] = 0;
        }
        (0..q).for_each(|i| (a[i * q + j], a[j * q + i]) = (0.0, 0.0));
        b[j * p..][..p].fill(0.0);
    }
    descend(&mut atoms, a, b, p);
    store(&mut state.weights, &atoms);
    state.memory = sums.iter().map(|x| *x as f32).collect();
    (before, fired)
}

/// d_j ← Π(d_j + (B_j − Σ_i A_ji d_i) / A_jj), Π into the unit ball, atom after atom.
fn descend(atoms: &mut [f64], a: &[f64], b: &[f64], p: usize) {
    let q = atoms.len() / p;
    for _ in 0..ROUNDS {
        for j in 0..q {
            let weight = a[j * q + j];
            if weight <= 0.0 {
                continue;
            }
            let mut new = b[j * p..][..p].to_vec();
            for i in (0..q).filter(|i| a[j * q + i] != 0.0 && *i != j) {
                add_scaled(&mut new, -a[j * q + i], &atoms[i * p..][..p]);
            }
            new.iter_mut().for_each(|x| *x /= weight);
            let length = norm(&new).max(1.0);
            atoms[j * p..][..p].iter_mut().zip(new).for_each(|(d, x)| *d = x / length);
        }
    }
}
