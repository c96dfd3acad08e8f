//! Per true feature the latent that fits it best, by raw inner product and by cosine.

use super::{Match, encode};
use crate::linalg::norm;

/// Features a product handles at once, which bounds memory.
const FEATURES: usize = 128;

/// (raw, cosine) for `directions` [n_features, width] against `rows` [n_latent, width].
pub fn match_features(directions: &[f32], rows: &[f32], width: usize) -> (Match, Match) {
    let n_latent = rows.len() / width;
    let inverse: Vec<f32> = rows.chunks_exact(width).map(norm).map(|n| if n > 0.0 { 1.0 / n } else { 0.0 }).collect();
    let (mut raw, mut cosine) = (Match::default(), Match::default());
    let mut products = vec![0.0; FEATURES * n_latent];
    for some in directions.chunks(FEATURES * width) {
        let n = some.len() / width;
        encode::encode(&mut products[..n * n_latent], some, rows, width);
        for line in products[..n * n_latent].chunks_exact(n_latent) {
            best(line.iter().map(|p| p.abs()), &mut raw);
            best(line.iter().zip(&inverse).map(|(p, inverse)| p.abs() * inverse), &mut cosine);
        }
    }
    (raw, cosine)
}

fn best(scores: impl Iterator<Item = f32>, out: &mut Match) {
    let (score, latent) =
        scores.zip(0..).fold((0.0, 0), |best, (score, i)| if score > best.0 { (score, i) } else { best });
    out.score.push(score);
    out.latent.push(latent);
}
