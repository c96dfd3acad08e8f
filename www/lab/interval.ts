/** The mean of a few values and how far it can be trusted: Student's t. */

/** Two-sided 95 % quantiles of t by degrees of freedom, 1 to 30. */
const T95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** NaN where there is nothing to average, or (for the half width) only one value. Beyond 31 values a normal's quantile with Fisher's correction. */
export function interval95(values: readonly number[]): { mean: number; half: number } {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, half: Number.NaN };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const df = n - 1;
  const t = T95[df - 1] ?? 1.96 + 2.372 / df;
  return { mean, half: t * Math.sqrt(variance / n) };
}
