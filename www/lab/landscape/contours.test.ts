/** Contours against surfaces whose level sets are known. */
import { describe, expect, test } from 'vitest';
import { contour, levels } from './contours';

const grid = (size: number, height: (x: number, y: number) => number, cell = (_x: number) => 0) => ({
  size,
  heights: Array.from({ length: size * size }, (_, node) => height(node % size, Math.floor(node / size))),
  cell_of: Array.from({ length: size * size }, (_, node) => cell(node % size)),
});

describe('contour', () => {
  test('of a slope is a straight line where the slope has that height', () => {
    const segments = contour(
      grid(5, (x) => x),
      1.25,
    );
    expect(segments).toHaveLength(4);
    for (const [x0, , x1] of segments) expect([x0, x1]).toEqual([1.25, 1.25]);
  });

  test('of a bowl lies on a circle', () => {
    const segments = contour(
      grid(41, (x, y) => (x - 20) ** 2 + (y - 20) ** 2),
      100,
    );
    expect(segments.length).toBeGreaterThan(40);
    for (const [x, y] of segments) expect(Math.hypot(x - 20, y - 20)).toBeCloseTo(10, 1);
  });

  test('never crosses from one cell into another', () => {
    const jump = grid(
      6,
      (x) => (x < 3 ? 0 : 9),
      (x) => (x < 3 ? 0 : 1),
    );
    expect(contour(jump, 5)).toEqual([]);
  });
});

test('levels lie strictly inside; a flat surface has none', () => {
  expect(levels(0, 2, 4)).toEqual([0.25, 0.75, 1.25, 1.75]);
  expect(levels(1, 1, 4)).toEqual([]);
});
