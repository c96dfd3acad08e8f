/** Starting points: named sets of knob values, each with the one contrast between A and B that it is about. */
import type { ConfigPath, KnobValue } from './knobs';

type Some = Partial<Record<ConfigPath, KnobValue>>;

export interface Scenario {
  id: string;
  name: string;
  /** One sentence: what to look for. */
  about: string;
  shared: Some;
  A: Some;
  B: Some;
}

const ANCHORED: Some = { 'anchors.coefficient': 0.1 };

export const SCENARIOS: readonly Scenario[] = [
  {
    id: 'mixtures',
    name: 'k too large: mixtures',
    about:
      '32 features in 16 dimensions, 3.2 of them active at a time, but k keeps 8 latents. A reconstructs well out of mixtures; B knows 16 of the features, and both are scored on the other 16.',
    shared: {
      'bench.sparsity': 0.9,
      'model.n_latent': 32,
      'model.k': 8,
      'training.learning_rate': 0.003,
      'anchors.count': 16,
      'scoring.threshold': 0.8,
    },
    A: {},
    B: ANCHORED,
  },
  {
    id: 'bench',
    name: 'k near the true L0',
    about:
      'Here k = 3 is near the 1.6 features active at a time, and twice as many latents as features: A finds nearly everything by itself, and 8 anchors have little left to give.',
    shared: {},
    A: {},
    B: ANCHORED,
  },
  {
    id: 'relu',
    name: 'ReLU with L1: neurons die',
    about:
      'An L1 penalty on ReLU codes silences neurons, and a silent neuron has no gradient. B re-aims its dead ones: watch whether they stay alive.',
    shared: {
      'model.activation': 'relu',
      'model.n_latent': 128,
      'model.b_enc': true,
      'loss.l1': 0.5,
      'training.learning_rate': 0.003,
      'anchors.count': 0,
      'dead.window': 50000,
      'dead.resample_every': 1000,
      'dead.resample_until': 10000,
    },
    A: {},
    B: { 'dead.treatment': 'resample' },
  },
  {
    id: 'circle',
    name: 'Directions on a circle',
    about: 'Five features in the plane: every direction can be seen exactly. B is anchored to two of them.',
    shared: {
      'bench.n_features': 5,
      'bench.n_input': 2,
      'bench.sparsity': 0.9,
      'bench.max_interference': 0.32,
      'model.n_latent': 8,
      'model.k': 1,
      'anchors.count': 2,
      'training.steps': 5000,
    },
    A: {},
    B: ANCHORED,
  },
  {
    id: 'sphere',
    name: 'Directions on a sphere',
    about: 'Eight features in space: every direction can be seen exactly. B is anchored to three of them.',
    shared: {
      'bench.n_features': 8,
      'bench.n_input': 3,
      'bench.sparsity': 0.93,
      'bench.max_interference': 0.35,
      'model.n_latent': 12,
      'model.k': 1,
      'anchors.count': 3,
      'training.steps': 5000,
    },
    A: {},
    B: ANCHORED,
  },
  {
    id: 'sentences',
    name: 'Real sentences (MiniLM × WordNet)',
    about:
      'Embeddings of 3,894 dictionary entries under 32 labels; the mean of each label stands in for the truth. B is anchored to 16 of them.',
    shared: {
      source: 'activations',
      'model.n_latent': 256,
      'model.k': 8,
      'model.b_dec': true,
      'anchors.count': 16,
      'scoring.threshold': 0.8,
      'training.steps': 10000,
    },
    A: {},
    B: ANCHORED,
  },
];

export const scenarioById = (id: string): Scenario | undefined => SCENARIOS.find((scenario) => scenario.id === id);
