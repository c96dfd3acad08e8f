//! Parents and children: a parent fires exactly when some child does (Definition 3.7 of arXiv 2512.05534), or, with
//! probability `no_child`, with none.
//!
//! Features 0..n_parents are parents; the children of parent p are the `n_children` features from
//! n_parents + p · n_children on; the rest are independent. Every child fires with probability 1−S, exactly: a family
//! is drawn from its parent down, the parent with [`crate::config::parent_probability`], then its children given that.

use super::SparseBatch;
use super::firing::{Firing, Gaps};
use crate::config::{Bench, parent_probability};
use crate::rng::Stream;

#[derive(Clone, Debug)]
pub struct Families {
    pub n_parents: usize,
    pub n_children: usize,
    /// Pr(a parent fires).
    pub parent: f64,
    pub no_child: f64,
    exclusive: bool,
    tied: bool,
}

impl Families {
    pub fn new(bench: &Bench) -> Self {
        Self {
            n_parents: bench.n_parents as usize,
            n_children: bench.n_children as usize,
            parent: parent_probability(bench).min(1.0),
            no_child: bench.no_child,
            exclusive: bench.exclusive_children,
            tied: bench.tied_magnitudes,
        }
    }

    /// The children of a parent.
    pub fn children(&self, parent: usize) -> std::ops::Range<usize> {
        let first = self.n_parents + parent * self.n_children;
        first..first + self.n_children
    }

    /// Features that have a family.
    fn n_related(&self) -> usize {
        self.n_parents * (1 + self.n_children)
    }

    pub fn draw(&self, batch: &mut SparseBatch, stream: &mut Stream, n_rows: usize, firing: &Firing) {
        let n_related = self.n_related() as u64;
        let n_others = firing.n_features() as u64 - n_related;
        let mut parents = Gaps::new(1.0 - self.parent, stream);
        let mut others = Gaps::new(firing.sparsity, stream);
        let mut children = vec![];
        for row in 0..n_rows as u64 {
            children.clear();
            let row_end = (row + 1) * self.n_parents as u64;
            while parents.next() < row_end {
                let parent = (parents.next() - row * self.n_parents as u64) as usize;
                let first = children.len();
                self.draw_children(&mut children, parent, stream, firing);
                let of_child = children.get(first).map(|(_, value)| *value);
                batch.feature.push(parent as u32);
                batch.value.push(match of_child {
                    Some(value) if self.tied => value,
                    _ => firing.magnitude.draw(stream),
                });
                parents.advance(stream);
            }
            batch.feature.extend(children.iter().map(|(feature, _)| *feature));
            batch.value.extend(children.iter().map(|(_, value)| *value));
            while n_others > 0 && others.next() < (row + 1) * n_others {
                batch.feature.push((n_related + others.next() - row * n_others) as u32);
                batch.value.push(firing.magnitude.draw(stream));
                others.advance(stream);
            }
            batch.row_start.push(batch.feature.len() as u32);
        }
    }

    /// The children that fire with a parent that does, ascending, and their sizes.
    fn draw_children(&self, out: &mut Vec<(u32, f32)>, parent: usize, stream: &mut Stream, firing: &Firing) {
        if stream.uniform() < self.no_child {
            return;
        }
        let children = self.children(parent);
        let mut fire = |child: usize, stream: &mut Stream| out.push((child as u32, firing.magnitude.draw(stream)));
        if self.exclusive {
            let child = children.start + stream.below(self.n_children);
            fire(child, stream);
            return;
        }
        // At least one: the first that fires is geometric, cut off at the last child; those after it are free.
        let (s, c) = (firing.sparsity, self.n_children as f64);
        let cut = 1.0 - stream.uniform() * (1.0 - libm::pow(s, c));
        let first = if s > 0.0 { ((libm::log(cut) / libm::log(s)) as usize).min(self.n_children - 1) } else { 0 };
        fire(children.start + first, stream);
        for child in children.start + first + 1..children.end {
            if stream.uniform() >= s {
                fire(child, stream);
            }
        }
    }

    pub fn mean_l0(&self, n_features: usize, fires: f64) -> f64 {
        (n_features - self.n_parents) as f64 * fires + self.n_parents as f64 * self.parent
    }

    /// [n_features]: Pr(only this feature fires). A child never does: its parent is there.
    pub fn alone(&self, n_features: usize, sparsity: f64) -> Vec<f64> {
        let n_others = (n_features - self.n_related()) as f64;
        let silent =
            |families: usize, others: f64| libm::pow(1.0 - self.parent, families as f64) * libm::pow(sparsity, others);
        let of = |d: usize| match d {
            d if d < self.n_parents => self.parent * self.no_child * silent(self.n_parents - 1, n_others),
            d if d < self.n_related() => 0.0,
            _ => (1.0 - sparsity) * silent(self.n_parents, n_others - 1.0),
        };
        (0..n_features).map(of).collect()
    }
}
