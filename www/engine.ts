/**
 * The words the page and the engine share: configuration, world, frame, metrics.
 *
 * The engine (Rust, `src/wasm.rs`) produces exactly these shapes; views and controls read them and know
 * nothing of wasm or workers. Matrices are row-major; a latent's or feature's vector is one contiguous row.
 * Field names are those of the Rust `Config` and of the theory's notation (see `src/lib.rs`).
 */

import type { Config } from './engine-config';

export type { Config };

/** What the engine answers to a bad config. `field` is a dotted path such as `model.k`. */
export interface ConfigError {
  field: string;
  value: string;
  expected: string;
  message: string;
}

// ── What a run shows ─────────────────────────────────────────────────────────────────────────────────────────

export interface World {
  n_features: number;
  n_input: number;
  n_target: number;
  /** Parts of equal width that input and target are made of: a crosscoder's sources, else 1. */
  n_sources: number;
  /** [n_features, n_input], unit rows: ground-truth feature directions (bench) or class means (labelled data). */
  directions_in: Float32Array;
  /** [n_features, n_target], unit rows. */
  directions_out: Float32Array;
  /** Names of the features (labelled data) or null (bench: features are numbered). */
  names: string[] | null;
  /** max over i≠j of ⟨w_i, w_j⟩ reached; what was asked for (null: as low as possible); steps the search took. */
  interference: number;
  interference_target: number | null;
  iterations: number;
  /** One plain sentence: what was reached, and if the target is out of reach for (n, n_p), that it is and why. */
  statement: string;
  /** n(1−S); null for real data. */
  true_l0: number | null;
  /** Features in the order anchors take them: the first `anchors.count` are anchored. */
  anchor_order: Uint32Array;
  /** Real data: number of rows; 0 for the bench. */
  n_rows: number;
  /** Real data: label of every row; null for the bench. */
  labels: Uint32Array | null;
}

/** How well the features are recovered, by one reading of the weights. */
export interface Recovery {
  /** M_IP: mean of `score` over the scored features. */
  mip: number;
  /** M_GT(τ): share of scored features with score > τ. */
  mgt: number;
  /** [101] M_GT at τ = 0.00, 0.01 … 1.00. */
  curve: Float32Array;
  /** [n_features] s_d = max_i |⟨w^i, w^d⟩| (raw) or its cosine. */
  score: Float32Array;
  /** [n_features] the latent that reaches it. */
  latent: Uint32Array;
}

export interface Metrics {
  step: number;
  /** On the fixed evaluation batch: mean squared error summed over dimensions, penalties, their sum. */
  sse: number;
  penalty: number;
  loss: number;
  /** L̃ of Theorem 3.1; null for real data. */
  approx_loss: number | null;
  explained_variance: number;
  l0: number;
  true_l0: number | null;
  recovery: {
    encoder_raw: Recovery;
    encoder_cosine: Recovery;
    decoder_raw: Recovery;
    decoder_cosine: Recovery;
  };
  /**
   * From here to `bias`: all latents, dead ones too, and all features, anchored ones too. Null where it would hold up
   * a live frame (large models). MCC: mean |cos(w_D^i, w_r^d)| over the best one-to-one pairs of latents and features.
   */
  mcc: number | null;
  /** Distinct best features (by |cos(w_D^i, w_r^d)|) of the latents, divided by the latents. */
  uniqueness: number | null;
  /**
   * On the evaluation batch, firing taken as the prediction that the latent's best feature is there: F1, mean over all
   * latents (0 for those that never fire), over those that fire (NaN: none does), and the best of any latent for each
   * feature, mean over the features that occur.
   */
  f1: number | null;
  f1_alive: number | null;
  f1_features: number | null;
  /** Means over all latents, as in `f1`. */
  precision: number | null;
  recall: number | null;
  /** Mean ‖x̂‖/‖x_r‖ on the evaluation batch, and E‖x̂‖² / E⟨x_r, x̂⟩ (below 1: shrunk; NaN: nothing to compare). */
  shrinkage: number;
  bias: number;
  /** [n_features] 1 where the feature counts for recovery (it is anchored in neither run). */
  scored: Uint8Array;
  /** [n_latent] share of recent training samples on which the latent fired. */
  density: Float32Array;
  /** [n_latent] training samples since it last fired. */
  since_fired: Float32Array;
  /** [n_latent] 1 where dead (see Config.dead.window). */
  dead: Uint8Array;
  n_dead: number;
  /** [n_latent] |F_i|: features that fire latent i when alone. */
  features_per_latent: Uint32Array;
  /** [n_features] K_d: latents that feature d fires when alone. */
  latents_per_feature: Uint32Array;
  /** Latents with |F_i| ≥ 2. */
  n_polysemantic: number;
  /** [n_features] ‖w_r^d − W_D σ(W_E w_p^d)‖² */
  loss_per_feature: Float32Array;
  similarity: Similarity;
  /** Crosscoders only. */
  sources: Sources | null;
  /** Worlds with families only; null where it would hold up a live frame. */
  absorption: Absorption | null;
}

/** Parents hidden by their children, on the evaluation batch (`src/metrics/absorption.rs` defines the measures). */
export interface Absorption {
  /**
   * Nine numbers an edge: parent, child, rows in which both fire, full absorption, absorption fraction, recall gap,
   * leakage, the latent that speaks for the parent while its own is silent (−1: none), the share of those rows in
   * which it fires. NaN: undefined.
   */
  edges: Float32Array;
  /** Pairs (feature, latent that answers to it); a feature's first is the one matched to it, or 2³² − 1 for none. */
  answers: Uint32Array;
  /** Full, fraction, recall gap, leakage: means over edges, then the same by rows. */
  means: Float32Array;
}

/** Cosines of latents with features for the heat map, for the latents in `latents` (all, or the best if there are many). */
export interface Similarity {
  latents: Uint32Array;
  /** [latents.length, n_features] cos(w_D^i, w_r^d), signed. */
  decoder: Float32Array;
  /** [latents.length, n_features] cos(w_E^i, w_p^d), signed. */
  encoder: Float32Array;
  /** [latents.length, n_features] 1 where feature d alone fires latent i: the activation pattern F_i. */
  pattern: Uint8Array;
}

/** What each latent of a crosscoder writes to the sources. */
export interface Sources {
  /** [n_latent, n_sources] ‖w_D^{i,s}‖ / Σ_s ‖w_D^{i,s}‖. */
  share: Float32Array;
  /** [n_latent] cosine of the parts of two sources, averaged over all pairs. */
  cosine: Float32Array;
}

/** Absorption of one label of real data, by the probe of its class mean (`src/metrics/label_absorption.rs`). */
export interface LabelAbsorption {
  label: number;
  /** F1 of the probe at its best threshold, and the label's rows above it. */
  probe_f1: number;
  rows: number;
  /** The latents that tell the label, and F1 of any of them firing. */
  mains: number[];
  mains_f1: number;
  /** Shares of those rows: mains silent and another latent carries the probe's direction; and how much of it. */
  full: number;
  fractional: number;
  /** Latents that carry it there, most rows first; rows of the data set, strongest first. */
  absorbers: { latent: number; rows: number; examples: number[] }[];
}

export type RunEvent =
  | { kind: 'resampled'; step: number; latents: Uint32Array; on_demand: boolean }
  | { kind: 'changed'; step: number; field: string; value: string }
  | { kind: 'diverged'; step: number; loss: number; cause: string; remedy: Remedy }
  | { kind: 'fell_back'; step: number; reason: string }
  | { kind: 'finished'; step: number };

/** The way back from a divergence: set these fields and restore the last checkpoint (or restart). */
export interface Remedy {
  /** One sentence for the button's explanation. */
  text: string;
  /** Dotted field and its new value. */
  field: string;
  value: number;
}

export interface Frame {
  step: number;
  samples: number;
  /** The batch losses since the previous frame, thinned if there are many. */
  loss_steps: Uint32Array;
  loss_values: Float32Array;
  /** [n_latent, n_input]; rows w_E^i. Empty when the model is too large to send every frame. */
  encoder: Float32Array;
  /** [n_latent, n_target]; rows are the decoder's columns w_D^i. */
  decoder: Float32Array;
  b_enc: Float32Array;
  b_dec: Float32Array;
  /** [n_latent] θ of JumpReLU; else empty. */
  theta: Float32Array;
  metrics: Metrics;
  /** Events since the previous frame. */
  events: RunEvent[];
}

export type BackendKind = 'cpu' | 'webgpu';

/** Which backend runs, on what, and why (a sentence for the visitor). */
export interface BackendInfo {
  kind: BackendKind;
  adapter: string;
  reason: string;
}

// ── The wasm classes (wasm-bindgen output in www/pkg/); of the page only www/worker.ts uses them ─────────────

export interface Advance {
  step: number;
  samples: number;
  /** Why it stopped early, if it did. */
  stopped: 'no' | 'diverged' | 'finished' | 'device_lost';
}

export interface TopRow {
  row: number;
  activation: number;
}

/** A run in the engine that every page starts with, which has no backend but the CPU. Calls are queued by the worker: one at a time. */
export interface WasmRun {
  world(): World;
  backend(): BackendInfo;
  advance(steps: number): Promise<Advance>;
  frame(): Promise<Frame>;
  /** Live changes (those fields whose effect in the controls' table is 'live'). Throws ConfigError; 'restart' fields are refused. */
  configure(config: Config): void;
  /** Re-aims dead latents now; answers which. */
  resample(): Promise<Uint32Array>;
  /** Sets one latent's two directions (each may be omitted by passing an empty array) and clears its Adam state. */
  set_latent(latent: number, encoder: Float32Array, decoder: Float32Array): Promise<void>;
  /** Weights, moments and counters in one buffer; `restore` takes it back, bit for bit, in either engine. */
  checkpoint(): Promise<Uint8Array>;
  restore(checkpoint: Uint8Array): Promise<void>;
  /** Rows of the data set that fire a latent most (real data; empty for the bench). */
  top_rows(latent: number, count: number): Promise<TopRow[]>;
  /** All of the run but its config and its file, for `unpack`. */
  pack(): Promise<Uint8Array>;
  free(): void;
}

/** A run in the engine that also knows WebGPU. */
export interface GpuRun extends WasmRun {
  /** Moves the run, weights and all, to the other backend. Rejects with a plain-language string if it cannot. */
  use_backend(kind: BackendKind, reason: string): Promise<BackendInfo>;
  /** Times both backends briefly from the present state, without training, and keeps the faster. Never rejects. */
  use_faster_backend(): Promise<BackendInfo>;
  /** Real data: JSON, a list of `LabelAbsorption`. */
  label_absorption(): Promise<string>;
  /** Test aid: makes the GPU device be lost as if the driver had taken it. */
  lose_device(): void;
}

export interface WasmModule {
  /** new Run(config, rows): `rows` is the bytes of a safetensors file for source 'activations', else undefined. Throws ConfigError. */
  Run: new (
    config: Config,
    rows: Uint8Array | undefined,
  ) => WasmRun;
  default_config(): Config;
  /** Null if good. Never throws. */
  validate(config: unknown): ConfigError | null;
}

export interface GpuModule extends WasmModule {
  Run: {
    new (config: Config, rows: Uint8Array | undefined): GpuRun;
    /** The run that `pack` was called on, in either engine, on the CPU; `config`: what it had then. Throws a string. */
    unpack(packed: Uint8Array, config: Config, rows: Uint8Array | undefined): GpuRun;
  };
  Plane: {
    /**
     * The loss on a plane through one packed run, or two, of which the first says whose loss it is. `basis`: JSON, 'truth',
     * 'start' or {around: number}; `rows`: samples to evaluate on. Throws a string.
     */
    open(
      basis: string,
      packed: Uint8Array[],
      configs: Config[],
      rows: number,
      file: Uint8Array | undefined,
    ): Promise<WasmPlane>;
  };
  /** JSON in, JSON out: `src/theory/request.rs`. Throws a string. */
  theory(request: string): string;
}

/** A plane through weights (`src/theory/plane.rs`). */
export interface WasmPlane {
  /** JSON of a `PlaneReport`. */
  report(): string;
  /** `points`: x and y of each; answers error, penalties and L̃ of each (NaN: there is none). */
  losses(points: Float64Array): Promise<Float64Array>;
  /** x, y and the distance from the plane of a run's weights. */
  place(
    second: boolean,
    encoder: Float32Array,
    decoder: Float32Array,
    bEnc: Float32Array,
    bDec: Float32Array,
  ): Float64Array;
  free(): void;
}

export interface PlaneMark {
  of: 'first' | 'second' | 'truth' | 'first_start' | 'second_start';
  x: number;
  y: number;
  /** Distance from the plane. */
  off: number;
}

export interface PlaneReport {
  marks: PlaneMark[];
  /** When the first run was read. */
  step: number;
  /** Latents of the models on the plane: the smaller are widened. */
  n_latent: number;
  /** Samples of the evaluation batch. */
  n_rows: number;
  has_approx: boolean;
}
