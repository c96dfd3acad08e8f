/** The link to a run of an experiment gives that run: config for config, whatever the arm. */
import { describe, expect, test } from 'vitest';
import { configsOf } from '../state';
import { readHash } from '../url';
import { ARMS, configOf, labelOf, linkTo, SETTINGS } from './arms';

describe.each(ARMS)('%s', (arm) => {
  const settings = {
    ...SETTINGS,
    'bench.n_features': 6,
    'bench.sparsity': 0.85,
    'training.steps': 1500,
    'bench.world': 9,
  };

  test.each([0, 41, 4294967295])('seed %d is the run that its link opens', (seed) => {
    const link = linkTo(settings, arm, seed);
    const { state, problems } = readHash(link.slice(link.indexOf('#')));
    expect(problems).toEqual([]);
    expect(configsOf(state)[labelOf(arm)]).toEqual(configOf(settings, arm, seed));
  });

  test('differs from plain training only in what the arm does', () => {
    const plain = configOf(settings, 'plain', 1);
    const config = configOf(settings, arm, 1);
    expect(config.anchors.coefficient).toBe(arm === 'anchored' ? 0.1 : 0);
    expect(config.dead.treatment).toBe(arm === 'resampled' ? 'resample' : 'none');
    expect(config.dead.resample_until).toBe(750);
    expect({ ...config, anchors: plain.anchors, dead: plain.dead, scoring: plain.scoring }).toEqual(plain);
  });
});

test('a setting out of range is named', () => {
  expect(() => configOf({ ...SETTINGS, 'bench.sparsity': 2 }, 'plain', 1)).toThrow(
    /bench\.sparsity = 2: expected a number/,
  );
});
