/** The engine and the page agree on what is default and on what can be set. No browser: the page's tables, the engine in Node. */
import { expect, test } from 'vitest';
import type { Config } from '../engine';
import { KNOBS, knobAt } from '../knobs';
import { SCENARIOS } from '../scenarios';
import { configsOf, defaultConfig, defaultState, withValue } from '../state';
import { leafOf, leaves, NOT_KNOBS } from '../values';
import { nodeEngine } from './node-engine';

const engine = await nodeEngine();

test("the engine's default config is the page's", () => {
  expect(defaultConfig()).toEqual(engine.default_config());
});

test('every setting of the engine is a knob of the page, and every knob is a setting', () => {
  const settings = leaves(engine.default_config()).filter((path) => !(NOT_KNOBS as readonly string[]).includes(path));
  expect(KNOBS.map((knob) => knob.path as string).toSorted()).toEqual(settings.toSorted());
});

test('the engine takes both runs of every scenario', () => {
  for (const scenario of SCENARIOS) {
    const { A, B } = configsOf(defaultState(scenario));
    expect(engine.validate(A), `A of ${scenario.id}`).toBeNull();
    expect(engine.validate(B), `B of ${scenario.id}`).toBeNull();
  }
});

test('what no memory holds is refused, though each number is one that the page offers', () => {
  let state = defaultState();
  for (const path of ['model.n_latent', 'training.batch', 'bench.n_input'] as const) {
    const knob = knobAt(path);
    if (knob?.kind === 'number') state = withValue(state, path, knob.max);
  }
  expect(engine.validate(configsOf(state).A)).toMatchObject({
    field: 'model.n_latent',
    value: expect.stringMatching(/GiB/),
  });
});

/** Where other settings must give way for the end of a range to make sense. */
const COMPANIONS: Record<string, [path: string, value: number | boolean][]> = {
  'bench.magnitude_scale': [['bench.magnitude_min', 1]],
  'bench.n_features': [['anchors.count', 0]],
  'model.n_latent': [
    ['model.k', 1],
    ['anchors.count', 0],
  ],
  'model.k': [['model.n_latent', 16384]],
  'anchors.count': [
    ['model.n_latent', 4096],
    ['bench.n_features', 4096],
  ],
  'training.warm_up': [['training.steps', 10_000_000]],
  'training.decay': [['training.steps', 10_000_000]],
  'model.shift_input': [['model.b_dec', true]],
};

test.each(KNOBS.map((knob) => [knob.path, knob] as const))(
  'the engine takes all that the page offers for %s, and nothing that is no value for it',
  (path, knob) => {
    const values = {
      number: () => (knob.kind === 'number' ? [knob.min, knob.max] : []),
      choice: () => (knob.kind === 'choice' ? knob.choices.map((choice) => choice.value) : []),
      switch: () => [true, false],
    }[knob.kind]();
    let state = defaultState();
    for (const [other, value] of COMPANIONS[path] ?? []) state = withValue(state, other, value);
    for (const value of values) {
      const error = engine.validate(configsOf(withValue(state, path, value)).A);
      expect(error, `${path} = ${value}`).toBeNull();
    }
    const wrong = structuredClone(engine.default_config()) as Config & Record<string, unknown>;
    const [group, field] = path.split('.');
    const misfit = knob.kind === 'number' ? 'many' : 12.5;
    if (field === undefined) wrong[group] = misfit;
    else (wrong[group] as Record<string, unknown>)[field] = misfit;
    expect(leafOf(wrong, path)).toBe(misfit);
    expect(engine.validate(wrong)?.field).toBe(path);
  },
);
