/**
 * Log axes for quantities that may be zero, and lookup in what is recorded over steps. Pure functions.
 */

/** Powers of ten from the largest not above `low` to the smallest not below `high`. */
export function decades(low: number, high: number): number[] {
  const from = Math.floor(Math.log10(low) + 1e-9);
  const to = Math.ceil(Math.log10(high) - 1e-9);
  return Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
}

/**
 * Ticks of a log axis within [low, high]: powers of ten, with 2 and 5 between them over a decade or two, and only
 * some of the powers over many, so that there are never more than about a dozen.
 */
export function logTicks(low: number, high: number): number[] {
  const from = Math.floor(Math.log10(low));
  const to = Math.ceil(Math.log10(high));
  if (!Number.isFinite(from) || !Number.isFinite(to)) return [];
  const stride = Math.max(1, Math.ceil((to - from) / 8));
  const ticks: number[] = [];
  for (let power = Math.ceil(from / stride) * stride; power <= to; power += stride)
    for (const digit of to - from <= 3 ? [1, 2, 5] : [1]) ticks.push(Number(`${digit}e${power}`));
  // In a range that holds none of them, its middle.
  const inside = ticks.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
  return inside.length > 0 ? inside : [Number(Math.sqrt(low * high).toPrecision(2))];
}

/** Where `value` stands between `low` (0) and `high` (1) on a log scale, held to that range; zero stands at 0. */
export function logShare(value: number, low: number, high: number): number {
  if (!(value > low)) return 0;
  return Math.min(1, Math.log(value / low) / Math.log(high / low));
}

/** How many of `values` (those above 0) fall into each of `n` equal bins of the log axis; the last one holds the top. */
export function logBins(values: ArrayLike<number>, low: number, high: number, n: number): Uint32Array {
  const bins = new Uint32Array(n);
  for (let i = 0; i < values.length; i++)
    if (values[i] > 0) bins[Math.min(n - 1, Math.floor(logShare(values[i], low, high) * n))] += 1;
  return bins;
}

/** Index of the number in ascending `sorted` that is nearest to `value`; −1 for none. */
export function nearestIndex(sorted: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  if (high < 0) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle;
    else high = middle;
  }
  return Math.abs(sorted[high] - value) < Math.abs(sorted[low] - value) ? high : low;
}
