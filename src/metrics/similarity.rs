//! Cosines of latents with features, for the heat map.

use crate::bench::World;
use crate::linalg::{Matrix, gemm, norm};
use crate::model::Weights;
use crate::train::Match;

/// Cells of a map; beyond it only the latents that fit some feature best are shown.
const MAX_CELLS: usize = 1 << 19;

/// All matrices [latents, n_features].
#[derive(Clone, Debug)]
pub struct Similarity {
    pub latents: Vec<u32>,
    /// cos(w_D^i, w_r^d) and cos(w_E^i, w_p^d), signed; 0 for a zero row.
    pub decoder: Vec<f32>,
    pub encoder: Vec<f32>,
    /// 1 where feature d alone fires latent i.
    pub pattern: Vec<u8>,
}

/// All latents, or as many of the best matches as fit.
pub fn choose(best: &Match, n_latent: usize, n_features: usize) -> Vec<u32> {
    if n_latent * n_features <= MAX_CELLS {
        return (0..n_latent as u32).collect();
    }
    let mut chosen = vec![false; n_latent];
    best.latent.iter().take(MAX_CELLS / n_features).for_each(|i| chosen[*i as usize] = true);
    (0..n_latent as u32).filter(|i| chosen[*i as usize]).collect()
}

impl Similarity {
    /// `decoder`: the cosines of all latents' decoder rows, where they are known already. `pattern`: [n_latent,
    /// ⌈n_features/32⌉] bits.
    pub fn new(latents: Vec<u32>, decoder: Option<Vec<f32>>, w: &Weights, world: &World, pattern: &[u32]) -> Self {
        let n = world.n_features;
        let words = n.div_ceil(32);
        let bit = |i: u32, d: usize| (pattern[i as usize * words + d / 32] >> (d % 32) & 1) as u8;
        Self {
            decoder: match decoder {
                Some(all) if latents.len() * n == all.len() => all,
                Some(all) => {
                    let mut some = Vec::with_capacity(latents.len() * n);
                    latents.iter().for_each(|&i| some.extend_from_slice(&all[i as usize * n..][..n]));
                    some
                }
                None => cosines(&latents, &w.decoder, &world.directions_out, world.n_target),
            },
            encoder: cosines(&latents, &w.encoder, &world.directions_in, world.n_input),
            pattern: latents.iter().flat_map(|&i| (0..n).map(move |d| bit(i, d))).collect(),
            latents,
        }
    }
}

/// [n_latent, n_features]: cos(w_D^i, w_r^d) of all latents.
pub fn decoder_cosines(w: &Weights, world: &World, n_latent: usize) -> Vec<f32> {
    let all: Vec<u32> = (0..n_latent as u32).collect();
    cosines(&all, &w.decoder, &world.directions_out, world.n_target)
}

fn cosines(latents: &[u32], rows: &[f32], directions: &[f32], width: usize) -> Vec<f32> {
    let n = directions.len() / width;
    let mut unit = Vec::with_capacity(latents.len() * width);
    for &i in latents {
        let row = &rows[i as usize * width..][..width];
        let length = norm(row);
        let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
        unit.extend(row.iter().map(|x| x * scale));
    }
    let mut out = vec![0.0; latents.len() * n];
    gemm(&mut out, latents.len(), n, width, Matrix::rows(&unit, width), Matrix::rows(directions, width).transposed());
    out
}
