//! The second reconstruction: by the dead (AuxK, ghost gradients), or by the open gates of a gated model.
//!
//! Row b pays weight_b ‖s_b Σ a w_D − e_b‖²; what is called detached in the methods is a constant here.

use super::Codes;
use super::penalty::Penalty;
use crate::linalg::{Matrix, add_rows, add_scaled, dot, gemm};
use crate::model::Hyper;

/// Keeps ghost gradients' quotients finite.
const FLOOR: f32 = 1e-6;

/// Which second reconstruction a step has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    AuxK,
    Ghost,
    Gates,
}

/// The dead of a step and what they do in it. They are few beside the living, and take part in most rows: their part is
/// dense.
#[derive(Default)]
pub struct Dead {
    /// Ascending.
    pub latents: Vec<u32>,
    /// [rows, n_dead]: activations, 0 where one takes no part, and their derivatives by z.
    pub a: Vec<f32>,
    pub slope: Vec<f32>,
    /// [n_dead, n_target]: their rows of the decoder.
    decoder: Vec<f32>,
    /// [rows, n_dead]: gradient at z.
    dz: Vec<f32>,
    /// [n_dead, n_input] and [n_dead, n_target]: what their rows of the gradient get.
    to_encoder: Vec<f32>,
    to_decoder: Vec<f32>,
}

impl Dead {
    /// Nobody takes part yet.
    pub fn clear(&mut self, rows: usize) {
        for values in [&mut self.a, &mut self.slope] {
            values.clear();
            values.resize(rows * self.latents.len(), 0.0);
        }
    }

    /// `sums` [rows, width] = Σ a_i w_D^i.
    pub fn decode(&mut self, sums: &mut Vec<f32>, decoder: &[f32], width: usize) {
        let n = self.latents.len();
        self.decoder.clear();
        self.latents.iter().for_each(|i| self.decoder.extend_from_slice(&decoder[*i as usize * width..][..width]));
        let rows = self.a.len() / n;
        sums.resize(rows * width, 0.0);
        gemm(sums, rows, width, n, Matrix::rows(&self.a, n), Matrix::rows(&self.decoder, width));
    }

    /// Gradients, given half of B times those at the sums, and the inputs.
    pub fn backprop(&mut self, pulls: &[f32], width: usize, input: &[f32], n_input: usize) {
        let n = self.latents.len();
        let rows = self.a.len() / n;
        let (pulls, share) = (Matrix::rows(pulls, width), 2.0 / rows as f32);
        self.dz.resize(rows * n, 0.0);
        gemm(&mut self.dz, rows, n, width, pulls, Matrix::rows(&self.decoder, width).transposed());
        self.dz.iter_mut().zip(&self.slope).for_each(|(dz, slope)| *dz *= share * slope);
        self.to_encoder.resize(n * n_input, 0.0);
        let by_latent = Matrix::rows(&self.dz, n).transposed();
        gemm(&mut self.to_encoder, n, n_input, rows, by_latent, Matrix::rows(input, n_input));
        self.to_decoder.resize(n * width, 0.0);
        gemm(&mut self.to_decoder, n, width, rows, Matrix::rows(&self.a, n).transposed(), pulls);
        self.to_decoder.iter_mut().for_each(|g| *g *= share);
    }

    /// What row i of the encoder's gradient gets; nothing of the living.
    pub fn to_encoder(&self, i: usize, width: usize) -> &[f32] {
        self.place(i).map_or(&[], |place| &self.to_encoder[place * width..][..width])
    }

    /// The same of the decoder's.
    pub fn to_decoder(&self, i: usize, width: usize) -> &[f32] {
        self.place(i).map_or(&[], |place| &self.to_decoder[place * width..][..width])
    }

    /// Adds Σ_b dz to `sums` [n_latent].
    pub fn add_dz(&self, sums: &mut [f32]) {
        for row in self.dz.chunks_exact(self.latents.len()) {
            self.latents.iter().zip(row).for_each(|(i, dz)| sums[*i as usize] += dz);
        }
    }

    fn place(&self, i: usize) -> Option<usize> {
        self.latents.binary_search(&(i as u32)).ok()
    }
}

/// `sums` [rows, width] = Σ π_i w_D^i over the open gates.
pub fn side_decode(sums: &mut Vec<f32>, gates: &Codes, decoder: &[f32], width: usize) {
    sums.clear();
    sums.resize((gates.row_start.len() - 1) * width, 0.0);
    for (b, row) in sums.chunks_exact_mut(width).enumerate() {
        let (latents, values) = gates.row(b);
        add_rows(row, values, latents, decoder);
    }
}

/// Turns `sums` into half of B times the gradient at them, and adds what rows pay to `penalty`.
///
/// `start` [rows, width] is what is added to the sums: the model's residuals r = −e, or of gates b_dec − x_r.
pub fn side_weigh(sums: &mut [f32], penalty: &mut [f32], start: &[f32], kind: Kind, hyper: &Hyper) {
    let rows = penalty.len();
    let width = sums.len() / rows;
    let aux = match kind {
        Kind::AuxK if hyper.aux_normalised == 1 => {
            let spread = spread(start, width);
            if spread > 1e-30 { hyper.aux * rows as f32 / spread } else { 0.0 }
        }
        Kind::AuxK => hyper.aux,
        _ => 1.0,
    };
    for ((row, start), paid) in sums.chunks_exact_mut(width).zip(start.chunks_exact(width)).zip(penalty) {
        let error = dot(start, start);
        let scale = if kind == Kind::Ghost { error.sqrt() / (2.0 * dot(row, row).sqrt() + FLOOR) } else { 1.0 };
        row.iter_mut().zip(start).for_each(|(s, r)| *s = scale * *s + r);
        let far = dot(row, row);
        let weight = if kind == Kind::Ghost { error / (far + FLOOR) } else { aux };
        *paid += weight * far;
        row.iter_mut().for_each(|s| *s *= weight * scale);
    }
}

/// Σ_b ‖r_b − mean r‖².
fn spread(rows: &[f32], width: usize) -> f32 {
    let n = (rows.len() / width) as f32;
    let mut mean = vec![0.0f32; width];
    rows.chunks_exact(width).for_each(|row| add_scaled(&mut mean, 1.0 / n, row));
    let mut total = 0.0;
    for row in rows.chunks_exact(width) {
        let far: f32 = row.iter().zip(&mean).map(|(r, m)| (r - m) * (r - m)).sum();
        total += f64::from(far);
    }
    total as f32
}

/// `gates.dz` = (2 ⟨w_D^i, pull⟩ + λ n) / B, n a constant.
pub fn side_backprop(gates: &mut Codes, pulls: &[f32], decoder: &[f32], width: usize, norms: &[f32], rule: &Penalty) {
    let scale = 1.0 / (pulls.len() / width) as f32;
    gates.dz.resize(gates.latent.len(), 0.0);
    for (b, pull) in pulls.chunks_exact(width).enumerate() {
        for e in gates.row_start[b] as usize..gates.row_start[b + 1] as usize {
            let i = gates.latent[e] as usize;
            let along = 2.0 * dot(pull, &decoder[i * width..][..width]);
            gates.dz[e] = scale * (along + rule.l1 * if rule.by_norm { norms[i] } else { 1.0 });
        }
    }
}

/// Adds to `penalty` [rows] what open gates pay.
pub fn charge_gates(penalty: &mut [f32], gates: &Codes, norms: &[f32], rule: &Penalty) {
    for (b, paid) in penalty.iter_mut().enumerate() {
        let (latents, pi) = gates.row(b);
        let weigh = |(i, pi): (&u32, &f32)| pi * if rule.by_norm { norms[*i as usize] } else { 1.0 };
        *paid += rule.l1 * latents.iter().zip(pi).map(weigh).sum::<f32>();
    }
}
