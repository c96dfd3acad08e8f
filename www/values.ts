/** Between the flat knob values that the page keeps and the nested Config that the engine takes. */
import type { Config } from './engine';
import { type ConfigPath, KNOBS, type KnobValue } from './knobs';

/** A value for every knob of the table. */
export type Values = Record<string, KnobValue>;

/** What no visitor sets: the format, the only task so far, and what `state.ts` derives from both runs. */
export const NOT_KNOBS: readonly ConfigPath[] = ['version', 'model.task', 'scoring.hold_out'];

export function defaultValues(): Values {
  return Object.fromEntries(KNOBS.map((knob) => [knob.path, knob.initial]));
}

export function configFrom(values: Values, holdOut: number): Config {
  const config: Record<string, unknown> = {
    version: 1,
    model: { task: 'autoencoder' },
    scoring: { hold_out: holdOut },
  };
  for (const [path, value] of Object.entries(values)) {
    const [group, field] = path.split('.');
    if (field === undefined) config[group] = value;
    else config[group] = { ...(config[group] as object | undefined), [field]: value };
  }
  return config as unknown as Config;
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

/** Dotted paths of all leaves, in order. */
export function leaves(config: unknown, prefix = ''): string[] {
  if (typeof config !== 'object' || config === null) return [prefix];
  return Object.entries(config).flatMap(([key, value]) => leaves(value, prefix ? `${prefix}.${key}` : key));
}
