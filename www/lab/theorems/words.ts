/** Numbers and patterns in words. Pure functions. */

/** Three digits, or a power of ten where that is shorter; rounding noise is said as what it is. */
export function number(x: number): string {
  if (x === 0) return '0';
  const size = Math.abs(x);
  if (size >= 1e4 || size < 1e-3) {
    const [digits, power] = x.toExponential(1).split('e');
    const times = digits === '1.0' ? '' : `${digits.replace('-', '−')}·`;
    return `${times}10${raised(Number(power))}`;
  }
  return String(Number(x.toPrecision(3))).replace('-', '−');
}

/** {1, 2}: features as the paper numbers them. */
export function set(of: readonly number[], names?: readonly string[]): string {
  return of.length === 0 ? '∅' : `{${of.map((d) => names?.[d] ?? d + 1).join(', ')}}`;
}

export function patternText(pattern: readonly (readonly number[])[], names?: readonly string[]): string {
  return pattern.map((of) => set(of, names)).join(' ');
}

/** Wilson's 95 % interval of a share. */
export function wilson(hits: number, of: number): [number, number] {
  if (of === 0) return [0, 1];
  const z = 1.959964;
  const p = hits / of;
  const middle = (p + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z / (1 + (z * z) / of)) * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** "12 of 64 (19 %, 95 % interval 11 to 30 %)". */
export function share(hits: number, of: number): string {
  const percent = (p: number) => Math.round(100 * p);
  const [low, high] = wilson(hits, of);
  return `${hits} of ${of} (${percent(hits / of)} %, 95 % interval ${percent(low)} to ${percent(high)} %)`;
}

function raised(power: number): string {
  const digits = '⁰¹²³⁴⁵⁶⁷⁸⁹';
  const of = [...String(Math.abs(power))].map((d) => digits[Number(d)]).join('');
  return power < 0 ? `⁻${of}` : of;
}
