/** The range of curves, and what of long ones is drawn. */
import { describe, expect, it } from 'vitest';
import { extent, thin } from './series';
import { uniform } from './synthetic';

const hole = [Number.NaN, Number.NaN];

describe('thin', () => {
  it('keeps every point of a curve with fewer than two a column', () => {
    const at = [0, 3, 5, 10];
    const value = [4, 1, 2, 3];
    expect(thin({ at, value }, 0, 10, 10)).toEqual([0, 4, 3, 1, 5, 2, 10, 3]);
  });

  it('keeps the lowest and the highest of every column, in their order', () => {
    const at = Array.from({ length: 10 }, (_, i) => i);
    expect(thin({ at, value: [3, 9, 1, 2, 4, 5, 0, 5, 8, 6] }, 0, 10, 2)).toEqual([1, 9, 2, 1, 6, 0, 8, 8]);
  });

  it('draws at most two points a column of 50,000, and no extreme is lost', () => {
    const random = uniform(3);
    const at = Array.from({ length: 50_000 }, (_, i) => 2 * i);
    const value = at.map(() => random());
    const points = thin({ at, value }, 0, 100_000, 700);
    expect(points.length / 2).toBe(1400);
    for (let column = 0; column < 700; column += 35) {
      const inside = value.filter((_, i) => Math.floor((at[i] * 700) / 100_000) === column);
      const drawn = [points[4 * column + 1], points[4 * column + 3]].sort((a, b) => a - b);
      expect(drawn).toEqual([Math.min(...inside), Math.max(...inside)]);
    }
  });

  it('breaks at holes and at what a log axis cannot show, once for several in a row', () => {
    const at = [0, 1, 2, 3, 4, 5, 6, 7];
    const value = [Number.NaN, 1, 0, -2, 2, Number.POSITIVE_INFINITY, Number.NaN, 3];
    expect(thin({ at, value }, 0, 8, 8, 0)).toEqual([1, 1, ...hole, 4, 2, ...hole, 7, 3]);
  });

  it('breaks within a column, too', () => {
    expect(thin({ at: [0, 1, 2], value: [1, Number.NaN, 2] }, 0, 100, 2)).toEqual([0, 1, ...hole, 2, 2]);
  });

  it('draws a level stretch to its end', () => {
    expect(thin({ at: [0, 1, 2, 3], value: [5, 5, 5, 5] }, 0, 100, 2)).toEqual([0, 5, 3, 5]);
  });

  it('draws nothing of nothing', () => expect(thin({ at: [], value: [] }, 0, 1, 100)).toEqual([]));
});

describe('extent', () => {
  const curve = { at: [0, 1, 2, 3, 4], value: [0, 2, Number.NaN, Number.POSITIVE_INFINITY, -1] };
  it('passes holes over', () => expect(extent([curve, { at: [0], value: [3] }])).toEqual({ low: -1, high: 3 }));
  it('of a log axis takes only what is above zero', () => expect(extent([curve], 0)).toEqual({ low: 2, high: 2 }));
  it('of nothing is null', () => expect(extent([{ at: [0], value: [Number.NaN] }])).toBeNull());
});
