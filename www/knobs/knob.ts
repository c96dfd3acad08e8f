/** What a row of the table of controls is. */
import type { Config } from '../engine-config';

/** `seed`, `bench.n_features`, `model.k` …: every leaf of Config. */
export type ConfigPath = {
  [G in keyof Config & string]: Config[G] extends object ? `${G}.${keyof Config[G] & string}` : G;
}[keyof Config & string];

/** What no visitor sets: the format, the tensors (found by the task), and what `state.ts` derives from both runs. */
export const NOT_KNOBS = ['version', 'activations.tensors', 'scoring.hold_out'] as const satisfies ConfigPath[];

export type KnobPath = Exclude<ConfigPath, (typeof NOT_KNOBS)[number]>;

/** A list is kept as text, "4,16,64". */
export type KnobValue = number | string | boolean;

export const GROUPS = ['World', 'Model', 'Loss', 'Training', 'Anchors', 'Dead neurons', 'Scoring'] as const;
export type Group = (typeof GROUPS)[number];

/** Gradient descent, of which penalties, schedules and treatments are parts. */
export const descends = ({ training }: Config): boolean => training.algorithm === 'adam';
/** Atoms and codes, no encoder of their own: what the classical algorithms but alternating search learn. */
export const keepsDictionary = ({ training }: Config): boolean =>
  training.algorithm !== 'adam' && training.algorithm !== 'alternating';

interface Common {
  path: KnobPath;
  /** Short name in the URL (src/config/keys.json). */
  key: string;
  name: string;
  /** Theory notation; `_` starts a subscript. */
  symbol?: string;
  unit?: string;
  group: Group;
  /** live: takes effect while the run goes on. restart: a new run from step 0. */
  effect: 'live' | 'restart';
  /** May A and B differ in it? What makes up world and batches may not. */
  perRun?: true;
  /** Shown only where it matters; absent: always. */
  applies?: (config: Config) => boolean;
}

export interface NumberKnob extends Common {
  kind: 'number';
  initial: number;
  min: number;
  max: number;
  integer?: true;
  step?: number;
  /** Slider beside the number; log: even spacing in the exponent, from `min` (or, where 0 is off, from `log`). */
  slider?: true;
  log?: number;
}

export interface Choice {
  value: string;
  label: string;
  /** Offered only where it can be had. */
  applies?: (config: Config) => boolean;
}

export interface ChoiceKnob extends Common {
  kind: 'choice';
  initial: string;
  choices: readonly Choice[];
}

export interface SwitchKnob extends Common {
  kind: 'switch';
  initial: boolean;
}

/** Numbers apart by commas, as text; empty: none. */
export interface ListKnob extends Common {
  kind: 'list';
  initial: '';
  min: number;
  max: number;
  /** Most numbers in it. */
  most: number;
  /** Whole numbers, each above the last. */
  rising?: true;
  example: string;
}

export type Knob = NumberKnob | ChoiceKnob | SwitchKnob | ListKnob;
