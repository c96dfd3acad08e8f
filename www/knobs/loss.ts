/** Controls of what is minimised beside the error: prices on activity, and losses in levels. All are live. */
import type { Config } from '../engine-config';
import { descends, type Knob, keepsDictionary } from './knob';

const gated = ({ model }: Config) => model.activation === 'gated';
const priced = (c: Config) => descends(c) && c.loss.l1 + c.loss.l0 + c.loss.tanh > 0;
const annealed = (c: Config) => descends(c) && c.loss.l1 > 0 && !gated(c);
const annealing = (c: Config) => annealed(c) && c.loss.p_end < 1;

// biome-ignore format: a row a knob reads as the table it is
export const LOSS: readonly Knob[] = [
  { path: 'loss.l1', key: 'l1', kind: 'number', initial: 0, min: 0, max: 100, step: 0.01, slider: true, log: 0.0001, group: 'Loss', effect: 'live', perRun: true, applies: (c) => c.training.algorithm !== 'k_svd' && c.training.algorithm !== 'er_spud', name: 'L1 penalty', symbol: 'λ' },
  { path: 'loss.l0', key: 'l0', kind: 'number', initial: 0, min: 0, max: 100, step: 0.01, slider: true, log: 0.0001, group: 'Loss', effect: 'live', perRun: true, applies: (c) => !keepsDictionary(c) && c.model.activation === 'jump_relu', name: 'L0 penalty', symbol: 'λ_0' },
  { path: 'loss.tanh', key: 'tanh', kind: 'number', initial: 0, min: 0, max: 100, step: 0.01, slider: true, log: 0.0001, group: 'Loss', effect: 'live', perRun: true, applies: (c) => descends(c) && !gated(c), name: 'Tanh penalty', symbol: 'λ_t' },
  { path: 'loss.tanh_scale', key: 'tanhc', kind: 'number', initial: 4, min: 0.001, max: 1000, step: 0.5, group: 'Loss', effect: 'live', perRun: true, applies: (c) => c.loss.tanh > 0, name: 'Tanh slope', symbol: 'c' },
  { path: 'loss.l1_weighting', key: 'l1w', kind: 'choice', initial: 'plain', group: 'Loss', effect: 'live', perRun: true, applies: (c) => descends(c) && (c.loss.l1 > 0 || c.loss.tanh > 0), name: 'Penalty weighting',
    choices: [{ value: 'plain', label: 'Σ f' }, { value: 'decoder_norm', label: 'Σ f ‖w_D‖' }] },
  { path: 'loss.p_end', key: 'p', kind: 'number', initial: 1, min: 0.1, max: 1, step: 0.1, group: 'Loss', effect: 'live', perRun: true, applies: annealed, name: 'Exponent falls to', symbol: 'p' },
  { path: 'loss.p_from', key: 'pfrom', kind: 'number', initial: 5000, min: 0, max: 10000000, integer: true, group: 'Loss', effect: 'live', perRun: true, applies: annealing, name: 'Exponent falls from', unit: 'step' },
  { path: 'loss.p_until', key: 'puntil', kind: 'number', initial: 20000, min: 0, max: 10000000, integer: true, group: 'Loss', effect: 'live', perRun: true, applies: annealing, name: 'Exponent falls until', unit: 'step' },
  { path: 'loss.p_updates', key: 'pn', kind: 'number', initial: 10, min: 1, max: 1000, integer: true, group: 'Loss', effect: 'live', perRun: true, applies: annealing, name: 'Exponent falls in', unit: 'parts' },
  { path: 'loss.target_l0', key: 'tl0', kind: 'number', initial: 0, min: 0, max: 16384, step: 0.5, group: 'Loss', effect: 'live', perRun: true, applies: priced, name: 'Hold L0 at' },
  { path: 'loss.penalty_warm_up', key: 'pwarm', kind: 'number', initial: 0, min: 0, max: 10000000, integer: true, group: 'Loss', effect: 'live', perRun: true, applies: priced, name: 'Penalty warm-up', unit: 'steps' },
  { path: 'loss.matryoshka', key: 'mat', kind: 'list', initial: '', min: 1, max: 16384, most: 7, rising: true, example: '8, 16, 32', group: 'Loss', effect: 'live', perRun: true, applies: (c) => descends(c) && c.loss.multi_k.length === 0, name: 'Matryoshka widths' },
  { path: 'loss.matryoshka_weights', key: 'matw', kind: 'list', initial: '', min: 0.000001, max: 1000000, most: 8, example: '0.5, 0.5, 1', group: 'Loss', effect: 'live', perRun: true, applies: (c) => c.loss.matryoshka.length > 0, name: 'Matryoshka weights', symbol: 'w_g' },
  { path: 'loss.multi_k', key: 'mk', kind: 'list', initial: '', min: 1, max: 16384, most: 7, rising: true, example: '1, 2, 4', group: 'Loss', effect: 'live', perRun: true,
    applies: (c) => descends(c) && c.model.activation === 'top_k' && c.loss.matryoshka.length === 0, name: 'Further k' },
  { path: 'loss.multi_k_weights', key: 'mkw', kind: 'list', initial: '', min: 0.000001, max: 1000000, most: 8, example: '0.5, 0.5, 1', group: 'Loss', effect: 'live', perRun: true, applies: (c) => c.loss.multi_k.length > 0, name: 'Weights of the k', symbol: 'λ_i' },
];
