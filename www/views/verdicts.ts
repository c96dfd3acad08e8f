/**
 * Verdicts in plain sentences, for the inspector and the curves: what became of a feature in a run, what a latent is, and how
 * two runs compare.
 */
import type { Config, Metrics } from '../engine';
import type { Basis, RunData } from './view';
import {
  anchoredFeatures,
  basisName,
  count,
  featureName,
  latentKind,
  loss,
  many,
  percent,
  recoveryOf,
  score,
  sideOf,
} from './words';

/** What became of a feature in one run. */
export function featureVerdict(run: RunData, basis: Basis, feature: number): string {
  const { metrics } = run.frame;
  const { score: scores, latent } = recoveryOf(metrics, basis);
  const { threshold } = run.config.scoring;
  const against = facesAway(run, basis, feature, latent[feature]) ? ', which points the opposite way' : '';
  const place = anchoredFeatures(run).indexOf(feature);
  const anchored = place < 0 ? '' : `Anchored: latent ${place} is pulled to it. `;
  const found =
    scores[feature] > threshold
      ? `Recovered by latent ${latent[feature]}${against} (${basisName[basis]} ${score(scores[feature])} > ${threshold}).`
      : `Not recovered: its best latent, ${latent[feature]}${against}, reaches ${score(scores[feature])} of ${threshold}.`;
  const k = metrics.latents_per_feature[feature];
  const shared = k === 0 ? ' Alone, it fires no latent.' : k > 1 ? ` Alone, it fires ${count(k)} latents.` : '';
  return anchored + found + shared;
}

/** Scores are absolute values, so that a latent against a feature counts as one along it; then the words say so. */
function facesAway(run: RunData, basis: Basis, feature: number, latent: number): boolean {
  const { similarity } = run.frame.metrics;
  const row = similarity.latents.indexOf(latent);
  return row >= 0 && similarity[sideOf(basis)][row * run.world.n_features + feature] < 0;
}

/** What a latent is: dead, silent, monosemantic or polysemantic, and what it stands for. */
export function latentVerdict(run: RunData, latent: number, nearest: number): string {
  const { metrics } = run.frame;
  const anchor = anchoredFeatures(run)[latent];
  const tied = anchor === undefined ? '' : ` It is anchored to ${featureName(run.world, anchor)}.`;
  const name = featureName(run.world, nearest);
  switch (latentKind(metrics, latent)) {
    case 'dead':
      return `Dead: it has not fired for ${many(metrics.since_fired[latent], 'sample')}${fateWords(run.config)}.${tied}`;
    case 'silent':
      return `Alive, but no feature alone fires it; it writes nearest to ${name}.${tied}`;
    case 'mono':
      return `Monosemantic: one feature alone fires it; it writes nearest to ${name}.${tied}`;
    case 'poly':
      return `Polysemantic: ${count(metrics.features_per_latent[latent])} features, each alone, fire it; it writes nearest to ${name}.${tied}`;
  }
}

/** What a dead latent can hope for. */
function fateWords({ loss, dead }: Config): string {
  if (dead.treatment === 'ghost') return '; ghost gradients pull it towards what is left unexplained';
  if (loss.aux_k > 0) return '; AuxK lets it rebuild what the living leave, so it may come back';
  return ' and gets no gradient, so it stays unless it is resampled';
}

/** F_i, where the heat map has the latent; null where it was left out. */
export function patternOf(metrics: Metrics, nFeatures: number, latent: number): number[] | null {
  const { latents, pattern } = metrics.similarity;
  const row = latents.indexOf(latent);
  if (row < 0) return null;
  return Array.from({ length: nFeatures }, (_, d) => d).filter((d) => pattern[row * nFeatures + d] === 1);
}

/** Whether an input c times as large gives codes c times as large: what L̃ takes for granted. */
export function scaleFree({ model }: Config): boolean {
  return (model.activation === 'relu' || model.activation === 'top_k') && !model.b_enc && !model.b_dec;
}

/** How far apart two runs stand: error as a ratio, mean best match as a difference. */
export function comparison(runs: readonly RunData[]): string {
  const [a, b] = runs;
  if (!a) return '';
  if (!b) return `Its error stands at ${loss(a.frame.metrics.sse)}.`;
  const lost = [a, b].find((run) => !Number.isFinite(run.frame.metrics.sse));
  if (lost) return `${lost.label} has diverged: its error is no longer a number.`;
  const difference = (b.history.metrics.mip.at(-1) ?? 0) - (a.history.metrics.mip.at(-1) ?? 0);
  const match =
    Math.abs(difference) < 0.0005
      ? 'their mean best match is the same'
      : `its mean best match is ${score(Math.abs(difference))} ${difference > 0 ? 'higher' : 'lower'}`;
  return `B has ${ratioWords(b.frame.metrics.sse / a.frame.metrics.sse)}; ${match}.`;
}

/** How B's error compares with A's. */
function ratioWords(ratio: number): string {
  if (!Number.isFinite(ratio)) return "an error that cannot be compared with A's";
  if (Math.abs(ratio - 1) < 0.01) return 'the same error as A';
  return ratio < 2 ? `${percent(ratio)} of A's error` : `${ratio.toFixed(1)} times A's error`;
}
