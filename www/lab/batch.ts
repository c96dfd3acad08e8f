/** Many questions to the pool, no more at once than it has workers, so that others can be asked in between. */
import { Cancelled, type Pool } from './pool';

/**
 * Asks all of `requests` in order and hands over each answer as it comes, with its place. Answers whether all were
 * asked: false when the pool's work was called off. Rejects with the first thing that is wrong.
 */
export async function askAll<A>(
  pool: Pool,
  requests: readonly object[],
  each: (answer: A, place: number) => void,
): Promise<boolean> {
  let next = 0;
  let going = true;
  const lane = async () => {
    while (going && next < requests.length) {
      const place = next++;
      try {
        each(await pool.ask<A>(requests[place]), place);
      } catch (error) {
        going = false;
        if (!(error instanceof Cancelled)) throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: pool.size }, lane));
  const failed = lanes.find((lane) => lane.status === 'rejected');
  if (failed) throw failed.reason;
  return going;
}

/** `count` numbers from `first` on, in parts of at most `size`. */
export function seedParts(first: number, count: number, size: number): number[][] {
  const seeds = Array.from({ length: count }, (_, i) => (first + i) % 2 ** 32);
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => seeds.slice(i * size, (i + 1) * size));
}

/** Hands text to the visitor as a file. */
export function download(name: string, type: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Rows as CSV: a cell with a comma, a quote or a line break is quoted (RFC 4180). */
export function csv(rows: readonly (readonly (string | number | boolean)[])[]): string {
  const cell = (value: string | number | boolean) => {
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(cell).join(',')}\n`).join('');
}

/** "23.4 %". */
export const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0)} %`;
