//! Approximate K-SVD (Aharon et al. 2006; Rubinstein et al. 2008): codes by OMP, then atom after atom with its codes.
//!
//! One batch for good. Codes of the step before stay where OMP's are worse, so the error never rises. They are the
//! memory: k, then for each row k pairs (atom, value), atom −1 where there is none.

use super::dictionary::store;
use super::solve::{add_scaled, dot, normalise};
use super::{Coder, Codes, Data, Dictionary};
use crate::model::Hyper;
use crate::train::{Problem, State};

/// Atoms closer than this are the same atom.
const DUPLICATE: f64 = 0.99;

/// One step in place: (mean error of the present dictionary before its update, rows that use each atom).
pub fn step(problem: &Problem, state: &mut State, data: &Data, hyper: &Hyper) -> (f64, Vec<u32>) {
    let width = problem.shape.n_target;
    let d = Dictionary::of(&state.weights, problem);
    let coder = Coder::new(problem, hyper);
    let k = hyper.k as usize;
    let mut fit = Fit {
        atoms: state.weights.decoder.iter().map(|x| f64::from(*x)).collect(),
        codes: Codes::default(),
        residuals: vec![],
        width,
        non_negative: problem.non_negative,
    };
    let known = remembered(&state.memory, k, data.n_rows, d.len());
    let (mut code, mut error) = (vec![], 0.0);
    for (b, x) in data.target.chunks_exact(width).enumerate() {
        coder.code(&d, x, &mut code);
        let (mut atoms, mut values): (Vec<u32>, Vec<f64>) = code.iter().copied().unzip();
        let mut residual = d.residual(x, &atoms, &values);
        if let Some(known) = &known {
            let old = known.row(b);
            let old_residual = d.residual(x, old.0, old.1);
            if dot(&old_residual, &old_residual) < dot(&residual, &residual) {
                (atoms, values) = (old.0.to_vec(), old.1.to_vec());
                residual = old_residual;
            }
        }
        error += dot(&residual, &residual);
        fit.codes.push(atoms.into_iter().zip(values));
        fit.residuals.extend(residual);
    }
    let fired = fit.codes.fired(d.len());
    fit.improve(d.len());
    fit.replace(&data.target, d.len());
    store(&mut state.weights, &fit.atoms);
    state.memory = memory(&fit.codes, k, data.n_rows);
    (error / data.n_rows as f64, fired)
}

/// A dictionary and codes on their way, with the residuals x − Σ a_j d_j of all rows.
struct Fit {
    /// [n_latent, width].
    atoms: Vec<f64>,
    codes: Codes,
    /// [rows, width].
    residuals: Vec<f64>,
    width: usize,
    non_negative: bool,
}

impl Fit {
    /// Each atom, then its codes, given all others: d ← E aᵀ, made unit; a ← dᵀE, clamped if codes are non-negative.
    fn improve(&mut self, n_atoms: usize) {
        let users = self.users(n_atoms);
        for (j, users) in users.iter().enumerate() {
            // Clamped codes are no longer the best for the atom: it is taken twice.
            for _ in 0..if self.non_negative { 2 } else { 1 } {
                self.improve_atom(j, users);
            }
        }
    }

    fn improve_atom(&mut self, j: usize, users: &[(usize, usize)]) {
        let width = self.width;
        let old = self.atoms[j * width..][..width].to_vec();
        let values = &mut self.codes.value;
        let mut new = vec![0.0; width];
        for &(b, e) in users {
            add_scaled(&mut new, values[e], &self.residuals[b * width..][..width]);
            add_scaled(&mut new, values[e] * values[e], &old);
        }
        if normalise(&mut new) == 0.0 {
            return;
        }
        for &(b, e) in users {
            let residual = &mut self.residuals[b * width..][..width];
            add_scaled(residual, values[e], &old);
            let value = dot(residual, &new);
            values[e] = if self.non_negative { value.max(0.0) } else { value };
            add_scaled(residual, -values[e], &new);
        }
        self.atoms[j * width..][..width].copy_from_slice(&new);
    }

    /// Atoms that nobody uses go to the worst represented samples, one each. So does the second of two that are alike,
    /// if handing its codes to the first costs less error than the sample it goes to gains.
    fn replace(&mut self, samples: &[f64], n_atoms: usize) {
        let width = self.width;
        let users = self.users(n_atoms);
        let mut errors: Vec<f64> = self.residuals.chunks_exact(width).map(|r| dot(r, r)).collect();
        let floor = 1e-9 * samples.iter().map(|x| x * x).sum::<f64>() / errors.len() as f64;
        for (j, users) in users.iter().enumerate() {
            let worst = (0..errors.len()).fold(0, |worst, b| if errors[b] > errors[worst] { b } else { worst });
            if errors[worst] <= floor {
                return;
            }
            // Earlier replacements have taken entries over.
            let uses = |e: usize| self.codes.atom[e] as usize == j && self.codes.value[e] != 0.0;
            let users: Vec<_> = users.iter().copied().filter(|(_, e)| uses(*e)).collect();
            if !users.is_empty() {
                let Some((twin, cosine)) = self.twin(j) else { continue };
                let Some(merged) = self.merged(&users, j, twin, cosine, errors[worst]) else { continue };
                for (b, residual) in merged {
                    errors[b] = dot(&residual, &residual);
                    self.residuals[b * width..][..width].copy_from_slice(&residual);
                }
            }
            let sample = &samples[worst * width..][..width];
            let atom = &mut self.atoms[j * width..][..width];
            atom.copy_from_slice(sample);
            let size = normalise(atom);
            // The sample's code becomes this atom alone.
            let range = self.codes.start[worst]..self.codes.start[worst + 1];
            if range.is_empty() {
                continue;
            }
            self.codes.value[range.clone()].fill(0.0);
            (self.codes.atom[range.start], self.codes.value[range.start]) = (j as u32, size);
            self.residuals[worst * width..][..width].fill(0.0);
            errors[worst] = 0.0;
        }
    }

    /// An earlier atom along the same line, and the cosine.
    fn twin(&self, j: usize) -> Option<(usize, f64)> {
        let atom = |i: usize| &self.atoms[i * self.width..][..self.width];
        let least = if self.non_negative { DUPLICATE } else { -1.0 };
        let cosine = |i| dot(atom(i), atom(j));
        (0..j).map(|i| (i, cosine(i))).find(|(_, c)| c.abs() > DUPLICATE && *c > least)
    }

    /// Hands the codes of `j` to `twin`, if the error rises by less than `gain`: new residuals of the rows.
    fn merged(
        &mut self,
        users: &[(usize, usize)],
        j: usize,
        twin: usize,
        cosine: f64,
        gain: f64,
    ) -> Option<Vec<(usize, Vec<f64>)>> {
        let width = self.width;
        let mut cost = 0.0;
        let mut out = vec![];
        for &(b, e) in users {
            let mut residual = self.residuals[b * width..][..width].to_vec();
            cost -= dot(&residual, &residual);
            add_scaled(&mut residual, self.codes.value[e], &self.atoms[j * width..][..width]);
            add_scaled(&mut residual, -cosine * self.codes.value[e], &self.atoms[twin * width..][..width]);
            cost += dot(&residual, &residual);
            out.push((b, residual));
        }
        if cost >= gain {
            return None;
        }
        for &(b, e) in users {
            let moved = cosine * self.codes.value[e];
            let range = self.codes.start[b]..self.codes.start[b + 1];
            match range.clone().find(|e| self.codes.atom[*e] as usize == twin) {
                Some(there) => {
                    self.codes.value[there] += moved;
                    self.codes.value[e] = 0.0;
                }
                None => (self.codes.atom[e], self.codes.value[e]) = (twin as u32, moved),
            }
        }
        Some(out)
    }

    /// [n_atoms]: (row, entry) of every use.
    fn users(&self, n_atoms: usize) -> Vec<Vec<(usize, usize)>> {
        let mut users = vec![vec![]; n_atoms];
        for (b, ends) in self.codes.start.windows(2).enumerate() {
            (ends[0]..ends[1]).for_each(|e| users[self.codes.atom[e] as usize].push((b, e)));
        }
        users
    }
}

/// The codes of the step before, if they are of so many rows and use no more than k atoms each.
fn remembered(memory: &[f32], k: usize, n_rows: usize, n_atoms: usize) -> Option<Codes> {
    let (slots, pairs) = memory.split_first()?;
    let slots = *slots as usize;
    if slots == 0 || slots > k || pairs.len() != 2 * slots * n_rows {
        return None;
    }
    let mut codes = Codes::default();
    for row in pairs.chunks_exact(2 * slots) {
        let entries = row.as_chunks::<2>().0.iter();
        codes.push(entries.filter(|[atom, _]| *atom >= 0.0).map(|[atom, value]| (*atom as u32, f64::from(*value))));
    }
    codes.atom.iter().all(|i| (*i as usize) < n_atoms).then_some(codes)
}

fn memory(codes: &Codes, k: usize, n_rows: usize) -> Vec<f32> {
    let mut out = vec![k as f32];
    for b in 0..n_rows {
        let (atoms, values) = codes.row(b);
        let used = atoms.iter().zip(values).filter(|(_, value)| **value != 0.0);
        out.extend(used.flat_map(|(atom, value)| [*atom as f32, *value as f32]));
        out.resize(1 + 2 * k * (b + 1), -1.0);
    }
    out
}
