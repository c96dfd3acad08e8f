/** The engine and the page agree on what is default and on what can be set. No browser: the page's tables, the engine in Node. */
import { expect, test } from 'vitest';
import type { Config } from '../engine';
import { fitted } from '../fitted';
import { KNOBS, type KnobValue, knobAt, NOT_KNOBS } from '../knobs';
import { SCENARIOS } from '../scenarios';
import { configsOf, defaultConfig, defaultState, withValue } from '../state';
import { leafOf, leaves } from '../values';
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
const COMPANIONS: Record<string, [path: string, value: number | boolean | string][]> = {
  'bench.magnitude_scale': [['bench.magnitude_min', 1]],
  'bench.n_features': [['anchors.count', 0]],
  'model.n_latent': [
    ['model.k', 1],
    ['anchors.count', 0],
  ],
  'model.k': [
    ['model.n_latent', 16384],
    ['model.activation', 'batch_top_k'],
  ],
  'bench.n_parents': [
    ['bench.n_features', 4096],
    ['bench.n_children', 1],
  ],
  'model.skip': [['model.task', 'transcoder']],
  'model.zero_decoder': [['model.unit_norm_decoder', false]],
  'loss.l0': [['model.activation', 'jump_relu']],
  'loss.target_l0': [
    ['loss.l1', 1],
    ['model.n_latent', 16384],
  ],
  'loss.p_from': [['loss.p_until', 10_000_000]],
  'loss.p_until': [['loss.p_from', 0]],
  'loss.matryoshka_weights': [['loss.matryoshka', '8,16']],
  'loss.multi_k': [['model.k', 4]],
  'loss.multi_k_weights': [
    ['model.k', 4],
    ['loss.multi_k', '1,2'],
  ],
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
      list: () => (knob.kind === 'list' ? ['', knob.example.replaceAll(' ', '')] : []),
    }[knob.kind]();
    let state = defaultState();
    for (const [other, value] of COMPANIONS[path] ?? []) state = withValue(state, other, value);
    for (const value of values) {
      // Each algorithm refuses much that others take: what gives way is tested below.
      const next = withValue(state, path, value);
      const error = engine.validate(configsOf(path === 'training.algorithm' ? fitted(next, path) : next).A);
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

const ALGORITHMS = ['alternating', 'k_svd', 'online', 'er_spud', 'oracle'].map((algorithm) => {
  const state = withValue(defaultState(), 'training.algorithm', algorithm);
  return [algorithm, fitted(state, 'training.algorithm')] as const;
});

/** From every activation and task, with everything on that they allow. */
const STARTS = ['top_k', 'batch_top_k', 'relu', 'jump_relu', 'gated'].flatMap((activation) =>
  ['autoencoder', 'transcoder', 'crosscoder'].map((task) => {
    let state = defaultState();
    const set = (path: string, value: KnobValue) => {
      state = fitted(withValue(state, path, value), path);
    };
    set('model.activation', activation);
    set('model.task', task);
    set('model.b_dec', true);
    set('model.shift_input', true);
    set('model.skip', true);
    set('loss.l1', 0.1);
    set('loss.l0', 0.1);
    set('loss.tanh', 0.1);
    set('loss.target_l0', 3);
    set('loss.aux_k', 0.03);
    set('loss.multi_k', '1,2');
    return [`${activation} ${task}`, state] as const;
  }),
);

test.each([...STARTS, ...ALGORITHMS])('from %s any change of one setting can be run', (_, start) => {
  expect(engine.validate(configsOf(start).A)).toBeNull();
  for (const knob of KNOBS) {
    if (knob.applies && !knob.applies(configsOf(start).A)) continue;
    const values: KnobValue[] = {
      number: () => (knob.kind === 'number' ? [knob.min, Math.min(knob.max, 300)] : []),
      choice: () =>
        knob.kind === 'choice'
          ? knob.choices.filter((choice) => choice.applies?.(configsOf(start).A) ?? true).map(({ value }) => value)
          : [],
      switch: () => [true, false],
      list: () => ['', ...(knob.path.endsWith('weights') ? [] : ['1,2', '1,2,300'])],
    }[knob.kind]();
    for (const value of values) {
      // A fraction of a latent is refused by name where k must be whole.
      if (knob.path === 'model.k' && value === 0.1 && start.shared['model.activation'] === 'top_k') continue;
      // So is no price at all where it alone makes codes sparse.
      if (knob.path === 'loss.l1' && value === 0 && start.shared['training.algorithm'] === 'online') continue;
      const next = fitted(withValue(start, knob.path, value), knob.path);
      for (const config of Object.values(configsOf(next))) {
        expect(engine.validate(config), `${knob.path} = ${value}`).toBeNull();
      }
    }
  }
});
