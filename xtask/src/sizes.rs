//! What a visitor downloads before the first run trains: the page, its styles and scripts, the worker, the wasm.
//!
//! The files are found from the build itself: whatever `index.html` names, and whatever those files name in turn,
//! except what only a dynamic import reaches, in the page or in a worker. Shipped data is fetched on demand and does
//! not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::dist;

/// Bytes of the first load, each file compressed by gzip at its default level.
pub const LIMIT: usize = 250_000;

/// Gzip size of each file, by path in `dist/`.
pub type Sizes = BTreeMap<String, usize>;

/// Prints what is loaded first and what later, and fails if the first is too much.
pub fn check() -> Result<()> {
    let first = first_load(&dist())?;
    let mut late = reached(&dist(), Imports::All)?;
    late.retain(|path, _| !first.contains_key(path));
    let total: usize = first.values().sum();
    println!("first load, gzip:");
    print(&first);
    println!("{:>8.1} kB  of {:.0} kB allowed", kilobytes(total), kilobytes(LIMIT));
    println!("later, on demand:");
    print(&late);
    ensure!(
        first.keys().any(|path| path.ends_with(".wasm")),
        "the first load names no wasm file: the page has no engine"
    );
    ensure!(total <= LIMIT, "the first load is {:.1} kB, more than {:.0} kB", kilobytes(total), kilobytes(LIMIT));
    Ok(())
}

fn print(files: &Sizes) {
    for (path, size) in files {
        println!("{:>8.1} kB  {path}", kilobytes(*size));
    }
}

pub fn first_load(dist: &Path) -> Result<Sizes> {
    reached(dist, Imports::Static)
}

/// Which imports are followed.
#[derive(Clone, Copy, PartialEq)]
enum Imports {
    Static,
    All,
}

/// What `index.html` leads to.
fn reached(dist: &Path, imports: Imports) -> Result<Sizes> {
    let manifest = dist.join(".vite/manifest.json");
    let manifest = fs::read_to_string(&manifest).with_context(|| format!("no {}: build first", manifest.display()))?;
    let late = match imports {
        Imports::Static => late_files(&serde_json::from_str(&manifest)?),
        Imports::All => BTreeSet::new(),
    };
    let assets: Vec<String> = fs::read_dir(dist.join("assets"))?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into()))
        .collect::<Result<_>>()?;

    let mut files = Sizes::new();
    let mut queue = vec!["index.html".to_owned()];
    while let Some(path) = queue.pop() {
        if files.contains_key(&path) || late.contains(&path) {
            continue;
        }
        let bytes = fs::read(dist.join(&path)).with_context(|| format!("dist/{path}"))?;
        if !path.ends_with(".wasm") {
            let mut text = String::from_utf8_lossy(&bytes).into_owned();
            if imports == Imports::Static {
                text = without_dynamic_imports(&text);
            }
            queue
                .extend(assets.iter().filter(|name| text.contains(name.as_str())).map(|name| format!("assets/{name}")));
        }
        files.insert(path, gzip_size(&bytes)?);
    }
    Ok(files)
}

/// A script without what stands in the brackets of its `import(…)`: the manifest is silent about those of workers.
fn without_dynamic_imports(script: &str) -> String {
    let mut parts = script.split("import(");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once(')').map_or(part, |(_, after)| after))
}

/// Files that only the page's dynamic imports lead to.
fn late_files(manifest: &Value) -> BTreeSet<String> {
    let none = serde_json::Map::new();
    let chunks = manifest.as_object().unwrap_or(&none);
    let reached_from = |starts: fn(&str, &Value) -> bool| {
        let mut files = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut queue: Vec<&str> =
            chunks.iter().filter(|(key, chunk)| starts(key, chunk)).map(|(key, _)| key.as_str()).collect();
        while let Some(key) = queue.pop() {
            if !seen.insert(key) {
                continue;
            }
            let chunk = &manifest[key];
            let listed = ["css", "assets"].iter().flat_map(|kind| strings(&chunk[*kind]));
            files.extend(listed.chain(chunk["file"].as_str()).map(str::to_owned));
            queue.extend(strings(&chunk["imports"]));
        }
        files
    };
    // What other pages import at once, this one may import late: a list of it stands in the script that does.
    let early = reached_from(|key, _| key == "index.html");
    reached_from(|_, chunk| chunk["isDynamicEntry"] == true).difference(&early).cloned().collect()
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn gzip_size(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

fn kilobytes(bytes: usize) -> f64 {
    bytes as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::{Imports, reached};
    use xshell::Shell;

    #[test]
    fn first_load_follows_names_but_not_dynamic_imports() {
        let sh = Shell::new().unwrap();
        let folder = sh.create_temp_dir().unwrap();
        let manifest = r#"{
            "index.html": {"file": "assets/main-1.js", "isEntry": true, "imports": ["_shared"], "dynamicImports": ["late.ts"]},
            "late.ts": {"file": "assets/late-1.js", "isDynamicEntry": true, "imports": ["_shared", "_pool"], "css": ["assets/late-2.css"]},
            "_shared": {"file": "assets/shared-1.js"},
            "other.html": {"file": "assets/other-1.js", "isEntry": true, "imports": ["_pool"]},
            "_pool": {"file": "assets/pool-1.js"}
        }"#;
        for (path, text) in [
            (".vite/manifest.json", manifest),
            ("index.html", r#"<script src="./assets/main-1.js">"#),
            (
                "assets/main-1.js",
                r#"deps=["pool-1.js"];import"./shared-1.js";import("./late-1.js",["late-2.css"]);new Worker("worker-1.js")"#,
            ),
            ("assets/shared-1.js", ""),
            ("assets/late-1.js", "import('./shared-1.js'); 'later-1.js'"),
            ("assets/late-2.css", ""),
            ("assets/later-1.js", ""),
            ("assets/worker-1.js", "fetch('engine-1.wasm'); import(`./more-1.js`).then(f); import('./shared-1.js')"),
            ("assets/engine-1.wasm", ""),
            ("assets/more-1.js", "fetch('engine-2.wasm')"),
            ("assets/engine-2.wasm", ""),
            ("assets/other-1.js", ""),
            ("assets/pool-1.js", ""),
        ] {
            sh.write_file(folder.path().join(path), text).unwrap();
        }
        let files = |imports| reached(folder.path(), imports).unwrap().into_keys().collect::<Vec<_>>();
        let first =
            ["assets/engine-1.wasm", "assets/main-1.js", "assets/shared-1.js", "assets/worker-1.js", "index.html"];
        assert_eq!(files(Imports::Static), first);
        let all = files(Imports::All);
        let late: Vec<_> = all.iter().filter(|path| !first.contains(&path.as_str())).collect();
        let expected = ["engine-2.wasm", "late-1.js", "late-2.css", "later-1.js", "more-1.js", "pool-1.js"];
        assert_eq!(late, expected.map(|name| format!("assets/{name}")).iter().collect::<Vec<_>>());
    }
}
