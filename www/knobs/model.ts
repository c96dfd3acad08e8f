/** Controls of the map that is learned, σ first, and of how it starts. */
import type { Config } from '../engine-config';
import { descends, type Knob, keepsDictionary } from './knob';

const encodes = (c: Config) => !keepsDictionary(c);
const ranks = (c: Config) => encodes(c) && (c.model.activation === 'top_k' || c.model.activation === 'batch_top_k');
const jumps = (c: Config) => encodes(c) && c.model.activation === 'jump_relu';

// biome-ignore format: a row a knob reads as the table it is
export const MODEL: readonly Knob[] = [
  { path: 'model.n_latent', key: 'nq', kind: 'number', initial: 64, min: 1, max: 16384, integer: true, group: 'Model', effect: 'restart', perRun: true, name: 'Latents', symbol: 'n_q' },
  { path: 'model.activation', key: 'act', kind: 'choice', initial: 'top_k', group: 'Model', effect: 'restart', perRun: true, applies: encodes, name: 'Activation', symbol: 'σ',
    choices: [{ value: 'top_k', label: 'Top-k' }, { value: 'batch_top_k', label: 'Batch Top-k' }, { value: 'relu', label: 'ReLU' }, { value: 'jump_relu', label: 'JumpReLU' }, { value: 'gated', label: 'Gated', applies: descends }] },
  { path: 'model.k', key: 'k', kind: 'number', initial: 3, min: 0.1, max: 16384, group: 'Model', effect: 'live', perRun: true, applies: (c) => ranks(c) || c.training.algorithm === 'k_svd', name: 'Active latents', symbol: 'k' },
  { path: 'model.rank_by_norm', key: 'rank', kind: 'switch', initial: false, group: 'Model', effect: 'restart', perRun: true, applies: (c) => ranks(c) && !c.model.unit_norm_decoder, name: 'Rank by z ‖w_D‖' },
  { path: 'model.theta', key: 'theta', kind: 'number', initial: 0.1, min: 0, max: 1000, step: 0.01, group: 'Model', effect: 'restart', perRun: true, applies: jumps, name: 'First threshold', symbol: 'θ' },
  { path: 'model.bandwidth', key: 'bw', kind: 'number', initial: 0.1, min: 0.000001, max: 1000, step: 0.01, group: 'Model', effect: 'restart', perRun: true, applies: jumps, name: 'Bandwidth', symbol: 'ε' },
  { path: 'model.skip', key: 'skip', kind: 'switch', initial: false, group: 'Model', effect: 'restart', perRun: true, applies: (c) => encodes(c) && c.model.task === 'transcoder', name: 'Skip connection', symbol: 'W_skip' },
  { path: 'model.b_enc', key: 'benc', kind: 'switch', initial: false, group: 'Model', effect: 'restart', perRun: true, applies: (c) => encodes(c) && c.model.activation !== 'gated', name: 'Encoder bias', symbol: 'b_E' },
  { path: 'model.b_dec', key: 'bdec', kind: 'switch', initial: false, group: 'Model', effect: 'restart', perRun: true, applies: encodes, name: 'Decoder bias', symbol: 'b_D' },
  { path: 'model.b_dec_start', key: 'bstart', kind: 'choice', initial: 'zero', group: 'Model', effect: 'restart', perRun: true, applies: (c) => c.model.b_dec, name: 'First decoder bias',
    choices: [{ value: 'zero', label: 'Zero' }, { value: 'mean', label: 'Mean' }, { value: 'geometric_median', label: 'Geometric median' }] },
  { path: 'model.shift_input', key: 'shift', kind: 'switch', initial: false, group: 'Model', effect: 'restart', perRun: true, applies: (c) => descends(c) && c.model.b_dec && c.model.task !== 'transcoder', name: 'Encode x − b_D' },
  { path: 'model.unit_norm_decoder', key: 'unit', kind: 'switch', initial: true, group: 'Model', effect: 'restart', perRun: true, applies: descends, name: 'Unit-norm decoder' },
  { path: 'model.tied_init', key: 'tied', kind: 'switch', initial: true, group: 'Model', effect: 'restart', perRun: true, applies: (c) => encodes(c) && c.model.task !== 'transcoder', name: 'Tied start' },
  { path: 'model.init_norm', key: 'norm', kind: 'number', initial: 1, min: 0.001, max: 100, step: 0.1, group: 'Model', effect: 'restart', perRun: true, name: 'First norm' },
  { path: 'model.zero_decoder', key: 'zero', kind: 'switch', initial: false, group: 'Model', effect: 'restart', perRun: true, applies: (c) => encodes(c) && !c.model.unit_norm_decoder, name: 'Decoder starts at zero' },
];
