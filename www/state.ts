/**
 * What the page is set to: one shared value a knob, what A or B has instead, and how it is looked at.
 *
 * Plain data and pure functions; nothing here knows the engine, a worker or the document.
 */
import type { Config } from './engine';
import { expected, fits, KNOBS, type Knob, type KnobValue, knobAt, NOT_KNOBS } from './knobs';
import { SCENARIOS, type Scenario } from './scenarios';
import { configFrom, defaultValues, leafOf, leaves, type Values, valueFrom } from './values';
import type { Basis, RunLabel } from './views/view';

export const LABELS: readonly RunLabel[] = ['A', 'B'];
export const BASES: readonly Basis[] = ['decoder_cosine', 'encoder_cosine', 'decoder_raw', 'encoder_raw'];
export const BACKENDS = ['auto', 'cpu', 'webgpu'] as const;
export type BackendChoice = (typeof BACKENDS)[number];
export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
/** Steps per second; max: as many as keep the picture at about 30 frames a second. */
export const SPEEDS = ['1', '5', '20', '100', '1000', 'max'] as const;
export type Speed = (typeof SPEEDS)[number];

export interface PageState {
  scenario: string;
  shared: Values;
  /** What a run has instead of the shared value; only knobs marked `perRun`. */
  only: Record<RunLabel, Values>;
  basis: Basis;
  theme: Theme;
  backend: BackendChoice;
  speed: Speed;
}

export type Configs = Record<RunLabel, Config>;

export function defaultState(scenario: Scenario = SCENARIOS[0]): PageState {
  return {
    scenario: scenario.id,
    shared: { ...defaultValues(), ...(scenario.shared as Values) },
    only: { A: splitWith(scenario, 'A'), B: splitWith(scenario, 'B') },
    basis: 'decoder_cosine',
    theme: 'auto',
    backend: 'auto',
    speed: 'max',
  };
}

/** Both runs' configs. Features anchored in either are held out of the score of both. */
export function configsOf(state: PageState): Configs {
  const holdOut = Math.max(...LABELS.map((label) => anchored(state, label)));
  return {
    A: configFrom({ ...state.shared, ...state.only.A }, holdOut),
    B: configFrom({ ...state.shared, ...state.only.B }, holdOut),
  };
}

/** The engine's own default: every knob where the table starts it. */
export function defaultConfig(): Config {
  const values = defaultValues();
  return configFrom(values, values['anchors.count'] as number);
}

export function settingOf(state: PageState, path: string, label?: RunLabel): KnobValue {
  return (label && state.only[label][path]) ?? state.shared[path];
}

/** How many features this run anchors; none when the coefficient is 0. */
export function anchored(state: PageState, label: RunLabel): number {
  return settingOf(state, 'anchors.coefficient', label) === 0
    ? 0
    : (settingOf(state, 'anchors.count', label) as number);
}

export const isSplit = (state: PageState, path: string): boolean =>
  LABELS.some((label) => Object.hasOwn(state.only[label], path));

/** With a label: for that run only. Without: for both, joining them if they differed. */
export function withValue(state: PageState, path: string, value: KnobValue, label?: RunLabel): PageState {
  const knob = knobAt(path);
  if (!knob) throw new RangeError(`${path}: no such setting`);
  if (!fits(knob, value)) throw new RangeError(`${path} = ${String(value)}: expected ${expected(knob)}`);
  if (label) {
    if (!knob.perRun) throw new RangeError(`${path}: A and B share it; set it for both`);
    const split = isSplit(state, path) ? state : withSplit(state, path);
    return { ...split, only: { ...split.only, [label]: { ...split.only[label], [path]: value } } };
  }
  const joined = withoutSplit(state, path);
  return { ...joined, shared: { ...joined.shared, [path]: value } };
}

/** Gives A and B each a value of its own, equal to begin with. */
export function withSplit(state: PageState, path: string): PageState {
  const value = state.shared[path];
  return { ...state, only: { A: { [path]: value, ...state.only.A }, B: { [path]: value, ...state.only.B } } };
}

export function withoutSplit(state: PageState, path: string): PageState {
  const without = (values: Values) => Object.fromEntries(Object.entries(values).filter(([key]) => key !== path));
  return { ...state, only: { A: without(state.only.A), B: without(state.only.B) } };
}

/** The state in which the two runs have exactly these configs. Throws RangeError naming the field. */
export function withConfigs(state: PageState, configs: Configs): PageState {
  for (const label of LABELS) {
    for (const path of leaves(configs[label])) {
      const known = knobAt(path) !== undefined || NOT_KNOBS.includes(path as (typeof NOT_KNOBS)[number]);
      if (!known) throw new RangeError(`${label}.${path}: no such setting`);
    }
    const { tensors } = configs[label].activations;
    if (tensors.length > 0)
      throw new RangeError(`activations.tensors = ${tensors}: expected none (the task finds them)`);
  }
  let next = state;
  for (const knob of KNOBS) {
    const [a, b] = LABELS.map((label) => valueFrom(knob, leafOf(configs[label], knob.path)));
    next = withValue(next, knob.path, a);
    if (a !== b) next = withValue(next, knob.path, b, 'B');
  }
  return next;
}

/** Knobs in which the effective configs of two states differ, for either run. */
export function changed(before: PageState, after: PageState): Knob[] {
  return KNOBS.filter((knob) =>
    LABELS.some((label) => settingOf(before, knob.path, label) !== settingOf(after, knob.path, label)),
  );
}

function splitWith(scenario: Scenario, label: RunLabel): Values {
  const shared = { ...defaultValues(), ...(scenario.shared as Values) };
  const paths = [...Object.keys(scenario.A), ...Object.keys(scenario.B)];
  const base = Object.fromEntries(paths.map((path) => [path, shared[path]]));
  return { ...base, ...(scenario[label] as Values) };
}
