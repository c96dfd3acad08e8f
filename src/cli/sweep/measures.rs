//! What is kept of a run's end: every scalar of its metrics, and what findings ask beside them.

use super::super::cells::End;
use super::super::report;
use crate::config::{Bench, Config, Scoring, Training};
use crate::metrics::{Effort, Metrics};
use crate::model::Weights;
use crate::run::Run;
use crate::theory::extreme::{self, Ask, Parts};
use crate::theory::minima::{Verdict, verdict};
use crate::theory::simplified::Pattern;
use pollster::block_on;
use serde_json::{Map, Value, json};

/// Of Theorem 3.1 at the run's own S, sampled: only for who asks.
const EXTREME: [&str; 4] = ["extreme_loss", "extreme_gap", "extreme_bound", "extreme_informative"];

/// Names of all measures, as a run of one step on a bench with a family has them.
pub fn names() -> Vec<String> {
    let config = Config {
        bench: Bench { n_parents: 1, ..Bench::default() },
        training: Training { steps: 1, batch: 1, ..Training::default() },
        scoring: Scoring { rows: 1, ..Scoring::default() },
        ..Config::default()
    };
    let mut run = Run::new(config, None).expect("the defaults can be run");
    run.set_effort(Effort::Complete);
    let frame = block_on(run.frame()).expect("the CPU is always there");
    let all = all(&run, &frame.metrics).into_iter().map(|(name, _)| name);
    all.chain(EXTREME.map(str::to_owned)).collect()
}

/// The named measures of a run that ended; of one that diverged, none.
pub fn of(end: &End, metrics: &[String]) -> Map<String, Value> {
    let Some((reading, weights)) = &end.reading else { return Map::new() };
    let mut all = all(end.run, reading);
    if metrics.iter().any(|name| EXTREME.contains(&name.as_str())) {
        all.extend(extreme(end.run.config(), weights));
    }
    metrics.iter().map(|name| (name.clone(), all.remove(name).map_or(Value::Null, rounded))).collect()
}

fn all(run: &Run, metrics: &Metrics) -> Map<String, Value> {
    let mut out = report::scalars(metrics, true);
    out.insert("dead_share".into(), json!(metrics.n_dead() as f64 / metrics.dead.len() as f64));
    // Where L̃ ends as a share of an empty model's, Σ_d M_d (directions are unit).
    let empty = run.world().lone_moments().map_or(f64::NAN, |moments| moments.iter().sum::<f64>());
    let share = metrics.approx_loss.map_or(f64::NAN, |loss| loss / empty);
    out.insert("approx_share".into(), json!(share));
    let pattern = pattern(metrics, run.world().n_features);
    let verdict = pattern.filter(|_| share.is_finite()).map(|p| verdict(&p, run.world().n_features, share));
    for (name, kind) in
        [("global", Verdict::Global), ("unrecovered", Verdict::Unrecovered), ("spurious", Verdict::Spurious)]
    {
        out.insert(name.into(), json!(verdict.map(|v| v == kind)));
    }
    out
}

/// L_SDL (not the one batch's that `sse` is), |L_SDL − L̃|, n² C (1−S)², and whether that is below L̃; none where
/// Theorem 3.1 does not cover the model.
fn extreme(config: &Config, w: &Weights) -> Map<String, Value> {
    let weights = Parts { encoder: w.encoder.clone(), decoder: w.decoder.clone(), ..Parts::default() };
    let config_json = serde_json::to_value(config).expect("a config is plain data");
    let ask = Ask { config: config_json, weights, sparsities: vec![config.bench.sparsity] };
    let at =
        extreme::report(&ask).ok().filter(|report| report.applies).and_then(|report| report.curve.into_iter().next());
    let values = at.map_or([Value::Null, Value::Null, Value::Null, Value::Null], |at| {
        [json!(at.loss), json!(at.gap), json!(at.bound), json!(at.informative)]
    });
    EXTREME.map(str::to_owned).into_iter().zip(values).collect()
}

/// F_i of all latents; none of a model so large that not all are at hand.
fn pattern(metrics: &Metrics, n_features: usize) -> Option<Pattern> {
    let rows = metrics.similarity.pattern.chunks_exact(n_features);
    let of = |row: &[u8]| (0..n_features).filter(|d| row[*d] != 0).collect();
    (metrics.similarity.latents.len() == metrics.dead.len()).then(|| rows.map(of).collect())
}

/// Seven digits, which is what f32 carries: a sweep's lines are many.
fn rounded(value: Value) -> Value {
    match value.as_f64() {
        Some(x) if value.is_f64() => json!(format!("{x:.6e}").parse::<f64>().expect("a number as it was written")),
        _ => value,
    }
}
