/** Intervals against a worked example and what must hold of any. */
import { expect, test } from 'vitest';
import { interval95 } from './interval';

test('the 95 % interval of a mean is that of Student', () => {
  // n = 4: mean 2.5, s = 1.29099, t(3) = 3.182: 2.054.
  const { mean, half } = interval95([1, 2, 3, 4]);
  expect(mean).toBe(2.5);
  expect(half).toBeCloseTo(2.054, 3);
});

test('one value has no interval, none no mean, equal ones one of nothing', () => {
  expect(interval95([3])).toEqual({ mean: 3, half: Number.NaN });
  expect(interval95([]).mean).toBeNaN();
  expect(interval95([2, 2, 2]).half).toBe(0);
});

test('the quantile goes on smoothly where the table ends', () => {
  const half = (n: number) => interval95(Array.from({ length: n }, (_, i) => i % 2)).half * Math.sqrt(n);
  expect(half(31)).toBeGreaterThan(half(33));
  expect(half(33)).toBeGreaterThan(half(64));
});
