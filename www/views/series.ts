/**
 * Curves: the range of some, and what of a long one is worth drawing. Pure functions.
 */

/** Values over ascending positions (steps, thresholds); null and non-finite values are holes. */
export interface Curve {
  at: ArrayLike<number>;
  value: ArrayLike<number | null>;
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
      if (v === null || !(v > floor && v < Number.POSITIVE_INFINITY)) continue;
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
  let column = Number.NaN;
  let least = -1;
  let most = -1;
  const close = () => {
    if (least < 0) return;
    const [first, second] = least < most ? [least, most] : [most, least];
    points.push(at[first], value[first] as number);
    if (second !== first) points.push(at[second], value[second] as number);
    least = most = -1;
  };
  for (let i = 0; i < at.length; i++) {
    const v = value[i];
    if (v === null || !(v > floor && v < Number.POSITIVE_INFINITY)) {
      close();
      if (points.length > 0 && !Number.isNaN(points[points.length - 1])) points.push(Number.NaN, Number.NaN);
      continue;
    }
    const here = Math.floor((at[i] - low) * perUnit);
    if (here !== column || least < 0) {
      close();
      column = here;
      least = most = i;
    } else if (v < (value[least] as number)) least = i;
    // Of equals the last, so that a level stretch reaches its end.
    else if (v >= (value[most] as number)) most = i;
  }
  close();
  return points;
}
