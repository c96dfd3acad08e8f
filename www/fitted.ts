/**
 * What gives way when a setting changes, so that any single change can be run (src/config/check.rs has the rules).
 *
 * What defines the method wins over what refines it: task, then activation, then treatment, then all else.
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

function fittedRun(given: Values, touched?: string): Values {
  const v = { ...given };
  const task = String(v['model.task']);
  const activation = v['model.activation'];
  const nLatent = v['model.n_latent'] as number;
  const off = (condition: boolean, ...paths: string[]) => {
    if (condition) for (const path of paths) v[path] = offValue(path);
  };
  const lower = (path: string, most: number) => {
    v[path] = Math.min(v[path] as number, most);
  };

  v['activations.name'] = DATA_OF_TASK[task];
  lower('model.k', nLatent);
  if (activation === 'top_k' && touched !== 'model.k') v['model.k'] = Math.max(1, Math.round(v['model.k'] as number));
  off(task !== 'transcoder', 'model.skip');
  off(task === 'transcoder' || !v['model.b_dec'], 'model.shift_input');
  off(v['model.unit_norm_decoder'] === true, 'model.zero_decoder');

  off(activation !== 'jump_relu', 'loss.l0');
  off(activation === 'gated', 'loss.tanh', 'loss.p_end', 'loss.aux_k');
  if (activation === 'gated' && v['dead.treatment'] === 'ghost') v['dead.treatment'] = 'none';
  off(v['dead.treatment'] === 'ghost', 'loss.aux_k');
  off(v['loss.l1'] === 0 && v['loss.l0'] === 0 && v['loss.tanh'] === 0, 'loss.target_l0');
  lower('loss.target_l0', nLatent);
  v['loss.p_until'] = Math.max(v['loss.p_until'] as number, v['loss.p_from'] as number);

  off(activation !== 'top_k' || v['loss.matryoshka'] !== '', 'loss.multi_k');
  for (const [path, whole] of [
    ['loss.matryoshka', nLatent],
    ['loss.multi_k', v['model.k'] as number],
  ] as const) {
    const levels = numbersOf(String(v[path])).filter((level) => level <= whole);
    v[path] = levels.join(',');
    const count = levels.length > 0 && levels.at(-1) !== whole ? levels.length + 1 : levels.length;
    const weights = `${path}_weights`;
    const given = numbersOf(String(v[weights])).length;
    off(given > 0 && (given !== count || count < 2) && touched !== weights, weights);
  }

  const features = v['bench.n_features'] as number;
  lower('anchors.count', v.source === 'bench' ? Math.min(nLatent, features) : nLatent);
  const steps = v['training.steps'] as number;
  lower('training.warm_up', steps);
  lower('training.decay', steps);
  return v;
}

/** The value at which a setting does nothing: where the table starts it. */
function offValue(path: string): KnobValue {
  const knob = knobAt(path);
  if (!knob) throw new RangeError(`${path}: no such setting`);
  return knob.initial;
}
