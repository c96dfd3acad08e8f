//! Published recipes by name: `presets.json`, which the page reads too.

use super::{Config, ConfigError};
use serde::Deserialize;
use serde_json::{Map, Value};

/// One recipe; what it does not set stays as it was.
#[derive(Clone, Debug, Deserialize)]
pub struct Preset {
    pub id: String,
    pub name: String,
    /// The paper or code it is from.
    pub source: String,
    pub about: String,
    /// Dotted path → value.
    pub set: Map<String, Value>,
}

/// All recipes, in the order in which they are shown.
pub fn presets() -> Vec<Preset> {
    serde_json::from_str(include_str!("presets.json")).expect("a test reads them")
}

impl Preset {
    /// The config with this recipe, checked.
    pub fn apply(&self, config: &Config) -> Result<Config, ConfigError> {
        let mut value = serde_json::to_value(config).expect("a config is plain data");
        for (path, to) in &self.set {
            let pointer = format!("/{}", path.replace('.', "/"));
            let place = value.pointer_mut(&pointer);
            *place.ok_or_else(|| ConfigError::new(path, to, "a field of the config"))? = to.clone();
        }
        Config::from_value(value)
    }

    /// The paths in which a config is not as this recipe sets it.
    pub fn changed<'a>(&'a self, config: &Config) -> Vec<&'a str> {
        let value = serde_json::to_value(config).expect("a config is plain data");
        let is_set = |(path, to): &(&'a String, &'a Value)| {
            let there = value.pointer(&format!("/{}", path.replace('.', "/")));
            // Whole numbers may be written with or without a point.
            there == Some(to) || there.and_then(Value::as_f64).is_some_and(|x| Some(x) == to.as_f64())
        };
        self.set.iter().filter(|entry| !is_set(entry)).map(|(path, _)| path.as_str()).collect()
    }
}
