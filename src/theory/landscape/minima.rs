//! Minima of the landscape: found on the grid, refined inside their cell, told apart as global or spurious.
//!
//! Inside a cell the surface is smooth, so that its low places are single points, lines (where one row fires nothing,
//! its angle is free) or the whole cell (where neither angle matters). All three are minima in the paper's sense, no
//! encoder nearby does better, and are reported as what they are.

use super::cells::{Cell, Patch};
use super::plane::{Bits, Plane, Vec2, square};
use super::{Grid, wrapped};
use crate::theory::simplified::Pattern;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// Nodes within this share of Σ M_d count as equally high.
const FLAT: f64 = 1e-9;
/// Fewer nodes than these, or a row of them, do not show that a cell is flat.
const FEW: usize = 9;
/// Minima within this share of Σ M_d of the least height are global.
pub const GLOBAL: f64 = 1e-6;
/// Radians: how finely a minimum is placed, how near to a boundary it counts as on it, how far around it one looks for
/// lower ground beyond.
const PLACED: f64 = 1e-8;
const ON_BOUNDARY: f64 = 1e-6;
const AROUND: f64 = 1e-4;
/// The golden angle, in radians: multiples of it never meet.
const GOLDEN: f64 = 2.399_963_229_728_653;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Point,
    /// One angle is free.
    Valley,
    /// Both are.
    Plateau,
}

#[derive(Clone, Debug, Serialize)]
pub struct Minimum {
    pub kind: Kind,
    /// [θ₁, θ₂]: the point, the middle of a valley, a plateau's deepest node.
    pub at: Vec2,
    /// The ends of a valley, unwrapped; empty otherwise.
    pub line: Vec<Vec2>,
    /// L̃ + λ_a anchor term.
    pub height: f64,
    /// L̃ alone.
    pub loss: f64,
    pub cell: u16,
    pub pattern: Pattern,
    pub global: bool,
    /// Reached only on the edge of its cell.
    pub on_boundary: bool,
}

/// All minima, lowest first, and the least height.
pub fn minima(plane: &Plane, grid: &Grid, cells: &[Cell], cell_of: &[u16], patches: &[Patch]) -> (Vec<Minimum>, f64) {
    let search = Search { plane, grid, cell_of, scale: plane.mass() };
    let is_flat = |set: &Vec<usize>| {
        set.len() >= FEW && set.len() == search.nodes_of(cell_of[set[0]]) && search.free_axis(set).is_none()
    };
    let (flat, low): (Vec<_>, Vec<_>) = search.low_sets().into_iter().partition(is_flat);
    let mut found: Vec<Minimum> = flat.iter().map(|set| search.plateau(set, cells, patches)).collect();
    let plateaus: Vec<u16> = found.iter().map(|m| m.cell).collect();
    for set in low {
        let Some(minimum) = search.refined(&set, cells, &plateaus) else { continue };
        // A corner or an edge is found once from each cell that meets there.
        if !found.iter().any(|other| search.same(other, &minimum)) {
            found.push(minimum);
        }
    }
    let least = found.iter().map(|m| m.height).chain(grid.heights.iter().copied()).fold(f64::INFINITY, f64::min);
    found.iter_mut().for_each(|m| m.global = m.height <= least + GLOBAL * search.scale);
    found.sort_by(|a, b| a.height.total_cmp(&b.height));
    (found, least)
}

struct Search<'a> {
    plane: &'a Plane,
    grid: &'a Grid,
    cell_of: &'a [u16],
    scale: f64,
}

impl Search<'_> {
    fn nodes_of(&self, cell: u16) -> usize {
        self.cell_of.iter().filter(|c| **c == cell).count()
    }

    /// Sets of equally high neighbours in one cell with none lower beside them in it.
    fn low_sets(&self) -> Vec<Vec<usize>> {
        let flat = FLAT * self.scale;
        let mut seen = vec![false; self.cell_of.len()];
        let mut sets = vec![];
        for start in 0..seen.len() {
            if seen[start] {
                continue;
            }
            // Most nodes have a lower neighbour in their cell and no equal: nothing to gather.
            let rises = self.rises(start);
            if rises.clone().any(|(_, rise)| rise < -flat) && rises.clone().all(|(_, rise)| rise.abs() > flat) {
                continue;
            }
            let (mut set, mut is_low) = (vec![start], true);
            seen[start] = true;
            let mut at = 0;
            while at < set.len() {
                let node = set[at];
                at += 1;
                for (beside, rise) in self.rises(node) {
                    if rise.abs() > flat {
                        is_low &= rise > 0.0;
                    } else if !seen[beside] {
                        seen[beside] = true;
                        set.push(beside);
                    }
                }
            }
            if is_low {
                sets.push(set);
            }
        }
        sets
    }

    /// The neighbours of a node in its cell, and how much higher each is.
    fn rises(&self, node: usize) -> impl Iterator<Item = (usize, f64)> + Clone {
        const AROUND: [[isize; 2]; 8] = [[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [1, -1], [-1, 1], [-1, -1]];
        let rise = move |by| {
            let beside = self.grid.beside(node, by);
            let inside = self.cell_of[beside] == self.cell_of[node];
            inside.then(|| (beside, self.grid.heights[beside] - self.grid.heights[node]))
        };
        AROUND.into_iter().filter_map(rise)
    }

    fn plateau(&self, set: &[usize], cells: &[Cell], patches: &[Patch]) -> Minimum {
        let cell = self.cell_of[set[0]];
        let at = patches.iter().find(|p| p.cell == cell).map_or_else(|| self.grid.angles(set[0]), |p| p.at);
        self.minimum(Kind::Plateau, at, vec![], cell, cells)
    }

    fn minimum(&self, kind: Kind, at: Vec2, line: Vec<Vec2>, cell: u16, cells: &[Cell]) -> Minimum {
        let weights = self.plane.on_surface(self.plane.encoder(at));
        Minimum {
            kind,
            at: at.map(wrapped),
            line,
            height: self.plane.objective(&weights),
            loss: self.plane.loss(&weights),
            cell,
            pattern: cells[usize::from(cell)].pattern.clone(),
            global: false,
            on_boundary: false,
        }
    }

    /// The lowest point that is reached from a low set inside its cell; nothing where the ground goes on down beyond the
    /// cell, or level into a plateau.
    fn refined(&self, set: &[usize], cells: &[Cell], plateaus: &[u16]) -> Option<Minimum> {
        let cell = self.cell_of[set[0]];
        let bits = self.grid.bits[set[0]];
        let free = self.free_axis(set);
        let (start, line) = match free {
            Some(axis) => {
                let (from, to) = self.run(set, axis);
                let mut start = self.grid.angles(set[0]);
                start[axis] = (from + to) / 2.0;
                (start, Some((axis, from, to)))
            }
            None => (self.grid.angles(*set.iter().min_by(|a, b| self.by_height(a, b))?), None),
        };
        let at = self.descend(start, bits, free);
        let ends = line.map_or(vec![], |(axis, from, to)| {
            [from, to].map(|end| if axis == 0 { [end, at[1]] } else { [at[0], end] }).to_vec()
        });
        let kind = if free.is_some() { Kind::Valley } else { Kind::Point };
        let mut minimum = self.minimum(kind, at, ends, cell, cells);
        minimum.on_boundary = ring(ON_BOUNDARY, 0.0).any(|by| self.bits([at[0] + by[0], at[1] + by[1]]) != bits);
        for by in ring(AROUND, 0.0) {
            let beside = [at[0] + by[0], at[1] + by[1]];
            let rise = self.height(beside) - minimum.height;
            let is_plateau = || plateaus.contains(&self.cell_of[self.nearest(beside)]);
            let goes_on =
                minimum.on_boundary && self.bits(beside) != bits && rise < GLOBAL * self.scale && is_plateau();
            if rise < -GLOBAL * self.scale || goes_on {
                return None;
            }
        }
        Some(minimum)
    }

    /// The axis along which a low set runs while it stays on one or two nodes of the other.
    fn free_axis(&self, set: &[usize]) -> Option<usize> {
        let n = self.grid.size;
        let width = |of: &dyn Fn(usize) -> usize| {
            let mut at: Vec<usize> = set.iter().map(|node| of(*node)).collect();
            at.sort_unstable();
            at.dedup();
            at.len()
        };
        let (across, up) = (width(&|node| node % n), width(&|node| node / n));
        match (across, up) {
            (1 | 2, 3..) => Some(1),
            (3.., 1 | 2) => Some(0),
            _ => None,
        }
    }

    /// From where to where a valley runs along `axis`, unwrapped, half a step beyond its last nodes.
    fn run(&self, set: &[usize], axis: usize) -> (f64, f64) {
        let n = self.grid.size;
        let mut on = vec![false; n];
        set.iter().for_each(|node| on[if axis == 0 { node % n } else { node / n }] = true);
        let step = TAU / n as f64;
        let half = step / 2.0;
        // It begins after a gap; one that goes all the way around has none.
        let Some(begin) = (0..n).find(|at| on[*at] && !on[(at + n - 1) % n]) else {
            let first = self.grid.angle(axis, 0) - half;
            return (first, first + TAU);
        };
        let length = (0..n).take_while(|by| on[(begin + by) % n]).count();
        let from = self.grid.angle(axis, begin) - half;
        (from, from + length as f64 * step)
    }

    /// Pattern search: the best of sixteen steps (two, along a valley's other axis), finer and finer, never leaving the
    /// cell. Slow and sure: it needs no derivative at the edge of a cell, along which it slides.
    fn descend(&self, start: Vec2, bits: Bits, free: Option<usize>) -> Vec2 {
        let mut at = start;
        let mut height = self.height(at);
        let mut step = TAU / self.grid.size as f64;
        // The directions turn, so that no narrow corner of a cell lies between them for long.
        let (mut turn, mut failures) = (0.0, 0);
        while step > PLACED {
            turn += GOLDEN;
            let best = self
                .steps(at, bits, step, turn, free)
                .into_iter()
                .map(|to| (self.height(to), to))
                .min_by(|a, b| a.0.total_cmp(&b.0));
            match best {
                Some((lower, to)) if lower < height => (height, at, failures) = (lower, to, 0),
                _ if failures < 1 => failures += 1,
                _ => (step, failures) = (step / 2.0, 0),
            }
        }
        at
    }

    /// Where steps from `at` lead. One that would leave the cell is drawn back inwards, no farther than it must.
    fn steps(&self, at: Vec2, bits: Bits, step: f64, turn: f64, free: Option<usize>) -> Vec<Vec2> {
        if let Some(axis) = free {
            let to = |by: f64| [0, 1].map(|other| if other == axis { at[other] } else { at[other] + by });
            return [to(step), to(-step)].into_iter().filter(|to| self.bits(*to) == bits).collect();
        }
        let beside = |by: Vec2| [at[0] + by[0], at[1] + by[1]];
        let (inside, outside): (Vec<Vec2>, Vec<Vec2>) = ring(step, turn).partition(|by| self.bits(beside(*by)) == bits);
        // Inwards is where the steps that stay inside go on the whole.
        let inwards = inside.iter().fold([0.0; 2], |sum, by| [sum[0] + by[0], sum[1] + by[1]]);
        let length = libm::sqrt(square(inwards));
        let mut reached: Vec<Vec2> = inside.into_iter().map(beside).collect();
        if length < 1e-3 * step {
            return reached;
        }
        for by in outside {
            let drawn = |back: f64| beside([0, 1].map(|axis| by[axis] + back * step * inwards[axis] / length));
            let (mut out, mut back) = (0.0, 2.0);
            if self.bits(drawn(back)) != bits {
                continue;
            }
            for _ in 0..16 {
                let middle = (out + back) / 2.0;
                if self.bits(drawn(middle)) == bits { back = middle } else { out = middle }
            }
            reached.push(drawn(back));
        }
        reached
    }

    fn same(&self, a: &Minimum, b: &Minimum) -> bool {
        const NEAR: f64 = 1e-3;
        let apart = [0, 1].map(|axis| wrapped(a.at[axis] - b.at[axis]).abs());
        a.kind == b.kind && (a.height - b.height).abs() < GLOBAL * self.scale && apart[0].max(apart[1]) < NEAR
    }

    fn nearest(&self, at: Vec2) -> usize {
        let n = self.grid.size;
        let node = |axis: usize| {
            let steps = (at[axis] - self.grid.angle(axis, 0)) / TAU * n as f64;
            (libm::round(steps) as isize).rem_euclid(n as isize) as usize
        };
        node(1) * n + node(0)
    }

    fn bits(&self, at: Vec2) -> Bits {
        self.plane.pattern(&self.plane.encoder(at))
    }

    fn height(&self, at: Vec2) -> f64 {
        self.plane.height(self.plane.encoder(at))
    }

    fn by_height(&self, a: &usize, b: &usize) -> std::cmp::Ordering {
        self.grid.heights[*a].total_cmp(&self.grid.heights[*b])
    }
}

/// Sixteen directions, the first one at `turn`, `radius` long.
fn ring(radius: f64, turn: f64) -> impl Iterator<Item = Vec2> {
    (0..16).map(move |at| {
        let angle = turn + f64::from(at) * TAU / 16.0;
        [radius * libm::cos(angle), radius * libm::sin(angle)]
    })
}
