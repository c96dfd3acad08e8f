/**
 * How the heat map's rows are matched and ordered, thinned to pixels and labelled: pure functions.
 */

/** A row keeps the feature it matched before unless another beats it by this much: rows should not flicker. */
const RELUCTANCE = 0.03;

/**
 * Per row of `values` [n_rows, n_features] the feature with the largest value, reluctant to leave `previous`.
 *
 * Signed: activations are never negative, so a latent that points against a feature cannot stand for it.
 */
export function matchRows(values: Float32Array, nFeatures: number, previous: Uint32Array | null = null): Uint32Array {
  const nRows = nFeatures ? values.length / nFeatures : 0;
  const match = new Uint32Array(nRows);
  for (let row = 0; row < nRows; row++) {
    const at = row * nFeatures;
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (let d = 0; d < nFeatures; d++) {
      const value = values[at + d];
      if (!(value > most)) continue;
      most = value;
      best = d;
    }
    const before = previous?.length === nRows ? previous[row] : best;
    const stays = before < nFeatures && values[at + before] + RELUCTANCE > most;
    match[row] = stays ? before : best;
  }
  return match;
}

/** Rows by the feature they match, the best match of each first; dead rows at the end by their number. */
export function orderRows(
  values: Float32Array,
  nFeatures: number,
  match: Uint32Array,
  dead: (row: number) => boolean,
): Uint32Array {
  const rows = Uint32Array.from(match, (_, row) => row);
  const strength = (row: number) => values[row * nFeatures + match[row]];
  return rows.sort((a, b) => {
    const [deadA, deadB] = [dead(a), dead(b)];
    if (deadA || deadB) return Number(deadA) - Number(deadB) || a - b;
    return match[a] - match[b] || strength(b) - strength(a) || a - b;
  });
}

/**
 * `values` [n_rows, n_features] with rows in `order`, as an image of at most `width` × `height`: [h, w] row-major.
 *
 * Where several cells share a pixel the one farthest from zero shows, so that a thin diagonal survives.
 */
export function pool(
  values: Float32Array,
  nFeatures: number,
  order: Uint32Array,
  width: number,
  height: number,
): { w: number; h: number; image: Float32Array } {
  const w = Math.max(1, Math.min(nFeatures, Math.floor(width)));
  const h = Math.max(1, Math.min(order.length, Math.floor(height)));
  const image = new Float32Array(w * h);
  const column = Uint32Array.from({ length: nFeatures }, (_, d) => Math.floor((d * w) / nFeatures));
  order.forEach((row, at) => {
    const line = Math.floor((at * h) / order.length) * w;
    for (let d = 0; d < nFeatures; d++) {
      const value = values[row * nFeatures + d];
      const pixel = line + column[d];
      if (Math.abs(value) > Math.abs(image[pixel])) image[pixel] = value;
    }
  });
  return { w, h, image };
}

/** Every how many of `n` labels one is drawn when `room` pixels hold them at least `spacing` apart: 1, 2, 5, 10, 20 … */
export function labelStride(n: number, room: number, spacing: number): number {
  for (let power = 1; ; power *= 10)
    for (const digit of [1, 2, 5]) if ((room / Math.max(1, n)) * digit * power >= spacing) return digit * power;
}
