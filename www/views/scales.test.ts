/** Log axes, bins and lookup. */
import { describe, expect, it } from 'vitest';
import { decades, logBins, logShare, logTicks, nearestIndex } from './scales';

describe('decades', () => {
  it.each([
    [1e-4, 1, [1e-4, 1e-3, 1e-2, 1e-1, 1]],
    [0.003, 0.4, [1e-3, 1e-2, 1e-1, 1]],
    [0.1, 0.1, [0.1]],
  ])('from %f to %f', (low, high, expected) => {
    decades(low, high).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 12);
    });
    expect(decades(low, high)).toHaveLength(expected.length);
  });
});

describe('logTicks', () => {
  it.each([
    [0.012, 1.1, [0.02, 0.05, 0.1, 0.2, 0.5, 1]],
    [1e-4, 2, [1e-4, 1e-3, 1e-2, 1e-1, 1]],
    [0.031, 0.033, [0.032]],
    [12.7, 103, [20, 50, 100]],
    [Number.NaN, 1, []],
  ])('from %f to %f', (low, high, expected) => expect(logTicks(low, high)).toEqual(expected));
  it('stays short over the range of a divergence', () => {
    const ticks = logTicks(1e-3, 1e38);
    expect(ticks.length).toBeGreaterThan(4);
    expect(ticks.length).toBeLessThan(12);
  });
});

describe('logShare', () => {
  it('is linear in the exponent and holds zero and beyond to the ends', () => {
    expect(logShare(0.01, 1e-4, 1)).toBeCloseTo(0.5, 12);
    expect(logShare(0, 1e-4, 1)).toBe(0);
    expect(logShare(Number.NaN, 1e-4, 1)).toBe(0);
    expect(logShare(3, 1e-4, 1)).toBe(1);
  });
});

it('logBins counts what fires, the top in the last bin', () => {
  expect([...logBins([0, 1e-4, 0.05, 0.05, 1], 1e-4, 1, 4)]).toEqual([1, 0, 2, 1]);
});

it('nearestIndex finds the nearest of ascending numbers', () => {
  const steps = [0, 10, 20, 40];
  expect([-5, 4, 6, 29, 31, 99].map((value) => nearestIndex(steps, value))).toEqual([0, 0, 1, 2, 3, 3]);
  expect(nearestIndex([], 1)).toBe(-1);
});
