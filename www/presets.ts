/**
 * Methods by name: what a preset sets, and which one a run is in. The latter is read off the values each time, so
 * that it cannot be wrong.
 */
import { fitted } from './fitted';
import { KNOBS, type Knob, type KnobValue, knobAt } from './knobs';
import { configsOf, LABELS, type PageState, settingOf, withValue } from './state';
import { valueFrom } from './values';
import type { RunLabel } from './views/view';

/** An entry of src/config/presets.json, which the command line shares. */
export interface Preset {
  id: string;
  name: string;
  source: string;
  /** One sentence. */
  about: string;
  /** Dotted path → value as in a config. What it leaves out is at its default. */
  set: Record<string, KnobValue | readonly number[]>;
}

export interface Standing {
  preset: Preset;
  /** Knobs that matter to the run and are not as the preset has them. */
  changed: Knob[];
}

/** The task, sizes and pace: left as they are by a preset that says nothing of them. */
const LEFT = new Set([
  'model.task',
  'model.n_latent',
  'model.k',
  'training.learning_rate',
  'training.batch',
  'training.steps',
]);
/** A run that differs from a preset in one of these is no variant of it. */
const ESSENCE = ['model.task', 'model.activation', 'training.algorithm'];

/** The state with a preset's knobs set, for one run or for both; what the runs must share is set for both. */
export function withPreset(state: PageState, preset: Preset, presets: readonly Preset[], label?: RunLabel): PageState {
  let next = state;
  for (const [knob, value] of valuesOf(preset, presets)) {
    // What the runs share is changed for the sake of one of them only where it must be.
    if (label && !knob.perRun && !Object.hasOwn(preset.set, knob.path)) continue;
    next = withValue(next, knob.path, value, knob.perRun ? label : undefined);
  }
  return fitted(next);
}

/**
 * The preset whose variant the run is, with the fewest knobs changed; null if it is none's. Those of the run's own task
 * come first: a crosscoder with ReLU is nearer to the published crosscoder than to an autoencoder, however it is set.
 */
export function standing(state: PageState, presets: readonly Preset[], label: RunLabel): Standing | null {
  const config = configsOf(state)[label];
  let best: (Standing & { rank: number }) | null = null;
  for (const preset of presets) {
    const values = valuesOf(preset, presets);
    const changed = [...values]
      .filter(([knob, value]) => (knob.applies?.(config) ?? true) && settingOf(state, knob.path, label) !== value)
      .map(([knob]) => knob);
    if (changed.some(({ path }) => ESSENCE.includes(path))) continue;
    const ofTask = (preset.set['model.task'] ?? 'autoencoder') === config.model.task;
    const rank = changed.length + (ofTask ? 0 : KNOBS.length);
    if (!best || rank < best.rank) best = { preset, changed, rank };
  }
  return best && { preset: best.preset, changed: best.changed };
}

/** Both runs as A is, in everything that presets set. */
export function withOneMethod(state: PageState, presets: readonly Preset[]): PageState {
  let next = state;
  for (const path of pathsOf(presets)) next = withValue(next, path, settingOf(state, path, LABELS[0]));
  return fitted(next);
}

/** Whether A and B are in different methods, or in different variants of one. */
export function methodsDiffer(state: PageState, presets: readonly Preset[]): boolean {
  const [a, b] = LABELS.map((label) => configsOf(state)[label]);
  return [...pathsOf(presets)].some((path) => {
    const applies = knobAt(path)?.applies;
    const matters = !applies || applies(a) || applies(b);
    return matters && settingOf(state, path, 'A') !== settingOf(state, path, 'B');
  });
}

/** What a preset makes of each knob that any preset sets; those it leaves alone are absent. In the table's order. */
function valuesOf(preset: Preset, presets: readonly Preset[]): Map<Knob, KnobValue> {
  const paths = pathsOf(presets);
  const values = new Map<Knob, KnobValue>();
  for (const knob of KNOBS) {
    if (Object.hasOwn(preset.set, knob.path)) values.set(knob, valueFrom(knob, preset.set[knob.path]));
    else if (paths.has(knob.path) && !LEFT.has(knob.path)) values.set(knob, knob.initial);
  }
  return values;
}

const pathsOf = (presets: readonly Preset[]) => new Set(presets.flatMap(({ set }) => Object.keys(set)));
