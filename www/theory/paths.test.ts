/** Of a long run few frames are kept, evenly; a run that goes back takes its path with it. */
import { expect, test } from 'vitest';
import type { RunData } from '../views/view';
import type { PlaneCrew } from './crew';
import { PathRecord } from './paths';

const numbers = (n: number) => new Float32Array(n);

function runAt(step: number, size = 8): RunData {
  const frame = { step, encoder: numbers(size), decoder: numbers(size), b_enc: numbers(2), b_dec: numbers(2) };
  frame.encoder[0] = step;
  return { label: 'A', frame } as unknown as RunData;
}

/** Places weights where their first number says. */
const crew = {
  places: async (_: boolean, weights: { encoder: Float32Array }[]) =>
    Float64Array.from(weights.flatMap(({ encoder }) => [encoder[0], 0, 0])),
} as unknown as PlaneCrew;

async function steps(record: PathRecord): Promise<number[]> {
  return (await record.paths(['A'], crew)).flatMap(({ points }) => points.map(([x]) => x));
}

test('a long path is thinned evenly, from its start to its end', async () => {
  const record = new PathRecord();
  for (let step = 0; step <= 3000; step += 10) record.add([runAt(step)]);
  const kept = await steps(record);
  expect(kept.length).toBeGreaterThan(25);
  expect(kept.length).toBeLessThanOrEqual(64);
  expect(kept[0]).toBe(0);
  expect(kept.at(-1)).toBeGreaterThan(2850);
  const gaps = kept.slice(1).map((step, i) => step - kept[i]);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * Math.min(...gaps));
});

test('the same frame again is no new point; an earlier one begins anew', async () => {
  const record = new PathRecord();
  for (const step of [0, 100, 100, 200, 300]) record.add([runAt(step)]);
  expect(await steps(record)).toEqual([0, 100, 200, 300]);
  for (const step of [50, 60]) record.add([runAt(step)]);
  expect(await steps(record)).toEqual([50, 60]);
});

test('models too large to keep leave no path', async () => {
  const record = new PathRecord();
  for (const step of [0, 1, 2]) record.add([runAt(step, 50_000)]);
  expect(await steps(record)).toEqual([]);
});
