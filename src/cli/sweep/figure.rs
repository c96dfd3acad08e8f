//! What a sweep's figure shows: which axis runs across, which are series and panels, which measure runs up.

use super::super::failure::{Failure, Outcome};
use super::grid::Grid;
use super::summary::{Estimate, Summary};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// The axis that runs across.
    pub x: String,
    /// The measures that run up. Of several, each has panels of its own; without `series` they are the series.
    pub y: Vec<Measure>,
    #[serde(default)]
    pub series: Option<String>,
    #[serde(default)]
    pub panels: Option<String>,
    /// Names with units; the axis' own name, and the first measure's, without.
    #[serde(default)]
    pub x_label: Option<String>,
    #[serde(default)]
    pub y_label: Option<String>,
    #[serde(default)]
    pub log_x: bool,
    #[serde(default)]
    pub log_y: bool,
    /// Ends of the vertical axis; as the data have them without.
    #[serde(default)]
    pub y_range: Option<(f64, f64)>,
    /// A place on the horizontal axis that is pointed out.
    #[serde(default)]
    pub rule: Option<Rule>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    pub metric: String,
    pub label: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub x: f64,
    pub label: String,
}

/// The numbers of a figure, as they are drawn.
pub struct Picture {
    pub series: Vec<String>,
    pub panels: Vec<Panel>,
    /// Names of the points across, and where they stand if it is on a numeric axis.
    pub points: Vec<String>,
    pub numbers: Option<Vec<f64>>,
}

pub struct Panel {
    pub title: String,
    /// [series][points across].
    pub values: Vec<Vec<Option<Estimate>>>,
}

impl Figure {
    /// Where a grid does not say: its first numeric axis across, the next ones as series and panels, a measure up.
    pub fn standard(grid: &Grid) -> Self {
        let names: Vec<&str> = grid.axes.iter().map(|axis| axis.name.as_str()).collect();
        let across = grid.axes.iter().position(|axis| axis.numbers().is_some()).unwrap_or(0);
        let mut others = (0..names.len()).filter(|ix| *ix != across).map(|ix| names[ix].to_owned());
        let usual = "decoder_cosine_m_gt";
        let metric = grid.metrics.iter().find(|m| *m == usual).or(grid.metrics.first()).cloned().unwrap_or_default();
        Self {
            x: names[across].to_owned(),
            y: vec![Measure { label: metric.clone(), metric }],
            series: others.next(),
            panels: others.next(),
            x_label: None,
            y_label: None,
            log_x: false,
            log_y: false,
            y_range: None,
            rule: None,
        }
    }

    pub fn check(&self, grid: &Grid) -> Outcome {
        let names: Vec<&str> = grid.axes.iter().map(|axis| axis.name.as_str()).collect();
        let used = [Some(&self.x), self.series.as_ref(), self.panels.as_ref()];
        let parts = ["figure.x", "figure.series", "figure.panels"];
        for (ix, (part, name)) in parts.iter().zip(used).enumerate() {
            let Some(name) = name else { continue };
            if !names.contains(&name.as_str()) || used[..ix].contains(&Some(name)) {
                return Err(Failure::bad(part, format!("{name:?}"), format!("one of the axes {names:?}, each once")));
            }
        }
        let is_left_out = |axis: &&super::grid::Axis| axis.points.len() > 1 && !used.contains(&Some(&axis.name));
        if let Some(axis) = grid.axes.iter().find(is_left_out) {
            let expected = format!("one of them: axis {:?} has several points and would not be seen", axis.name);
            return Err(Failure::bad("figure's x, series and panels", format!("without {:?}", axis.name), expected));
        }
        if self.y.is_empty() {
            return Err(Failure::bad("figure.y", "empty", "a list of {\"metric\", \"label\"}"));
        }
        if let Some(y) = self.y.iter().find(|y| !grid.metrics.contains(&y.metric)) {
            let expected = format!("one of the grid's metrics: {}", grid.metrics.join(", "));
            return Err(Failure::bad("figure.y", format!("{:?}", y.metric), expected));
        }
        let across = grid.axes.iter().find(|axis| axis.name == self.x).and_then(|axis| axis.numbers());
        if self.log_x && !across.as_ref().is_some_and(|x| x.iter().all(|x| *x > 0.0)) {
            let expected = "false unless all points of figure.x have numbers above 0";
            return Err(Failure::bad("figure.log_x", true, expected));
        }
        if self.rule.is_some() && across.is_none() {
            return Err(Failure::bad("figure.rule", "given", "absent unless all points of figure.x have numbers"));
        }
        match self.y_range {
            Some((low, high)) if !(low < high && (low > 0.0 || !self.log_y)) => {
                let expected = "two ascending numbers, above 0 where figure.log_y is true";
                Err(Failure::bad("figure.y_range", format!("[{low}, {high}]"), expected))
            }
            _ => Ok(()),
        }
    }

    pub fn metrics(&self) -> Vec<&String> {
        self.y.iter().map(|y| &y.metric).collect()
    }

    pub fn picture(&self, summary: &Summary) -> Picture {
        let axis = |name: &Option<String>| {
            name.as_ref().and_then(|name| summary.axes.iter().position(|axis| axis.name == *name))
        };
        let (across, series, panels) =
            (axis(&Some(self.x.clone())).unwrap_or(0), axis(&self.series), axis(&self.panels));
        let names = |ix: Option<usize>| {
            ix.map_or(vec![], |ix| summary.axes[ix].points.iter().map(|p| p.name.clone()).collect::<Vec<_>>())
        };
        // A place on the axis, or every place where there is no such axis.
        let value = |metric: &str, x: usize, s: Option<usize>, p: Option<usize>| {
            let is =
                |axis: Option<usize>, ix: Option<usize>, at: &[usize]| axis.zip(ix).is_none_or(|(a, ix)| at[a] == ix);
            let here = summary.cells.iter().find(|c| c.at[across] == x && is(series, s, &c.at) && is(panels, p, &c.at));
            here.and_then(|group| group.estimate(metric))
        };
        let n_across = summary.axes[across].points.len();
        let row = |metric: &str, s, p| (0..n_across).map(|x| value(metric, x, s, p)).collect::<Vec<_>>();
        let panel_points: Vec<(String, Option<usize>)> = match panels {
            None => vec![(String::new(), None)],
            Some(ix) => names(Some(ix)).into_iter().enumerate().map(|(p, name)| (name, Some(p))).collect(),
        };
        let several = self.y.len() > 1;
        let mut out = vec![];
        for (name, p) in panel_points {
            if series.is_none() {
                out.push(Panel { title: name, values: self.y.iter().map(|y| row(&y.metric, None, p)).collect() });
                continue;
            }
            for y in &self.y {
                let title: Vec<&str> =
                    [(!name.is_empty()).then_some(name.as_str()), several.then_some(y.label.as_str())]
                        .into_iter()
                        .flatten()
                        .collect();
                let values = (0..names(series).len()).map(|s| row(&y.metric, Some(s), p)).collect();
                out.push(Panel { title: title.join(" · "), values });
            }
        }
        let labels = self.y.iter().map(|y| y.label.clone()).collect();
        Picture {
            series: if series.is_some() { names(series) } else { labels },
            panels: out,
            points: names(Some(across)),
            numbers: summary.axes[across].points.iter().map(|p| p.x.as_ref().and_then(|x| x.as_f64())).collect(),
        }
    }
}
