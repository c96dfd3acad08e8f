/** Values, and runs, in the few words that stand over a run: what sets it apart from the other, or what it is. */
import { KNOBS, type Knob, type KnobValue } from './knobs';
import { anchored, configsOf, LABELS, type PageState, settingOf } from './state';
import type { RunLabel } from './views/view';

/** Where a knob's symbol says too little beside a value. */
const SHORT: Record<string, string> = {
  'loss.l1': 'L1',
  'loss.l0': 'L0 penalty',
  'loss.tanh': 'tanh penalty',
  'loss.aux_k': 'AuxK',
  'loss.matryoshka': 'Matryoshka',
  'loss.multi_k': 'multi-k',
  'loss.p_end': 'p to',
  'loss.target_l0': 'L0 held at',
  'model.skip': 'skip connection',
};
/** Choices that name themselves. */
const NAMED = ['model.activation', 'training.algorithm'];
/** Of a run named so, what else in the model is worth a word. */
const SAID_BESIDE = ['model.n_latent', 'model.k', 'model.skip'];

/** A few words for a run: what sets it apart from the other, or what it is. */
export function titleOf(state: PageState, label: RunLabel): string {
  const count = anchored(state, label);
  const configs = configsOf(state);
  const other = label === 'A' ? 'B' : 'A';
  const parts: string[] = [];
  const named = NAMED.some((path) => differs(state, path));
  if (count > 0) parts.push(`${count} anchor${count === 1 ? '' : 's'}`);
  for (const knob of KNOBS) {
    if (knob.path.startsWith('anchors.') && anchored(state, 'A') !== anchored(state, 'B')) continue;
    const value = settingOf(state, knob.path, label);
    if (settingOf(state, knob.path, other) === value || isOff(knob, value)) continue;
    if (knob.applies && !knob.applies(configs[label])) continue;
    if (named && knob.group === 'Model' && ![...NAMED, ...SAID_BESIDE].includes(knob.path)) continue;
    if (knob.path === 'dead.treatment') parts.push(value === 'ghost' ? 'ghost gradients' : 'resampling');
    else if (NAMED.includes(knob.path)) parts.push(saidOf(knob, value));
    else parts.push(`${wordOf(knob)} ${saidOf(knob, value)}`);
  }
  return parts.slice(0, 2).join(', ') || 'plain';
}

const differs = (state: PageState, path: string): boolean =>
  settingOf(state, path, LABELS[0]) !== settingOf(state, path, LABELS[1]);

/** A knob as it is named within a sentence: "learning rate", "L1 penalty". */
export const nameIn = ({ name }: Knob): string =>
  /^[A-Z][a-z]/.test(name) && !name.startsWith('Aux') ? name.charAt(0).toLowerCase() + name.slice(1) : name;

/** A knob as it is named beside its value. */
const wordOf = (knob: Knob): string => SHORT[knob.path] ?? knob.symbol?.replace('_', '') ?? nameIn(knob);

/** A value as a visitor reads it. */
export function saidOf(knob: Knob, value: KnobValue): string {
  if (knob.kind === 'choice') return knob.choices.find((choice) => choice.value === value)?.label ?? String(value);
  if (knob.kind === 'switch') return value ? 'on' : 'off';
  if (knob.kind === 'list') return value === '' ? 'none' : String(value).replaceAll(',', ', ');
  return typeof value === 'number' && knob.integer && knob.path !== 'seed'
    ? value.toLocaleString('en-US')
    : String(value);
}

/** A price of 0, an empty list, no treatment: nothing to name a run after. */
function isOff(knob: Knob, value: KnobValue): boolean {
  if (knob.path === 'dead.treatment') return value === 'none';
  if (knob.path === 'training.algorithm') return value === 'adam';
  if (knob.path === 'loss.p_end') return value === 1;
  return knob.kind === 'list'
    ? value === ''
    : knob.group === 'Loss' || knob.path === 'loss.aux_k'
      ? value === 0
      : false;
}
