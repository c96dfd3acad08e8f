//! A page's link as a config: `https://…/#v=1&scenario=bench&seed=7&n=32&…&a.la=0&b.la=0.1` (`www/url.ts` writes it).
//!
//! A link says everything about two runs. Their settings' short keys are those of `src/config/keys.json`, the same that
//! the page's table of knobs has (a test holds them together).

use super::failure::{Failure, Outcome};
use crate::config::Config;
use clap::ValueEnum;
use serde_json::{Map, Value};

const KEYS: &str = include_str!("../config/keys.json");
/// What a link says about the page alone.
const OF_THE_PAGE: [&str; 5] = ["scenario", "basis", "theme", "backend", "speed"];
const VERSION: &str = "1";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Label {
    #[value(name = "A", alias = "a")]
    A,
    #[value(name = "B", alias = "b")]
    B,
}

/// Whether an argument is a link rather than a file.
pub fn is_link(text: &str) -> bool {
    text.starts_with('#') || text.contains("#v=") || text.starts_with("http://") || text.starts_with("https://")
}

/// The config that a link gives to one of its runs, as JSON that is still to be checked.
pub fn read(link: &str, label: Option<Label>) -> Outcome<Value> {
    let hash = link.split_once('#').map_or("", |(_, hash)| hash);
    if hash.is_empty() {
        return Err(Failure::bad(
            "the link",
            format!("{link:?}"),
            "one with its settings behind a # (copy it from the page)",
        ));
    }
    let keys: Map<String, Value> = serde_json::from_str(KEYS).expect("keys.json is an object");
    let path_of = |key: &str| keys.iter().find(|(_, k)| *k == key).map(|(path, _)| path.as_str());
    let default = serde_json::to_value(Config::default()).expect("a config is plain data");
    let mut runs = [default.clone(), default.clone()];
    let mut split = vec![];
    // What both share first, whatever its place.
    for only_shared in [true, false] {
        for part in hash.split('&').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = decoded(value);
            let (whose, key) = match key.split_once('.') {
                Some(("a", key)) => (0..1, key),
                Some(("b", key)) => (1..2, key),
                _ => (0..2, key),
            };
            if (whose.len() == 2) != only_shared || OF_THE_PAGE.contains(&key) {
                continue;
            }
            if key == "v" {
                if value != VERSION {
                    return Err(Failure::bad(
                        "v of the link",
                        value,
                        format!("{VERSION}, the only version of links so far"),
                    ));
                }
                continue;
            }
            let path = path_of(key).ok_or_else(|| {
                let known: Vec<&str> = keys.values().filter_map(Value::as_str).collect();
                Failure::bad(format!("{key} of the link"), &value, format!("absent (known: {})", known.join(", ")))
            })?;
            if whose.len() == 1 && !split.contains(&key) {
                split.push(key);
            }
            let pointer = format!("/{}", path.replace('.', "/"));
            for run in &mut runs[whose] {
                let place = run.pointer_mut(&pointer).expect("keys.json names fields of the config");
                *place = typed(path, &value, default.pointer(&pointer).expect("as above"));
            }
        }
    }
    let [a, b] = runs;
    match label {
        Some(Label::A) => Ok(a),
        Some(Label::B) => Ok(b),
        None if a == b => Ok(a),
        None => Err(Failure::Bad(format!(
            "the link has two runs, which differ in {}: say which with --run A or --run B",
            split.iter().filter_map(|key| path_of(key)).collect::<Vec<_>>().join(", ")
        ))),
    }
}

/// A value in the kind that its field has; what does not fit stays text, and is refused with the config.
fn typed(path: &str, text: &str, like: &Value) -> Value {
    match like {
        Value::Bool(_) if text == "1" || text == "0" => Value::Bool(text == "1"),
        Value::Number(_) => number(text),
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            items.map(|item| if path == "activations.tensors" { item.into() } else { number(item) }).collect()
        }
        _ => text.into(),
    }
}

/// JavaScript writes whole numbers of f64 fields without a point, and reads `1e3` for a whole number.
fn number(text: &str) -> Value {
    match text.parse::<f64>() {
        Ok(x) if x.fract() == 0.0 && x.abs() < 9e15 => Value::from(x as i64),
        Ok(x) if x.is_finite() => Value::from(x),
        _ => text.into(),
    }
}

/// Undoes `encodeURIComponent`; what is not encoded stays.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = vec![];
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|h| std::str::from_utf8(h).ok());
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
