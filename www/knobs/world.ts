/** Controls of what both runs see: data, and the truth about them. A and B share all of it. */
import type { Config } from '../engine-config';
import type { Knob } from './knob';

const onBench = (c: Config) => c.source === 'bench';
const onData = (c: Config) => c.source === 'activations';
const families = (c: Config) => onBench(c) && c.bench.n_parents > 0;
const crossed = (c: Config) => onBench(c) && c.model.task === 'crosscoder';

// biome-ignore format: a row a knob reads as the table it is
export const WORLD: readonly Knob[] = [
  { path: 'seed', key: 'seed', kind: 'number', initial: 7, min: 0, max: 4294967295, integer: true, group: 'World', effect: 'restart', name: 'Seed' },
  { path: 'source', key: 'source', kind: 'choice', initial: 'bench', group: 'World', effect: 'restart', name: 'Inputs from',
    choices: [{ value: 'bench', label: 'Synthetic bench' }, { value: 'activations', label: 'Real activations' }] },
  { path: 'model.task', key: 'task', kind: 'choice', initial: 'autoencoder', group: 'World', effect: 'restart', name: 'Task',
    choices: [{ value: 'autoencoder', label: 'Autoencoder' }, { value: 'transcoder', label: 'Transcoder' }, { value: 'crosscoder', label: 'Crosscoder' }] },
  { path: 'bench.world', key: 'world', kind: 'number', initial: 0, min: 0, max: 4294967295, integer: true, group: 'World', effect: 'restart', applies: onBench, name: 'World' },
  { path: 'bench.n_features', key: 'n', kind: 'number', initial: 32, min: 2, max: 4096, integer: true, group: 'World', effect: 'restart', applies: onBench, name: 'Features', symbol: 'n' },
  { path: 'bench.n_input', key: 'np', kind: 'number', initial: 16, min: 2, max: 4096, integer: true, group: 'World', effect: 'restart', applies: onBench, name: 'Input dimensions', symbol: 'n_p' },
  { path: 'bench.n_target', key: 'nr', kind: 'number', initial: 16, min: 2, max: 4096, integer: true, group: 'World', effect: 'restart',
    applies: (c) => onBench(c) && c.model.task === 'transcoder', name: 'Target dimensions', symbol: 'n_r' },
  { path: 'bench.n_sources', key: 'm', kind: 'number', initial: 2, min: 2, max: 16, integer: true, group: 'World', effect: 'restart', applies: crossed, name: 'Sources', symbol: 'm' },
  { path: 'bench.exclusive', key: 'excl', kind: 'number', initial: 0, min: 0, max: 1, step: 0.05, group: 'World', effect: 'restart', applies: crossed, name: 'Exclusive features', unit: 'share' },
  { path: 'bench.n_parents', key: 'par', kind: 'number', initial: 0, min: 0, max: 2048, integer: true, group: 'World', effect: 'restart', applies: onBench, name: 'Parents' },
  { path: 'bench.n_children', key: 'chi', kind: 'number', initial: 4, min: 1, max: 4095, integer: true, group: 'World', effect: 'restart', applies: families, name: 'Children of each' },
  { path: 'bench.no_child', key: 'nochild', kind: 'number', initial: 0, min: 0, max: 0.99, step: 0.05, group: 'World', effect: 'restart', applies: families, name: 'Parent alone', unit: 'chance' },
  { path: 'bench.exclusive_children', key: 'onechild', kind: 'switch', initial: true, group: 'World', effect: 'restart', applies: families, name: 'One child at a time' },
  { path: 'bench.tied_magnitudes', key: 'tiedmag', kind: 'switch', initial: false, group: 'World', effect: 'restart', applies: families, name: 'Parent as large as its child' },
  { path: 'bench.correlation', key: 'corr', kind: 'number', initial: 0, min: 0, max: 1, step: 0.1, group: 'World', effect: 'restart', applies: (c) => onBench(c) && !families(c), name: 'Correlation' },
  { path: 'bench.correlation_rank', key: 'corrank', kind: 'number', initial: 8, min: 1, max: 256, integer: true, group: 'World', effect: 'restart', applies: (c) => onBench(c) && !families(c) && c.bench.correlation > 0, name: 'Factors of correlation' },
  { path: 'bench.sparsity', key: 'S', kind: 'number', initial: 0.95, min: 0, max: 0.9999, step: 0.01, group: 'World', effect: 'restart', applies: onBench, name: 'Sparsity', symbol: 'S' },
  { path: 'bench.interference', key: 'setting', kind: 'choice', initial: 'bounded', group: 'World', effect: 'restart', applies: onBench, name: 'Interference',
    choices: [{ value: 'bounded', label: 'Bounded by M' }, { value: 'negative', label: 'Negative' }] },
  { path: 'bench.max_interference', key: 'M', kind: 'number', initial: 0.3, min: 0, max: 1, step: 0.01, group: 'World', effect: 'restart',
    applies: (c) => onBench(c) && c.bench.interference === 'bounded', name: 'Largest interference', symbol: 'M' },
  { path: 'bench.magnitude_min', key: 'cmin', kind: 'number', initial: 0, min: 0, max: 100, step: 0.1, group: 'World', effect: 'restart', applies: onBench, name: 'Smallest magnitude', symbol: 'c_min' },
  { path: 'bench.magnitude_scale', key: 'beta', kind: 'number', initial: 1, min: 0.001, max: 100, step: 0.1, group: 'World', effect: 'restart', applies: onBench, name: 'Magnitude scale', symbol: 'β' },
  { path: 'activations.name', key: 'data', kind: 'choice', initial: 'minilm-wordnet-sentences', group: 'World', effect: 'restart', applies: onData, name: 'Data set',
    choices: [
      { value: 'minilm-wordnet-sentences', label: 'MiniLM sentences', applies: (c) => c.model.task === 'autoencoder' },
      { value: 'minilm-wordnet-mlp3', label: 'MiniLM, MLP of layer 3', applies: (c) => c.model.task === 'transcoder' },
      { value: 'minilm-wordnet-layers', label: 'MiniLM, layers 2, 4 and 6', applies: (c) => c.model.task === 'crosscoder' },
    ] },
  { path: 'activations.center', key: 'center', kind: 'switch', initial: true, group: 'World', effect: 'restart', applies: onData, name: 'Subtract the mean row' },
  { path: 'model.scale_data', key: 'scale', kind: 'switch', initial: false, group: 'World', effect: 'restart', name: 'Scale to √d' },
];
