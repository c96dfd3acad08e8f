//! Sweeps: a grid run in any order, killed and gone on with, and what its summary says of its lines.

use super::{command, failure, folder, lines, sdl};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

const FILES: [&str; 4] = ["summary.json", "table.md", "table.csv", "figure.svg"];

fn grid() -> Value {
    json!({
        "title": "Recovery < against k",
        "method": "top_k_plain",
        "config": { "training": { "batch": 64 }, "seed": 5 },
        "set": { "training.steps": 400, "scoring.rows": 256, "bench.n_features": 12, "bench.n_input": 8, "model.n_latent": 12 },
        "axes": [
            { "name": "activation", "points": [
                { "name": "Top-k" },
                { "name": "Batch Top-k", "set": { "model.activation": "batch_top_k" } }
            ] },
            { "name": "k", "field": "model.k", "values": [1, 2, 4] }
        ],
        "seeds": 3,
        "metrics": ["decoder_cosine_m_ip", "spurious", "dead_share", "extreme_gap"],
        "figure": { "x": "k", "series": "activation", "y": [{ "metric": "decoder_cosine_m_ip", "label": "recovery" }], "log_x": true }
    })
}

fn write(at: &Path, grid: &Value) {
    fs::write(at.join("grid.json"), grid.to_string()).expect("writable");
}

fn assert_same(at: &Path, a: &str, b: &str) {
    for file in FILES {
        let read =
            |run: &str| fs::read_to_string(at.join(run).join(file)).unwrap_or_else(|e| panic!("{run}/{file}: {e}"));
        assert_eq!(read(a), read(b), "{file} of {b}");
    }
    let cells = |run: &str| {
        let mut all: Vec<String> = lines(&at.join(run).join("cells.jsonl")).iter().map(Value::to_string).collect();
        all.sort();
        all
    };
    assert_eq!(cells(a), cells(b));
}

#[test]
fn a_sweep_killed_at_any_moment_goes_on_to_what_it_says_unharmed_on_any_number_of_cores() {
    let at = folder("sweeps");
    write(&at, &grid());
    let run = |out: &'static str| ["sweep", "grid.json", "--out", out, "--quiet"];
    let markdown = sdl(&at, &[&run("serial")[..], &["--jobs", "1"]].concat());
    assert_eq!(lines(&at.join("serial/cells.jsonl")).len(), 2 * 3 * 3);

    sdl(&at, &[&run("parallel")[..], &["--jobs", "4"]].concat());
    assert_same(&at, "serial", "parallel");

    let log = at.join("killed/cells.jsonl");
    let count = || fs::read(&log).map_or(0, |bytes| bytes.iter().filter(|b| **b == b'\n').count());
    for more in [1, 6] {
        let (before, start) = (count(), Instant::now());
        let mut child = command(&at, &run("killed")).stdout(Stdio::null()).spawn().expect("the binary runs");
        while count() < before + more && start.elapsed() < Duration::from_secs(60) {
            sleep(Duration::from_micros(300));
        }
        child.kill().expect("killed, or ended before");
        child.wait().expect("a child");
        assert!(count() >= before + more && !at.join("killed/summary.json").exists(), "{} lines", count());
    }
    // As if the power had failed in the middle of a line.
    let whole = fs::read_to_string(&log).expect("lines");
    fs::write(&log, format!("{whole}{{\"at\":{{\"k\"")).expect("writable");
    assert_eq!(sdl(&at, &run("killed")), markdown);
    assert_same(&at, "serial", "killed");
    assert!(fs::read_to_string(&log).expect("lines").starts_with(&whole), "finished cells are not run again");

    // Every line is there already: nothing is added. What is kept besides is measured anew.
    sdl(&at, &run("killed"));
    assert_eq!(count(), 18);
    let mut more = grid();
    more["metrics"] = json!(["decoder_cosine_m_ip", "l0"]);
    write(&at, &more);
    sdl(&at, &run("killed"));
    assert_eq!(count(), 36);
}

#[test]
fn a_summary_is_the_mean_of_its_lines_with_students_or_wilsons_interval() {
    let at = folder("sweep-summary");
    write(&at, &grid());
    let args = ["sweep", "grid.json", "--out", "out", "--quiet", "--json", "--set", "training.steps=150"];
    let summary: Value = serde_json::from_str(&sdl(&at, &args)).expect("JSON");
    let kept = lines(&at.join("out/cells.jsonl"));
    assert_eq!(summary["cells"].as_array().map(Vec::len), Some(6));
    for (cell, k) in summary["cells"].as_array().expect("cells").iter().zip([1, 2, 4, 1, 2, 4]) {
        assert_eq!((cell["coordinates"]["k"].as_u64(), cell["n"].as_u64()), (Some(k), Some(3)));
        let of: Vec<&Value> = kept.iter().filter(|line| line["at"] == cell["coordinates"]).collect();
        let mut seeds: Vec<u64> = of.iter().filter_map(|line| line["seed"].as_u64()).collect();
        seeds.sort_unstable();
        assert_eq!(seeds, [5, 6, 7]);

        let values: Vec<f64> = of.iter().filter_map(|line| line["decoder_cosine_m_ip"].as_f64()).collect();
        let mean = values.iter().sum::<f64>() / 3.0;
        let half = 4.3027 * (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 2.0).sqrt() / 3f64.sqrt();
        let told = &cell["metrics"]["decoder_cosine_m_ip"];
        for (name, expected) in [("mean", mean), ("low", mean - half), ("high", mean + half)] {
            assert!((told[name].as_f64().expect("a number") - expected).abs() < 1e-5, "{name}: {told}, not {expected}");
        }

        let share = of.iter().filter(|line| line["spurious"] == true).count() as f64 / 3.0;
        let told = &cell["metrics"]["spurious"];
        assert_eq!((told["mean"].as_f64(), &told["share"]), (Some(share), &json!(true)));
        // Three of three: Wilson's lower end is n / (n + z²).
        if share == 1.0 {
            assert!((told["low"].as_f64().expect("a number") - 3.0 / 6.841459).abs() < 1e-6, "{told}");
        }
        assert!(told["low"].as_f64() <= Some(share) && Some(share) <= told["high"].as_f64());
        // Theorem 3.1 does not cover a threshold.
        let batch = cell["coordinates"]["activation"] == "Batch Top-k";
        assert_eq!(cell["metrics"]["extreme_gap"].is_null(), batch, "{cell}");
    }
    let csv = fs::read_to_string(at.join("out/table.csv")).expect("a table");
    assert!(
        csv.starts_with("\"activation\",\"k\",n_runs") && csv.contains("\n\"Batch Top-k\",4,3,0,spurious,3,"),
        "{csv}"
    );
    let widths: Vec<usize> = csv.lines().map(|line| line.split(',').count()).collect();
    assert!(widths.iter().all(|w| *w == widths[0]), "{widths:?}");
    let svg = fs::read_to_string(at.join("out/figure.svg")).expect("a figure");
    assert!(svg.starts_with("<svg ") && svg.contains("Recovery &lt; against k") && svg.contains(">Batch Top-k<"));
    // A marker in the legend and one a point, for each of the two series.
    assert_eq!(svg.matches("<circle").count(), 4);
}

#[test]
fn places_that_come_to_one_config_share_its_run() {
    let at = folder("sweep-shared");
    let mut shared = grid();
    shared["axes"] = json!([
        { "name": "λ_a", "field": "anchors.coefficient", "values": [0.1, 1] },
        { "name": "anchors", "points": [
            { "name": "none", "set": { "anchors.coefficient": 0 } },
            { "name": "2", "set": { "anchors.count": 2 } }
        ] }
    ]);
    shared["figure"] = Value::Null;
    write(&at, &shared);
    let args =
        ["sweep", "grid.json", "--out", "out", "--quiet", "--json", "--seeds", "2", "--set", "training.steps=20"];
    let summary: Value = serde_json::from_str(&sdl(&at, &args)).expect("JSON");
    assert_eq!(lines(&at.join("out/cells.jsonl")).len(), 3 * 2);
    let of = |ix: usize| &summary["cells"][ix]["metrics"];
    assert!(of(0) == of(2) && of(1) != of(3), "{summary}");
    assert!((0..4).all(|ix| summary["cells"][ix]["n"] == 2));
}

#[test]
fn bad_grids_are_refused_before_anything_runs() {
    let at = folder("sweep-refusals");
    let args = ["sweep", "grid.json", "--out", "out", "--quiet"];
    let changed = |path: &str, value: Value| {
        let mut grid = grid();
        let (parent, key) = path.rsplit_once('/').expect("a pointer");
        match grid.pointer_mut(parent).expect("is there") {
            Value::Array(list) => list[key.parse::<usize>().expect("an index")] = value,
            place => place[key] = value,
        }
        grid
    };
    let cases = [
        (json!([]), "is not a grid such as"),
        (changed("/axis", json!([])), "unknown field `axis`"),
        (changed("/axes", json!([])), "axes is empty: it must be at least one axis"),
        (changed("/axes/1/value", json!([1])), "unknown field `value`"),
        (
            changed("/axes/1/values", json!([])),
            "axis \"k\" is neither or both: it must be a field and values, or points",
        ),
        (changed("/axes/1/values", json!([2, 2])), "axis \"k\" is \"2\": it must be named each by a name of its own"),
        (changed("/axes/1/name", json!("activation")), "axes is \"activation\": it must be named"),
        (changed("/axes/1/field", json!("model.kk")), "model.kk is 1: it must be absent (known here:"),
        (
            changed("/axes/1/values/2", json!(13)),
            "at {\"activation\":\"Top-k\",\"k\":13}: model.k is 13: it must be a whole number",
        ),
        (changed("/axes/0/points/1/method", json!("sae")), "method is \"sae\": it must be of relu_l1,"),
        (changed("/seeds", json!(0)), "seeds is 0: it must be a whole number from 1"),
        (changed("/seeds", json!(-1)), "is not a grid such as"),
        (changed("/metrics", json!(["m_gt"])), "metrics is \"m_gt\": it must be each one of absorption,"),
        (changed("/figure/x", json!("n")), "figure.x is \"n\": it must be one of the axes"),
        (changed("/figure/series", Value::Null), "without \"activation\""),
        (changed("/figure/y/0/metric", json!("l0")), "figure.y is \"l0\": it must be one of the grid's metrics"),
        (changed("/set/model.k", json!("many")), "model.k is \"many\": it must be"),
        (changed("/config/training/batches", json!(2)), "training.batches is 2: it must be absent"),
        (changed("/config/source", json!("activations")), "source is activations: it must be bench"),
    ];
    for (grid, part) in cases {
        let mut grid = grid;
        // The axis' own values come after what all share.
        if part.starts_with("model.k is \"many\"") {
            grid["axes"] = json!([{ "name": "seed", "field": "seed", "values": [1] }]);
            grid["figure"] = Value::Null;
        }
        write(&at, &grid);
        let said = failure(&at, 2, &args);
        assert!(said.contains(part), "{part}: {said}");
        assert!(!at.join("out/cells.jsonl").exists(), "{part}: something was run");
    }
    let mut vast = changed("/seeds", json!(100_000));
    vast["axes"][1]["values"] = json!([1, 2, 3, 4, 5, 6]);
    write(&at, &vast);
    assert!(failure(&at, 2, &args).contains("axes is 2 × 6 points × 100000 seeds: it must be at most 1000000 runs"));
    let said = failure(&at, 2, &["sweep", "nothing.json", "--out", "out"]);
    assert!(said.contains("nothing.json: cannot be read"), "{said}");
    write(&at, &grid());
    let said = failure(&at, 2, &[&args[..], &["--set", "training.steps"]].concat());
    assert!(said.contains("--set is \"training.steps\": it must be of the form FIELD=VALUE"), "{said}");
}
