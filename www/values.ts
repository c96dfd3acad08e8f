/** Between the flat knob values that the page keeps and the nested Config that the engine takes. */
import type { Config } from './engine';
import { KNOBS, type Knob, type KnobValue, knobAt, numbersOf } from './knobs';

/** A value for every knob of the table. */
export type Values = Record<string, KnobValue>;

export function defaultValues(): Values {
  return Object.fromEntries(KNOBS.map((knob) => [knob.path, knob.initial]));
}

export function configFrom(values: Values, holdOut: number): Config {
  const config: Record<string, unknown> = {
    version: 1,
    activations: { tensors: [] },
    scoring: { hold_out: holdOut },
  };
  for (const [path, value] of Object.entries(values)) {
    const leaf = knobAt(path)?.kind === 'list' ? numbersOf(String(value)) : value;
    const [group, field] = path.split('.');
    if (field === undefined) config[group] = leaf;
    else config[group] = { ...(config[group] as object | undefined), [field]: leaf };
  }
  return config as unknown as Config;
}

/** A config's leaf as the knob has it; what is no list where one should be stays as it is, to be refused. */
export function valueFrom(knob: Knob, leaf: unknown): KnobValue {
  return (knob.kind === 'list' && Array.isArray(leaf) ? leaf.join(',') : leaf) as KnobValue;
}

/** The leaf at a dotted path; undefined where there is none. */
export function leafOf(config: unknown, path: string): unknown {
  let at = config;
  for (const part of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}

/** Dotted paths of all leaves, in order; a list is one. */
export function leaves(config: unknown, prefix = ''): string[] {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return [prefix];
  return Object.entries(config).flatMap(([key, value]) => leaves(value, prefix ? `${prefix}.${key}` : key));
}
