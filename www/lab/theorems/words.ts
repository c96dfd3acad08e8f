/** Numbers and patterns in words. Pure functions. */
import type { Share } from '../answers';

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

/** "12 of 64 (19 %, 95 % interval 11 to 30 %)"; nothing of nothing. */
export function shareText(share: Share | undefined): string | undefined {
  if (!share) return undefined;
  const percent = (p: number) => Math.round(100 * p);
  const { count, of, low, high } = share;
  return `${count} of ${of} (${percent(count / of)} %, 95 % interval ${percent(low)} to ${percent(high)} %)`;
}

function raised(power: number): string {
  const digits = '⁰¹²³⁴⁵⁶⁷⁸⁹';
  const of = [...String(Math.abs(power))].map((d) => digits[Number(d)]).join('');
  return power < 0 ? `⁻${of}` : of;
}
