//! What a sweep's cells say over their seeds: a mean and its 95 % interval for every measure, by Student's t, or
//! Wilson's for a share of runs (a measure that is true or false).

use super::super::stats::mean_and_interval;
use super::figure::Figure;
use super::grid::{Cell, Grid, Point};
use crate::theory::minima::share;
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Serialize)]
pub struct Summary {
    pub title: String,
    pub axes: Vec<Axis>,
    pub n_seeds: u32,
    pub figure: Figure,
    pub cells: Vec<Group>,
}

#[derive(Serialize)]
pub struct Axis {
    pub name: String,
    pub points: Vec<Point>,
}

/// All seeds of one place of the grid.
#[derive(Serialize)]
pub struct Group {
    /// A point of every axis, by its place.
    pub at: Vec<usize>,
    /// The same in words.
    pub coordinates: Map<String, Value>,
    pub n: usize,
    pub n_diverged: usize,
    pub metrics: Map<String, Value>,
}

/// Over the runs that have the measure at all (those that diverged have none).
#[derive(Clone, Copy, Serialize)]
pub struct Estimate {
    pub mean: f64,
    /// Ends of the 95 % interval; none for a single run.
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub n: usize,
    /// Whether it is a share of runs.
    pub share: bool,
}

impl Summary {
    /// `cells` and their `lines`, in the same order.
    pub fn new(grid: &Grid, cells: &[Cell], lines: &[Value]) -> Self {
        let group = |at: Vec<usize>| {
            let of: Vec<(&Cell, &Value)> = cells.iter().zip(lines).filter(|(cell, _)| cell.at == at).collect();
            let estimate = |name: &String| {
                let values: Vec<&Value> = of.iter().filter_map(|(_, line)| line.get(name)).collect();
                let value =
                    Estimate::new(&values).map_or(Value::Null, |e| serde_json::to_value(e).expect("plain data"));
                (name.clone(), value)
            };
            Group {
                coordinates: of.first().map(|(cell, _)| cell.coordinates.clone()).unwrap_or_default(),
                n: of.len(),
                n_diverged: of.iter().filter(|(_, line)| line.get("diverged").is_some()).count(),
                metrics: grid.metrics.iter().map(estimate).collect(),
                at,
            }
        };
        Self {
            title: grid.title.clone(),
            axes: grid.axes.iter().map(|a| Axis { name: a.name.clone(), points: a.points.clone() }).collect(),
            n_seeds: grid.seeds,
            figure: grid.figure.clone().expect("a checked grid has one"),
            cells: grid.places().into_iter().map(group).collect(),
        }
    }
}

impl Group {
    pub fn estimate(&self, metric: &str) -> Option<Estimate> {
        let value = self.metrics.get(metric)?;
        let number = |name: &str| value.get(name).and_then(Value::as_f64);
        Some(Estimate {
            mean: number("mean")?,
            low: number("low"),
            high: number("high"),
            n: number("n")? as usize,
            share: value.get("share") == Some(&Value::Bool(true)),
        })
    }
}

impl Estimate {
    fn new(values: &[&Value]) -> Option<Self> {
        let yes: Vec<bool> = values.iter().filter_map(|v| v.as_bool()).collect();
        if !yes.is_empty() {
            let share =
                share(yes.iter().filter(|y| **y).count(), yes.len()).expect("no more are counted than there are");
            let (mean, low, high) = (share.count as f64 / share.of as f64, Some(share.low), Some(share.high));
            return Some(Self { mean, low, high, n: share.of, share: true });
        }
        let numbers: Vec<f64> = values.iter().filter_map(|v| v.as_f64()).collect();
        if numbers.is_empty() {
            return None;
        }
        let (mean, half) = mean_and_interval(&numbers);
        let (low, high) = (half.map(|h| mean - h), half.map(|h| mean + h));
        Some(Self { mean, low, high, n: numbers.len(), share: false })
    }
}
