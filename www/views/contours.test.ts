/** Contours of what is known: a plane has straight ones, a cone round ones, a saddle does not cross itself. */
import { expect, test } from 'vitest';
import { contour, interpolate, levels } from './contours';

const lattice = (side: number, of: (x: number, y: number) => number) =>
  Float64Array.from({ length: side * side }, (_, i) => of(i % side, Math.floor(i / side)));

test('the contour of a tilted plane is the straight line where it has the level', () => {
  const segments = contour(
    lattice(5, (x, y) => x + 2 * y),
    5,
    4.5,
  );
  expect(segments.length).toBeGreaterThan(8);
  for (let i = 0; i < segments.length; i += 2) expect(segments[i] + 2 * segments[i + 1]).toBeCloseTo(4.5);
});

test('the contour of a cone is closed and as far from its tip as the level says', () => {
  const segments = contour(
    lattice(41, (x, y) => Math.hypot(x - 20, y - 20)),
    41,
    11.3,
  );
  const ends = new Map<string, number>();
  for (let i = 0; i < segments.length; i += 2) {
    expect(Math.abs(Math.hypot(segments[i] - 20, segments[i + 1] - 20) - 11.3)).toBeLessThan(0.03);
    const key = `${segments[i].toFixed(9)} ${segments[i + 1].toFixed(9)}`;
    ends.set(key, (ends.get(key) ?? 0) + 1);
  }
  expect([...ends.values()].every((n) => n === 2)).toBe(true);
});

test('at a saddle lines part the two high corners or the two low ones, as the middle says', () => {
  const high = contour([1, 0, 0, 1], 2, 0.4);
  const low = contour([1, 0, 0, 1], 2, 0.6);
  expect(high).toHaveLength(8);
  // Round a low corner (1, 0) lies one line for the first, round a high one (0, 0) for the second.
  const nearest = (segments: number[], x: number, y: number) =>
    [0, 4].some((s) => {
      const far = (i: number) => Math.hypot(segments[s + i] - x, segments[s + i + 1] - y);
      return far(0) < 0.7 && far(2) < 0.7;
    });
  expect(nearest(high, 1, 0)).toBe(true);
  expect(nearest(low, 0, 0)).toBe(true);
});

test('cells without a value have no line, and reading between points is linear', () => {
  expect(contour([0, 1, Number.NaN, 1], 2, 0.5)).toEqual([]);
  const plane = lattice(4, (x, y) => 3 * x - y);
  expect(interpolate(plane, 4, 1.25, 2.5)).toBeCloseTo(1.25);
  expect(interpolate(plane, 4, 9, -1)).toBeCloseTo(9);
});

test('no line crosses from one piece into another', () => {
  const row = [0, 0, 0, 9, 9, 9];
  const jump = Array.from({ length: 36 }, (_, at) => row[at % 6]);
  expect(contour(jump, 6, 5)).not.toEqual([]);
  expect(contour(jump, 6, 5, jump)).toEqual([]);
});

test('levels lie strictly inside; a flat surface has none', () => {
  expect(levels(0, 2, 4)).toEqual([0.25, 0.75, 1.25, 1.75]);
  expect(levels(1, 1, 4)).toEqual([]);
});
