//! Tables: a cell a run, stopped and gone on with.

use super::{failure, folder, lines, sdl};
use serde_json::Value;
use std::fs;

#[test]
fn a_table_goes_on_where_it_was_stopped_and_says_what_its_cells_say() {
    let at = folder("tables");
    let table = |out: &str, more: &[&str]| {
        let args = ["table", "--out", out, "--methods", "relu_l1,top_k", "--seeds", "3", "--quiet"];
        sdl(&at, &[&args[..], &["--set", "training.steps=60"], more].concat())
    };
    let markdown = table("whole", &[]);
    let cells = lines(&at.join("whole/cells.jsonl"));
    assert_eq!(cells.len(), 2 * 2 * 3);
    // Cells end in any order on several cores; the table is the same.
    fs::create_dir(at.join("cut")).expect("writable");
    let text = fs::read_to_string(at.join("whole/cells.jsonl")).expect("cells");
    let kept: Vec<&str> = text.lines().take(5).collect();
    fs::write(at.join("cut/cells.jsonl"), format!("{}\n{{\"method\":\"rel", kept.join("\n"))).expect("writable");
    assert_eq!(table("cut", &["--jobs", "1"]), markdown);
    let again = fs::read_to_string(at.join("cut/cells.jsonl")).expect("cells");
    assert!(again.starts_with(&kept.join("\n")) && again.lines().count() == 12);
    for file in ["table.md", "table.csv", "table.json"] {
        let read = |run: &str| fs::read_to_string(at.join(run).join(file)).expect("a table");
        assert_eq!(read("cut"), read("whole"), "{file}");
    }

    let rows: Vec<Value> = serde_json::from_str(&table("whole", &["--json"])).expect("JSON");
    assert_eq!(rows.len(), 4);
    let of = |row: &Value, name: &str| -> Vec<f64> {
        let same = |c: &&Value| c["method"] == row["method"] && c["anchored"] == row["anchored"];
        cells.iter().filter(same).map(|c| c[name].as_f64().expect("a number")).collect()
    };
    for row in &rows {
        assert_eq!((row["n_seeds"].as_u64(), row["threshold"].as_f64()), (Some(3), Some(0.95)));
        assert!((row["true_l0"].as_f64().expect("known") - 1.6).abs() < 1e-9);
        assert_eq!(row["k"].as_f64(), (row["method"] == "top_k").then_some(3.0));
        for reading in row["recovery"].as_array().expect("four readings") {
            let name = format!("{}_m_ip", reading["reading"].as_str().expect("a name"));
            let values = of(row, &name);
            let mean = values.iter().sum::<f64>() / 3.0;
            let spread = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
            let (got, half) = (reading["m_ip"]["mean"].as_f64(), reading["m_ip"]["interval"].as_f64());
            assert!((got.expect("a mean") - mean).abs() < 1e-9);
            assert!((half.expect("an interval") - 4.3027 * spread / 3f64.sqrt()).abs() < 1e-6);
        }
    }
    let csv = fs::read_to_string(at.join("whole/table.csv")).expect("a table");
    let widths: Vec<usize> = csv.lines().map(|line| line.split(',').count()).collect();
    assert!(widths.len() == 1 + 4 * 4 && widths.iter().all(|w| *w == widths[0]), "{widths:?}");
    assert!(markdown.matches("\n| top_k |").count() == 4 && markdown.contains("true L0"));
    // Another config is another cell.
    table("whole", &["--set", "model.k=2", "--anchor", "0"]);
    assert_eq!(lines(&at.join("whole/cells.jsonl")).len(), 12 + 6);
}

#[test]
fn cells_run_side_by_side() {
    let at = folder("table-jobs");
    let rows = r#"[
        { "name": "long", "set": { "training.steps": 20000 } },
        { "name": "short", "set": { "training.steps": 1 } }
    ]"#;
    fs::write(at.join("rows.json"), rows).expect("writable");
    let args =
        ["table", "--out", ".", "--rows", "rows.json", "--seeds", "1", "--anchor", "0", "--jobs", "2", "--quiet"];
    sdl(&at, &args);
    // The long one is first in the queue; were it alone at work, it would be the first line.
    let cells = lines(&at.join("cells.jsonl"));
    assert_eq!(cells.iter().map(|c| c["method"].as_str()).collect::<Vec<_>>(), [Some("short"), Some("long")]);
}

#[test]
fn rows_from_a_file_are_methods_with_fields_beside_them() {
    let at = folder("table-rows");
    let rows = r#"[
        { "name": "Top-k, k = 2", "method": "top_k_plain", "set": { "model.k": 2 } },
        { "name": "as the config says" }
    ]"#;
    fs::write(at.join("rows.json"), rows).expect("writable");
    let set = ["--set", "training.steps=20", "--set", "model.activation=relu"];
    let args = ["table", "--out", "out", "--rows", "rows.json", "--seeds", "1", "--anchor", "0", "--quiet", "--json"];
    // --set has the last word, over the row's method too.
    let table: Vec<Value> = serde_json::from_str(&sdl(&at, &[&args[..], &set[..2]].concat())).expect("JSON");
    let of = |ix: usize| (table[ix]["method"].as_str(), table[ix]["k"].as_f64());
    assert_eq!((of(0), of(1)), ((Some("Top-k, k = 2"), Some(2.0)), (Some("as the config says"), Some(3.0))));
    let csv = fs::read_to_string(at.join("out/table.csv")).expect("a table");
    assert!(csv.contains("\n\"Top-k, k = 2\",false,"), "{csv}");
    let table: Vec<Value> = serde_json::from_str(&sdl(&at, &[&args[..], &set].concat())).expect("JSON");
    assert!(table.iter().all(|row| row["k"].is_null()));

    let cases = [
        ("{}", "is not a list of rows such as"),
        ("[]", "has no rows"),
        (r#"[{"name": "a", "sets": {}}]"#, "unknown field `sets`"),
        (r#"[{"name": "a"}, {"name": "a"}]"#, "a row named \"a\": it must be a name of its own"),
        (r#"[{"name": "a|b"}]"#, "without |"),
        (r#"[{"name": "a", "method": "sae"}]"#, "method is \"sae\": it must be of relu_l1,"),
        (r#"[{"name": "a", "set": {"model.k": 500}}]"#, "row a: model.k is 500"),
    ];
    for (rows, part) in cases {
        fs::write(at.join("rows.json"), rows).expect("writable");
        let said = failure(&at, 2, &args);
        assert!(said.contains(part), "{rows}: {said}");
    }
}
