/** Presets set only what can be set; the one a run is in is read off its values, with what has been changed. */
import { describe, expect, test } from 'vitest';
import json from '../src/config/presets.json';
import { fitted } from './fitted';
import { fits, knobAt } from './knobs';
import { methodsDiffer, type Preset, standing, withOneMethod, withPreset } from './presets';
import { SCENARIOS } from './scenarios';
import { defaultState, withValue } from './state';
import { valueFrom } from './values';

const presets = json as readonly Preset[];
const plain = defaultState();
const at = (id: string): Preset => presets.find((preset) => preset.id === id) as Preset;
const said = (state: typeof plain, label: 'A' | 'B' = 'A') => {
  const found = standing(state, presets, label);
  return found && [found.preset.id, ...found.changed.map(({ path }) => path)];
};

test.each(presets.map((preset) => [preset.id, preset] as const))('%s sets what there is to set', (_, preset) => {
  for (const [path, value] of Object.entries(preset.set)) {
    const knob = knobAt(path);
    expect(knob && fits(knob, valueFrom(knob, value)), `${path} = ${value}`).toBe(true);
  }
  expect([preset.name, preset.source, preset.about].every(Boolean)).toBe(true);
});

test.each(presets.map((preset) => [preset.id, preset] as const))('a run set to %s is in it', (id, preset) => {
  const state = withPreset({ ...plain, shared: { ...plain.shared, 'model.n_latent': 4096 } }, preset, presets);
  expect(said(state)).toEqual([id]);
  expect(said(state, 'B')).toEqual([id]);
  expect(methodsDiffer(state, presets)).toBe(false);
});

describe('a method', () => {
  test('keeps its name when something in it is changed, and gets it back', () => {
    let state = withPreset(plain, at('top_k'), presets);
    state = fitted(withValue(state, 'loss.aux_k', 0.5));
    expect(said(state)).toEqual(['top_k', 'loss.aux_k']);
    // Sizes are nobody's method.
    expect(said(fitted(withValue(state, 'model.k', 5)))).toEqual(['top_k', 'loss.aux_k']);
    expect(said(withPreset(state, at('top_k'), presets))).toEqual(['top_k']);
  });

  test('may be another in B, and joined again', () => {
    const apart = withPreset(withPreset(plain, at('top_k'), presets), at('jump_relu'), presets, 'B');
    expect([said(apart)?.[0], said(apart, 'B')?.[0]]).toEqual(['top_k', 'jump_relu']);
    expect(methodsDiffer(apart, presets)).toBe(true);
    const joined = withOneMethod(apart, presets);
    expect([said(joined)?.[0], said(joined, 'B')?.[0]]).toEqual(['top_k', 'top_k']);
    expect(methodsDiffer(joined, presets)).toBe(false);
  });

  test('is rather of the same task than of the same settings', () => {
    const bricken = withPreset(plain, at('relu_l1'), presets);
    expect(said(bricken)).toEqual(['relu_l1']);
    const crosscoder = fitted(withValue(bricken, 'model.task', 'crosscoder'));
    expect(said(crosscoder)?.[0]).toBe('crosscoder');
    // No transcoder is published with JumpReLU: then it is the activation that names it.
    const jumping = fitted(withValue(withPreset(plain, at('jump_relu'), presets), 'model.task', 'transcoder'));
    expect(said(jumping)).toEqual(['jump_relu']);
  });

  test('is found for both runs of every scenario', () => {
    for (const scenario of SCENARIOS) {
      const state = defaultState(scenario);
      expect([said(state), said(state, 'B')], scenario.id).not.toContain(null);
    }
  });
});
