/**
 * Curves: the range of some, and what of a long one is worth drawing. Pure functions.
 */

/** Values over ascending positions (steps, thresholds); those that are not finite are holes. */
export interface Curve {
  at: ArrayLike<number>;
  value: ArrayLike<number>;
}

/** Lowest and highest of the finite values above `floor`; null if there is none. */
export function extent(
  curves: readonly Curve[],
  floor = Number.NEGATIVE_INFINITY,
): { low: number; high: number } | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { value } of curves)
    for (let i = 0; i < value.length; i++) {
      const v = value[i];
      if (!(v > floor && v < Number.POSITIVE_INFINITY)) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
  return low <= high ? { low, high } : null;
}

/**
 * Lowest and highest point of the curve in each of `columns` equal columns of [low, high], in the order in which they
 * come: as a line these look like the whole curve, however long it is. Flat: position, value, position, value …
 *
 * Holes, and values not above `floor` (a log axis cannot show zero), break the line: a pair of NaN.
 */
export function thin(
  { at, value }: Curve,
  low: number,
  high: number,
  columns: number,
  floor = Number.NEGATIVE_INFINITY,
): number[] {
  const points: number[] = [];
  const perUnit = columns / (high - low);
  for (let i = 0; i < at.length; ) {
    let lowest = value[i];
    if (!(lowest > floor && lowest < Number.POSITIVE_INFINITY)) {
      if (points.length > 0 && !Number.isNaN(points[points.length - 1])) points.push(Number.NaN, Number.NaN);
      i += 1;
      continue;
    }
    const column = Math.floor((at[i] - low) * perUnit);
    let highest = lowest;
    let least = i;
    let most = i;
    for (i += 1; i < at.length; i++) {
      const v = value[i];
      if (!(v > floor && v < Number.POSITIVE_INFINITY) || Math.floor((at[i] - low) * perUnit) !== column) break;
      if (v < lowest) {
        lowest = v;
        least = i;
      } else if (v >= highest) {
        // Of equals the last, so that a level stretch reaches its end.
        highest = v;
        most = i;
      }
    }
    if (least < most) points.push(at[least], lowest, at[most], highest);
    else if (most < least) points.push(at[most], highest, at[least], lowest);
    else points.push(at[least], lowest);
  }
  return points;
}
