/** Angles to pixels and back, and walks over the seam. */
import { expect, test } from 'vitest';
import { anglesAt, place, traceLines, unwrap } from './torus';

const square = { left: 10, top: 20, side: 360 };

test('pixels and angles are inverse; outside is nothing', () => {
  const { x, y } = place(square, [Math.PI / 2, -Math.PI / 4]);
  expect([x, y]).toEqual([280, 245]);
  const [across, up] = anglesAt(square, x, y) ?? [0, 0];
  expect(across).toBeCloseTo(Math.PI / 2, 12);
  expect(up).toBeCloseTo(-Math.PI / 4, 12);
  expect(anglesAt(square, 5, 30)).toBeNull();
});

test('a walk over the seam goes on beyond it', () => {
  const walk = unwrap([
    [3, 0],
    [-3, 0.1],
    [-2.9, -3],
  ]);
  expect(walk[1][0]).toBeCloseTo(2 * Math.PI - 3, 12);
  expect(walk[2][0]).toBeCloseTo(2 * Math.PI - 2.9, 12);
  expect(walk[2][1]).toBe(-3);
});

test('a line over the seam is drawn on both sides of it', () => {
  const starts: number[] = [];
  const pen = { moveTo: (x: number) => starts.push(x), lineTo: () => {} } as unknown as CanvasRenderingContext2D;
  traceLines(pen, square, [
    [
      [3, 0],
      [3.5, 0],
    ],
  ]);
  expect(starts).toHaveLength(2);
  expect(starts[0] - starts[1]).toBeCloseTo(360, 9);
});
