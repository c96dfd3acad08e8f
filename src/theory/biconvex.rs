//! Piecewise biconvexity (v3: Theorem 3.2): inside the region of one activation pattern L̃ is convex in W_E and convex in
//! W_D, not in both together; across a boundary not even that. Checked on the segment between two points, block by
//! block: along `encoder` the decoder stays that of the first point, along `decoder` the encoder does.

use super::simplified::{Pattern, Point, Simplified};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    pub world: Simplified,
    pub from: Point,
    pub to: Point,
    /// Equal steps that the segment is cut into: 2 to 400, even.
    pub steps: usize,
}

#[derive(Debug, Serialize)]
pub struct Report {
    pub encoder: Line,
    pub decoder: Line,
    pub both: Line,
}

/// L̃ along a segment, at `steps` + 1 equally spaced points.
#[derive(Debug, Serialize)]
pub struct Line {
    pub loss: Vec<f64>,
    /// The stretch each point lies in (0, 1, …), and the pattern of each stretch.
    pub region: Vec<usize>,
    pub patterns: Vec<Pattern>,
    /// The pair whose midpoint lies highest above the mean of its ends: within one region, and across a boundary.
    pub inside: Option<Midpoint>,
    pub across: Option<Midpoint>,
}

/// L̃ at the middle of points `low` and `high` minus the mean of L̃ at these: above zero breaks convexity.
#[derive(Clone, Debug, Serialize)]
pub struct Midpoint {
    pub excess: f64,
    pub low: usize,
    pub high: usize,
}

pub fn report(ask: &Ask) -> Result<Report, String> {
    ask.world.check()?;
    if !(2..=400).contains(&ask.steps) || ask.steps % 2 == 1 {
        return Err(format!("steps is {}: an even number from 2 to 400", ask.steps));
    }
    let shape = |p: &Point| (p.encoder.len(), p.decoder.len());
    if shape(&ask.from) != shape(&ask.to) || ask.from.encoder.len() != ask.from.decoder.len() {
        return Err("from and to differ in size: as many rows in encoder and decoder of both".to_owned());
    }
    for (name, point) in [("from", &ask.from), ("to", &ask.to)] {
        let (p, r) = (ask.world.directions_in[0].len(), ask.world.directions_out[0].len());
        if point.encoder.iter().any(|row| row.len() != p) || point.decoder.iter().any(|row| row.len() != r) {
            return Err(format!("{name} has rows of another length: {p} in the encoder, {r} in the decoder"));
        }
    }
    let line = |encoder: bool, decoder: bool| {
        let end = Point {
            encoder: if encoder { &ask.to } else { &ask.from }.encoder.clone(),
            decoder: if decoder { &ask.to } else { &ask.from }.decoder.clone(),
        };
        along(&ask.world, &ask.from, &end, ask.steps)
    };
    Ok(Report { encoder: line(true, false), decoder: line(false, true), both: line(true, true) })
}

fn along(world: &Simplified, from: &Point, to: &Point, steps: usize) -> Line {
    let mut line = Line { loss: vec![], region: vec![], patterns: vec![], inside: None, across: None };
    for step in 0..=steps {
        let t = step as f64 / steps as f64;
        let mix = |a: &[Vec<f64>], b: &[Vec<f64>]| -> Vec<Vec<f64>> {
            let row = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| (1.0 - t) * a + t * b).collect();
            a.iter().zip(b).map(row).collect()
        };
        let at = Point { encoder: mix(&from.encoder, &to.encoder), decoder: mix(&from.decoder, &to.decoder) };
        let pattern = world.pattern(&at.encoder);
        if line.patterns.last() != Some(&pattern) {
            line.patterns.push(pattern);
        }
        line.region.push(line.patterns.len() - 1);
        line.loss.push(world.loss(&at));
    }
    for low in 0..=steps {
        for high in (low + 2..=steps).step_by(2) {
            let excess = line.loss[(low + high) / 2] - 0.5 * (line.loss[low] + line.loss[high]);
            let place = if line.region[low] == line.region[high] { &mut line.inside } else { &mut line.across };
            if place.as_ref().is_none_or(|best| excess > best.excess) {
                *place = Some(Midpoint { excess, low, high });
            }
        }
    }
    line
}
