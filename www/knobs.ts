/**
 * The one table of controls: what can be set, in which words, within what bounds, and to what effect.
 *
 * Inputs (`controls.ts`), the URL (`url.ts`) and the defaults (`values.ts`) are all read from here. Bounds are
 * generous limits for a browser; what only makes sense together (k ≤ n_latent, memory) the engine judges.
 */
import type { Config } from './engine';

/** `seed`, `bench.n_features`, `model.k` …: every leaf of Config. */
export type ConfigPath = {
  [G in keyof Config & string]: Config[G] extends object ? `${G}.${keyof Config[G] & string}` : G;
}[keyof Config & string];

export type KnobValue = number | string | boolean;

export const GROUPS = ['World', 'Model', 'Training', 'Anchors', 'Dead neurons', 'Scoring'] as const;
export type Group = (typeof GROUPS)[number];

interface Common {
  path: ConfigPath;
  /** Short name in the URL. */
  key: string;
  name: string;
  /** Theory notation; `_` starts a subscript. */
  symbol?: string;
  unit?: string;
  group: Group;
  /** live: takes effect while the run goes on. restart: a new run from step 0. */
  effect: 'live' | 'restart';
  /** May A and B differ in it? What makes up world and batches may not. */
  perRun?: true;
  explanation: string;
  formula?: string;
  source?: string;
  /** Shown only where it matters; absent: always. */
  applies?: (config: Config) => boolean;
}

export interface NumberKnob extends Common {
  kind: 'number';
  initial: number;
  min: number;
  max: number;
  integer?: true;
  step?: number;
  /** Slider beside the number; log: even spacing in the exponent, from `min` (or, where 0 is off, from `log`). */
  slider?: true;
  log?: number;
}

export interface ChoiceKnob extends Common {
  kind: 'choice';
  initial: string;
  choices: readonly { value: string; label: string }[];
}

export interface SwitchKnob extends Common {
  kind: 'switch';
  initial: boolean;
}

export type Knob = NumberKnob | ChoiceKnob | SwitchKnob;

const PAPER = 'arXiv 2512.05534';
const BRICKEN = 'Bricken et al. 2023, Towards Monosemanticity';
const ADAM = 'Kingma & Ba 2015, Adam';

const onBench = (c: Config) => c.source === 'bench';
const onData = (c: Config) => c.source === 'activations';
const resampling = (c: Config) => c.dead.treatment === 'resample';

// biome-ignore format: a row a knob, its words on one line each, reads as the table it is
export const KNOBS: readonly Knob[] = [
  // ── World ──────────────────────────────────────────────────────────────────────────────────────────────────
  { path: 'seed', key: 'seed', kind: 'number', initial: 7, min: 0, max: 4294967295, integer: true, group: 'World', effect: 'restart',
    name: 'Seed', explanation: 'Names every random choice: directions, initial weights, batches, anchors. A and B share it, so they differ only where you make them differ.' },
  { path: 'source', key: 'source', kind: 'choice', initial: 'bench', group: 'World', effect: 'restart',
    choices: [{ value: 'bench', label: 'Synthetic bench' }, { value: 'activations', label: 'Real activations' }],
    name: 'Inputs from', explanation: 'The bench draws inputs from directions it knows, so recovery can be measured exactly. Real activations have labels instead; their class means stand in for the truth.' },
  { path: 'bench.n_features', key: 'n', kind: 'number', initial: 32, min: 2, max: 4096, integer: true, group: 'World', effect: 'restart', applies: onBench,
    name: 'Features', symbol: 'n', explanation: 'Ground-truth features: the directions a good dictionary should find.', formula: 'x_p = W_p x', source: `${PAPER} §2` },
  { path: 'bench.n_input', key: 'np', kind: 'number', initial: 16, min: 2, max: 4096, integer: true, group: 'World', effect: 'restart', applies: onBench,
    name: 'Input dimensions', symbol: 'n_p', explanation: 'Where the features have to fit. Fewer dimensions than features is superposition.', formula: 'W_p : n_p × n, unit columns', source: `${PAPER} §2` },
  { path: 'bench.sparsity', key: 'S', kind: 'number', initial: 0.95, min: 0, max: 0.9999, step: 0.01, group: 'World', effect: 'restart', applies: onBench,
    name: 'Sparsity', symbol: 'S', explanation: 'Chance that a feature is silent in a sample. On average n(1−S) features are active.', formula: 'S = Pr(x_d = 0)', source: `${PAPER} §2` },
  { path: 'bench.interference', key: 'setting', kind: 'choice', initial: 'bounded', group: 'World', effect: 'restart', applies: onBench,
    choices: [{ value: 'bounded', label: 'Bounded by M' }, { value: 'negative', label: 'Negative' }],
    name: 'Interference', explanation: 'Bounded: no two directions are closer than M. Negative: all products are pushed to 0 or below as far as the dimensions allow.', formula: 'Σ max(0, ⟨w_i,w_j⟩ − M)² + λ Σ max(0, ⟨w_i,w_j⟩)²', source: `${PAPER}, Table 1` },
  { path: 'bench.max_interference', key: 'M', kind: 'number', initial: 0.3, min: 0, max: 1, step: 0.01, group: 'World', effect: 'restart', applies: (c) => onBench(c) && c.bench.interference === 'bounded',
    name: 'Largest interference', symbol: 'M', explanation: 'How close two feature directions may come. The world says when this is out of reach.', formula: 'M = max_{i≠j} ⟨w_i, w_j⟩', source: `${PAPER} §2` },
  { path: 'bench.magnitude_min', key: 'cmin', kind: 'number', initial: 0, min: 0, max: 100, step: 0.1, group: 'World', effect: 'restart', applies: onBench,
    name: 'Smallest magnitude', symbol: 'c_min', explanation: 'An active feature has at least this value.', formula: 'x_d = c_min + Exp(β)' },
  { path: 'bench.magnitude_scale', key: 'beta', kind: 'number', initial: 1, min: 0.001, max: 100, step: 0.1, group: 'World', effect: 'restart', applies: onBench,
    name: 'Magnitude scale', symbol: 'β', explanation: 'Mean of the exponential part of an active feature’s value.', formula: 'x_d = c_min + Exp(β)' },
  { path: 'activations.name', key: 'data', kind: 'choice', initial: 'minilm-wordnet-sentences', group: 'World', effect: 'restart', applies: onData,
    choices: [{ value: 'minilm-wordnet-sentences', label: 'MiniLM on WordNet glosses' }],
    name: 'Data set', explanation: 'Sentence embeddings (all-MiniLM-L6-v2, 384 dimensions) of 3,894 WordNet noun glosses under 32 labels.' },
  { path: 'activations.center', key: 'center', kind: 'switch', initial: true, group: 'World', effect: 'restart', applies: onData,
    name: 'Subtract the mean row', explanation: 'Sentence embeddings share a large common direction. Without it the differences between labels come first.' },
  // ── Model ──────────────────────────────────────────────────────────────────────────────────────────────────
  { path: 'model.n_latent', key: 'nq', kind: 'number', initial: 64, min: 1, max: 16384, integer: true, group: 'Model', effect: 'restart', perRun: true,
    name: 'Latents', symbol: 'n_q', explanation: 'Neurons of the dictionary. More than features leaves room for duplicates and dead neurons.', formula: 'x_q = σ(W_E x_p)', source: `${PAPER}, eq. 1` },
  { path: 'model.activation', key: 'act', kind: 'choice', initial: 'top_k', group: 'Model', effect: 'restart', perRun: true,
    choices: [{ value: 'top_k', label: 'Top-k' }, { value: 'relu', label: 'ReLU' }],
    name: 'Activation', symbol: 'σ', explanation: 'Top-k keeps the k largest positive latents of a sample. ReLU keeps every positive one and needs L1 to become sparse.', source: `${PAPER}, eq. 5, 7` },
  { path: 'model.k', key: 'k', kind: 'number', initial: 3, min: 1, max: 16384, integer: true, group: 'Model', effect: 'live', perRun: true, applies: (c) => c.model.activation === 'top_k',
    name: 'Active latents', symbol: 'k', explanation: 'Latents kept per sample. How far k is from the true L0, n(1−S), drives recovery.', source: `Gao et al. 2024; ${PAPER}, eq. 7` },
  { path: 'loss.l1', key: 'l1', kind: 'number', initial: 0, min: 0, max: 100, step: 0.01, slider: true, log: 0.0001, group: 'Model', effect: 'live', perRun: true,
    name: 'L1 penalty', symbol: 'λ', explanation: 'Price of activity. It makes ReLU codes sparse, shrinks them too, and lets neurons die.', formula: '+ λ Σ_i f_i', source: `${PAPER}, eq. 5` },
  { path: 'loss.l1_weighting', key: 'l1w', kind: 'choice', initial: 'plain', group: 'Model', effect: 'live', perRun: true, applies: (c) => c.loss.l1 > 0,
    choices: [{ value: 'plain', label: 'Σ f' }, { value: 'decoder_norm', label: 'Σ f ‖w_D‖' }],
    name: 'L1 weighting', explanation: 'Weighting by the decoder norm closes the way out of small activations and long decoder columns.', formula: 'λ Σ_i f_i ‖w_D^i‖', source: 'Templeton et al. 2024' },
  { path: 'model.b_enc', key: 'benc', kind: 'switch', initial: false, group: 'Model', effect: 'restart', perRun: true,
    name: 'Encoder bias', symbol: 'b_E', explanation: 'A threshold per latent. The theory leaves it out; the literature uses it.', formula: 'σ(W_E x + b_E)' },
  { path: 'model.b_dec', key: 'bdec', kind: 'switch', initial: false, group: 'Model', effect: 'restart', perRun: true,
    name: 'Decoder bias', symbol: 'b_D', explanation: 'What is reconstructed when nothing fires: the mean, roughly.', formula: 'x̂ = W_D f + b_D' },
  { path: 'model.shift_input', key: 'shift', kind: 'switch', initial: false, group: 'Model', effect: 'restart', perRun: true, applies: (c) => c.model.b_dec,
    name: 'Encode x − b_D', explanation: 'The encoder sees the input less the decoder bias.', formula: 'σ(W_E (x − b_D))', source: BRICKEN },
  { path: 'model.tied_init', key: 'tied', kind: 'switch', initial: true, group: 'Model', effect: 'restart', perRun: true,
    name: 'Tied start', explanation: 'The encoder starts as the decoder’s transpose. Fewer neurons die.', formula: 'W_E(0) = W_D(0)ᵀ', source: 'Gao et al. 2024' },
  { path: 'model.init_norm', key: 'norm', kind: 'number', initial: 1, min: 0.001, max: 100, step: 0.1, group: 'Model', effect: 'restart', perRun: true,
    name: 'Norm at the start', explanation: 'Length of every decoder column at step 0.', formula: '‖w_D^i(0)‖' },
  { path: 'model.unit_norm_decoder', key: 'unit', kind: 'switch', initial: true, group: 'Model', effect: 'restart', perRun: true,
    name: 'Unit-norm decoder', explanation: 'Columns stay at length 1: the gradient is projected before Adam, the columns renormalised after.', formula: '‖w_D^i‖ = 1', source: BRICKEN },
  // ── Training ───────────────────────────────────────────────────────────────────────────────────────────────
  { path: 'training.learning_rate', key: 'lr', kind: 'number', initial: 0.001, min: 0, max: 10, step: 0.0001, slider: true, log: 0.00001, group: 'Training', effect: 'live', perRun: true,
    name: 'Learning rate', symbol: 'η', explanation: 'Size of an Adam step. Too large and the run diverges; the page then offers the way back.', source: ADAM },
  { path: 'training.batch', key: 'batch', kind: 'number', initial: 256, min: 1, max: 8192, integer: true, group: 'Training', effect: 'restart',
    name: 'Batch', unit: 'samples', explanation: 'Samples per step. Losses are means over the batch of sums over dimensions.' },
  { path: 'training.steps', key: 'steps', kind: 'number', initial: 20000, min: 1, max: 10000000, integer: true, group: 'Training', effect: 'live',
    name: 'Stop at', unit: 'steps', explanation: 'Both runs stop by themselves here.' },
  { path: 'training.warm_up', key: 'warm', kind: 'number', initial: 0, min: 0, max: 10000000, integer: true, group: 'Training', effect: 'live', perRun: true,
    name: 'Warm-up', unit: 'steps', explanation: 'The learning rate rises linearly over the first steps.' },
  { path: 'training.decay', key: 'decay', kind: 'number', initial: 0, min: 0, max: 10000000, integer: true, group: 'Training', effect: 'live', perRun: true,
    name: 'Final decay', unit: 'steps', explanation: 'The learning rate falls linearly to 0 over the last steps.' },
  { path: 'training.beta1', key: 'b1', kind: 'number', initial: 0.9, min: 0, max: 0.99999, step: 0.01, group: 'Training', effect: 'live', perRun: true,
    name: 'Adam, first moment', symbol: 'β_1', explanation: 'Memory of the mean gradient.', source: ADAM },
  { path: 'training.beta2', key: 'b2', kind: 'number', initial: 0.999, min: 0, max: 0.9999999, step: 0.001, group: 'Training', effect: 'live', perRun: true,
    name: 'Adam, second moment', symbol: 'β_2', explanation: 'Memory of the mean squared gradient.', source: ADAM },
  { path: 'training.epsilon', key: 'eps', kind: 'number', initial: 1e-8, min: 1e-12, max: 1, step: 1e-8, group: 'Training', effect: 'live', perRun: true,
    name: 'Adam, floor', symbol: 'ε', explanation: 'Keeps the division finite where gradients vanish.', source: ADAM },
  // ── Anchors ────────────────────────────────────────────────────────────────────────────────────────────────
  { path: 'anchors.count', key: 'na', kind: 'number', initial: 8, min: 0, max: 4096, integer: true, group: 'Anchors', effect: 'live', perRun: true,
    name: 'Anchored features', explanation: 'The first latents are drawn to this many known feature directions. They are left out of the score of both runs.', source: `${PAPER}, eq. 22` },
  { path: 'anchors.coefficient', key: 'la', kind: 'number', initial: 0, min: 0, max: 100, step: 0.01, slider: true, log: 0.0001, group: 'Anchors', effect: 'live', perRun: true,
    name: 'Anchor strength', symbol: 'λ_a', explanation: 'Pull of the anchors; 0 switches them off.', formula: 'λ_a (‖W_E[1:k] − W̃_pᵀ‖² + ‖W_D[:,1:k] − W̃_r‖²)', source: `${PAPER}, eq. 22` },
  // ── Dead neurons ───────────────────────────────────────────────────────────────────────────────────────────
  { path: 'dead.window', key: 'window', kind: 'number', initial: 100000, min: 1, max: 100000000, integer: true, group: 'Dead neurons', effect: 'live', perRun: true,
    name: 'Dead after', unit: 'samples', explanation: 'A latent that fired for none of the last so many training samples counts as dead. Its gradient is zero: nothing pulls it back.' },
  { path: 'dead.treatment', key: 'treat', kind: 'choice', initial: 'none', group: 'Dead neurons', effect: 'live', perRun: true,
    choices: [{ value: 'none', label: 'None' }, { value: 'resample', label: 'Resample' }],
    name: 'Treatment', explanation: 'Resampling re-aims dead latents at inputs that are reconstructed badly and clears their Adam state.', source: BRICKEN },
  { path: 'dead.resample_every', key: 'revery', kind: 'number', initial: 2500, min: 1, max: 10000000, integer: true, group: 'Dead neurons', effect: 'live', perRun: true, applies: resampling,
    name: 'Resample every', unit: 'steps', explanation: 'Steps between two resamplings.' },
  { path: 'dead.resample_until', key: 'runtil', kind: 'number', initial: 20000, min: 0, max: 10000000, integer: true, group: 'Dead neurons', effect: 'live', perRun: true, applies: resampling,
    name: 'Resample until', unit: 'step', explanation: 'No scheduled resampling after this step, so that training can settle.' },
  { path: 'dead.resample_inputs', key: 'rinputs', kind: 'number', initial: 4096, min: 1, max: 1000000, integer: true, group: 'Dead neurons', effect: 'live', perRun: true,
    name: 'Inputs looked at', unit: 'samples', explanation: 'New directions are drawn from so many inputs, in proportion to the square of their loss.', source: BRICKEN },
  { path: 'dead.resample_scale', key: 'rscale', kind: 'number', initial: 0.2, min: 0.0001, max: 10, step: 0.05, group: 'Dead neurons', effect: 'live', perRun: true,
    name: 'Encoder scale', explanation: 'Norm of a revived encoder row, as a share of the mean norm of the living.', source: BRICKEN },
  // ── Scoring ────────────────────────────────────────────────────────────────────────────────────────────────
  { path: 'scoring.threshold', key: 'tau', kind: 'number', initial: 0.95, min: 0, max: 1, step: 0.01, slider: true, group: 'Scoring', effect: 'live',
    name: 'Recovered above', symbol: 'τ', explanation: 'A feature counts as recovered when some latent is at least this similar to it.', formula: 'M_GT(τ) = share of features with max_i s_id > τ', source: `${PAPER} v3, §5.1` },
  { path: 'scoring.rows', key: 'rows', kind: 'number', initial: 2048, min: 16, max: 65536, integer: true, group: 'Scoring', effect: 'restart',
    name: 'Evaluation batch', unit: 'samples', explanation: 'Fixed samples on which loss, explained variance and L0 are measured, the same for A and B.' },
];

const BY_PATH = new Map<string, Knob>(KNOBS.map((knob) => [knob.path, knob]));
const BY_KEY = new Map<string, Knob>(KNOBS.map((knob) => [knob.key, knob]));

export const knobAt = (path: string): Knob | undefined => BY_PATH.get(path);
export const knobByKey = (key: string): Knob | undefined => BY_KEY.get(key);

/** What would be right, in words: for messages beside inputs, about links and from scripts. */
export function expected(knob: Knob): string {
  switch (knob.kind) {
    case 'number':
      return `${knob.integer ? 'a whole number' : 'a number'} from ${knob.min} to ${knob.max}`;
    case 'choice':
      return knob.choices.map((choice) => choice.value).join(' or ');
    case 'switch':
      return '1 or 0';
    default:
      return knob satisfies never;
  }
}

/** Is this value one the knob can take? (Whether it goes with the others, the engine says.) */
export function fits(knob: Knob, value: unknown): value is KnobValue {
  switch (knob.kind) {
    case 'number':
      return (
        typeof value === 'number' &&
        Number.isFinite(value) &&
        value >= knob.min &&
        value <= knob.max &&
        (!knob.integer || Number.isInteger(value))
      );
    case 'choice':
      return knob.choices.some((choice) => choice.value === value);
    case 'switch':
      return typeof value === 'boolean';
    default:
      return knob satisfies never;
  }
}
