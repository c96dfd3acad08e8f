//! The one place where a config is checked; every error names the field, the value and what would be right.

mod algorithm;

use super::{Activation, Config, MAX_LEVELS, Source, Task, Treatment, VERSION};
use serde_json::Value;
use std::fmt;

/// More than this is refused: beyond it a 32-bit wasm memory cannot hold the run.
const MEMORY_LIMIT_BYTES: u64 = 3 << 30;

/// Why a config (or the data that goes with it) cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Dotted path, such as `model.k`.
    pub field: String,
    pub value: String,
    /// What would be right.
    pub expected: String,
}

impl ConfigError {
    pub fn new(field: impl Into<String>, value: impl fmt::Display, expected: impl Into<String>) -> Self {
        Self { field: field.into(), value: value.to_string(), expected: expected.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}: it must be {}", self.field, self.value, self.expected)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads JSON and checks it.
    pub fn from_json(json: &str) -> Result<Self, ConfigError> {
        Self::from_value(
            serde_json::from_str(json)
                .map_err(|e| ConfigError::new("config", format!("not JSON ({e})"), "a JSON object"))?,
        )
    }

    /// Reads a JSON value and checks it; names the field that does not fit.
    pub fn from_value(value: Value) -> Result<Self, ConfigError> {
        let default = serde_json::to_value(Self::default()).expect("a config is plain data");
        misfit("config", "", &value, &default)?;
        let config =
            serde_json::from_value::<Self>(value.clone()).map_err(|e| culprit(&value, &default, &e.to_string()))?;
        config.check()?;
        Ok(config)
    }

    /// Everything that must hold before a run is made of it, in every caller.
    ///
    /// Data sizes that a file decides (rows, n_input) are checked where the file is read.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.version != VERSION {
            return Err(ConfigError::new("version", self.version, format!("{VERSION} (the only one there is)")));
        }
        let b = &self.bench;
        whole("bench.n_features", b.n_features, 1, 4096)?;
        whole("bench.n_input", b.n_input, 1, 4096)?;
        real("bench.sparsity", b.sparsity, 0.0, 0.999_999)?;
        real("bench.max_interference", b.max_interference, -1.0, 1.0)?;
        real("bench.magnitude_min", b.magnitude_min, 0.0, 1e3)?;
        real("bench.magnitude_scale", b.magnitude_scale, 0.0, 1e3)?;
        if b.magnitude_min + b.magnitude_scale <= 0.0 {
            let expected = "above 0 when bench.magnitude_min is 0 (features that fire must have a size)";
            return Err(ConfigError::new("bench.magnitude_scale", b.magnitude_scale, expected));
        }
        whole("bench.n_target", b.n_target, 1, 4096)?;
        whole("bench.n_sources", b.n_sources, 2, 16)?;
        real("bench.exclusive", b.exclusive, 0.0, 1.0)?;
        self.check_firing()?;
        let name = &self.activations.name;
        if name.is_empty() || name.len() > 100 || name.chars().any(char::is_control) {
            return Err(ConfigError::new("activations.name", format!("{name:?}"), "1 to 100 printable characters"));
        }

        let m = &self.model;
        whole("model.n_latent", m.n_latent, 1, 65_535)?;
        self.check_model()?;
        self.check_loss()?;
        self.check_algorithm()?;

        let most_anchors = match self.source {
            Source::Bench => m.n_latent.min(b.n_features),
            Source::Activations => m.n_latent,
        };
        whole("anchors.count", self.anchors.count, 0, most_anchors)?;
        real("anchors.coefficient", self.anchors.coefficient, 0.0, 1e6)?;

        let d = &self.dead;
        whole("dead.window", d.window, 1, 1_000_000_000)?;
        if d.treatment == Treatment::Resample {
            whole("dead.resample_every", d.resample_every, 1, u32::MAX)?;
        }
        whole("dead.resample_inputs", d.resample_inputs, 1, 1 << 20)?;
        real("dead.resample_scale", d.resample_scale, 1e-6, 10.0)?;

        let t = &self.training;
        whole("training.steps", t.steps, 1, u32::MAX)?;
        whole("training.batch", t.batch, 1, 65_535)?;
        real("training.learning_rate", t.learning_rate, 0.0, 1e3)?;
        real("training.beta1", t.beta1, 0.0, 0.999_999)?;
        real("training.beta2", t.beta2, 0.0, 0.999_999_9)?;
        real("training.epsilon", t.epsilon, 1e-12, 1.0)?;
        whole("training.warm_up", t.warm_up, 0, t.steps)?;
        whole("training.decay", t.decay, 0, t.steps)?;
        real("training.clip", t.clip, 0.0, 1e6)?;

        let s = &self.scoring;
        real("scoring.threshold", s.threshold, 0.0, 1.0)?;
        whole("scoring.rows", s.rows, 1, 1 << 20)?;
        if self.source == Source::Bench {
            whole("scoring.hold_out", s.hold_out, 0, b.n_features)?;
            let (n_input, n_target) = self.bench_widths();
            self.check_memory(b.n_features, n_input, n_target)?;
        }
        Ok(())
    }

    /// (n_input, n_target) of the model on the bench.
    pub fn bench_widths(&self) -> (u32, u32) {
        let b = &self.bench;
        match self.model.task {
            Task::Autoencoder => (b.n_input, b.n_input),
            Task::Transcoder => (b.n_input, b.n_target),
            Task::Crosscoder => (b.n_input * b.n_sources, b.n_input * b.n_sources),
        }
    }

    fn check_firing(&self) -> Result<(), ConfigError> {
        let b = &self.bench;
        real("bench.correlation", b.correlation, 0.0, 1.0)?;
        whole("bench.correlation_rank", b.correlation_rank, 1, 256)?;
        real("bench.no_child", b.no_child, 0.0, 0.99)?;
        whole("bench.n_children", b.n_children, 1, 4096)?;
        if b.n_parents == 0 {
            return Ok(());
        }
        whole("bench.n_parents", b.n_parents, 1, b.n_features / (1 + b.n_children))?;
        let parent = crate::config::parent_probability(b);
        if parent > 1.0 {
            let (field, most) = ("bench.sparsity", "high enough for a parent to fire at most always");
            return Err(ConfigError::new(
                field,
                b.sparsity,
                format!("{most} (it would fire {parent:.2} times a sample)"),
            ));
        }
        if b.correlation > 0.0 {
            return Err(ConfigError::new("bench.correlation", b.correlation, "0 while bench.n_parents is above 0"));
        }
        Ok(())
    }

    fn check_model(&self) -> Result<(), ConfigError> {
        let m = &self.model;
        match m.activation {
            Activation::TopK if m.k.fract() != 0.0 || m.k < 1.0 || m.k > f64::from(m.n_latent) => {
                return Err(ConfigError::new("model.k", m.k, format!("a whole number from 1 to {}", m.n_latent)));
            }
            Activation::BatchTopK if m.k <= 0.0 || m.k.is_nan() => {
                return Err(ConfigError::new("model.k", m.k, format!("above 0 and at most {}", m.n_latent)));
            }
            _ => real("model.k", m.k, 0.0, 65_535.0)?,
        }
        if m.activation == Activation::BatchTopK {
            real("model.k", m.k, 0.0, f64::from(m.n_latent))?;
        }
        real("model.theta", m.theta, 0.0, 1e3)?;
        real("model.bandwidth", m.bandwidth, 1e-6, 1e3)?;
        real("model.init_norm", m.init_norm, 1e-6, 1e3)?;
        let refuse = |field: &str, expected: &str| Err(ConfigError::new(field, true, expected));
        if m.shift_input && !m.b_dec {
            return refuse("model.shift_input", "false while model.b_dec is false");
        }
        if m.shift_input && m.task == Task::Transcoder {
            return refuse("model.shift_input", "false for a transcoder, whose b_dec lives in the target's space");
        }
        if m.skip && m.task != Task::Transcoder {
            return refuse("model.skip", "false unless model.task is transcoder");
        }
        if m.zero_decoder && m.unit_norm_decoder {
            return refuse("model.zero_decoder", "false while model.unit_norm_decoder is true");
        }
        Ok(())
    }

    fn check_loss(&self) -> Result<(), ConfigError> {
        let (l, m) = (&self.loss, &self.model);
        real("loss.l1", l.l1, 0.0, 1e6)?;
        real("loss.l0", l.l0, 0.0, 1e6)?;
        real("loss.tanh", l.tanh, 0.0, 1e6)?;
        real("loss.tanh_scale", l.tanh_scale, 1e-6, 1e6)?;
        real("loss.target_l0", l.target_l0, 0.0, f64::from(m.n_latent))?;
        real("loss.p_end", l.p_end, 0.1, 1.0)?;
        whole("loss.p_until", l.p_until, l.p_from, u32::MAX)?;
        whole("loss.p_updates", l.p_updates, 1, 1000)?;
        real("loss.aux_k", l.aux_k, 0.0, 1e6)?;
        let refuse =
            |field: &str, value: &dyn std::fmt::Display, expected: &str| Err(ConfigError::new(field, value, expected));
        if l.l0 > 0.0 && m.activation != Activation::JumpRelu {
            return refuse("loss.l0", &l.l0, "0 unless model.activation is jump_relu (others have no gradient of it)");
        }
        if l.tanh > 0.0 && m.activation == Activation::Gated {
            return refuse("loss.tanh", &l.tanh, "0 while model.activation is gated (its penalty is loss.l1)");
        }
        if l.p_end < 1.0 && m.activation == Activation::Gated {
            return refuse("loss.p_end", &l.p_end, "1 while model.activation is gated");
        }
        if l.target_l0 > 0.0 && l.l1 + l.l0 + l.tanh == 0.0 {
            return refuse("loss.target_l0", &l.target_l0, "0 unless loss.l1, loss.l0 or loss.tanh is above 0");
        }
        let own_way = m.activation == Activation::Gated;
        if l.aux_k > 0.0 && (own_way || self.dead.treatment == Treatment::Ghost) {
            return refuse("loss.aux_k", &l.aux_k, "0 while model.activation is gated or dead.treatment is ghost");
        }
        if self.dead.treatment == Treatment::Ghost && own_way {
            return refuse("dead.treatment", &"ghost", "none or resample while model.activation is gated");
        }
        ascending("loss.matryoshka", &l.matryoshka, m.n_latent)?;
        if !l.multi_k.is_empty() {
            if m.activation != Activation::TopK {
                return refuse("loss.multi_k", &format!("{:?}", l.multi_k), "empty unless model.activation is top_k");
            }
            if !l.matryoshka.is_empty() {
                return refuse("loss.multi_k", &format!("{:?}", l.multi_k), "empty while loss.matryoshka is not");
            }
        }
        ascending("loss.multi_k", &l.multi_k, m.k as u32)?;
        weights("loss.matryoshka_weights", &l.matryoshka_weights, l.matryoshka_widths(m.n_latent).len())?;
        weights("loss.multi_k_weights", &l.multi_k_weights, l.multi_ks(m.k as u32).len())
    }

    /// Refuses what would not fit; the width of a file's rows is known only when it has been read.
    pub fn check_memory(&self, n_features: u32, n_input: u32, n_target: u32) -> Result<(), ConfigError> {
        let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
        let refuse = |field: &str, value: u32, bytes: u64| {
            let value = format!("{value} (the run would need {:.1} GiB)", gib(bytes));
            Err(ConfigError::new(field, value, format!("small enough for {:.0} GiB in all", gib(MEMORY_LIMIT_BYTES))))
        };
        let bytes = self.memory_bytes(n_features, n_input, n_target);
        if bytes > MEMORY_LIMIT_BYTES {
            return refuse("model.n_latent", self.model.n_latent, bytes);
        }
        for (field, rows) in [("scoring.rows", self.scoring.rows), ("dead.resample_inputs", self.dead.resample_inputs)]
        {
            // Input and target of every row, beside the rest.
            let with_rows = bytes + 4 * u64::from(rows) * (u64::from(n_input) + u64::from(n_target));
            if with_rows > MEMORY_LIMIT_BYTES {
                return refuse(field, rows, with_rows);
            }
        }
        Ok(())
    }

    /// An upper estimate of what a run on `n_features` × `n_input` needs: weights and moments, the batch's
    /// pre-activations and codes, directions, the score matrices, and what treats the dead, should all be.
    fn memory_bytes(&self, n_features: u32, n_input: u32, n_target: u32) -> u64 {
        let (n, q) = (u64::from(n_features), u64::from(self.model.n_latent));
        let (p, r) = (u64::from(n_input), u64::from(n_target));
        let rows = u64::from(self.training.batch).max(n.min(1024));
        let skip = if self.model.skip { p * r } else { 0 };
        let treats = self.loss.aux_k > 0.0 || self.dead.treatment == Treatment::Ghost;
        let dead = if treats { 3 * rows * q + q * (p + 2 * r) } else { 0 };
        4 * (3 * (q * (p + r) + skip) + 3 * rows * q + rows * (p + r) + n * (p + r) + 2 * n * q.min(4096) + dead)
    }
}

/// Refuses keys that the default does not know, and anything but an object where it has one.
fn misfit(name: &str, path: &str, given: &Value, default: &Value) -> Result<(), ConfigError> {
    let Value::Object(known) = default else { return Ok(()) };
    let Value::Object(given) = given else { return Err(ConfigError::new(name, given, "an object")) };
    for (key, value) in given {
        let field = format!("{path}{key}");
        let Some(default) = known.get(key) else {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            return Err(ConfigError::new(field, value, format!("absent (known here: {})", names.join(", "))));
        };
        misfit(&field, &format!("{field}."), value, default)?;
    }
    Ok(())
}

/// The first field of `given` that the default does not take in its place; `message` is what there is to say if none.
fn culprit(given: &Value, default: &Value, message: &str) -> ConfigError {
    fn leaves<'a>(path: String, value: &'a Value, out: &mut Vec<(String, &'a Value)>) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(key, value)| leaves(format!("{path}/{key}"), value, out)),
            leaf => out.push((path, leaf)),
        }
    }
    let mut all = vec![];
    leaves(String::new(), given, &mut all);
    for (pointer, leaf) in all {
        let mut probe = default.clone();
        if let Some(place) = probe.pointer_mut(&pointer) {
            *place = leaf.clone();
        }
        if let Err(e) = serde_json::from_value::<Config>(probe) {
            return ConfigError::new(pointer[1..].replace('/', "."), leaf, format!("of the right kind ({e})"));
        }
    }
    ConfigError::new("config", given, message)
}

fn whole(field: &str, value: u32, low: u32, high: u32) -> Result<(), ConfigError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(ConfigError::new(field, value, format!("a whole number from {low} to {high}")))
}

fn real(field: &str, value: f64, low: f64, high: f64) -> Result<(), ConfigError> {
    if value >= low && value <= high {
        return Ok(());
    }
    Err(ConfigError::new(field, value, format!("a number from {low} to {high}")))
}

/// Levels of a nested loss: each above the last, none above the whole; with it they are at most [`MAX_LEVELS`].
fn ascending(field: &str, list: &[u32], whole: u32) -> Result<(), ConfigError> {
    let rising = list.windows(2).all(|w| w[0] < w[1]);
    if rising && list.iter().all(|w| (1..=whole).contains(w)) && list.len() < MAX_LEVELS {
        return Ok(());
    }
    let expected = format!("at most {} rising whole numbers from 1 to {whole}", MAX_LEVELS - 1);
    Err(ConfigError::new(field, format!("{list:?}"), expected))
}

fn weights(field: &str, list: &[f64], levels: usize) -> Result<(), ConfigError> {
    if list.is_empty() || (levels > 1 && list.len() == levels && list.iter().all(|w| (1e-6..=1e6).contains(w))) {
        return Ok(());
    }
    Err(ConfigError::new(field, format!("{list:?}"), format!("empty, or {levels} numbers from 0.000001 to 1000000")))
}
