/**
 * What each number of the inspector means: its name, one or two sentences, its formula. Words only, no values.
 */
import { html, type TemplateResult } from 'lit';
import type { Basis } from './view';

export interface Definition {
  term: string;
  meaning: string;
  formula: TemplateResult;
}

const encoderRow = html`<i>w</i><sub>E</sub><sup><i>i</i></sup>`;
const decoderColumn = html`<i>w</i><sub>D</sub><sup><i>i</i></sup>`;
const inputDirection = html`<i>w</i><sub>p</sub><sup><i>d</i></sup>`;
const targetDirection = html`<i>w</i><sub>r</sub><sup><i>d</i></sup>`;
const fires = html`<i>σ</i>(<i>W</i><sub>E</sub> ${inputDirection})`;

export const definitions = {
  step: {
    term: 'training steps',
    meaning: 'How many batches the run has learned from.',
    formula: html`samples = steps × batch size`,
  },
  error: {
    term: 'squared error',
    meaning:
      'How far reconstructions are from the target on a fixed evaluation batch that is never trained on: summed over dimensions, averaged over samples.',
    formula: html`E ‖ <i>x</i><sub>r</sub> − <i>W</i><sub>D</sub> <i>σ</i>(<i>W</i><sub>E</sub> <i>x</i><sub>p</sub>) ‖²`,
  },
  approximate: {
    term: 'error, one feature at a time',
    meaning:
      'The error if only one feature were ever active, weighted by how often and how strongly each is. The rarer the features, the closer it is to the error.',
    formula: html`<i>L̃</i> = Σ<sub><i>d</i></sub> <i>M</i><sub><i>d</i></sub> ‖ ${targetDirection} − <i>W</i><sub>D</sub> ${fires} ‖²`,
  },
  variance: {
    term: 'explained variance',
    meaning: 'The share of the target’s variance that the reconstruction accounts for. 100 % is perfect.',
    formula: html`1 − E ‖<i>x</i><sub>r</sub> − <i>x̂</i><sub>r</sub>‖² / E ‖<i>x</i><sub>r</sub> − E <i>x</i><sub>r</sub>‖²`,
  },
  l0: {
    term: 'latents active (L0)',
    meaning: 'How many latents fire on a sample, on average. Best compared with how many features are truly active.',
    formula: html`E |{<i>i</i> : <i>x</i><sub>q,<i>i</i></sub> &gt; 0}|`,
  },
  /** Where a run is Batch Top-k. */
  l0Threshold: {
    term: 'latents active (L0)',
    meaning:
      'How many latents fire on a sample, on average. Batch Top-k is evaluated as it would be used, without a batch: by a threshold, the running mean of the smallest value kept in training.',
    formula: html`E |{<i>i</i> : <i>z<sub>i</sub></i> &gt; threshold}|`,
  },
  trueL0: {
    term: 'features active (true L0)',
    meaning: 'How many ground-truth features are active on a sample, on average: what L0 should be.',
    formula: html`<i>n</i> (1 − <i>S</i>)`,
  },
  mip: {
    term: 'mean best match',
    meaning:
      'How well each feature is matched by its best latent, averaged over the features that are anchored in neither run.',
    formula: html`<i>M</i><sub>IP</sub> = mean<sub><i>d</i></sub> <i>s<sub>d</sub></i>`,
  },
  mgt: {
    term: 'share recovered',
    meaning: 'The share of those features whose best match exceeds the threshold τ.',
    formula: html`<i>M</i><sub>GT</sub>(τ) = |{<i>d</i> : <i>s<sub>d</sub></i> &gt; τ}| / <i>n</i>`,
  },
  mcc: {
    term: 'one-to-one match (MCC)',
    meaning:
      'The mean cosine of the best pairing in which every latent and every feature is used once. All latents and features count, dead and anchored ones too.',
    formula: html`max over pairings of mean |cos(${decoderColumn}, ${targetDirection})|`,
  },
  f1: {
    term: 'latents as probes (F1)',
    meaning:
      'How well a latent’s firing tells that its best feature is there: F1, averaged over all latents; one that never fires counts 0.',
    formula: html`2 · precision · recall / (precision + recall)`,
  },
  shrinkage: {
    term: 'length kept',
    meaning: 'How long reconstructions are beside their targets, on average. L1 makes them shorter.',
    formula: html`E ‖<i>x̂</i>‖ / ‖<i>x</i><sub>r</sub>‖`,
  },
  polysemantic: {
    term: 'polysemantic latents',
    meaning: 'Latents that answer to two features or more, each on its own.',
    formula: html`|{<i>i</i> : |<i>F<sub>i</sub></i>| ≥ 2}|`,
  },
  deadCount: {
    term: 'dead latents',
    meaning:
      'Latents that fired for none of the last samples of the window. They get no gradient, so nothing pulls them back by itself.',
    formula: html`samples since last firing &gt; window`,
  },
  bestLatent: {
    term: 'best latent',
    meaning: 'The latent whose direction matches this feature’s best.',
    formula: html`argmax<sub><i>i</i></sub> of the match below`,
  },
  latentsPerFeature: {
    term: 'latents it fires',
    meaning:
      'How many latents fire when this feature alone is active. One is ideal; none means the model is blind to it; several share it.',
    formula: html`<i>K<sub>d</sub></i> = |{<i>i</i> : ${fires}<sub><i>i</i></sub> &gt; 0}|`,
  },
  lossAlone: {
    term: 'error when alone',
    meaning:
      'How badly the model rebuilds this feature when it alone is active. 0 is exact; 1 is what giving nothing back would cost.',
    formula: html`‖ ${targetDirection} − <i>W</i><sub>D</sub> ${fires} ‖²`,
  },
  density: {
    term: 'fires on',
    meaning: 'The share of recent training samples on which this latent was active.',
    formula: html`Pr(<i>x</i><sub>q,<i>i</i></sub> &gt; 0)`,
  },
  sinceFired: {
    term: 'samples since it fired',
    meaning: 'Training samples seen since this latent was last active. Beyond the window it counts as dead.',
    formula: html`dead when larger than the window`,
  },
  featuresPerLatent: {
    term: 'features it answers to',
    meaning:
      'How many features fire this latent when they alone are active. One: monosemantic. Two or more: polysemantic.',
    formula: html`|<i>F<sub>i</sub></i>|, <i>F<sub>i</sub></i> = {<i>d</i> : ${fires}<sub><i>i</i></sub> &gt; 0}`,
  },
  decoderCosine: {
    term: 'decoder cosine',
    meaning:
      'What the latent writes, compared with the feature nearest to it: 1 is the same direction, 0 unrelated, −1 opposite.',
    formula: html`⟨${decoderColumn}, ${targetDirection}⟩ / ‖${decoderColumn}‖`,
  },
  encoderCosine: {
    term: 'encoder cosine',
    meaning: 'What the latent listens to, compared with the feature nearest to that.',
    formula: html`⟨${encoderRow}, ${inputDirection}⟩ / ‖${encoderRow}‖`,
  },
  encoderNorm: {
    term: 'encoder length',
    meaning: 'How strongly the latent listens. A short row gives small activations whatever its direction.',
    formula: html`‖${encoderRow}‖`,
  },
  decoderNorm: {
    term: 'decoder length',
    meaning: 'How strongly the latent writes for each unit of activation.',
    formula: html`‖${decoderColumn}‖`,
  },
  theta: {
    term: 'threshold θ',
    meaning: 'The latent fires where its pre-activation exceeds this; it is trained.',
    formula: html`<i>σ</i>(<i>z</i>)<sub><i>i</i></sub> = <i>z<sub>i</sub></i> where <i>z<sub>i</sub></i> &gt; <i>θ<sub>i</sub></i>`,
  },
  sourceShare: {
    term: 'written to a source',
    meaning:
      'The length of the part of the decoder column that goes to this source, as a share of all parts’. Near 1 the latent belongs to it alone, near 0 not at all.',
    formula: html`‖${decoderColumn}<sup>,<i>s</i></sup>‖ / Σ<sub><i>t</i></sub> ‖${decoderColumn}<sup>,<i>t</i></sup>‖`,
  },
  sourceCosine: {
    term: 'cosine between sources',
    meaning:
      'Whether the latent writes the same direction to the sources, over all pairs of them. On the bench each source has directions of its own, so it need not.',
    formula: html`mean<sub><i>s</i>&lt;<i>t</i></sub> cos(${decoderColumn}<sup>,<i>s</i></sup>, ${decoderColumn}<sup>,<i>t</i></sup>)`,
  },
} satisfies Record<string, Definition>;

/** L̃, with a warning where σ(c z) = c σ(z) does not hold: it asks each feature at size 1 and scales the answer. */
export function approximateDefinition(exact: boolean): Definition {
  const { approximate } = definitions;
  if (exact) return approximate;
  const warning =
    'It asks about each feature at size 1 only, which is not exact here: thresholds and biases (JumpReLU, gated, Batch Top-k by its threshold) do not scale with the input.';
  return { ...approximate, meaning: `${approximate.meaning} ${warning}` };
}

/** The match s_d, as the chosen reading of the weights defines it. */
export function matchDefinition(basis: Basis): Definition {
  const encoder = basis.startsWith('encoder');
  const [row, direction] = encoder ? [encoderRow, inputDirection] : [decoderColumn, targetDirection];
  const product = html`<i>s<sub>d</sub></i> = max<sub><i>i</i></sub> |⟨${row}, ${direction}⟩|`;
  return basis.endsWith('cosine')
    ? {
        term: 'match (cosine)',
        meaning: 'How nearly the best latent points the feature’s way: 1 is the same line, 0 at right angles.',
        formula: html`${product} / ‖${row}‖`,
      }
    : {
        term: 'match (inner product)',
        meaning: 'As the papers measure it: direction and length of the weights together. It can exceed 1.',
        formula: product,
      };
}
