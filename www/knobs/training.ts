/** Controls of how weights are found, of anchors and dead neurons, and of how a run is scored. */
import type { Config } from '../engine-config';
import { descends, type Knob, keepsDictionary } from './knob';

const encodes = (c: Config) => !keepsDictionary(c);
const onBench = (c: Config) => c.source === 'bench';
const ownSpace = (c: Config) => c.model.task !== 'transcoder';
const resampling = ({ dead }: Config) => dead.treatment === 'resample';
const gated = ({ model }: Config) => model.activation === 'gated';
const auxiliary = (c: Config) => descends(c) && !gated(c) && c.dead.treatment !== 'ghost';
const aiding = (c: Config) => auxiliary(c) && c.loss.aux_k > 0;

// biome-ignore format: a row a knob reads as the table it is
export const TRAINING: readonly Knob[] = [
  { path: 'training.algorithm', key: 'alg', kind: 'choice', initial: 'adam', group: 'Training', effect: 'restart', perRun: true, name: 'Algorithm',
    choices: [{ value: 'adam', label: 'Adam' }, { value: 'alternating', label: 'Alternating convex search' }, { value: 'k_svd', label: 'K-SVD', applies: ownSpace }, { value: 'online', label: 'Online dictionary learning', applies: ownSpace }, { value: 'er_spud', label: 'ER-SpUD', applies: (c) => onBench(c) && c.model.task === 'autoencoder' }, { value: 'oracle', label: 'Oracle (true directions)', applies: onBench }] },
  { path: 'training.non_negative', key: 'nn', kind: 'switch', initial: true, group: 'Training', effect: 'restart', perRun: true, applies: (c) => c.training.algorithm === 'k_svd' || c.training.algorithm === 'online', name: 'Codes are non-negative' },
  { path: 'training.learning_rate', key: 'lr', kind: 'number', initial: 0.001, min: 0, max: 10, step: 0.0001, slider: true, log: 0.00001, group: 'Training', effect: 'live', perRun: true, applies: descends, name: 'Learning rate', symbol: 'η' },
  { path: 'training.batch', key: 'batch', kind: 'number', initial: 256, min: 1, max: 8192, integer: true, group: 'Training', effect: 'restart', name: 'Batch', unit: 'samples' },
  { path: 'training.steps', key: 'steps', kind: 'number', initial: 20000, min: 1, max: 10000000, integer: true, group: 'Training', effect: 'live', name: 'Stop at', unit: 'steps' },
  { path: 'training.warm_up', key: 'warm', kind: 'number', initial: 0, min: 0, max: 10000000, integer: true, group: 'Training', effect: 'live', perRun: true, applies: descends, name: 'Warm-up', unit: 'steps' },
  { path: 'training.decay', key: 'decay', kind: 'number', initial: 0, min: 0, max: 10000000, integer: true, group: 'Training', effect: 'live', perRun: true, applies: descends, name: 'Final decay', unit: 'steps' },
  { path: 'training.clip', key: 'clip', kind: 'number', initial: 0, min: 0, max: 1000000, step: 0.5, group: 'Training', effect: 'live', perRun: true, applies: descends, name: 'Clip the gradient at' },
  { path: 'training.beta1', key: 'b1', kind: 'number', initial: 0.9, min: 0, max: 0.99999, step: 0.01, group: 'Training', effect: 'live', perRun: true, applies: descends, name: 'Adam, first moment', symbol: 'β_1' },
  { path: 'training.beta2', key: 'b2', kind: 'number', initial: 0.999, min: 0, max: 0.9999999, step: 0.001, group: 'Training', effect: 'live', perRun: true, applies: descends, name: 'Adam, second moment', symbol: 'β_2' },
  { path: 'training.epsilon', key: 'eps', kind: 'number', initial: 1e-8, min: 1e-12, max: 1, step: 1e-8, group: 'Training', effect: 'live', perRun: true, applies: descends, name: 'Adam, floor', symbol: 'ε' },

  { path: 'anchors.count', key: 'na', kind: 'number', initial: 8, min: 0, max: 4096, integer: true, group: 'Anchors', effect: 'live', perRun: true, applies: encodes, name: 'Anchored features' },
  { path: 'anchors.coefficient', key: 'la', kind: 'number', initial: 0, min: 0, max: 100, step: 0.01, slider: true, log: 0.0001, group: 'Anchors', effect: 'live', perRun: true, applies: encodes, name: 'Anchor strength', symbol: 'λ_a' },

  { path: 'dead.window', key: 'window', kind: 'number', initial: 100000, min: 1, max: 100000000, integer: true, group: 'Dead neurons', effect: 'live', perRun: true, name: 'Dead after', unit: 'samples' },
  { path: 'dead.treatment', key: 'treat', kind: 'choice', initial: 'none', group: 'Dead neurons', effect: 'live', perRun: true, applies: encodes, name: 'Treatment',
    choices: [{ value: 'none', label: 'None' }, { value: 'resample', label: 'Resample' }, { value: 'ghost', label: 'Ghost gradients', applies: (c) => descends(c) && !gated(c) }] },
  { path: 'loss.aux_k', key: 'aux', kind: 'number', initial: 0, min: 0, max: 100, step: 0.01, slider: true, log: 0.0001, group: 'Dead neurons', effect: 'live', perRun: true, applies: auxiliary, name: 'AuxK', symbol: 'α' },
  { path: 'loss.aux_k_latents', key: 'auxn', kind: 'number', initial: 0, min: 0, max: 16384, integer: true, group: 'Dead neurons', effect: 'live', perRun: true, applies: aiding, name: 'AuxK latents', symbol: 'k_aux' },
  { path: 'loss.aux_k_form', key: 'auxf', kind: 'choice', initial: 'normalised', group: 'Dead neurons', effect: 'live', perRun: true, applies: aiding, name: 'AuxK error',
    choices: [{ value: 'normalised', label: 'Normalised' }, { value: 'plain', label: 'Plain' }] },
  { path: 'loss.aux_k_relu', key: 'auxr', kind: 'switch', initial: false, group: 'Dead neurons', effect: 'live', perRun: true, applies: aiding, name: 'AuxK of ReLU(z)' },
  { path: 'dead.resample_every', key: 'revery', kind: 'number', initial: 2500, min: 1, max: 10000000, integer: true, group: 'Dead neurons', effect: 'live', perRun: true, applies: resampling, name: 'Resample every', unit: 'steps' },
  { path: 'dead.resample_until', key: 'runtil', kind: 'number', initial: 20000, min: 0, max: 10000000, integer: true, group: 'Dead neurons', effect: 'live', perRun: true, applies: resampling, name: 'Resample until', unit: 'step' },
  { path: 'dead.resample_inputs', key: 'rinputs', kind: 'number', initial: 4096, min: 1, max: 1000000, integer: true, group: 'Dead neurons', effect: 'live', perRun: true, applies: encodes, name: 'Inputs looked at', unit: 'samples' },
  { path: 'dead.resample_scale', key: 'rscale', kind: 'number', initial: 0.2, min: 0.0001, max: 10, step: 0.05, group: 'Dead neurons', effect: 'live', perRun: true, applies: encodes, name: 'Encoder scale' },

  { path: 'scoring.threshold', key: 'tau', kind: 'number', initial: 0.95, min: 0, max: 1, step: 0.01, slider: true, group: 'Scoring', effect: 'live', name: 'Recovered above', symbol: 'τ' },
  { path: 'scoring.rows', key: 'rows', kind: 'number', initial: 2048, min: 16, max: 65536, integer: true, group: 'Scoring', effect: 'restart', name: 'Evaluation batch', unit: 'samples' },
];
