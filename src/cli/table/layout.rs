//! The table's rows, and how they are written: Markdown as in the paper, CSV with a line a number, JSON.

use super::super::report::READINGS;
use super::super::stats::mean_and_interval;
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write;

/// A method, plain or anchored, over its seeds.
#[derive(Serialize)]
pub struct Row {
    pub method: String,
    pub anchored: bool,
    pub n_seeds: usize,
    pub n_diverged: usize,
    pub k: Option<f64>,
    pub true_l0: Option<f64>,
    pub threshold: f64,
    pub l0: Option<Number>,
    pub explained_variance: Option<Number>,
    pub recovery: Vec<Reading>,
}

/// The recovery by one reading of the weights.
#[derive(Serialize)]
pub struct Reading {
    pub reading: &'static str,
    pub m_gt: Option<Number>,
    pub m_ip: Option<Number>,
}

/// A mean over seeds and its 95 % interval, ± `interval`.
#[derive(Clone, Copy, Serialize)]
pub struct Number {
    pub mean: f64,
    pub interval: Option<f64>,
}

/// Rows in the order in which their first cells come, plain before anchored.
pub fn rows<'a>(cells: impl Iterator<Item = &'a Value>) -> Vec<Row> {
    let mut groups: Vec<((String, bool), Vec<&Value>)> = vec![];
    for cell in cells {
        let name = (cell["method"].as_str().unwrap_or_default().to_owned(), cell["anchored"] == true);
        match groups.iter_mut().find(|(n, _)| *n == name) {
            Some((_, group)) => group.push(cell),
            None => groups.push((name, vec![cell])),
        }
    }
    let row = |((method, anchored), cells): ((String, bool), Vec<&Value>)| {
        let number = |name: &str| {
            let values: Vec<f64> = cells.iter().filter_map(|cell| cell[name].as_f64()).collect();
            let (mean, interval) = mean_and_interval(&values);
            (!values.is_empty()).then_some(Number { mean, interval })
        };
        let reading = |reading: &'static str| Reading {
            reading,
            m_gt: number(&format!("{reading}_m_gt")),
            m_ip: number(&format!("{reading}_m_ip")),
        };
        Row {
            method,
            anchored,
            n_seeds: cells.len(),
            n_diverged: cells.iter().filter(|cell| !cell["diverged"].is_null()).count(),
            k: cells[0]["k"].as_f64(),
            true_l0: cells[0]["true_l0"].as_f64(),
            threshold: cells[0]["threshold"].as_f64().unwrap_or(f64::NAN),
            l0: number("l0"),
            explained_variance: number("explained_variance"),
            recovery: READINGS.iter().map(|name| reading(name)).collect(),
        }
    };
    groups.into_iter().map(row).collect()
}

/// One table a reading: a line a method, its plain numbers beside its anchored ones.
pub fn markdown(rows: &[Row], about: &str) -> String {
    let mut out = String::new();
    let seeds = rows.iter().map(|r| r.n_seeds).max().unwrap_or(0);
    let over = match seeds {
        1 => "One seed.".to_owned(),
        _ => format!("Means over {seeds} seeds ± half the 95 % interval (Student's t)."),
    };
    let _ = writeln!(out, "{about} {over}");
    for (ix, name) in READINGS.iter().enumerate() {
        let (weights, kind) = name.split_once('_').unwrap_or((name, ""));
        let kind = if kind == "raw" { "inner product" } else { kind };
        let _ = writeln!(out, "\n### By {weights}, {kind}\n");
        out += "| method | k | true L0 | L0 | M_GT | M_IP | L0, anchored | M_GT, anchored | M_IP, anchored |\n";
        out += "|---|--:|--:|--:|--:|--:|--:|--:|--:|\n";
        for method in in_order(rows) {
            let of = |anchored: bool| rows.iter().find(|r| r.method == method && r.anchored == anchored);
            let Some(any) = of(false).or(of(true)) else { continue };
            let _ = write!(out, "| {method} | {} | {} |", plain(any.k), plain(any.true_l0));
            for row in [of(false), of(true)] {
                let l0 = row.and_then(|r| r.l0);
                let reading = row.map(|r| &r.recovery[ix]);
                let (gt, ip) = (reading.and_then(|r| r.m_gt), reading.and_then(|r| r.m_ip));
                let mark = match row.map_or(0, |r| r.n_diverged) {
                    0 => String::new(),
                    n => format!(" ({n} diverged)"),
                };
                let _ = write!(
                    out,
                    " {} | {}{mark} | {} |",
                    shown(l0, 1.0, ""),
                    shown(gt, 100.0, " %"),
                    shown(ip, 1.0, "")
                );
            }
            out.push('\n');
        }
    }
    out
}

/// A line a (method, anchored, reading), for other programs.
pub fn csv(rows: &[Row]) -> String {
    let mut out = "method,anchored,reading,n_seeds,n_diverged,k,true_l0,threshold,l0,l0_interval,m_gt,m_gt_interval,\
                   m_ip,m_ip_interval,explained_variance,explained_variance_interval\n"
        .to_owned();
    for row in rows {
        for reading in &row.recovery {
            let text = |x: Option<f64>| x.map_or(String::new(), |x| x.to_string());
            let pair = |n: Option<Number>| [text(n.map(|n| n.mean)), text(n.and_then(|n| n.interval))].join(",");
            let _ = writeln!(
                out,
                "\"{}\",{},{},{},{},{},{},{},{},{},{},{}",
                row.method,
                row.anchored,
                reading.reading,
                row.n_seeds,
                row.n_diverged,
                text(row.k),
                text(row.true_l0),
                row.threshold,
                pair(row.l0),
                pair(reading.m_gt),
                pair(reading.m_ip),
                pair(row.explained_variance),
            );
        }
    }
    out
}

/// Every method once.
fn in_order(rows: &[Row]) -> Vec<&str> {
    let mut out: Vec<&str> = vec![];
    for row in rows {
        if !out.contains(&row.method.as_str()) {
            out.push(&row.method);
        }
    }
    out
}

fn plain(x: Option<f64>) -> String {
    x.map_or("–".to_owned(), |x| ((x * 100.0).round() / 100.0).to_string())
}

fn shown(number: Option<Number>, factor: f64, unit: &str) -> String {
    let Some(Number { mean, interval }) = number else { return "–".to_owned() };
    let digits = if factor == 1.0 { 3 } else { 1 };
    let half = interval.map_or(String::new(), |half| format!(" ± {:.digits$}", half * factor));
    format!("{:.digits$}{half}{unit}", mean * factor)
}
