//! Metrics as names and numbers: for lines of JSON, tables and the terminal.

use crate::metrics::Metrics;
use serde_json::{Map, Value, json};

/// The four readings of recovery: {encoder, decoder} × {raw, cosine}.
pub const READINGS: [&str; 4] = ["encoder_raw", "encoder_cosine", "decoder_raw", "decoder_cosine"];

/// Every scalar of a reading, by the names of its fields; recovery only where there is a truth to recover.
pub fn scalars(m: &Metrics, has_truth: bool) -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put("loss", json!(m.loss));
    put("sse", json!(m.sse));
    put("penalty", json!(m.penalty));
    put("approx_loss", json!(m.approx_loss));
    put("explained_variance", json!(m.explained_variance));
    put("l0", json!(m.l0));
    put("true_l0", json!(m.true_l0));
    put("n_dead", json!(m.n_dead()));
    put("shrinkage", json!(m.scale.shrinkage));
    put("bias", json!(m.scale.bias));
    if has_truth {
        put("n_polysemantic", json!(m.n_polysemantic()));
        for (name, r) in READINGS.iter().zip([&m.encoder_raw, &m.encoder_cosine, &m.decoder_raw, &m.decoder_cosine]) {
            put(&format!("{name}_m_gt"), json!(r.mgt));
            put(&format!("{name}_m_ip"), json!(r.mip));
        }
        if let Some(a) = &m.alignment {
            put("mcc", json!(a.matching.as_ref().map(|m| m.mcc)));
            put("uniqueness", json!(a.uniqueness));
            put("mmcs", json!(a.mmcs));
            put("mmcs_latents", json!(a.mmcs_latents));
        }
        if let Some(p) = &m.probes {
            put("precision", json!(p.precision));
            put("recall", json!(p.recall));
            put("f1", json!(p.f1));
            put("accuracy", json!(p.accuracy));
            put("f1_alive", json!(p.f1_alive));
            put("f1_features", json!(p.f1_features));
            put("f1_matched", json!(p.f1_matched));
        }
        if let Some(a) = &m.absorption {
            for (suffix, means) in [("", &a.means), ("_weighted", &a.weighted)] {
                put(&format!("absorption{suffix}"), json!(means.full));
                put(&format!("absorption_fraction{suffix}"), json!(means.fractional));
                put(&format!("absorption_recall_gap{suffix}"), json!(means.recall_gap));
                put(&format!("absorption_leakage{suffix}"), json!(means.leakage));
            }
        }
    }
    out
}

/// Two columns for a reader; absent values are left out.
pub fn table(values: &Map<String, Value>) -> String {
    let rows = values.iter().filter(|(_, value)| !value.is_null());
    let width = rows.clone().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = rows.map(|(name, value)| match value.as_f64() {
        Some(x) if x.fract() != 0.0 => format!("{name:width$}  {}", rounded(x)),
        _ => format!("{name:width$}  {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Five digits, however large.
fn rounded(x: f64) -> String {
    if x != 0.0 && (x.abs() < 1e-3 || x.abs() >= 1e6) { format!("{x:.4e}") } else { format!("{x:.4}") }
}
