/** Matching, ordering, pooling and label thinning of the heat map. */
import { describe, expect, it } from 'vitest';
import { labelStride, matchRows, orderRows, pool } from './order';

const alive = () => false;

describe('matchRows', () => {
  it('takes the largest value, whatever lies against it', () => {
    expect([...matchRows(Float32Array.from([0.2, -0.9, 0.5, -0.7, -0.8, -0.6]), 3)]).toEqual([2, 2]);
  });
  it('answers with some feature where a diverged run has only NaN', () => {
    expect([...matchRows(new Float32Array(6).fill(Number.NaN), 3)]).toEqual([0, 0]);
  });
  it('leaves a former match only for a clear winner', () => {
    const before = Uint32Array.from([0, 0]);
    expect([...matchRows(Float32Array.from([0.5, 0.52, 0.5, 0.6]), 2, before)]).toEqual([0, 1]);
  });
  it('ignores a former match of another shape', () => {
    expect([...matchRows(Float32Array.from([0.5, 0.51]), 2, Uint32Array.from([0, 0, 0]))]).toEqual([1]);
    expect([...matchRows(Float32Array.from([0.5, 0.51]), 2, Uint32Array.from([9]))]).toEqual([1]);
  });
});

describe('orderRows', () => {
  it('makes a diagonal of a permuted identity', () => {
    const place = [2, 0, 3, 1];
    const values = new Float32Array(16);
    place.forEach((feature, row) => {
      values[row * 4 + feature] = 1;
    });
    const order = orderRows(values, 4, matchRows(values, 4), alive);
    expect([...order].map((row) => place[row])).toEqual([0, 1, 2, 3]);
  });
  it('puts the better of two that match one feature first and the dead last', () => {
    const values = Float32Array.from([0.1, 0.8, 0.1, 0.9, 0.99, 0, 0.7, 0]);
    const order = orderRows(values, 2, matchRows(values, 2), (row) => row === 2);
    expect([...order]).toEqual([3, 1, 0, 2]);
  });
});

describe('pool', () => {
  it('keeps every cell where there is room', () => {
    const { w, h, image } = pool(Float32Array.from([1, 2, 3, 4]), 2, Uint32Array.from([1, 0]), 100, 100);
    expect([w, h, ...image]).toEqual([2, 2, 3, 4, 1, 2]);
  });
  it('keeps the value farthest from zero of cells that share a pixel', () => {
    const n = 1000;
    const values = new Float32Array(n * 4).fill(0.01);
    values[777] = -0.9;
    const { w, h, image } = pool(values, n, Uint32Array.from([0, 1, 2, 3]), 300, 2);
    expect([w, h]).toEqual([300, 2]);
    expect(image[Math.floor(777 * 0.3)]).toBeCloseTo(-0.9);
    expect(image.filter((value) => value < 0).length).toBe(1);
  });
});

describe('labelStride', () => {
  it.each([
    [8, 300, 14, 1],
    [64, 320, 14, 5],
    [512, 360, 14, 20],
    [1000, 360, 26, 100],
  ])('%i labels in %i px at %i px each: every %i', (n, room, spacing, stride) => {
    expect(labelStride(n, room, spacing)).toBe(stride);
  });
});
