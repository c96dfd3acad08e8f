/** What there is to say of a crosscoder's sources: their names, who has a feature, and who is right about it. */
import type { World } from '../engine';
import type { Basis, RunData } from './view';
import { count, many, recoveryOf } from './words';

/** A share of the decoder's norm above this is called exclusive (below 1 less this: absent). */
export const EXCLUSIVE = 0.9;

const LAYERS = ['layer 2', 'layer 4', 'layer 6'];

export function sourceName({ config }: RunData, source: number): string {
  const layers = config.source === 'activations' && config.activations.name === 'minilm-wordnet-layers';
  return (layers && LAYERS[source]) || `source ${source + 1}`;
}

/** [n_features, n_sources]: the share of each source in the true direction's length. */
export function trueShares({ directions_out, n_features, n_target, n_sources }: World): Float32Array {
  const shares = new Float32Array(n_features * n_sources);
  const width = n_target / n_sources;
  for (let d = 0; d < n_features; d++) {
    const norms = Array.from({ length: n_sources }, (_, s) => {
      const from = d * n_target + s * width;
      return Math.hypot(...directions_out.subarray(from, from + width));
    });
    const sum = norms.reduce((a, b) => a + b, 0);
    norms.forEach((norm, s) => {
      shares[d * n_sources + s] = sum > 0 ? norm / sum : 1 / n_sources;
    });
  }
  return shares;
}

/** The only source that has row `i` of shares; null where several do. */
export function belonging(shares: Float32Array, nSources: number, i: number): number | null {
  for (let s = 0; s < nSources; s++) if (shares[i * nSources + s] > EXCLUSIVE) return s;
  return null;
}

/** The finding: exclusive features and their best latents; without such features, exclusive latents. */
export function sourcesSentence(run: RunData, truth: Float32Array, basis: Basis): string {
  const { metrics } = run.frame;
  const m = run.world.n_sources;
  const share = metrics.sources?.share ?? new Float32Array();
  const { latent } = recoveryOf(metrics, basis);
  let [exclusive, right, shared, split] = [0, 0, 0, 0];
  for (let d = 0; d < run.world.n_features; d++) {
    const owner = belonging(truth, m, d);
    const found = belonging(share, m, latent[d]);
    if (owner === null) {
      shared += 1;
      if (found !== null) split += 1;
    } else {
      exclusive += 1;
      if (found === owner) right += 1;
    }
  }
  if (exclusive > 0)
    return `${count(right)} of ${many(exclusive, 'exclusive feature')} ${right === 1 ? 'has' : 'have'} a best latent that writes to the right source alone; of ${count(shared)} shared ones ${count(split)} ${split === 1 ? 'has' : 'have'} one that looks exclusive.`;
  let [alone, alive] = [0, 0];
  metrics.dead.forEach((dead, i) => {
    if (dead) return;
    alive += 1;
    if (belonging(share, m, i) !== null) alone += 1;
  });
  return `${count(alone)} of ${many(alive, 'live latent')} ${alone === 1 ? 'writes' : 'write'} to one source alone.`;
}
