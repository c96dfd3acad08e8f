/**
 * Verdicts in plain sentences, for the inspector: what became of a feature in a run, and what a latent is.
 */
import type { Metrics } from '../engine';
import type { Basis, RunData } from './view';
import { anchoredFeatures, basisName, count, featureName, latentKind, many, recoveryOf, score } from './words';

/** What became of a feature in one run. */
export function featureVerdict(run: RunData, basis: Basis, feature: number): string {
  const { metrics } = run.frame;
  const { score: scores, latent } = recoveryOf(metrics, basis);
  const { threshold } = run.config.scoring;
  const place = anchoredFeatures(run).indexOf(feature);
  const anchored = place < 0 ? '' : `Anchored: latent ${place} is pulled to it. `;
  const found =
    scores[feature] > threshold
      ? `Recovered by latent ${latent[feature]} (${basisName[basis]} ${score(scores[feature])} > ${threshold}).`
      : `Not recovered: its best latent, ${latent[feature]}, reaches ${score(scores[feature])} of ${threshold}.`;
  const k = metrics.latents_per_feature[feature];
  const shared = k === 0 ? ' Alone, it fires no latent.' : k > 1 ? ` Alone, it fires ${count(k)} latents.` : '';
  return anchored + found + shared;
}

/** What a latent is: dead, silent, monosemantic or polysemantic, and what it stands for. */
export function latentVerdict(run: RunData, latent: number, nearest: number): string {
  const { metrics } = run.frame;
  const anchor = anchoredFeatures(run)[latent];
  const tied = anchor === undefined ? '' : ` It is anchored to ${featureName(run.world, anchor)}.`;
  const name = featureName(run.world, nearest);
  switch (latentKind(metrics, latent)) {
    case 'dead':
      return `Dead: it has not fired for ${many(metrics.since_fired[latent], 'sample')} and gets no gradient, so it stays unless it is resampled.${tied}`;
    case 'silent':
      return `Alive, but no feature alone fires it; it writes nearest to ${name}.${tied}`;
    case 'mono':
      return `Monosemantic: one feature alone fires it; it writes nearest to ${name}.${tied}`;
    case 'poly':
      return `Polysemantic: ${count(metrics.features_per_latent[latent])} features, each alone, fire it; it writes nearest to ${name}.${tied}`;
  }
}

/** F_i, where the heat map has the latent; null where it was left out. */
export function patternOf(metrics: Metrics, nFeatures: number, latent: number): number[] | null {
  const { latents, pattern } = metrics.similarity;
  const row = latents.indexOf(latent);
  if (row < 0) return null;
  return Array.from({ length: nFeatures }, (_, d) => d).filter((d) => pattern[row * nFeatures + d] === 1);
}
