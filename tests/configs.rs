//! Bad configs are refused by field, value and remedy; good ones survive a round trip.

use sdl_explorer::config::{Config, presets};
use serde_json::{Value, json};

fn refuse(change: Value, field: &str, says: &str) {
    let mut whole = serde_json::to_value(Config::default()).expect("plain data");
    merge(&mut whole, &change);
    let e = Config::from_value(whole).expect_err(&format!("{change} must be refused"));
    assert_eq!(e.field, field, "{change}: {e}");
    assert!(e.to_string().contains(says), "{change}: {e:?} does not say {says:?}");
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(a), Value::Object(b)) => {
            b.iter().for_each(|(k, v)| merge(a.entry(k.clone()).or_insert(Value::Null), v));
        }
        (a, b) => *a = b.clone(),
    }
}

#[test]
fn what_is_wrong_is_named() {
    refuse(json!({"model": {"k": 65}}), "model.k", "from 1 to 64");
    refuse(json!({"model": {"k": 0}}), "model.k", "is 0");
    refuse(json!({"model": {"k": 2.5}}), "model.k", "2.5");
    refuse(json!({"model": {"k": "three"}}), "model.k", "three");
    refuse(json!({"model": {"activation": "swish"}}), "model.activation", "top_k");
    refuse(json!({"model": {"neurons": 5}}), "model.neurons", "n_latent");
    refuse(json!({"extra": 1}), "extra", "training");
    refuse(json!({"model": {"shift_input": true}}), "model.shift_input", "model.b_dec");
    refuse(json!({"bench": {"sparsity": 1.0}}), "bench.sparsity", "0.999999");
    refuse(json!({"bench": {"n_features": 5000}}), "bench.n_features", "4096");
    refuse(json!({"bench": {"magnitude_scale": 0.0}}), "bench.magnitude_scale", "above 0");
    refuse(json!({"training": {"learning_rate": null}}), "training.learning_rate", "null");
    refuse(json!({"training": {"learning_rate": -1}}), "training.learning_rate", "from 0");
    refuse(json!({"training": {"warm_up": 30000}}), "training.warm_up", "20000");
    refuse(json!({"anchors": {"count": 33}}), "anchors.count", "from 0 to 32");
    refuse(json!({"scoring": {"threshold": 1.5}}), "scoring.threshold", "from 0 to 1");
    refuse(json!({"seed": -1}), "seed", "-1");
    refuse(json!({"seed": 4294967296u64}), "seed", "4294967296");
    refuse(json!({"version": 2}), "version", "1");
    refuse(json!({"activations": {"name": ""}}), "activations.name", "1 to 100");
    let huge = json!({"bench": {"n_features": 4096, "n_input": 4096}, "model": {"n_latent": 65000}});
    refuse(huge, "model.n_latent", "GiB");
    let many = json!({"bench": {"n_input": 4096}, "dead": {"resample_inputs": 1 << 20}});
    refuse(many, "dead.resample_inputs", "GiB");
    assert!(Config::from_json("{").is_err_and(|e| e.value.contains("not JSON")));
    assert!(Config::from_json("[]").is_err());
}

#[test]
fn numbers_that_are_not_numbers_are_refused() {
    let mut c = Config::default();
    c.training.learning_rate = f64::NAN;
    assert!(c.check().is_err_and(|e| e.field == "training.learning_rate" && e.value == "NaN"));
    c = Config::default();
    c.loss.l1 = f64::INFINITY;
    assert!(c.check().is_err_and(|e| e.field == "loss.l1"));
}

#[test]
fn configs_survive_a_round_trip_and_may_leave_fields_out() {
    let json = serde_json::to_string(&Config::default()).expect("plain data");
    assert_eq!(Config::from_json(&json), Ok(Config::default()));
    assert_eq!(Config::from_json("{}"), Ok(Config::default()));
    let few = Config::from_json(r#"{"model": {"k": 5}}"#).expect("valid");
    assert_eq!((few.model.k, few.model.n_latent), (5.0, 64));
}

/// Every preset can be run from the default config, and knows when it has been left.
#[test]
fn presets_are_valid_and_know_their_knobs() {
    let mut ids = std::collections::BTreeSet::new();
    for preset in presets() {
        assert!(ids.insert(preset.id.clone()), "{} is there twice", preset.id);
        assert!(!preset.source.is_empty() && preset.about.len() > 40, "{}: no source or no words", preset.id);
        let config = preset.apply(&Config::default()).unwrap_or_else(|e| panic!("{}: {e}", preset.id));
        assert!(preset.changed(&config).is_empty(), "{}: {:?}", preset.id, preset.changed(&config));
        let mut left = config.clone();
        left.model.tied_init = !left.model.tied_init;
        left.training.learning_rate *= 2.0;
        let expected = if preset.set.contains_key("model.tied_init") { vec!["model.tied_init"] } else { vec![] };
        assert_eq!(preset.changed(&left), expected, "{}", preset.id);
    }
}

#[test]
fn combinations_that_mean_nothing_are_named() {
    refuse(json!({"loss": {"l0": 0.1}}), "loss.l0", "jump_relu");
    refuse(json!({"loss": {"multi_k": [3, 2]}}), "loss.multi_k", "rising");
    refuse(json!({"loss": {"multi_k": [1], "matryoshka": [4]}}), "loss.multi_k", "loss.matryoshka");
    refuse(json!({"loss": {"multi_k": [1]}, "model": {"activation": "relu"}}), "loss.multi_k", "top_k");
    refuse(json!({"loss": {"matryoshka": [4, 100]}}), "loss.matryoshka", "from 1 to 64");
    refuse(json!({"loss": {"matryoshka": [4], "matryoshka_weights": [1.0]}}), "loss.matryoshka_weights", "2 numbers");
    refuse(json!({"loss": {"aux_k": 0.1}, "model": {"activation": "gated"}}), "loss.aux_k", "gated");
    refuse(json!({"loss": {"aux_k": 0.1}, "dead": {"treatment": "ghost"}}), "loss.aux_k", "ghost");
    refuse(json!({"loss": {"target_l0": 3.0}}), "loss.target_l0", "loss.l1");
    refuse(json!({"model": {"skip": true}}), "model.skip", "transcoder");
    refuse(json!({"model": {"zero_decoder": true}}), "model.zero_decoder", "unit_norm_decoder");
    refuse(json!({"model": {"task": "transcoder", "b_dec": true, "shift_input": true}}), "model.shift_input", "target");
    refuse(json!({"model": {"activation": "batch_top_k", "k": 0.0}}), "model.k", "above 0");
}

#[test]
fn what_an_algorithm_cannot_do_is_refused() {
    let with = |algorithm: &str, mut change: Value| {
        merge(&mut change, &json!({"training": {"algorithm": algorithm}}));
        change
    };
    let transcoder = json!({"model": {"task": "transcoder"}});
    refuse(with("k_svd", json!({"loss": {"l1": 0.1}})), "loss.l1", "0 (model.k is what");
    refuse(with("k_svd", json!({"model": {"activation": "relu", "k": 2.5}})), "model.k", "a whole number");
    refuse(
        with("k_svd", transcoder.clone()),
        "model.task",
        "autoencoder or crosscoder while training.algorithm is k_svd",
    );
    refuse(with("k_svd", json!({"model": {"b_dec": true}})), "model.b_dec", "false");
    refuse(with("k_svd", json!({"dead": {"treatment": "resample"}})), "dead.treatment", "none");
    refuse(with("online", json!({})), "loss.l1", "above 0");
    refuse(
        with("online", json!({"loss": {"l1": 0.1}, "anchors": {"coefficient": 1}})),
        "anchors.coefficient",
        "0 while",
    );
    refuse(with("er_spud", json!({})), "bench.n_features", "bench.n_input (16)");
    refuse(with("er_spud", json!({"bench": {"n_features": 16}})), "model.n_latent", "bench.n_input (16)");
    refuse(with("er_spud", json!({"source": "activations"})), "source", "bench");
    refuse(with("oracle", json!({"model": {"n_latent": 31}})), "model.n_latent", "bench.n_features (32)");
    refuse(with("oracle", json!({"loss": {"tanh": 1}})), "loss.tanh", "0 while");
    refuse(with("alternating", json!({})), "model.unit_norm_decoder", "false while training.algorithm is alternating");
    let gated = json!({"model": {"activation": "gated", "unit_norm_decoder": false}});
    refuse(with("alternating", gated), "model.activation", "any but gated");
    for (algorithm, change) in [
        ("k_svd", json!({})),
        ("online", json!({"loss": {"l1": 0.1}})),
        ("er_spud", json!({"bench": {"n_features": 16}, "model": {"n_latent": 16}, "anchors": {"count": 0}})),
        ("oracle", transcoder),
        ("alternating", json!({"model": {"unit_norm_decoder": false}})),
    ] {
        let mut whole = serde_json::to_value(Config::default()).expect("plain data");
        merge(&mut whole, &with(algorithm, change));
        Config::from_value(whole).unwrap_or_else(|e| panic!("{algorithm}: {e}"));
    }
}
