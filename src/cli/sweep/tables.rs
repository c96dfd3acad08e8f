//! A summary as text: Markdown with a line a cell, CSV with a line a number.

use super::summary::{Estimate, Group, Summary};
use serde_json::Value;
use std::fmt::Write;

/// More columns than this nobody reads; the CSV has them all.
const MOST_COLUMNS: usize = 8;

/// A line a cell: its coordinates, and the mean of each measure with the ends of its interval.
pub fn markdown(summary: &Summary, metrics: &[String]) -> String {
    let mut out = String::new();
    if !summary.title.is_empty() {
        let _ = writeln!(out, "### {}\n", summary.title);
    }
    let _ = match summary.n_seeds {
        1 => writeln!(out, "One seed.\n"),
        n => writeln!(out, "Means over {n} seeds [95 % interval: Student's t, or Wilson's for shares of runs].\n"),
    };
    let columns: Vec<&String> = if metrics.len() > MOST_COLUMNS {
        metrics.iter().filter(|m| summary.figure.metrics().contains(m)).collect()
    } else {
        metrics.iter().collect()
    };
    let axes: Vec<&str> = summary.axes.iter().map(|axis| axis.name.as_str()).collect();
    let heads: Vec<&str> = columns.iter().map(|c| c.as_str()).collect();
    let _ = writeln!(out, "| {} | {} |", axes.join(" | "), heads.join(" | "));
    let _ = writeln!(out, "|{}{}", "---|".repeat(axes.len()), "--:|".repeat(heads.len()));
    for group in &summary.cells {
        let names: Vec<&str> = summary.axes.iter().zip(&group.at).map(|(a, ix)| a.points[*ix].name.as_str()).collect();
        let numbers: Vec<String> = columns.iter().map(|c| shown(group.estimate(c))).collect();
        let _ = writeln!(out, "| {} | {} |{}", names.join(" | "), numbers.join(" | "), diverged(group));
    }
    out
}

fn diverged(group: &Group) -> String {
    if group.n_diverged == 0 { String::new() } else { format!(" <!-- {} diverged -->", group.n_diverged) }
}

fn shown(estimate: Option<Estimate>) -> String {
    let Some(e) = estimate else { return "–".to_owned() };
    match (e.low, e.high) {
        (Some(low), Some(high)) => format!("{} [{}, {}]", digits(e.mean), digits(low), digits(high)),
        _ => digits(e.mean),
    }
}

/// Three decimals, or three digits where those would say nothing.
fn digits(x: f64) -> String {
    if x != 0.0 && x.abs() < 5e-3 { format!("{x:.2e}") } else { format!("{x:.3}") }
}

/// A line a (cell, measure), for other programs.
pub fn csv(summary: &Summary) -> String {
    let quoted = |text: &str| format!("\"{text}\"");
    let mut out = String::new();
    for axis in &summary.axes {
        let _ = write!(out, "{},", quoted(&axis.name));
    }
    out += "n_runs,n_diverged,metric,n,mean,low,high\n";
    for group in &summary.cells {
        for metric in group.metrics.keys() {
            let Some(e) = group.estimate(metric) else { continue };
            for (axis, ix) in summary.axes.iter().zip(&group.at) {
                let point = &axis.points[*ix];
                let _ = write!(out, "{},", point.x.as_ref().map_or_else(|| quoted(&point.name), ToString::to_string));
            }
            let text = |x: Option<f64>| x.map_or(String::new(), |x| x.to_string());
            let (n, diverged) = (group.n, group.n_diverged);
            let _ = writeln!(out, "{n},{diverged},{metric},{},{},{},{}", e.n, e.mean, text(e.low), text(e.high));
        }
    }
    out
}

/// The summary as JSON, a cell a line: to be read by programs, and to be compared by people.
pub fn json(summary: &Summary) -> String {
    let mut value = serde_json::to_value(summary).expect("plain data");
    let cells = value["cells"].take();
    let lines: Vec<String> = cells.as_array().into_iter().flatten().map(Value::to_string).collect();
    let head = value.as_object().expect("a struct").iter().filter(|(name, _)| *name != "cells");
    let fields: Vec<String> = head.map(|(name, field)| format!("  {}: {field}", Value::from(name.as_str()))).collect();
    format!("{{\n{},\n  \"cells\": [\n    {}\n  ]\n}}\n", fields.join(",\n"), lines.join(",\n    "))
}
