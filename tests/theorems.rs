//! The constructions against the statements, over many seeded instances; realizability against brute force.

mod patterns;
mod statements;

use sdl_explorer::rng::{Purpose, Stream};
use sdl_explorer::theory::simplified::{Sigma, Simplified};

/// Random unit directions (targets: the same, or of their own), masses between ¼ and 4.
fn random_world(stream: &mut Stream, n: usize, width: usize, transcoder: bool, sigma: Sigma) -> Simplified {
    let directions_in = random_directions(stream, n, width);
    let directions_out = if transcoder { random_directions(stream, n, width + 1) } else { directions_in.clone() };
    let mass = (0..n).map(|_| 4.0_f64.powf(2.0 * stream.uniform() - 1.0)).collect();
    Simplified { directions_in, directions_out, mass, sigma }
}

fn random_directions(stream: &mut Stream, n: usize, width: usize) -> Vec<Vec<f64>> {
    let one = |stream: &mut Stream| {
        let row: Vec<f64> = (0..width).map(|_| stream.normal()).collect();
        let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        row.iter().map(|x| x / length).collect()
    };
    (0..n).map(|_| one(stream)).collect()
}

fn stream(index: u64) -> Stream {
    Stream::new(20_512, Purpose::Theory, index)
}
