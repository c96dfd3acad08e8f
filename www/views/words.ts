/**
 * Names, numbers and verdicts as every figure says them: one wording for a feature, a latent, a cosine, a share.
 */
import type { Metrics, Recovery, World } from '../engine';
import type { Basis, RunData, Selection } from './view';

const minus = (text: string) => text.replace('-', '−');
const counted = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0, signDisplay: 'negative' });
const fixed = new Intl.NumberFormat('en-US', {
  minimumFractionDigits: 3,
  maximumFractionDigits: 3,
  useGrouping: false,
  // A zero has no sign, whatever it was rounded from.
  signDisplay: 'negative',
});
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });

/** A cosine or inner product: three places, a true minus sign. */
export const score = (value: number) => (Number.isFinite(value) ? minus(fixed.format(value)) : '–');
export const count = (value: number) => (Number.isFinite(value) ? minus(counted.format(value)) : '–');
/** An average count, such as L0: two places. */
export const mean = (value: number) => (Number.isFinite(value) ? value.toFixed(2) : '–');
/** 12,480 → "12.5k": for ticks. */
export const compact = (value: number) => minus(short.format(value)).replace('K', 'k');

/** A share in per cent, with more places the rarer it is. */
export function percent(share: number): string {
  const value = share * 100;
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0 %';
  if (value < 0.001) return '< 0.001 %';
  return `${value.toFixed(value < 0.1 ? 3 : value < 10 ? 1 : 0)} %`;
}

/** A loss: three significant figures, exponent where plain digits would be long. */
export function loss(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return minus(size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : value.toPrecision(3));
}

/** A tick of a log axis: plain where short, else with an exponent. */
export const power = (value: number) => minus(value < 1e-3 || value >= 1e5 ? value.toExponential() : String(value));

/** "1 feature", "4 features". */
export const many = (n: number, noun: string) => `${count(n)} ${noun}${n === 1 ? '' : 's'}`;

/** Which latents a figure shows that has not room for all: none to say where it shows them all. */
export const partSentence = (shown: number, all: number) =>
  shown < all ? ` Only the ${count(shown)} best-matching of ${count(all)} latents are shown.` : '';

export function featureName(world: World, feature: number): string {
  return world.names?.[feature] ?? `feature ${feature}`;
}

export const shorten = (name: string, most = 14) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);

/** For headings: "feature 7" → "Feature 7". */
export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The features this run anchors: the head of the world's anchor order. Latent i is tied to the i-th of them. */
export function anchoredFeatures(run: RunData): Uint32Array {
  const { count: k, coefficient } = run.config.anchors;
  return coefficient > 0 ? run.world.anchor_order.subarray(0, k) : run.world.anchor_order.subarray(0, 0);
}

export const recoveryOf = (metrics: Metrics, basis: Basis): Recovery => metrics.recovery[basis];

/** Heat map and best matches read the decoder or the encoder. */
export const sideOf = (basis: Basis): 'encoder' | 'decoder' => (basis.startsWith('encoder') ? 'encoder' : 'decoder');

export const basisName: Record<Basis, string> = {
  decoder_cosine: 'decoder cosine',
  encoder_cosine: 'encoder cosine',
  decoder_raw: 'decoder inner product',
  encoder_raw: 'encoder inner product',
};

export type LatentKind = 'dead' | 'silent' | 'mono' | 'poly';

/** Dead: fired for none of the last window. Otherwise by |F_i|: none (silent alone), one, several. */
export function latentKind(metrics: Metrics, latent: number): LatentKind {
  if (metrics.dead[latent]) return 'dead';
  const fires = metrics.features_per_latent[latent];
  return fires === 0 ? 'silent' : fires === 1 ? 'mono' : 'poly';
}

export const kindName: Record<LatentKind, string> = {
  dead: 'dead',
  silent: 'answers to no single feature',
  mono: 'monosemantic',
  poly: 'polysemantic',
};

/** The feature whose direction row `latent` of `weights` is nearest to, and their cosine. */
export function bestFeature(
  weights: Float32Array,
  directions: Float32Array,
  dimension: number,
  latent: number,
): { feature: number; cosine: number } {
  const row = weights.subarray(latent * dimension, (latent + 1) * dimension);
  const length = norm(weights, dimension, latent);
  let best = { feature: 0, cosine: 0 };
  if (row.length === 0 || length === 0) return best;
  for (let d = 0; d * dimension < directions.length; d++) {
    let dot = 0;
    for (let j = 0; j < dimension; j++) dot += row[j] * directions[d * dimension + j];
    const cosine = dot / length;
    if (d === 0 || cosine > best.cosine) best = { feature: d, cosine };
  }
  return best;
}

export function norm(weights: Float32Array, dimension: number, latent: number): number {
  let sum = 0;
  for (let j = latent * dimension; j < (latent + 1) * dimension; j++) sum += weights[j] ** 2;
  return Math.sqrt(sum);
}

/** How many of the scored features exceed the threshold, and how many are scored. */
export function recovered(metrics: Metrics, basis: Basis, threshold: number): { n: number; of: number } {
  const { score: scores } = recoveryOf(metrics, basis);
  let n = 0;
  let of = 0;
  metrics.scored.forEach((counts, d) => {
    if (!counts) return;
    of += 1;
    if (scores[d] > threshold) n += 1;
  });
  return { n, of };
}

export function sameSelection(a: Selection, b: Selection): boolean {
  if (a === null || b === null || a.kind !== b.kind) return a === b;
  if (a.kind === 'feature') return b.kind === 'feature' && a.feature === b.feature;
  return b.kind === 'latent' && a.run === b.run && a.latent === b.latent;
}

/** What a selection means inside one run: the feature, the latent, and which of the two was pointed at. */
export interface Pair {
  feature: number | null;
  latent: number | null;
  chosen: 'feature' | 'latent';
}

/** A feature brings its best latent, a latent of this run its best feature; a latent of the other run means nothing here. */
export function pairOf(run: RunData, basis: Basis, selection: Selection): Pair | null {
  if (selection === null) return null;
  const { world, frame } = run;
  if (selection.kind === 'feature') {
    if (selection.feature >= world.n_features) return null;
    return {
      feature: selection.feature,
      latent: recoveryOf(frame.metrics, basis).latent[selection.feature],
      chosen: 'feature',
    };
  }
  if (selection.run !== run.label || selection.latent >= run.config.model.n_latent) return null;
  const encoderSide = sideOf(basis) === 'encoder' && frame.encoder.length > 0;
  const { feature } = encoderSide
    ? bestFeature(frame.encoder, world.directions_in, world.n_input, selection.latent)
    : bestFeature(frame.decoder, world.directions_out, world.n_target, selection.latent);
  return { feature, latent: selection.latent, chosen: 'latent' };
}

/** What a tooltip says of a selection: a head and a few facts. Empty when it means nothing in this run. */
export function describe(run: RunData, basis: Basis, selection: Selection): string[] {
  const pair = pairOf(run, basis, selection);
  if (!pair || pair.feature === null || pair.latent === null) return [];
  const { metrics } = run.frame;
  if (pair.chosen === 'feature') {
    const anchored = anchoredFeatures(run).includes(pair.feature) ? ', anchored' : '';
    return [
      featureName(run.world, pair.feature) + anchored,
      `best match latent ${pair.latent}`,
      `${basisName[basis]} ${score(recoveryOf(metrics, basis).score[pair.feature])}`,
    ];
  }
  const kind = latentKind(metrics, pair.latent);
  const facts = [`best match ${featureName(run.world, pair.feature)}`];
  facts.push(
    kind === 'dead'
      ? `silent for ${count(metrics.since_fired[pair.latent])} samples`
      : `fires on ${percent(metrics.density[pair.latent])}`,
  );
  return [`latent ${pair.latent}, ${kindName[kind]}`, ...facts];
}

/** The finding that most figures of one run share: how many scored features are recovered, how many latents died. */
export function recoverySentence(run: RunData, basis: Basis): string {
  const { threshold } = run.config.scoring;
  const { n, of } = recovered(run.frame.metrics, basis, threshold);
  return `${n} of ${of} scored features have a latent with ${basisName[basis]} above ${threshold}.`;
}
