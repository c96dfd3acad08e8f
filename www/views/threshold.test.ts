/** Where the threshold figure puts its labels. */
import { expect, it } from 'vitest';
import { labelPlace } from './threshold';

const falling = (at: number) => Float32Array.from({ length: 101 }, (_, t) => (t < at ? 1 : 0));

it('labels where the curves are farthest apart', () => {
  const place = labelPlace(falling(60), falling(80));
  expect(place).toBeGreaterThanOrEqual(60);
  expect(place).toBeLessThan(80);
});

it('labels coinciding curves where they fall', () => {
  expect(labelPlace(falling(70), falling(70))).toBe(70);
  expect(labelPlace(falling(101), falling(101))).toBe(50);
});
