//! What a page may do with a run: the only file that knows wasm-bindgen. The shapes are those of `www/engine.ts`.
//!
//! Asynchronous methods hold the run until they are done (a readback may be pending), so callers queue them.

use crate::bench::{Samples, World};
use crate::config::{Config, ConfigError};
use crate::metrics::{Metrics, Probes, Recovery, Sources};
#[cfg(feature = "theory")]
use crate::model::Weights;
use crate::run::{BackendInfo, BackendKind, Event, Frame, Run as Engine, Stopped};
use crate::train::{DeviceLost, State};
#[cfg(feature = "theory")]
use js_sys::Float64Array;
use js_sys::{Array, Float32Array, Object, Reflect, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub struct Run(Engine);

/// The config that links and pages start from.
#[wasm_bindgen]
pub fn default_config() -> Result<JsValue, JsValue> {
    let json = serde_json::to_value(Config::default()).map_err(|e| e.to_string())?;
    js_sys::JSON::parse(&json.to_string())
}

/// Null for a config that can be run, else what is wrong with it.
#[wasm_bindgen]
pub fn validate(config: JsValue) -> JsValue {
    match read_config(config) {
        Ok(_) => JsValue::NULL,
        Err(e) => error(&e),
    }
}

/// Plain JSON in, plain JSON out: `theory::request` says what may be asked.
#[cfg(feature = "theory")]
#[wasm_bindgen]
pub fn theory(request: &str) -> Result<String, JsValue> {
    crate::theory::request::answer(request).map_err(JsValue::from)
}

/// The loss on a plane through packed runs.
#[cfg(feature = "theory")]
#[wasm_bindgen]
pub struct Plane(crate::theory::plane::Plane);

#[cfg(feature = "theory")]
#[wasm_bindgen]
impl Plane {
    /// `basis`: JSON of a `theory::plane::Basis`; `packed` and `configs`: of one run or two, the first of which is whose
    /// loss it is; `rows` and `file`: samples to evaluate on, and what they are taken from if they are real.
    pub async fn open(
        basis: String,
        packed: Vec<Uint8Array>,
        configs: Array,
        rows: u32,
        file: Option<Vec<u8>>,
    ) -> Result<Plane, JsValue> {
        let basis = serde_json::from_str(&basis).map_err(|e| e.to_string())?;
        let mut runs = vec![];
        for (packed, config) in packed.iter().zip(configs.iter()) {
            let config = read_config(config).map_err(|e| error(&e))?;
            runs.push(Engine::unpack(&packed.to_vec(), config, file.as_deref())?);
        }
        let (first, rest) = runs.split_first_mut().ok_or("a plane of no run: one run, or two")?;
        Ok(Plane(crate::theory::plane::Plane::new(first, rest.first_mut(), basis, rows as usize).await?))
    }

    /// JSON of a `theory::plane::Report`.
    pub fn report(&self) -> Result<String, JsValue> {
        serde_json::to_string(&self.0.report()).map_err(|e| e.to_string().into())
    }

    /// `points`: x and y of each; answers three numbers of each: error, penalties, L̃ (NaN where there is none).
    pub async fn losses(&mut self, points: Vec<f64>) -> Result<Float64Array, JsValue> {
        let losses = self.0.losses(points.as_chunks().0).await.map_err(lost)?;
        let flat: Vec<f64> = losses.iter().flat_map(|l| [l.sse, l.penalty, l.approx.unwrap_or(f64::NAN)]).collect();
        Ok(Float64Array::from(&flat[..]))
    }

    /// Where weights of a run lie, in its own order of latents: x, y and the distance from the plane.
    pub fn place(
        &self,
        second: bool,
        encoder: Vec<f32>,
        decoder: Vec<f32>,
        b_enc: Vec<f32>,
        b_dec: Vec<f32>,
    ) -> Vec<f64> {
        let weights = Weights { encoder, decoder, b_enc, b_dec, ..Weights::default() };
        let place = self.0.place(second, &weights);
        vec![place.x, place.y, place.off]
    }
}

#[wasm_bindgen]
impl Run {
    /// `rows`: the bytes of a safetensors file where the config's source is `activations`.
    #[wasm_bindgen(constructor)]
    pub fn new(config: JsValue, rows: Option<Vec<u8>>) -> Result<Run, JsValue> {
        let config = read_config(config).map_err(|e| error(&e))?;
        Engine::new(config, rows.as_deref()).map(Run).map_err(|e| error(&e))
    }

    pub fn world(&self) -> JsValue {
        world(self.0.world(), self.0.config())
    }

    pub fn backend(&self) -> JsValue {
        backend_info(self.0.info())
    }

    pub async fn advance(&mut self, steps: u32) -> JsValue {
        let stopped = match self.0.advance(u64::from(steps)).await {
            Stopped::No => "no",
            Stopped::Finished => "finished",
            Stopped::Diverged => "diverged",
            Stopped::DeviceLost => "device_lost",
        };
        object(&[("step", self.0.step().as_f64()), ("samples", self.0.samples().as_f64()), ("stopped", stopped.into())])
    }

    pub async fn frame(&mut self) -> Result<JsValue, JsValue> {
        self.0.frame().await.map(|f| frame(&f)).map_err(lost)
    }

    pub fn configure(&mut self, config: JsValue) -> Result<(), JsValue> {
        let config = read_config(config).map_err(|e| error(&e))?;
        self.0.configure(config).map_err(|e| error(&e))
    }

    pub async fn resample(&mut self) -> Result<Uint32Array, JsValue> {
        Ok(Uint32Array::from(&self.0.resample().await.map_err(lost)?[..]))
    }

    pub async fn set_latent(&mut self, latent: u32, encoder: Vec<f32>, decoder: Vec<f32>) -> Result<(), JsValue> {
        self.0.set_latent(latent as usize, &encoder, &decoder).await.map_err(|e| error(&e))
    }

    pub async fn checkpoint(&mut self) -> Result<Uint8Array, JsValue> {
        Ok(Uint8Array::from(&self.0.checkpoint().await.map_err(lost)?.to_bytes()[..]))
    }

    pub async fn restore(&mut self, checkpoint: Vec<u8>) -> Result<(), JsValue> {
        let state = State::from_bytes(&checkpoint, self.0.shape())?;
        self.0.restore(state).map_err(lost)
    }

    pub async fn top_rows(&mut self, latent: u32, count: u32) -> Result<Array, JsValue> {
        let rows = self.0.top_rows(latent as usize, count as usize).await.map_err(lost)?;
        Ok(rows.iter().map(|(row, f)| object(&[("row", (*row).into()), ("activation", (*f).into())])).collect())
    }

    pub async fn pack(&mut self) -> Result<Uint8Array, JsValue> {
        Ok(Uint8Array::from(&self.0.pack().await.map_err(lost)?[..]))
    }
}

/// What is looked into only when it is asked for.
#[cfg(feature = "theory")]
#[wasm_bindgen]
impl Run {
    /// Of real data: absorption of its labels, by class-mean probes; JSON, a list of `metrics::LabelAbsorption`.
    pub async fn label_absorption(&mut self) -> Result<String, JsValue> {
        let labels = self.0.label_absorption().await.map_err(lost)?;
        serde_json::to_string(&labels).map_err(|e| e.to_string().into())
    }
}

/// What only the engine that knows WebGPU has: there a run is moved to, and there it may change its backend.
#[cfg(feature = "gpu")]
#[wasm_bindgen]
impl Run {
    /// `config`: what the packed run had last; `rows`: as in the constructor.
    pub fn unpack(packed: Vec<u8>, config: JsValue, rows: Option<Vec<u8>>) -> Result<Run, JsValue> {
        let config = read_config(config).map_err(|e| error(&e))?;
        Ok(Run(Engine::unpack(&packed, config, rows.as_deref())?))
    }

    pub async fn use_backend(&mut self, kind: String, reason: String) -> Result<JsValue, JsValue> {
        let kind = match kind.as_str() {
            "cpu" => BackendKind::Cpu,
            "webgpu" => BackendKind::WebGpu,
            other => return Err(format!("backend is {other:?}: it must be cpu or webgpu").into()),
        };
        self.0.use_backend(kind, &reason).await.map_err(JsValue::from)?;
        Ok(self.backend())
    }

    pub async fn use_faster_backend(&mut self) -> JsValue {
        self.0.use_faster_backend(milliseconds).await;
        self.backend()
    }

    /// Test aid: the device goes as if the driver had taken it.
    pub fn lose_device(&mut self) {
        self.0.lose_device();
    }
}

/// The clock of the window or worker.
#[cfg(feature = "gpu")]
fn milliseconds() -> f64 {
    let performance =
        Reflect::get(&js_sys::global(), &"performance".into()).map(JsCast::unchecked_into::<web_sys::Performance>);
    performance.map_or(0.0, |p| p.now())
}

/// Plain data cross as JSON, which both sides speak already.
fn read_config(config: JsValue) -> Result<Config, ConfigError> {
    let json = js_sys::JSON::stringify(&config).ok().and_then(|text| text.as_string());
    Config::from_json(&json.ok_or_else(|| ConfigError::new("config", "not plain data", "an object"))?)
}

fn world(w: &World, config: &Config) -> JsValue {
    let (n_rows, labels) = match &w.samples {
        Samples::Bench(_) => (0, JsValue::NULL),
        Samples::Rows(rows) => (rows.n_rows, Uint32Array::from(&rows.labels[..]).into()),
    };
    let names = w
        .names()
        .map_or(JsValue::NULL, |names| names.iter().map(|n| JsValue::from(n.as_str())).collect::<Array>().into());
    object(&[
        ("n_features", w.n_features.as_f64()),
        ("n_input", w.n_input.as_f64()),
        ("n_target", w.n_target.as_f64()),
        ("n_sources", w.n_sources.as_f64()),
        ("directions_in", floats(&w.directions_in)),
        ("directions_out", floats(&w.directions_out)),
        ("names", names),
        ("interference", w.report.interference.into()),
        ("interference_target", w.report.target.map_or(JsValue::NULL, JsValue::from)),
        ("iterations", w.report.iterations.into()),
        ("statement", w.report.statement.as_str().into()),
        ("true_l0", optional(w.true_l0())),
        ("anchor_order", Uint32Array::from(&w.anchor_order(config.world_seed())[..]).into()),
        ("n_rows", n_rows.as_f64()),
        ("labels", labels),
    ])
}

fn frame(f: &Frame) -> JsValue {
    let steps: Vec<u32> = f.losses.iter().map(|l| l.0 as u32).collect();
    let values: Vec<f32> = f.losses.iter().map(|l| l.1).collect();
    object(&[
        ("step", f.step.as_f64()),
        ("samples", f.samples.as_f64()),
        ("loss_steps", Uint32Array::from(&steps[..]).into()),
        ("loss_values", floats(&values)),
        ("encoder", floats(&f.weights.encoder)),
        ("decoder", floats(&f.weights.decoder)),
        ("b_enc", floats(&f.weights.b_enc)),
        ("b_dec", floats(&f.weights.b_dec)),
        ("theta", floats(&f.weights.theta)),
        ("metrics", metrics(&f.metrics)),
        ("events", f.events.iter().map(event).collect::<Array>().into()),
    ])
}

fn metrics(m: &Metrics) -> JsValue {
    let since: Vec<f32> = m.since_fired.iter().map(|s| *s as f32).collect();
    let flags = |v: &[bool]| Uint8Array::from(&v.iter().map(|b| u8::from(*b)).collect::<Vec<_>>()[..]).into();
    let probe = |of: fn(&Probes) -> Option<f64>| optional(m.probes.as_ref().and_then(of));
    let recoveries = object(&[
        ("encoder_raw", recovery(&m.encoder_raw)),
        ("encoder_cosine", recovery(&m.encoder_cosine)),
        ("decoder_raw", recovery(&m.decoder_raw)),
        ("decoder_cosine", recovery(&m.decoder_cosine)),
    ]);
    let similarity = object(&[
        ("latents", Uint32Array::from(&m.similarity.latents[..]).into()),
        ("decoder", floats(&m.similarity.decoder)),
        ("encoder", floats(&m.similarity.encoder)),
        ("pattern", Uint8Array::from(&m.similarity.pattern[..]).into()),
    ]);
    let shares = |s: &Sources| object(&[("share", floats(&s.share)), ("cosine", floats(&s.cosine))]);
    let sources = m.sources.as_ref().map_or(JsValue::NULL, shares);
    object(&[
        ("step", m.step.as_f64()),
        ("sse", m.sse.into()),
        ("penalty", m.penalty.into()),
        ("loss", m.loss.into()),
        ("approx_loss", optional(m.approx_loss)),
        ("explained_variance", m.explained_variance.into()),
        ("l0", m.l0.into()),
        ("true_l0", optional(m.true_l0)),
        ("recovery", recoveries),
        ("mcc", optional(m.alignment.as_ref().and_then(|a| a.matching.as_ref()).map(|m| m.mcc))),
        ("uniqueness", optional(m.alignment.as_ref().map(|a| a.uniqueness))),
        ("f1", probe(|p| Some(p.f1))),
        ("f1_alive", probe(|p| Some(p.f1_alive))),
        ("f1_features", probe(|p| p.f1_features)),
        ("precision", probe(|p| Some(p.precision))),
        ("recall", probe(|p| Some(p.recall))),
        ("shrinkage", m.scale.shrinkage.into()),
        ("bias", m.scale.bias.into()),
        ("scored", flags(&m.scored)),
        ("density", floats(&m.density)),
        ("since_fired", floats(&since)),
        ("dead", flags(&m.dead)),
        ("n_dead", m.n_dead().as_f64()),
        ("features_per_latent", Uint32Array::from(&m.features_per_latent[..]).into()),
        ("latents_per_feature", Uint32Array::from(&m.latents_per_feature[..]).into()),
        ("n_polysemantic", m.n_polysemantic().as_f64()),
        ("loss_per_feature", floats(&m.loss_per_feature)),
        ("similarity", similarity),
        ("sources", sources),
        ("absorption", absorption(m)),
    ])
}

/// Numbers in a row: rows of `www/engine.ts`, which names them.
fn absorption(m: &Metrics) -> JsValue {
    let Some(a) = m.absorption.as_ref().filter(|_| cfg!(feature = "theory")) else { return JsValue::NULL };
    let mut edges = vec![];
    for e in &a.edges {
        let (latent, share) = e.speaker.map_or((-1.0, 0.0), |s| (f64::from(s.latent), s.share));
        let [parent, child, rows] = [e.parent, e.child, e.rows].map(f64::from);
        let row = [parent, child, rows, e.full, e.fractional, e.recall_gap, e.leakage, latent, share];
        edges.extend(row.map(|x| x as f32));
    }
    let mut answers = vec![];
    for (feature, (matched, others)) in a.answers.iter().enumerate() {
        answers.extend([feature as u32, matched.unwrap_or(u32::MAX)]);
        others.iter().for_each(|i| answers.extend([feature as u32, *i]));
    }
    let means = [a.means, a.weighted].map(|m| [m.full, m.fractional, m.recall_gap, m.leakage].map(|x| x as f32));
    object(&[
        ("edges", floats(&edges)),
        ("answers", Uint32Array::from(&answers[..]).into()),
        ("means", floats(means.as_flattened())),
    ])
}

fn recovery(r: &Recovery) -> JsValue {
    object(&[
        ("mip", r.mip.into()),
        ("mgt", r.mgt.into()),
        ("curve", floats(&r.curve)),
        ("score", floats(&r.score)),
        ("latent", Uint32Array::from(&r.latent[..]).into()),
    ])
}

fn event(e: &Event) -> JsValue {
    match e {
        Event::Resampled { step, latents, on_demand } => object(&[
            ("kind", "resampled".into()),
            ("step", step.as_f64()),
            ("latents", Uint32Array::from(&latents[..]).into()),
            ("on_demand", (*on_demand).into()),
        ]),
        Event::Changed { step, field, value } => object(&[
            ("kind", "changed".into()),
            ("step", step.as_f64()),
            ("field", field.as_str().into()),
            ("value", value.as_str().into()),
        ]),
        Event::Diverged { step, loss, cause, remedy } => {
            let remedy = object(&[
                ("text", remedy.text.as_str().into()),
                ("field", remedy.field.as_str().into()),
                ("value", remedy.value.into()),
            ]);
            object(&[
                ("kind", "diverged".into()),
                ("step", step.as_f64()),
                ("loss", (*loss).into()),
                ("cause", cause.as_str().into()),
                ("remedy", remedy),
            ])
        }
        Event::FellBack { step, reason } => {
            object(&[("kind", "fell_back".into()), ("step", step.as_f64()), ("reason", reason.as_str().into())])
        }
        Event::Finished { step } => object(&[("kind", "finished".into()), ("step", step.as_f64())]),
    }
}

fn backend_info(info: &BackendInfo) -> JsValue {
    let kind = match info.kind {
        BackendKind::Cpu => "cpu",
        BackendKind::WebGpu => "webgpu",
    };
    object(&[("kind", kind.into()), ("adapter", info.adapter.as_str().into()), ("reason", info.reason.as_str().into())])
}

fn error(e: &ConfigError) -> JsValue {
    object(&[
        ("field", e.field.as_str().into()),
        ("value", e.value.as_str().into()),
        ("expected", e.expected.as_str().into()),
        ("message", e.to_string().into()),
    ])
}

fn lost(e: DeviceLost) -> JsValue {
    e.to_string().into()
}

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let out = Object::new();
    for (name, value) in fields {
        // Setting a property of a plain new object cannot fail.
        let _ = Reflect::set(&out, &JsValue::from_str(name), value);
    }
    out.into()
}

fn floats(values: &[f32]) -> JsValue {
    Float32Array::from(values).into()
}

fn optional(value: Option<f64>) -> JsValue {
    value.map_or(JsValue::NULL, JsValue::from)
}

/// Counts cross the boundary as JavaScript numbers, exact up to 2⁵³.
trait AsF64 {
    fn as_f64(&self) -> JsValue;
}

impl AsF64 for u64 {
    fn as_f64(&self) -> JsValue {
        JsValue::from(*self as f64)
    }
}

impl AsF64 for usize {
    fn as_f64(&self) -> JsValue {
        JsValue::from(*self as f64)
    }
}
