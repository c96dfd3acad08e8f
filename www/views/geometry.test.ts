/** Axes, projection, turning and picking of the directions figure. */
import { describe, expect, it } from 'vitest';
import { aside, extent, nearest, principalAxes, project, rotate, turn, upright } from './geometry';
import { makeWorld } from './synthetic';

describe('principalAxes', () => {
  it.each([1, 2, 3])('is the coordinate system in %i dimensions and loses nothing', (dimension) => {
    const rows = Float32Array.from({ length: 4 * dimension }, (_, i) => Math.cos(i));
    const { axes, share, exact } = principalAxes(rows, dimension);
    expect(exact).toBe(true);
    expect(share).toBe(1);
    const points = project(rows, dimension, axes);
    for (let i = 0; i < 4; i++)
      for (let a = 0; a < 3; a++) expect(points[3 * i + a]).toBe(a < dimension ? rows[i * dimension + a] : 0);
  });

  it('finds planted axes and states the share of squared length they hold', () => {
    // Squared lengths 9, 4, 1 and 0.25 along four known axes of five.
    const rows = new Float32Array(20);
    [3, 2, 1, 0.5].forEach((length, i) => {
      rows[i * 5 + (4 - i)] = length;
    });
    const { axes, share, exact } = principalAxes(rows, 5);
    expect(exact).toBe(false);
    expect(share).toBeCloseTo(14 / 14.25, 4);
    for (let a = 0; a < 3; a++) expect(Math.abs(axes[a * 5 + (4 - a)])).toBeCloseTo(1, 3);
  });

  it('keeps the axes orthonormal where eigenvalues are nearly equal', () => {
    const world = makeWorld({ n_features: 40, n_input: 16, n_latent: 1 });
    const { axes, share } = principalAxes(world.directions_out, 16);
    const gram = project(axes, 16, axes);
    gram.forEach((value, at) => {
      expect(value).toBeCloseTo(at % 4 === 0 ? 1 : 0, 4);
    });
    expect(share).toBeGreaterThan(3 / 16);
    expect(share).toBeLessThan(1);
  });

  it('leaves axes zero where the rows span less than three dimensions', () => {
    const rows = Float32Array.from([1, 0, 0, 0, 0, 1, 0, 0]);
    const { axes, share } = principalAxes(rows, 4);
    expect(share).toBeCloseTo(1, 5);
    expect([...axes].every(Number.isFinite)).toBe(true);
  });
});

describe('turning', () => {
  it('keeps lengths and angles', () => {
    const points = Float32Array.from([1, 2, 2, -1, 0.5, 0]);
    const turned = rotate(points, turn(aside, 1.1, -0.4));
    expect(extent(turned)).toBeCloseTo(3, 5);
    const dot = (p: Float32Array) => p[0] * p[3] + p[1] * p[4] + p[2] * p[5];
    expect(dot(turned)).toBeCloseTo(dot(points), 5);
  });

  it('moves the front to the right and down as the hand that drags it', () => {
    const front = Float32Array.from([0, 0, 1]);
    expect(rotate(front, turn(upright, 0.3, 0))[0]).toBeGreaterThan(0.2);
    expect(rotate(front, turn(upright, 0, 0.3))[1]).toBeLessThan(-0.2);
  });
});

describe('nearest', () => {
  const spots = [
    { x: 10, y: 10, z: -0.5 },
    { x: 12, y: 10, z: 0.5 },
    { x: 50, y: 50, z: 0 },
  ];
  it('prefers the front of two that are about as near', () => expect(nearest(spots, 10.5, 10, 14)).toBe(1));
  it('takes the nearest', () => expect(nearest(spots, 49, 47, 14)).toBe(2));
  it('takes none that is out of reach', () => expect(nearest(spots, 80, 80, 14)).toBe(-1));
});
