/**
 * Curves over steps as uPlot wants them: one ascending list of steps, every curve with a hole where it has no value.
 */

export interface Curve {
  step: readonly number[];
  value: readonly (number | null)[];
}

/** Steps that occur in any curve, then each curve's values at them (null for holes; the last of equal steps counts). */
export function align(curves: readonly Curve[]): [number[], ...(number | null)[][]] {
  const steps: number[] = [];
  const at = curves.map(() => 0);
  const columns: (number | null)[][] = curves.map(() => []);
  for (;;) {
    let next = Number.POSITIVE_INFINITY;
    curves.forEach((curve, c) => {
      if (at[c] < curve.step.length) next = Math.min(next, curve.step[at[c]]);
    });
    if (next === Number.POSITIVE_INFINITY) return [steps, ...columns];
    steps.push(next);
    curves.forEach((curve, c) => {
      let value: number | null = null;
      while (at[c] < curve.step.length && curve.step[at[c]] <= next) value = curve.value[at[c]++];
      columns[c].push(value);
    });
  }
}

/** What a log axis can show: zero, negative and non-finite values become holes. */
export function positive(curve: Curve): Curve {
  return {
    step: curve.step,
    value: curve.value.map((value) => (value !== null && value > 0 && Number.isFinite(value) ? value : null)),
  };
}

/** Non-finite values (of a run that diverged) become holes. */
export function finite(curve: Curve): Curve {
  return { step: curve.step, value: curve.value.map((value) => (Number.isFinite(value) ? value : null)) };
}

/** The last value at or before a step, or null before the first. */
export function valueAt(curve: Curve, step: number): number | null {
  let low = 0;
  let high = curve.step.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (curve.step[middle] <= step) low = middle + 1;
    else high = middle;
  }
  return low > 0 ? curve.value[low - 1] : null;
}
