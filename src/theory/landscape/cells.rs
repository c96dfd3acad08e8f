//! Cells of the landscape: connected sets of encoders with one activation pattern, on the torus of the two angles.
//!
//! Which cells there are is read from the grid; where they end is computed from the geometry.

use super::Grid;
use super::plane::{Bits, Plane, Vec2, pattern_of};
use crate::theory::simplified::{Pattern, Sigma};
use serde::Serialize;
use std::collections::VecDeque;
use std::f64::consts::{FRAC_PI_2, PI};

/// Points [θ₁, θ₂] of a line, unwrapped: they may go beyond ±π.
pub type Line = Vec<Vec2>;

/// Points on a curved boundary.
const POINTS: usize = 48;

#[derive(Debug, Serialize)]
pub struct Cell {
    pub pattern: Pattern,
    /// Of all nodes.
    pub share: f64,
}

/// A piece of a cell that hangs together in the picture, which is the torus cut open at ±π.
#[derive(Debug, Serialize)]
pub struct Patch {
    pub cell: u16,
    /// [θ₁, θ₂] of its deepest node: where its name fits best.
    pub at: Vec2,
    /// Radians from there to the patch's edge, along the axes.
    pub room: f64,
}

/// The cells, and the cell of each node.
pub fn cells(grid: &Grid) -> (Vec<Cell>, Vec<u16>) {
    const NONE: u16 = u16::MAX;
    let mut cell_of = vec![NONE; grid.bits.len()];
    let mut cells: Vec<Cell> = vec![];
    for start in 0..cell_of.len() {
        if cell_of[start] != NONE {
            continue;
        }
        // Few features make some hundred cells at most; were there more than names, the last would take the rest.
        let ix = cells.len().min(NONE as usize - 1) as u16;
        let (mut found, mut next) = (0, vec![start]);
        cell_of[start] = ix;
        while let Some(node) = next.pop() {
            found += 1;
            for by in [[1, 0], [-1, 0], [0, 1], [0, -1]] {
                let beside = grid.beside(node, by);
                if cell_of[beside] == NONE && grid.bits[beside] == grid.bits[start] {
                    cell_of[beside] = ix;
                    next.push(beside);
                }
            }
        }
        let share = found as f64 / cell_of.len() as f64;
        cells.push(Cell { pattern: pattern_of(grid.bits[start]), share });
    }
    (cells, cell_of)
}

/// The visible pieces of cells with their deepest nodes, largest room first.
pub fn patches(grid: &Grid, cell_of: &[u16]) -> Vec<Patch> {
    let n = grid.size as isize;
    let inside = |node: usize, by: [isize; 2]| {
        let (x, y) = (node as isize % n + by[0], node as isize / n + by[1]);
        (0..n).contains(&x).then_some(())?;
        (0..n).contains(&y).then_some((y * n + x) as usize)
    };
    const STEPS: [[isize; 2]; 8] = [[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [1, -1], [-1, 1], [-1, -1]];
    // Depth: king's moves to the nearest node of another cell or beyond the picture, all at once from the edges.
    let mut depth = vec![0_u16; cell_of.len()];
    let mut queue = VecDeque::new();
    for node in 0..cell_of.len() {
        if STEPS.iter().any(|by| inside(node, *by).is_none_or(|beside| cell_of[beside] != cell_of[node])) {
            depth[node] = 1;
            queue.push_back(node);
        }
    }
    while let Some(node) = queue.pop_front() {
        for beside in STEPS.iter().filter_map(|by| inside(node, *by)) {
            if depth[beside] == 0 {
                depth[beside] = depth[node] + 1;
                queue.push_back(beside);
            }
        }
    }
    let mut patches = vec![];
    let mut seen = vec![false; cell_of.len()];
    for start in 0..cell_of.len() {
        if seen[start] {
            continue;
        }
        let (mut nodes, mut next) = (vec![], vec![start]);
        seen[start] = true;
        while let Some(node) = next.pop() {
            nodes.push(node);
            for beside in STEPS[..4].iter().filter_map(|by| inside(node, *by)) {
                if !seen[beside] && cell_of[beside] == cell_of[start] {
                    seen[beside] = true;
                    next.push(beside);
                }
            }
        }
        let deepest = nodes.iter().map(|node| depth[*node]).max().unwrap_or(0);
        // Of equally deep nodes the one nearest to their middle.
        let deep: Vec<Vec2> = nodes.iter().filter(|n| depth[**n] == deepest).map(|n| grid.angles(*n)).collect();
        let middle = [0, 1].map(|axis| deep.iter().map(|at| at[axis]).sum::<f64>() / deep.len() as f64);
        let far = |at: &Vec2| (at[0] - middle[0]).powi(2) + (at[1] - middle[1]).powi(2);
        let at = deep.iter().copied().min_by(|a, b| far(a).total_cmp(&far(b))).unwrap_or(middle);
        let room = f64::from(deepest) * 2.0 * PI / grid.size as f64;
        patches.push(Patch { cell: cell_of[start], at, room });
    }
    patches.sort_by(|a, b| b.room.total_cmp(&a.room));
    patches
}

/// Where patterns change.
pub fn boundaries(plane: &Plane) -> Vec<Line> {
    let angles = plane.features.iter().map(|(p, ..)| libm::atan2(p[1], p[0]));
    match plane.sigma {
        Sigma::TopK(1) => angles.flat_map(|phi| contest(phi, plane.lengths)).collect(),
        sigma => {
            // Each latent alone: lines straight across where it begins to fire.
            let mut lines = vec![];
            for phi in angles {
                for latent in 0..2 {
                    let Some(open) = half_width(sigma, plane.lengths[latent]) else { continue };
                    for at in [phi - open, phi + open] {
                        let point = |along: f64| if latent == 0 { [at, along] } else { [along, at] };
                        lines.push(vec![point(-PI), point(PI)]);
                    }
                }
            }
            lines
        }
    }
}

/// How far a row of this length may turn from a unit feature and still fire; nothing where it never does.
fn half_width(sigma: Sigma, length: f64) -> Option<f64> {
    match sigma {
        Sigma::JumpRelu(theta) => (theta < length).then(|| libm::acos(theta / length)),
        _ => Some(FRAC_PI_2),
    }
}

/// Top-1 at one feature: where the two rows answer equally (four arms from where the shorter points at the feature), and
/// where a row begins to answer while the other does not.
fn contest(phi: f64, lengths: Vec2) -> Vec<Line> {
    let top = lengths[0].min(lengths[1]);
    let mut lines = vec![];
    for side1 in [-1.0, 1.0] {
        for side2 in [-1.0, 1.0] {
            let arm = (0..=POINTS).map(|at| {
                // By the sine, the points are even where the curve is steepest, at its top.
                let answer = top * libm::sin(at as f64 / POINTS as f64 * FRAC_PI_2);
                let turn = |length: f64| libm::acos((answer / length).min(1.0));
                [phi + side1 * turn(lengths[0]), phi + side2 * turn(lengths[1])]
            });
            lines.push(arm.collect());
        }
    }
    for at in [phi - FRAC_PI_2, phi + FRAC_PI_2] {
        let (from, to) = (phi + FRAC_PI_2, phi + 3.0 * FRAC_PI_2);
        lines.push(vec![[at, from], [at, to]]);
        lines.push(vec![[from, at], [to, at]]);
    }
    lines
}

/// Segments of θ₁ = θ₂ where both rows fire the same two features or more.
pub fn ridges(plane: &Plane) -> Vec<Line> {
    const STEPS: usize = 1440;
    let fires = |at: usize| {
        let angle = -PI + (at as f64 + 0.5) * 2.0 * PI / STEPS as f64;
        let bits: Bits = plane.pattern(&plane.encoder([angle; 2]));
        bits[0] == bits[1] && bits[0].count_ones() > 1
    };
    let edge = |at: usize| -PI + at as f64 * 2.0 * PI / STEPS as f64;
    let mut lines = vec![];
    let mut from = None;
    for at in 0..=STEPS {
        match (from, at < STEPS && fires(at)) {
            (None, true) => from = Some(edge(at)),
            (Some(start), false) => {
                lines.push(vec![[start; 2], [edge(at); 2]]);
                from = None;
            }
            _ => {}
        }
    }
    lines
}
