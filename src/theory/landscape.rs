//! L̃ over the angles of two encoder rows, the decoder eliminated by least squares: the whole landscape of the smallest
//! world, and no slice of it.
//!
//! [`plane`] is the surface at a point, [`cells`] where the activation pattern is constant, [`minima`] where it is low.
//! Angles are in radians from −π to π; pictures are [θ₂][θ₁].

pub mod cells;
pub mod minima;
pub mod plane;

use cells::{Cell, Line, Patch};
use minima::Minimum;
use plane::{Bits, Plane, Scene, Vec2};
use serde::Serialize;
use std::f64::consts::{PI, TAU};

/// Nodes a side. Fewer would miss cells, more would be a long answer.
pub const SIZES: std::ops::RangeInclusive<usize> = 24..=480;

/// The surface at size × size nodes.
pub struct Grid {
    pub size: usize,
    /// [θ₂][θ₁].
    pub heights: Vec<f64>,
    /// [θ₂][θ₁].
    pub bits: Vec<Bits>,
}

/// The picture, as JSON tells it.
#[derive(Debug, Serialize)]
pub struct Picture {
    pub size: usize,
    /// The angles of the first node, θ₁ and θ₂; the others follow in steps of 2π/size.
    pub first: Vec2,
    /// [θ₂][θ₁]: L̃ + λ_a anchor term at the best decoder.
    pub heights: Vec<f32>,
    /// [θ₂][θ₁]: an index into `cells`.
    pub cell_of: Vec<u16>,
    pub cells: Vec<Cell>,
    /// Visible pieces of cells: the picture is a torus cut open, so a cell may have several.
    pub patches: Vec<Patch>,
    /// Where patterns change, from the geometry.
    pub boundaries: Vec<Line>,
    /// Where two rows that fire the same features are parallel and act as one: the surface jumps there and only there.
    pub ridges: Vec<Line>,
    pub minima: Vec<Minimum>,
    pub least: f64,
    pub most: f64,
}

/// The picture of a scene at `size` × `size` nodes (24 to 480).
pub fn picture(scene: &Scene, size: usize) -> Result<Picture, String> {
    let plane = scene.plane()?;
    if !SIZES.contains(&size) {
        return Err(format!("size is {size}: from {} to {}", SIZES.start(), SIZES.end()));
    }
    let grid = Grid::new(&plane, size);
    let (cells, cell_of) = cells::cells(&grid);
    let patches = cells::patches(&grid, &cell_of);
    let (minima, least) = minima::minima(&plane, &grid, &cells, &cell_of, &patches);
    Ok(Picture {
        size,
        first: [grid.angle(0, 0), grid.angle(1, 0)],
        // What is left of rounding is no height.
        heights: grid.heights.iter().map(|h| if *h < 1e-12 { 0.0 } else { *h as f32 }).collect(),
        cell_of,
        patches,
        boundaries: cells::boundaries(&plane),
        ridges: cells::ridges(&plane),
        minima,
        least,
        most: grid.heights.iter().copied().fold(0.0, f64::max),
        cells,
    })
}

impl Grid {
    pub fn new(plane: &Plane, size: usize) -> Self {
        let mut grid = Self { size, heights: Vec::with_capacity(size * size), bits: Vec::with_capacity(size * size) };
        let rows = |latent: usize| -> Vec<Vec2> {
            (0..size).map(|at| plane.encoder([grid.angle(latent, at); 2])[latent]).collect()
        };
        let (first, second) = (rows(0), rows(1));
        for row2 in &second {
            for row1 in &first {
                let encoder = [*row1, *row2];
                grid.bits.push(plane.pattern(&encoder));
                grid.heights.push(plane.height(encoder));
            }
        }
        grid
    }

    /// The angle of the node `at` for latent 0 or 1. Both axes stand a little off the middle of their steps, each by its
    /// own amount: no node lies on a boundary or on a line of parallel rows where feature angles are round.
    pub fn angle(&self, latent: usize, at: usize) -> f64 {
        let off = [17.0 / 32.0, 19.0 / 32.0][latent];
        -PI + (at as f64 + off) * TAU / self.size as f64
    }

    pub fn angles(&self, node: usize) -> Vec2 {
        [self.angle(0, node % self.size), self.angle(1, node / self.size)]
    }

    /// The node `by` steps (−1, 0 or 1 along each axis) away, around the torus.
    pub fn beside(&self, node: usize, by: [isize; 2]) -> usize {
        let n = self.size as isize;
        // Compared, not divided: this is most of what a picture's cells and minima cost.
        let go = |at: isize| {
            if at < 0 {
                at + n
            } else if at >= n {
                at - n
            } else {
                at
            }
        };
        let (x, y) = (node % self.size, node / self.size);
        (go(y as isize + by[1]) * n + go(x as isize + by[0])) as usize
    }
}

/// `angle` in [−π, π).
pub fn wrapped(angle: f64) -> f64 {
    angle - TAU * libm::floor((angle + PI) / TAU)
}
