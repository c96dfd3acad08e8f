//! Weights of one shape as points of one space: all parts, one after the other.

use crate::model::{Shape, Weights};
use crate::rng::Stream;

/// Weights in a larger shape: what is not there is zero for latents, and as in `others` for whole parts.
pub fn fitted(weights: &Weights, shape: Shape, others: &Weights) -> Weights {
    let mut out = Weights::zero(shape);
    for (((_, to), (_, from)), (_, other)) in out.parts_mut().into_iter().zip(weights.parts()).zip(others.parts()) {
        let from = if from.is_empty() { other } else { from };
        let n = from.len().min(to.len());
        to[..n].copy_from_slice(&from[..n]);
    }
    out
}

/// A random direction, each row of which is as long as the row of the weights.
pub fn filter_normalised(weights: &Weights, shape: Shape, stream: &mut Stream) -> Weights<f64> {
    let mut out = Weights::zero(shape);
    let rows = [("encoder", shape.n_input), ("decoder", shape.n_target), ("skip", shape.n_input)];
    for ((name, to), (_, from)) in out.parts_mut().into_iter().zip(weights.parts()) {
        let Some((_, width)) = rows.iter().find(|(row, _)| *row == name) else { continue };
        for (to, from) in to.chunks_exact_mut(*width).zip(from.chunks_exact(*width)) {
            to.iter_mut().for_each(|x| *x = stream.normal());
            let square: f64 = from.iter().map(|w| f64::from(*w).powi(2)).sum();
            let scale = libm::sqrt(square / to.iter().map(|x| x * x).sum::<f64>());
            to.iter_mut().for_each(|x| *x *= scale);
        }
    }
    out
}

pub fn difference(a: &Weights<f64>, b: &Weights<f64>) -> Weights<f64> {
    let mut out = a.clone();
    for ((_, to), (_, from)) in out.parts_mut().into_iter().zip(b.parts()) {
        to.iter_mut().zip(from).for_each(|(to, from)| *to -= from);
    }
    out
}

pub fn product(a: &Weights<f64>, b: &Weights<f64>) -> f64 {
    let parts = a.parts().into_iter().zip(b.parts());
    parts.map(|((_, a), (_, b))| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>()).sum()
}

pub fn norm(a: &Weights<f64>) -> f64 {
    libm::sqrt(product(a, a))
}
