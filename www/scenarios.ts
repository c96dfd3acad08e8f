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
/** Four parents of four children; 1.02 features are active at a time. */
const FAMILIES: Some = {
  'bench.n_features': 20,
  'bench.n_input': 32,
  'bench.interference': 'negative',
  'bench.n_parents': 4,
  'bench.no_child': 0.3,
  'bench.tied_magnitudes': true,
  'bench.sparsity': 0.97375,
  'model.n_latent': 20,
  'training.learning_rate': 0.003,
  'training.steps': 4000,
  'anchors.count': 4,
  'scoring.rows': 8192,
};

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
    id: 'revive',
    name: 'AuxK: the dead come back',
    about:
      'At a high learning rate a third of the latents die early, and features go without. In B the dead rebuild what the living leave (AuxK) and so return to what is missing.',
    shared: {
      'bench.n_features': 64,
      'bench.n_input': 24,
      'bench.sparsity': 0.97,
      'model.n_latent': 80,
      'model.k': 2,
      'model.tied_init': false,
      'training.learning_rate': 0.02,
      'anchors.count': 0,
      'dead.window': 5000,
      'scoring.threshold': 0.9,
    },
    A: {},
    B: { 'loss.aux_k': 0.03125 },
  },
  {
    id: 'jump',
    name: 'L1 or L0: ReLU and JumpReLU alike in L0',
    about:
      'Both are held at as many active latents as there are active features. L1 pays for size, so A shrinks what it finds, though it finds it; B pays only for firing, with a trained threshold a latent, and reconstructs better.',
    shared: {
      'model.b_enc': true,
      'loss.target_l0': 1.6,
      'training.learning_rate': 0.003,
      'anchors.count': 0,
      'scoring.threshold': 0.9,
    },
    A: { 'model.activation': 'relu', 'loss.l1': 1, 'loss.l0': 0 },
    B: { 'model.activation': 'jump_relu', 'loss.l1': 0, 'loss.l0': 0.1 },
  },
  {
    id: 'nested',
    name: 'Matryoshka: the first latents must do alone',
    about:
      'In B the first 8 and 16 latents must rebuild everything by themselves as well. With 32 features that can only be done by mixtures: see the first rows of B’s map, and what the others make of the rest.',
    shared: { 'model.n_latent': 48, 'anchors.count': 0, 'training.learning_rate': 0.003, 'scoring.threshold': 0.9 },
    A: {},
    B: { 'loss.matryoshka': '8,16' },
  },
  {
    id: 'absorb',
    name: 'Absorption: children hide their parent',
    about:
      'A parent fires whenever one of its four children does, and k is too small for both: in A the children’s latents take their parent along and its own falls silent. B is anchored to the parents alone.',
    shared: { ...FAMILIES, 'model.activation': 'batch_top_k', 'model.k': 0.7 },
    A: {},
    B: ANCHORED,
  },
  {
    id: 'absorb-methods',
    name: 'Absorption: L1 or Matryoshka',
    about:
      'The same families. A pays for activity (L1), which is cheapest where one latent says child and parent; in B the first 4 latents must rebuild all samples alone, and so become parents.',
    shared: FAMILIES,
    A: { 'model.activation': 'relu', 'loss.l1': 0.1 },
    B: { 'model.activation': 'batch_top_k', 'model.k': 1, 'loss.matryoshka': '4' },
  },
  {
    id: 'transcoder',
    name: 'Transcoder: read here, write there',
    about:
      'Every feature has one direction in the input and another, unrelated one in the target. A latent has to find both. B is anchored to 8 of the pairs.',
    shared: {
      'model.task': 'transcoder',
      'bench.n_target': 24,
      'training.learning_rate': 0.003,
      'scoring.threshold': 0.9,
    },
    A: {},
    B: ANCHORED,
  },
  {
    id: 'crosscoder',
    name: 'Crosscoder: who has which feature',
    about:
      'Two sources share most of 32 features; 5 belong to the first alone and 5 to the second. The figure of decoder norms shows who is told apart: A by L1 on the summed norms, B by Batch Top-k.',
    shared: {
      'model.task': 'crosscoder',
      'bench.exclusive': 0.3125,
      'model.unit_norm_decoder': false,
      'model.b_enc': true,
      'loss.l1_weighting': 'decoder_norm',
      'training.learning_rate': 0.003,
      'anchors.count': 0,
      'scoring.threshold': 0.9,
    },
    A: { 'model.activation': 'relu', 'loss.l1': 0.2, 'model.rank_by_norm': false },
    B: { 'model.activation': 'batch_top_k', 'loss.l1': 0, 'model.rank_by_norm': true },
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
    id: 'small',
    name: 'Small: minima to be counted',
    about:
      'A bench so small that the minima of many seeds can be counted (theory lab, “Many seeds”). A trains plainly; B is anchored to some features, or has its dead latents re-aimed.',
    shared: {
      'bench.world': 1,
      'bench.n_features': 8,
      'bench.n_input': 4,
      'bench.sparsity': 0.98,
      'model.n_latent': 8,
      'model.k': 1,
      'model.unit_norm_decoder': false,
      'anchors.count': 2,
      'dead.window': 6400,
      'dead.resample_every': 200,
      'dead.resample_until': 1000,
      'dead.resample_inputs': 256,
      'dead.resample_scale': 1,
      'training.batch': 32,
      'training.learning_rate': 0.003,
      'training.steps': 2000,
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
  {
    id: 'mlp',
    name: 'Real transcoder (one MLP of MiniLM)',
    about:
      'What layer 3’s MLP makes of 2,048 words in their glosses: the input is what goes in, the target what comes out. B has a linear way around its latents, so they are left what no linear map can do.',
    shared: {
      source: 'activations',
      'model.task': 'transcoder',
      'activations.name': 'minilm-wordnet-mlp3',
      'model.n_latent': 256,
      'model.k': 16,
      'model.b_dec': true,
      'model.scale_data': true,
      'anchors.count': 0,
      'scoring.threshold': 0.5,
      'training.steps': 10000,
    },
    A: {},
    B: { 'model.skip': true },
  },
  {
    id: 'layers',
    name: 'Real crosscoder (three layers of MiniLM)',
    about:
      'One set of latents for layers 2, 4 and 6 at once: which of them live in one layer, and which in all? B is anchored to 16 labels in all three.',
    shared: {
      source: 'activations',
      'model.task': 'crosscoder',
      'activations.name': 'minilm-wordnet-layers',
      'model.n_latent': 256,
      'model.k': 16,
      'model.b_dec': true,
      'model.unit_norm_decoder': false,
      'model.rank_by_norm': true,
      'model.scale_data': true,
      'anchors.count': 16,
      'scoring.threshold': 0.6,
      'training.batch': 128,
      'training.steps': 10000,
    },
    A: {},
    B: ANCHORED,
  },
];

export const scenarioById = (id: string): Scenario | undefined => SCENARIOS.find((scenario) => scenario.id === id);
