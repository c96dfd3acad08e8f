//! The rules of the house that a program can check: who may know whom, what a file must open with, what must match.

use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Left to right, a module uses only what stands left of it.
const ORDER: [&str; 13] =
    ["config", "rng", "linalg", "bench", "model", "train", "metrics", "run", "theory", "wasm", "cli", "bin", "lib"];

/// Sources of ours below `folder` with one of these endings, as (path from the root, text).
fn sources(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.expect("a readable folder").path();
            let name = path.file_name().and_then(|n| n.to_str()).expect("a plain name").to_owned();
            if path.is_dir() && !["node_modules", "pkg", "public", "target", "dist", ".git"].contains(&name.as_str()) {
                walk(&path, out);
            } else if path.is_file() {
                out.push(path);
            }
        }
    }
    let mut paths = vec![];
    walk(&Path::new(ROOT).join(folder), &mut paths);
    paths.sort();
    let mut found = vec![];
    for path in paths {
        let name = path.strip_prefix(ROOT).expect("below the root").to_string_lossy().replace('\\', "/");
        if endings.iter().any(|e| name.ends_with(e)) {
            found.push((name, fs::read_to_string(&path).expect("text")));
        }
    }
    assert!(!found.is_empty(), "nothing ends with {endings:?} in {folder:?}: the rule checks nothing");
    found
}

fn assert_none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

fn ours() -> Vec<(String, String)> {
    ["src", "shaders", "tests", "benches", "xtask", "www"]
        .iter()
        .flat_map(|folder| sources(folder, &[".rs", ".wgsl", ".ts", ".mjs", ".css"]))
        .collect()
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    let heads = ["//!", "// ", "/*", "/**"];
    let missing: Vec<_> =
        ours().into_iter().filter(|(_, t)| !heads.iter().any(|h| t.starts_with(h))).map(|f| f.0).collect();
    assert_none("files without a head", &missing);
}

#[test]
fn no_file_is_hard_to_read() {
    let long = |(name, text): &(String, String)| {
        let lines = text.lines().count();
        (lines > 500).then(|| format!("{name}: {lines} lines"))
    };
    assert_none("files over 500 lines", &ours().iter().filter_map(long).collect::<Vec<_>>());
}

#[test]
fn a_module_uses_only_what_is_left_of_it() {
    let place = |module: &str| ORDER.iter().position(|m| *m == module);
    let mut broken = vec![];
    for (name, text) in sources("src", &[".rs"]) {
        let module = name.trim_start_matches("src/").split(['/', '.']).next().expect("a name");
        let here = place(module).unwrap_or_else(|| panic!("{name}: {module} has no place in the order"));
        for (number, line) in text.lines().enumerate() {
            for used in line.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if place(&used).is_some_and(|there| there > here) {
                    broken.push(format!("{name}:{}: uses {used}", number + 1));
                }
            }
        }
    }
    assert_none(&format!("the order is {}", ORDER.join(" → ")), &broken);
}

#[test]
fn only_one_place_knows_each_outer_world() {
    let mut broken = vec![];
    for (name, text) in sources("src", &[".rs"]) {
        for (word, allowed) in [
            ("wasm_bindgen::", "src/wasm.rs"),
            ("js_sys::", "src/wasm.rs"),
            ("web_sys::", "src/wasm.rs"),
            ("wgpu::", "src/train/gpu"),
            ("clap::", "src/cli"),
            ("indicatif::", "src/cli"),
            ("std::fs", "src/cli"),
        ] {
            if text.contains(word) && !name.starts_with(allowed) {
                broken.push(format!("{name} knows {word}"));
            }
        }
        let blind =
            [("src/bench", ["model", "train"].as_slice()), ("src/metrics", &["train::cpu", "train::gpu", "Backend"])];
        for (folder, words) in blind {
            let knows =
                words.iter().find(|w| text.contains(&format!("crate::{w}")) || text.contains(&format!("use {w}")));
            if let (true, Some(word)) = (name.starts_with(folder), knows) {
                broken.push(format!("{name} knows {word}"));
            }
        }
    }
    assert_none(
        "only wasm.rs knows wasm-bindgen, only train/gpu wgpu, only cli files and the terminal; bench knows no model, metrics no backend",
        &broken,
    );
}

#[test]
fn views_know_no_worker_and_no_other_view() {
    let views = [
        "directions",
        "similarity",
        "curves",
        "threshold",
        "strip",
        "sources",
        "tree",
        "labels",
        "inspector",
        "plane",
        "bound",
    ];
    let mut broken = vec![];
    for (name, text) in sources("www/views", &[".ts"]) {
        // Tests, and what makes up runs for them and for the gallery.
        if [".test.ts", "gallery.ts", "synthetic.ts"].iter().any(|end| name.ends_with(end)) {
            continue;
        }
        for line in text.lines().filter(|l| l.contains(" from '")) {
            let from = line.split(" from '").nth(1).unwrap_or("").trim_end_matches("';");
            let outside = from.starts_with("..") && !["../engine", "../theme"].contains(&from);
            let view = views.iter().any(|v| from == format!("./{v}"));
            if outside || view {
                broken.push(format!("{name} imports {from}"));
            }
        }
    }
    assert_none("views import engine's types, the theme and their own helpers", &broken);
}

/// One kernel, one name: every CPU kernel has a shader of its name, or several that begin with it (`side`). `forward` is
/// no kernel, but their order.
#[test]
fn kernels_have_the_same_names_on_both_backends() {
    let shaders: Vec<String> = sources("shaders", &[".wgsl"]).into_iter().map(|f| f.0).collect();
    let missing: Vec<_> = sources("src/train/cpu", &[".rs"])
        .iter()
        .map(|f| f.0.trim_start_matches("src/train/cpu/").trim_end_matches(".rs").to_owned())
        .filter(|kernel| {
            let is_one = |shader: &String| *shader == format!("shaders/{kernel}.wgsl");
            kernel != "forward" && !shaders.iter().any(|s| is_one(s) || s.starts_with(&format!("shaders/{kernel}_")))
        })
        .collect();
    assert_none("CPU kernels without a shader of their name", &missing);
}

#[test]
fn nothing_is_left_open_and_no_machine_is_named() {
    // Built in pieces, so that this file does not hold what it looks for.
    let marks = ["todo!", "unimplemented!", "#[ign", ".ski", ".onl", "it.to"];
    let ends = ["(", "(", "ore]", "p(", "y(", "do("];
    let mut broken = vec![];
    for (name, text) in ours() {
        for (mark, end) in marks.iter().zip(ends) {
            if text.contains(&format!("{mark}{end}")) && !(name.ends_with(".rs") && mark.starts_with('.')) {
                broken.push(format!("{name} has {mark}{end}"));
            }
        }
        for folder in ["work", "root", "home"] {
            if text.contains(&format!("\"/{folder}/")) || text.contains(&format!("'/{folder}/")) {
                broken.push(format!("{name} names a path below /{folder}"));
            }
        }
    }
    assert_none("left open, skipped, or tied to one machine", &broken);
}
