/** One line for each group of controls that says how it is set, so that it need not be opened to know. */
import type { Config } from './engine';
import type { Group, KnobValue } from './knobs';
import { count } from './notice';
import { anchored, type Configs, LABELS, type PageState, settingOf } from './state';

export function summaryOf(group: Group, state: PageState, configs: Configs): string {
  const { A, B } = configs;
  const each = (say: (config: Config) => string) => {
    const [a, b] = LABELS.map((label) => say(configs[label]));
    return a === b ? a : `A ${a}, B ${b}`;
  };
  const both = (path: string, say: (value: KnobValue) => string = String) => {
    const [a, b] = LABELS.map((label) => say(settingOf(state, path, label)));
    return a === b ? a : `${a} | ${b}`;
  };
  switch (group) {
    case 'World':
      return worldWords(A);
    case 'Model':
      return `${both('model.n_latent')} latents, ${[...new Set([activationWords(A), activationWords(B)])].join(' | ')}`;
    case 'Loss':
      return each(lossWords);
    case 'Training':
      return `${each(trainingWords)}, batch ${count(A.training.batch)}`;
    case 'Anchors': {
      const [a, b] = LABELS.map((label) => anchored(state, label));
      return a === 0 && b === 0 ? 'none' : `A ${a || 'none'}, B ${b || 'none'}, λₐ = ${both('anchors.coefficient')}`;
    }
    case 'Dead neurons':
      return each(deadWords);
    case 'Scoring':
      return `recovered above τ = ${A.scoring.threshold}`;
    default:
      return group satisfies never;
  }
}

/** What a model is for, and where: "16 dimensions", "16 → 24 dimensions", "2 × 16 dimensions". */
export function worldWords({ source, bench, model }: Config): string {
  const task = model.task === 'autoencoder' ? '' : `, ${model.task}`;
  if (source === 'activations') {
    if (model.task === 'transcoder') return 'what the MLP of layer 3 does, transcoder';
    return model.task === 'crosscoder'
      ? 'three layers of 384 dimensions, crosscoder'
      : 'sentence embeddings in 384 dimensions';
  }
  const width = {
    autoencoder: count(bench.n_input),
    transcoder: `${count(bench.n_input)} → ${count(bench.n_target)}`,
    crosscoder: `${bench.n_sources} × ${count(bench.n_input)}`,
  }[model.task];
  return `${count(bench.n_features)} features in ${width} dimensions, S = ${bench.sparsity}${task}`;
}

function activationWords({ model, loss }: Config): string {
  switch (model.activation) {
    case 'top_k':
      return `Top-k, k = ${model.k}`;
    case 'batch_top_k':
      return `Batch Top-k, k = ${model.k}`;
    case 'relu':
      return `ReLU, λ = ${loss.l1}`;
    case 'jump_relu':
      return `JumpReLU, θ from ${model.theta}`;
    case 'gated':
      return `Gated, λ = ${loss.l1}`;
    default:
      return model.activation satisfies never;
  }
}

function lossWords({ loss, model }: Config): string {
  const parts = ['error'];
  if (model.activation === 'gated') parts.push('error of the gate');
  if (loss.l1 > 0) parts.push(loss.p_end < 1 ? `${loss.l1} Lp, p to ${loss.p_end}` : `${loss.l1} L1`);
  if (loss.l0 > 0) parts.push(`${loss.l0} L0`);
  if (loss.tanh > 0) parts.push(`${loss.tanh} tanh`);
  const said = parts.join(' + ');
  if (loss.matryoshka.length > 0) return `${said}, of nested prefixes`;
  if (loss.multi_k.length > 0) return `${said}, of several k`;
  return loss.target_l0 > 0 ? `${said}, L0 held at ${loss.target_l0}` : said;
}

function trainingWords({ training }: Config): string {
  switch (training.algorithm) {
    case 'adam':
      return `Adam, η = ${training.learning_rate}`;
    case 'alternating':
      return 'alternating convex search';
    case 'k_svd':
      return 'K-SVD';
    case 'online':
      return 'online dictionary learning';
    case 'er_spud':
      return 'ER-SpUD';
    case 'oracle':
      return 'the oracle';
    default:
      return training.algorithm satisfies never;
  }
}

function deadWords({ dead, loss }: Config): string {
  const treatment = { none: '', resample: 'resampled', ghost: 'ghost gradients' }[dead.treatment];
  const aux = loss.aux_k > 0 ? `AuxK, α = ${loss.aux_k}` : '';
  return [treatment, aux].filter(Boolean).join(', ') || 'left alone';
}
