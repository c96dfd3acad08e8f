/**
 * The three arms of an experiment: plain, anchored, resampled. Each run's config is that of a page state, so that the
 * link to a run gives that very run.
 */
import type { Config } from '../engine-config';
import { scenarioById } from '../scenarios';
import { configsOf, defaultState, type PageState, withoutSplit, withValue } from '../state';
import { hashOf } from '../url';
import type { RunLabel } from '../views/view';

export const ARMS = ['plain', 'anchored', 'resampled'] as const;
export type Arm = (typeof ARMS)[number];

/** What a room lets one set; the rest is as in the scenario. */
export interface Settings {
  'bench.world': number;
  'bench.n_features': number;
  'bench.n_input': number;
  'bench.sparsity': number;
  'model.n_latent': number;
  'model.k': number;
  'training.steps': number;
  'anchors.count': number;
  'anchors.coefficient': number;
  'dead.resample_every': number;
  'dead.resample_scale': number;
}

const SCENARIO = scenarioById('small');

export const SETTINGS: Settings = {
  'bench.world': 1,
  'bench.n_features': 8,
  'bench.n_input': 4,
  'bench.sparsity': 0.98,
  'model.n_latent': 8,
  'model.k': 1,
  'training.steps': 2000,
  'anchors.count': 2,
  'anchors.coefficient': 0.1,
  'dead.resample_every': 200,
  // With Top-k a revived latent has to win against the living to be one: Bricken's 0.2 is too short for that.
  'dead.resample_scale': 1,
};

/** Resampling ends half-way, so that what it revives can settle. */
const RESAMPLED_SHARE = 0.5;

/**
 * The page on which A trains plainly and B as the arm says; for `plain` it is that of `anchored`, whose A is meant.
 * Throws RangeError naming a setting that is out of range.
 */
export function stateOf(settings: Settings, arm: Arm, seed: number): PageState {
  let state = withValue(defaultState(SCENARIO), 'seed', seed);
  const { 'anchors.coefficient': coefficient, ...shared } = settings;
  for (const [path, value] of Object.entries(shared)) state = withValue(state, path, value);
  state = withValue(state, 'dead.resample_until', Math.floor(settings['training.steps'] * RESAMPLED_SHARE));
  state = withValue(withoutSplit(state, 'anchors.coefficient'), 'anchors.coefficient', 0);
  return arm === 'resampled'
    ? withValue(state, 'dead.treatment', 'resample', 'B')
    : withValue(state, 'anchors.coefficient', coefficient, 'B');
}

export const labelOf = (arm: Arm): RunLabel => (arm === 'plain' ? 'A' : 'B');

/** What a run of this arm is trained with. */
export const configOf = (settings: Settings, arm: Arm, seed: number): Config =>
  configsOf(stateOf(settings, arm, seed))[labelOf(arm)];

/** Where the explorer shows that run. */
export const linkTo = (settings: Settings, arm: Arm, seed: number): string =>
  `./index.html${hashOf(stateOf(settings, arm, seed))}`;

/** An arm's look, the same in every figure: hue, stroke and marker. */
export const LOOKS: Record<Arm, { hue: string; dash: string; about: (settings: Settings) => string }> = {
  plain: { hue: 'var(--sdl-a)', dash: '', about: () => 'nothing done' },
  anchored: {
    hue: 'var(--sdl-b)',
    dash: '6 3',
    about: (s) => `${s['anchors.count']} features anchored, λ_a = ${s['anchors.coefficient']}`,
  },
  resampled: {
    hue: 'var(--sdl-truth)',
    dash: '2 3',
    about: (s) =>
      `dead latents re-aimed every ${s['dead.resample_every']} steps, up to step ${Math.floor(s['training.steps'] * RESAMPLED_SHARE)}, to ${s['dead.resample_scale']} × the living’s mean norm`,
  },
};
