//! The classical relatives: dictionaries learned without Adam, on the CPU, behind the trait that the others share.
//!
//! K-SVD, online dictionary learning, ER-SpUD and the oracle keep a dictionary: decoder rows are its atoms, codes are
//! solved for (`omp`, `fista`), and the encoder has the same rows, so that weights can be read and scored. Alternating
//! convex search trains the models that Adam trains. Sums are f64 in a fixed order; what goes from one step to the
//! next is f32 in [`State`], so that a checkpoint goes on bit for bit.
//!
//! A full-batch algorithm ([`Algorithm::full_batch`]) is given the same batch at every step.

mod alternating;
mod dictionary;
mod er_spud;
mod fista;
mod k_svd;
mod omp;
mod online;
mod solve;

use super::cpu::Cpu;
use super::{Backend, DeviceLost, Evaluation, Matches, Problem, State};
use crate::bench::{Batch, Samples};
use crate::config::Algorithm;
use crate::model::{Hyper, Weights};
pub use dictionary::{Coder, Codes, Dictionary};
pub use fista::fista;
pub use omp::omp;
pub use solve::{conjugate_gradients, nnls};

pub struct Classical {
    problem: Problem,
    state: State,
    losses: Vec<f32>,
}

/// Samples of a batch in f64: [rows, n_input] and [rows, n_target].
struct Data {
    input: Vec<f64>,
    target: Vec<f64>,
    n_rows: usize,
}

impl Classical {
    pub fn new(problem: Problem, state: State) -> Self {
        let mut new = Self { problem, state, losses: vec![] };
        new.settle();
        new
    }

    /// Whether there is a dictionary, and codes are solved for.
    fn has_dictionary(&self) -> bool {
        self.problem.algorithm != Algorithm::Alternating
    }

    /// Makes weights from outside (a start, a direction set by hand) what the algorithm keeps: atoms of norm 1 (online:
    /// at most 1), the encoder's rows the same; the oracle's are the truth. Leaves its own weights as they are.
    fn settle(&mut self) {
        let Self { problem, state, .. } = self;
        let w = &mut state.weights;
        match problem.algorithm {
            Algorithm::Oracle => dictionary::truth(w, problem),
            Algorithm::Alternating | Algorithm::Adam => {}
            algorithm => {
                for row in w.decoder.chunks_exact_mut(problem.shape.n_target) {
                    let length = crate::linalg::norm(row);
                    let fits = (length - 1.0).abs() < 1e-4 || (length < 1.0 && algorithm == Algorithm::Online);
                    if !fits && length > 0.0 {
                        row.iter_mut().for_each(|x| *x /= length);
                    }
                }
                w.encoder.clone_from(&w.decoder);
            }
        }
    }

    fn expand(&self, batch: &Batch) -> Data {
        let (input, target) = self.problem.world.expand(batch);
        let wide = |values: Vec<f32>| values.into_iter().map(f64::from).collect();
        Data { input: wide(input), target: wide(target), n_rows: batch.n_rows() }
    }

    fn coder(&self, hyper: &Hyper) -> Coder {
        Coder::new(&self.problem, hyper)
    }

    /// What reads the weights as those of any model are read.
    fn reader(&self) -> Cpu {
        let mut state = State::of(self.state.weights.clone(), self.problem.shape);
        state.control = self.state.control;
        Cpu::new(self.problem.clone(), state)
    }

    fn step(&mut self, batch: &Batch, hyper: &Hyper) {
        let data = self.expand(batch);
        let (loss, fired) = match self.problem.algorithm {
            Algorithm::KSvd => k_svd::step(&self.problem, &mut self.state, &data, hyper),
            Algorithm::Online => online::step(&self.problem, &mut self.state, &data, hyper),
            Algorithm::ErSpud => er_spud::step(&self.problem, &mut self.state, &data, hyper),
            Algorithm::Oracle => {
                dictionary::read(&Dictionary::of(&self.state.weights, &self.problem), &self.coder(hyper), &data)
            }
            Algorithm::Alternating => alternating::step(&self.problem, &mut self.state, &data, hyper),
            Algorithm::Adam => unreachable!("Adam has backends of its own"),
        };
        self.losses.push(loss as f32);
        let state = &mut self.state;
        for (i, fired) in fired.into_iter().enumerate() {
            let since = &mut state.since_fired[i];
            *since = if fired > 0 { 0 } else { since.saturating_add(data.n_rows as u32) };
            state.fire_count[i] = state.fire_count[i].wrapping_add(fired);
        }
        state.step += 1;
        state.samples += data.n_rows as u64;
    }

    /// As [`super::cpu::top_rows`], by the codes that are this algorithm's.
    pub fn top_rows(&self, hyper: &Hyper, latent: usize, count: usize) -> Vec<(u32, f32)> {
        let Samples::Rows(rows) = &self.problem.world.samples else { return vec![] };
        if !self.has_dictionary() {
            return super::cpu::top_rows(&self.problem, self.state.clone(), hyper, latent, count);
        }
        let (d, coder) = (Dictionary::of(&self.state.weights, &self.problem), self.coder(hyper));
        let mut found: Vec<(u32, f32)> = vec![];
        let mut code = vec![];
        for row in 0..rows.n_rows {
            let x: Vec<f64> = rows.row(row).iter().map(|x| f64::from(*x)).collect();
            coder.code(&d, &x, &mut code);
            found.extend(code.iter().filter(|c| c.0 as usize == latent).map(|c| (row as u32, c.1 as f32)));
        }
        found.sort_unstable_by(|(i, a), (j, b)| b.abs().total_cmp(&a.abs()).then(i.cmp(j)));
        found.truncate(count);
        found
    }
}

/// Rows an evaluation codes at a time, which bounds its memory.
const EVALUATION_ROWS: usize = 512;

impl Backend for Classical {
    fn train(&mut self, batches: &[Batch], hyper: &[Hyper]) -> Result<(), DeviceLost> {
        for (batch, hyper) in batches.iter().zip(hyper) {
            self.step(batch, hyper);
        }
        Ok(())
    }

    async fn losses(&mut self) -> Result<Vec<f32>, DeviceLost> {
        Ok(std::mem::take(&mut self.losses))
    }

    async fn evaluate(&mut self, batch: &Batch, hyper: &Hyper, with_pattern: bool) -> Result<Evaluation, DeviceLost> {
        if !self.has_dictionary() {
            return self.reader().evaluate(batch, hyper, with_pattern).await;
        }
        let mut out = Evaluation::empty(self.problem.shape.n_latent, batch.n_rows(), with_pattern);
        let (d, coder) = (Dictionary::of(&self.state.weights, &self.problem), self.coder(hyper));
        for part in batch.parts(EVALUATION_ROWS) {
            let data = self.expand(&part);
            let codes = coder.code_all(&d, &data.input);
            for b in 0..data.n_rows {
                let (atoms, values) = codes.row(b);
                let width = self.problem.shape.n_target;
                out.sse.push(d.error(&data.target[b * width..][..width], atoms, values) as f32);
                // The error against nothing is the size of the reconstruction.
                out.recon.push(d.error(&vec![0.0; width], atoms, values) as f32);
                out.penalty.push((f64::from(hyper.l1) * values.iter().map(|a| a.abs()).sum::<f64>()) as f32);
                out.count(atoms);
            }
        }
        Ok(out)
    }

    async fn matches(&mut self) -> Result<Matches, DeviceLost> {
        self.reader().matches().await
    }

    async fn weights(&mut self) -> Result<Weights, DeviceLost> {
        Ok(self.state.weights.clone())
    }

    async fn firing(&mut self) -> Result<(Vec<u32>, Vec<u32>), DeviceLost> {
        Ok((self.state.since_fired.clone(), self.state.fire_count.clone()))
    }

    async fn state(&mut self) -> Result<State, DeviceLost> {
        Ok(self.state.clone())
    }

    fn load(&mut self, state: &State) -> Result<(), DeviceLost> {
        self.state = state.clone();
        self.losses.clear();
        self.settle();
        Ok(())
    }
}
