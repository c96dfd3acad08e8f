/** The table, the state and the configs made of it. */
import { describe, expect, test } from 'vitest';
import keys from '../src/config/keys.json';
import { EXPLANATIONS } from './explanations';
import { fitted } from './fitted';
import { fits, KNOBS, knobAt, NOT_KNOBS } from './knobs';
import { SCENARIOS } from './scenarios';
import {
  changed,
  configsOf,
  defaultConfig,
  defaultState,
  settingOf,
  withConfigs,
  withoutSplit,
  withSplit,
  withValue,
} from './state';
import { titleOf } from './titles';
import { leafOf, leaves } from './values';

describe('the table', () => {
  test('has one row and one key for every leaf of a config', () => {
    const rows = KNOBS.map((knob) => knob.path);
    expect([...rows, ...NOT_KNOBS].sort()).toEqual(leaves(defaultConfig()).sort());
    expect(new Set(KNOBS.map((knob) => knob.key)).size).toBe(KNOBS.length);
    expect(Object.fromEntries(KNOBS.map((knob) => [knob.path, knob.key]))).toEqual(keys);
    expect(Object.keys(EXPLANATIONS).sort()).toEqual(rows.toSorted());
  });

  test('starts from values that it allows, in every scenario', () => {
    for (const scenario of SCENARIOS) {
      const state = defaultState(scenario);
      for (const knob of KNOBS) {
        for (const label of ['A', 'B'] as const) {
          const value = settingOf(state, knob.path, label);
          expect(fits(knob, value), `${scenario.id} ${label} ${knob.path} = ${value}`).toBe(true);
        }
      }
      const apart = [...Object.keys(state.only.A), ...Object.keys(state.only.B)];
      for (const path of apart) expect(knobAt(path)?.perRun, path).toBe(true);
    }
  });
});

describe('two runs', () => {
  test('differ by default in the anchors’ strength and nothing else', () => {
    const { A, B } = configsOf(defaultState());
    const said = (config: unknown, path: string) => JSON.stringify(leafOf(config, path));
    expect(leaves(A).filter((path) => said(A, path) !== said(B, path))).toEqual(['anchors.coefficient']);
  });

  test('are scored on what neither anchors', () => {
    const held = (...apart: [number, number, number, number]) => {
      let state = defaultState();
      state = withValue(state, 'anchors.count', apart[0], 'A');
      state = withValue(state, 'anchors.coefficient', apart[1], 'A');
      state = withValue(state, 'anchors.count', apart[2], 'B');
      state = withValue(state, 'anchors.coefficient', apart[3], 'B');
      const { A, B } = configsOf(state);
      expect(A.scoring.hold_out).toBe(B.scoring.hold_out);
      return A.scoring.hold_out;
    };
    expect(held(4, 0.1, 8, 0.1)).toBe(8);
    expect(held(20, 0, 8, 0.1)).toBe(8);
    expect(held(20, 0, 8, 0)).toBe(0);
    expect(held(20, 1, 8, 0)).toBe(20);
  });

  test('come back from their configs', () => {
    let state = withValue(defaultState(), 'model.k', 5, 'B');
    state = withValue(state, 'bench.sparsity', 0.9);
    expect(configsOf(withConfigs(defaultState(), configsOf(state)))).toEqual(configsOf(state));
  });

  test('are refused by name when a script gives them what cannot be', () => {
    const configs = () => structuredClone(configsOf(defaultState()));
    const wrong = configs();
    wrong.B.training.learning_rate = Number.NaN;
    expect(() => withConfigs(defaultState(), wrong)).toThrow('training.learning_rate = NaN: expected a number from 0');
    const apart = configs();
    apart.B.seed = 8;
    expect(() => withConfigs(defaultState(), apart)).toThrow('seed: A and B share it');
    const strange = configs();
    (strange.A.model as unknown as Record<string, unknown>).depth = 2;
    expect(() => withConfigs(defaultState(), strange)).toThrow('A.model.depth: no such setting');
  });

  test('are named for what sets them apart', () => {
    const state = defaultState();
    expect([titleOf(state, 'A'), titleOf(state, 'B')]).toEqual(['plain', '16 anchors']);
    const relu = defaultState(SCENARIOS.find((s) => s.id === 'relu'));
    expect([titleOf(relu, 'A'), titleOf(relu, 'B')]).toEqual(['plain', 'resampling']);
    const ks = withValue(withoutSplit(state, 'anchors.coefficient'), 'model.k', 5, 'B');
    expect([titleOf(ks, 'A'), titleOf(ks, 'B')]).toEqual(['k 8', 'k 5']);
  });
});

describe('a change', () => {
  test('is found for either run', () => {
    const before = defaultState();
    expect(changed(before, withSplit(before, 'model.k'))).toEqual([]);
    expect(changed(before, withValue(before, 'model.k', 4, 'B')).map((knob) => knob.path)).toEqual(['model.k']);
    expect(changed(before, { ...before, theme: 'dark' })).toEqual([]);
  });

  test('of size lowers what no longer fits, for the run it is about', () => {
    const small = fitted(withValue(defaultState(), 'bench.n_features', 5));
    expect(settingOf(small, 'anchors.count', 'B')).toBe(5);
    const tiny = fitted(withValue(withValue(defaultState(), 'model.k', 10), 'model.n_latent', 8));
    expect([settingOf(tiny, 'model.k', 'A'), settingOf(tiny, 'anchors.count', 'A')]).toEqual([8, 8]);
  });

  test('for both joins what was apart', () => {
    const joined = withValue(defaultState(), 'anchors.coefficient', 0.3);
    expect([joined.only.A, joined.only.B]).toEqual([{}, {}]);
  });
});
