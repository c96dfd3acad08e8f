//! Configs from the page's links, from methods, and their schema.

use super::{folder, sdl};
use sdl_explorer::config::Config;
use serde_json::{Map, Value};
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file of ours")
}

/// Every leaf of the default config, by dotted path.
fn leaves() -> Vec<String> {
    fn walk(path: &str, value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(key, value)| walk(&format!("{path}.{key}"), value, out));
            }
            _ => out.push(path[1..].to_owned()),
        }
    }
    let mut out = vec![];
    walk("", &serde_json::to_value(Config::default()).expect("plain data"), &mut out);
    out
}

/// `src/config/keys.json` is what the command line knows of the page's table of knobs.
#[test]
fn the_page_and_the_command_line_have_the_same_short_keys() {
    let keys: Map<String, Value> = serde_json::from_str(&read("src/config/keys.json")).expect("an object");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/knobs");
    let parts = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let parts = parts.map(|path| fs::read_to_string(path).expect("text"));
    let knobs: String = std::iter::once(read("www/knobs.ts")).chain(parts).collect();
    let quoted = |text: &str| text.split('\'').nth(1).map(str::to_owned);
    let of_the_page: Map<String, Value> = knobs
        .split("path: '")
        .skip(1)
        .filter_map(|knob| {
            let path = knob.split('\'').next()?.to_owned();
            let key = knob.lines().next()?.split_once("key: ")?.1;
            Some((path, quoted(key)?.into()))
        })
        .collect();
    assert!(of_the_page.len() > 30, "the table of knobs is not read");
    assert_eq!(keys, of_the_page);
    let known = leaves();
    let strange: Vec<_> = keys.keys().filter(|path| !known.contains(path)).collect();
    assert!(strange.is_empty(), "no fields of the config: {strange:?}");
}

#[test]
fn a_link_gives_the_config_of_the_run_that_is_asked_for() {
    let at = folder("links");
    let link = "https://example.org/some/#v=1&scenario=bench&seed=9&nq=40&act=relu&lr=3e-3&benc=1&l1=.05&\
                data=mini%4Cm&a.la=0&b.la=0.25&b.nq=50&theme=dark";
    let config = |more: &[&str], out: &str| {
        let args = ["train", link, "--out", out, "--quiet", "--backend", "cpu", "--set", "training.steps=1"];
        sdl(&at, &[&args[..], more].concat());
        Config::from_json(&fs::read_to_string(at.join(out).join("config.json")).expect("a config")).expect("good")
    };
    let (a, b) = (config(&["--run", "A"], "a"), config(&["--run", "b", "--set", "loss.l1=0.5"], "b"));
    assert_eq!((a.seed, a.model.n_latent, b.model.n_latent), (9, 40, 50));
    assert_eq!((a.training.learning_rate, a.model.b_enc, a.loss.l1, b.loss.l1), (0.003, true, 0.05, 0.5));
    assert_eq!((a.anchors.coefficient, b.anchors.coefficient), (0.0, 0.25));
    assert_eq!(a.activations.name, "miniLm");
}

#[test]
fn the_schema_knows_every_field_and_the_methods_all_run() {
    let at = folder("methods");
    let schema: Value = serde_json::from_str(&sdl(&at, &["schema"])).expect("JSON");
    for path in leaves() {
        let mut place = &schema;
        for name in path.split('.') {
            if let Some(definition) = place["$ref"].as_str() {
                place = schema.pointer(definition.trim_start_matches('#')).expect("a definition");
            }
            assert_eq!(place["additionalProperties"], false, "{path}");
            place = &place["properties"][name];
        }
        assert!(place.is_object(), "{path} is not in the schema");
    }
    let methods: Vec<Value> = serde_json::from_str(&sdl(&at, &["methods", "--json"])).expect("a list");
    assert!(methods.len() >= 3);
    for method in methods {
        let id = method["id"].as_str().expect("an id");
        assert!(sdl(&at, &["methods"]).contains(id));
        // As it would be begun: a config that passes its own check.
        let mut value = Value::Object(Map::new());
        for (field, set) in method["set"].as_object().expect("what it sets") {
            let mut place = &mut value;
            for name in field.split('.') {
                place = place.as_object_mut().expect("an object").entry(name).or_insert_with(|| Map::new().into());
            }
            *place = set.clone();
        }
        Config::from_value(value).unwrap_or_else(|e| panic!("{id}: {e}"));
    }
}
