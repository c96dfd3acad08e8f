/**
 * What gives way when a setting changes, so that any single change can be run (src/config/check.rs has the rules).
 *
 * What defines the method wins over what refines it: task, then algorithm, activation, treatment, then all else.
 */
import { KNOBS, type KnobValue, knobAt, numbersOf } from './knobs';
import { isSplit, LABELS, type PageState, withValue } from './state';
import type { Values } from './values';

/** The shipped data that a task is trained on. */
const DATA_OF_TASK: Record<string, string> = {
  autoencoder: 'minilm-wordnet-sentences',
  transcoder: 'minilm-wordnet-mlp3',
  crosscoder: 'minilm-wordnet-layers',
};

export const withTaskData = (state: PageState): PageState =>
  withValue(state, 'activations.name', DATA_OF_TASK[String(state.shared['model.task'])]);

/** Most latents where an algorithm solves for all of them at once. */
const MOST_AT_ONCE = 2048;

/** `touched`: what the visitor has just set; if it alone is wrong it stays, for the engine to say so. */
export function fitted(state: PageState, touched?: string): PageState {
  const before = LABELS.map((label): Values => ({ ...state.shared, ...state.only[label] }));
  const after = before.map((values) => fittedRun(values, touched));
  let next = state;
  for (const { path, perRun } of KNOBS) {
    const changed = LABELS.map((_, i) => after[i][path] !== before[i][path]);
    if (!changed.includes(true)) continue;
    if (!perRun) next = withValue(next, path, after[changed.indexOf(true)][path]);
    else if (after[0][path] === after[1][path] && !isSplit(state, path)) next = withValue(next, path, after[0][path]);
    else for (const [i, label] of LABELS.entries()) next = withValue(next, path, after[i][path], label);
  }
  return next;
}

/** One run's values, changed in place by each rule in turn. */
class Fit {
  constructor(
    readonly v: Values,
    readonly touched: string | undefined,
  ) {}

  number(path: string): number {
    return this.v[path] as number;
  }

  off(condition: boolean, ...paths: string[]): void {
    if (condition) for (const path of paths) this.v[path] = initialOf(path);
  }

  lower(path: string, most: number): void {
    this.v[path] = Math.min(this.number(path), most);
  }
}

function fittedRun(given: Values, touched?: string): Values {
  const fit = new Fit({ ...given }, touched);
  fitWorld(fit);
  fitAlgorithm(fit);
  fitModel(fit);
  fitLoss(fit);
  fitSizes(fit);
  return fit.v;
}

function fitWorld(fit: Fit): void {
  const { v } = fit;
  v['activations.name'] = DATA_OF_TASK[String(v['model.task'])];
  fit.lower('bench.n_parents', Math.floor(fit.number('bench.n_features') / (1 + fit.number('bench.n_children'))));
  if (v['bench.n_parents'] === 0) return;
  fit.off(true, 'bench.correlation');
  // Parents fire wherever a child does: rarely enough that it can be so.
  const [children, alone] = [fit.number('bench.n_children'), fit.number('bench.no_child')];
  const least = v['bench.exclusive_children'] ? 1 - (1 - alone) / children : alone ** (1 / children);
  v['bench.sparsity'] = Math.max(fit.number('bench.sparsity'), Math.ceil(1e4 * least) / 1e4);
}

/** The classical algorithms refuse what they would pass over in silence (src/config/check/algorithm.rs). */
function fitAlgorithm(fit: Fit): void {
  const { v } = fit;
  const task = v['model.task'];
  const needsTruth = v['training.algorithm'] === 'oracle' || v['training.algorithm'] === 'er_spud';
  fit.off(needsTruth && v.source !== 'bench', 'training.algorithm');
  fit.off(v['training.algorithm'] === 'er_spud' && task !== 'autoencoder', 'training.algorithm');
  const oneSpace = ['k_svd', 'online', 'er_spud'].includes(String(v['training.algorithm']));
  fit.off(oneSpace && task === 'transcoder', 'training.algorithm');
  const algorithm = v['training.algorithm'];
  if (algorithm === 'adam') return;
  fit.off(true, 'loss.tanh', 'loss.p_end', 'loss.target_l0', 'loss.aux_k', 'loss.matryoshka', 'loss.multi_k');
  fit.off(v['dead.treatment'] === 'ghost', 'dead.treatment');
  if (algorithm === 'alternating') {
    v['model.unit_norm_decoder'] = false;
    fit.off(v['model.activation'] === 'gated', 'model.activation');
    fit.off(true, 'model.shift_input', 'loss.l1_weighting', 'loss.penalty_warm_up');
    fit.lower('model.n_latent', MOST_AT_ONCE);
    return;
  }
  fit.off(true, 'model.b_enc', 'model.b_dec', 'model.skip', 'loss.l0', 'anchors.coefficient', 'dead.treatment');
  switch (algorithm) {
    case 'k_svd':
      fit.off(true, 'loss.l1');
      if (fit.touched !== 'model.k') v['model.k'] = Math.max(1, Math.round(fit.number('model.k')));
      return;
    case 'online':
      if (v['loss.l1'] === 0 && fit.touched !== 'loss.l1') v['loss.l1'] = 0.1;
      fit.lower('model.n_latent', MOST_AT_ONCE);
      return;
    case 'er_spud': {
      const asked =
        fit.touched === 'bench.n_features' || fit.touched === 'model.n_latent' ? fit.touched : 'bench.n_input';
      const n = Math.max(2, Math.min(64, fit.number(asked)));
      for (const path of ['bench.n_input', 'bench.n_features', 'model.n_latent']) v[path] = n;
      return;
    }
    default:
      v['model.n_latent'] = Math.max(fit.number('model.n_latent'), fit.number('bench.n_features'));
  }
}

function fitModel(fit: Fit): void {
  const { v } = fit;
  const task = v['model.task'];
  fit.lower('model.k', fit.number('model.n_latent'));
  if (v['model.activation'] === 'top_k' && fit.touched !== 'model.k')
    v['model.k'] = Math.max(1, Math.round(fit.number('model.k')));
  fit.off(task !== 'transcoder', 'model.skip');
  fit.off(task === 'transcoder' || !v['model.b_dec'], 'model.shift_input');
  fit.off(v['model.unit_norm_decoder'] === true, 'model.zero_decoder');
}

function fitLoss(fit: Fit): void {
  const { v } = fit;
  const activation = v['model.activation'];
  fit.off(activation !== 'jump_relu', 'loss.l0');
  fit.off(activation === 'gated', 'loss.tanh', 'loss.p_end', 'loss.aux_k');
  fit.off(activation === 'gated' && v['dead.treatment'] === 'ghost', 'dead.treatment');
  fit.off(v['dead.treatment'] === 'ghost', 'loss.aux_k');
  fit.off(v['loss.l1'] === 0 && v['loss.l0'] === 0 && v['loss.tanh'] === 0, 'loss.target_l0');
  fit.lower('loss.target_l0', fit.number('model.n_latent'));
  v['loss.p_until'] = Math.max(fit.number('loss.p_until'), fit.number('loss.p_from'));
  fit.off(activation !== 'top_k' || v['loss.matryoshka'] !== '', 'loss.multi_k');
  fitLevels(fit, 'loss.matryoshka', fit.number('model.n_latent'));
  fitLevels(fit, 'loss.multi_k', fit.number('model.k'));
}

/** Levels up to the whole; weights that are not one a level go, unless they are what has just been typed. */
function fitLevels(fit: Fit, path: string, whole: number): void {
  const levels = numbersOf(String(fit.v[path])).filter((level) => level <= whole);
  fit.v[path] = levels.join(',');
  const count = levels.length > 0 && levels.at(-1) !== whole ? levels.length + 1 : levels.length;
  const weights = `${path}_weights`;
  const given = numbersOf(String(fit.v[weights])).length;
  fit.off(given > 0 && (given !== count || count < 2) && fit.touched !== weights, weights);
}

function fitSizes(fit: Fit): void {
  const nLatent = fit.number('model.n_latent');
  const most = fit.v.source === 'bench' ? Math.min(nLatent, fit.number('bench.n_features')) : nLatent;
  fit.lower('anchors.count', most);
  const steps = fit.number('training.steps');
  fit.lower('training.warm_up', steps);
  fit.lower('training.decay', steps);
}

/** Where the table starts a setting, and where it does nothing. */
function initialOf(path: string): KnobValue {
  const knob = knobAt(path);
  if (!knob) throw new RangeError(`${path}: no such setting`);
  return knob.initial;
}
