/**
 * What every view is: a constructor that fills an element it is given, and `update(data)`.
 *
 * A view knows no worker, no trainer and no other view. It draws what it is handed, reports what the visitor
 * points at through `Handlers`, and is told by `update` what is pointed at (also when another view said so).
 */
import type { Config, Frame, RunEvent, World } from '../engine';

export type RunLabel = 'A' | 'B';

/** What the visitor points at. A feature is shared by both runs; a latent belongs to one. */
export type Selection = { kind: 'feature'; feature: number } | { kind: 'latent'; run: RunLabel; latent: number } | null;

export interface Handlers {
  hover(selection: Selection): void;
  select(selection: Selection): void;
}

/** What has been recorded of a run since its start (thinned when long; `step` ascending). */
export interface History {
  loss: { step: number[]; value: number[] };
  /** One entry a frame. */
  metrics: {
    step: number[];
    sse: number[];
    explained_variance: number[];
    approx_loss: (number | null)[];
    l0: number[];
    n_dead: number[];
    n_polysemantic: number[];
    /** Of the basis shown (see ViewData.basis). */
    mip: number[];
    mgt: number[];
  };
  events: RunEvent[];
}

/** One run as views see it; null frames do not reach them. */
export interface RunData {
  label: RunLabel;
  /** A few words: "plain", "8 anchors". */
  title: string;
  config: Config;
  world: World;
  frame: Frame;
  history: History;
}

/** Which reading of the weights the recovery scores and the heat map use. */
export type Basis = 'decoder_cosine' | 'encoder_cosine' | 'decoder_raw' | 'encoder_raw';

/** For a figure of one run. */
export interface RunViewData {
  run: RunData;
  basis: Basis;
  hover: Selection;
  selected: Selection;
}

/** For a figure that compares. */
export interface CompareViewData {
  runs: RunData[];
  basis: Basis;
  hover: Selection;
  selected: Selection;
}

export interface View<D> {
  update(data: D): void;
  /** Removes listeners and observers. */
  destroy(): void;
}
