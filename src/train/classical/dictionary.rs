//! A dictionary in f64, sparse codes, and which solver codes a sample.

use super::{Data, fista, omp};
use crate::config::Algorithm;
use crate::model::{Hyper, Weights};
use crate::train::Problem;

/// Atoms as rows: a sample is coded with `reading`, its target rebuilt with `writing`. They differ for the oracle of a
/// transcoder only.
pub struct Dictionary {
    /// [n_latent, n_input] and [n_latent, n_target].
    reading: Vec<f64>,
    writing: Vec<f64>,
    n_input: usize,
    n_target: usize,
}

impl Dictionary {
    pub fn new(atoms: Vec<f64>, width: usize) -> Self {
        Self { writing: atoms.clone(), reading: atoms, n_input: width, n_target: width }
    }

    pub fn of(w: &Weights, problem: &Problem) -> Self {
        let wide = |rows: &[f32]| rows.iter().map(|x| f64::from(*x)).collect();
        let (n_input, n_target) = (problem.shape.n_input, problem.shape.n_target);
        Self { reading: wide(&w.encoder), writing: wide(&w.decoder), n_input, n_target }
    }

    #[allow(clippy::len_without_is_empty, reason = "a dictionary has atoms")]
    pub fn len(&self) -> usize {
        self.reading.len() / self.n_input
    }

    pub fn atom(&self, j: usize) -> &[f64] {
        &self.reading[j * self.n_input..][..self.n_input]
    }

    /// target − Σ a_j d_j.
    pub fn residual(&self, target: &[f64], atoms: &[u32], values: &[f64]) -> Vec<f64> {
        let mut r = target.to_vec();
        for (j, a) in atoms.iter().zip(values) {
            super::solve::add_scaled(&mut r, -a, &self.writing[*j as usize * self.n_target..][..self.n_target]);
        }
        r
    }

    /// ‖target − Σ a_j d_j‖².
    pub fn error(&self, target: &[f64], atoms: &[u32], values: &[f64]) -> f64 {
        let r = self.residual(target, atoms, values);
        super::solve::dot(&r, &r)
    }
}

/// Sparse codes: row b has entries `start[b]..start[b + 1]`.
#[derive(Clone, Debug)]
pub struct Codes {
    /// [rows + 1].
    pub start: Vec<usize>,
    pub atom: Vec<u32>,
    pub value: Vec<f64>,
}

impl Default for Codes {
    fn default() -> Self {
        Self { start: vec![0], atom: vec![], value: vec![] }
    }
}

impl Codes {
    pub fn push(&mut self, code: impl IntoIterator<Item = (u32, f64)>) {
        for (atom, value) in code {
            self.atom.push(atom);
            self.value.push(value);
        }
        self.start.push(self.atom.len());
    }

    pub fn row(&self, b: usize) -> (&[u32], &[f64]) {
        let range = self.start[b]..self.start[b + 1];
        (&self.atom[range.clone()], &self.value[range])
    }

    /// [n_latent]: rows that use each atom.
    pub fn fired(&self, n_latent: usize) -> Vec<u32> {
        let mut fired = vec![0; n_latent];
        self.atom.iter().for_each(|i| fired[*i as usize] += 1);
        fired
    }
}

/// How a sample is coded with a dictionary.
#[derive(Clone, Copy, Debug)]
pub enum Coder {
    Pursuit { k: usize, non_negative: bool },
    Lasso { lambda: f64, non_negative: bool },
}

impl Coder {
    /// K-SVD pursues, the others pay λ; features are never negative, so neither are the codes of ER-SpUD and oracle.
    pub fn new(problem: &Problem, hyper: &Hyper) -> Self {
        let lambda = f64::from(hyper.l1);
        match problem.algorithm {
            Algorithm::KSvd => Self::Pursuit { k: hyper.k as usize, non_negative: problem.non_negative },
            Algorithm::Online => Self::Lasso { lambda, non_negative: problem.non_negative },
            _ => Self::Lasso { lambda, non_negative: true },
        }
    }

    pub fn code(&self, d: &Dictionary, x: &[f64], out: &mut Vec<(u32, f64)>) {
        match *self {
            Self::Pursuit { k, non_negative } => omp(d, x, k, non_negative, out),
            Self::Lasso { lambda, non_negative } => fista(d, x, lambda, non_negative, out),
        }
    }

    /// Codes of all rows of `input`.
    pub fn code_all(&self, d: &Dictionary, input: &[f64]) -> Codes {
        let (mut codes, mut code) = (Codes::default(), vec![]);
        for x in input.chunks_exact(d.n_input) {
            self.code(d, x, &mut code);
            codes.push(code.iter().copied());
        }
        codes
    }
}

/// (mean of error and λ Σ|a|, uses of each atom) of samples coded with a dictionary.
pub fn read(d: &Dictionary, coder: &Coder, data: &Data) -> (f64, Vec<u32>) {
    let codes = coder.code_all(d, &data.input);
    (loss(d, coder, data, &codes), codes.fired(d.len()))
}

/// Mean over the rows of error and λ Σ|a|.
pub fn loss(d: &Dictionary, coder: &Coder, data: &Data, codes: &Codes) -> f64 {
    let lambda = if let Coder::Lasso { lambda, .. } = coder { *lambda } else { 0.0 };
    let mut sum = lambda * codes.value.iter().map(|a| a.abs()).sum::<f64>();
    for (b, target) in data.target.chunks_exact(d.n_target).enumerate() {
        let (atoms, values) = codes.row(b);
        sum += d.error(target, atoms, values);
    }
    sum / data.n_rows as f64
}

/// Atoms as weights: decoder and encoder alike.
pub fn store(w: &mut Weights, atoms: &[f64]) {
    w.decoder = atoms.iter().map(|x| *x as f32).collect();
    w.encoder.clone_from(&w.decoder);
}

/// Latent d reads the true direction of feature d, and writes what a feature of that size adds to the target; the
/// latents left over are zero.
pub fn truth(w: &mut Weights, problem: &Problem) {
    let (world, shape) = (&problem.world, problem.shape);
    w.encoder.fill(0.0);
    w.decoder.fill(0.0);
    w.encoder[..world.directions_in.len()].copy_from_slice(&world.directions_in);
    let rows = w.decoder.chunks_exact_mut(shape.n_target).zip(world.basis_out().chunks_exact(shape.n_target));
    for ((to, from), basis) in rows.zip(world.basis_in().chunks_exact(shape.n_input)) {
        let size = crate::linalg::norm(basis);
        to.iter_mut().zip(from).for_each(|(to, from)| *to = if size > 0.0 { from / size } else { 0.0 });
    }
}
