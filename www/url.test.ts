/** Links: complete and exact there and back; whatever is wrong in one is named, replaced and never fatal. */
import { describe, expect, test } from 'vitest';
import { KNOBS } from './knobs';
import { SCENARIOS } from './scenarios';
import { configsOf, defaultState, withSplit, withValue } from './state';
import { hashOf, readHash, withDefaultAt } from './url';

describe('a link', () => {
  test.each(SCENARIOS.map((scenario) => [scenario.id, scenario] as const))(
    'of scenario %s comes back whole',
    (_, s) => {
      const state = defaultState(s);
      expect(readHash(hashOf(state))).toEqual({ state, problems: [] });
    },
  );

  test('names every knob and what sets A and B apart', () => {
    const parts = new Map(
      hashOf(defaultState())
        .slice(1)
        .split('&')
        .map((part) => part.split('=') as [string, string]),
    );
    for (const knob of KNOBS) expect(parts.has(knob.key), knob.key).toBe(true);
    expect([parts.get('v'), parts.get('a.la'), parts.get('b.la')]).toEqual(['1', '0', '0.1']);
  });

  test('carries overrides, view and awkward numbers', () => {
    let state = withValue(defaultState(), 'training.epsilon', 1e-12);
    state = withValue(state, 'model.b_dec', true, 'B');
    state = withValue(state, 'loss.matryoshka', '4,8,16', 'B');
    state = withValue(state, 'seed', 4294967295);
    state = { ...withSplit(state, 'model.k'), basis: 'encoder_raw', backend: 'cpu', speed: '20', theme: 'dark' };
    expect(readHash(hashOf(state))).toEqual({ state, problems: [] });
  });

  test('that joins A and B stays joined', () => {
    const state = withValue(defaultState(), 'anchors.coefficient', 0.1);
    const { A, B } = configsOf(readHash(hashOf(state)).state);
    expect([A.anchors.coefficient, B.anchors.coefficient]).toEqual([0.1, 0.1]);
  });

  test('may be short: the rest is as in its scenario', () => {
    const { state, problems } = readHash('#scenario=circle&seed=9');
    expect(problems).toEqual([]);
    expect([state.shared.seed, state.shared['bench.n_input'], state.only.B['anchors.coefficient']]).toEqual([
      9, 2, 0.1,
    ]);
  });
});

const RISING = 'nothing, or at most 7 rising whole numbers from 1 to 16384, such as 8, 16, 32';

describe('a bad link', () => {
  const plain = defaultState();

  test.each([
    ['#seed=seven', 'seed', 'seven', 'a whole number from 0 to 4294967295'],
    ['#seed=-1', 'seed', '-1', 'a whole number from 0 to 4294967295'],
    ['#n=32.5', 'n', '32.5', 'a whole number from 2 to 4096'],
    ['#nq=99999999', 'nq', '99999999', 'a whole number from 1 to 16384'],
    ['#lr=NaN', 'lr', 'NaN', 'a number from 0 to 10'],
    ['#lr=Infinity', 'lr', 'Infinity', 'a number from 0 to 10'],
    ['#lr=1e999', 'lr', '1e999', 'a number from 0 to 10'],
    ['#lr=0x10', 'lr', '0x10', 'a number from 0 to 10'],
    ['#lr=', 'lr', '', 'a number from 0 to 10'],
    ['#act=gelu', 'act', 'gelu', 'top_k or batch_top_k or relu or jump_relu or gated'],
    ['#bdec=yes', 'bdec', 'yes', '1 or 0'],
    [
      '#data=../../secret',
      'data',
      '../../secret',
      'minilm-wordnet-sentences or minilm-wordnet-mlp3 or minilm-wordnet-layers',
    ],
    ['#nonsense=1', 'nonsense', '1', 'a setting of this page'],
    ['#__proto__=1', '__proto__', '1', 'a setting of this page'],
    ['#constructor=1', 'constructor', '1', 'a setting of this page'],
    ['#a.seed=3', 'a.seed', '3', 'seed alone: A and B share it'],
    ['#b.k=0', 'b.k', '0', 'a number from 0.1 to 16384'],
    ['#mat=4,2', 'mat', '4,2', RISING],
    ['#mat=4,x', 'mat', '4,x', RISING],
    ['#mat=1,2,3,4,5,6,7,8', 'mat', '1,2,3,4,5,6,7,8', RISING],
    ['#mat=,', 'mat', ',', RISING],
    ['#v=2&seed=9', 'v', '2', '1, the only version of links so far'],
    ['#scenario=none', 'scenario', 'none', SCENARIOS.map((s) => s.id).join(', ')],
    ['#backend=quantum', 'backend', 'quantum', 'auto, cpu, webgpu'],
    ['#seed', 'seed', '', 'a whole number from 0 to 4294967295'],
    ['#seed=%E0%A4%A', 'seed', '%E0%A4%A', 'a whole number from 0 to 4294967295'],
    [
      '#seed=<img src=x onerror=alert(1)>',
      'seed',
      '<img src=x onerror=alert(1)>',
      'a whole number from 0 to 4294967295',
    ],
  ])('%s is named and replaced', (hash, key, value, expected) => {
    expect(readHash(hash)).toEqual({ state: plain, problems: [{ key, value, expected }] });
  });

  test('keeps what is right in it', () => {
    const { state, problems } = readHash('#seed=9&n=nope');
    expect([state.shared.seed, state.shared['bench.n_features'], problems.length]).toEqual([9, 32, 1]);
  });

  test('says a value once', () => {
    expect(readHash('#seed=9&seed=10').problems).toEqual([{ key: 'seed', value: '10', expected: 'to be given once' }]);
  });

  test('of any length is shortened or refused', () => {
    expect(readHash(`#seed=${'9'.repeat(100)}`).problems[0].value).toHaveLength(41);
    const { state, problems } = readHash(`#${'x=1&'.repeat(5000)}`);
    expect([state, problems.length, problems[0].key]).toEqual([plain, 1, 'link']);
  });
});

test('a setting the engine refuses goes back to its scenario’s, in both runs', () => {
  let state = withValue(defaultState(), 'anchors.coefficient', 5);
  state = withDefaultAt(withValue(state, 'model.k', 4000, 'A'), 'model.k');
  expect([configsOf(state).A.model.k, configsOf(state).B.model.k]).toEqual([8, 8]);
  expect(configsOf(withDefaultAt(state, 'anchors.coefficient')).B.anchors.coefficient).toBe(0.1);
});
