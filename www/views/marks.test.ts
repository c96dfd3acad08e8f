/** Shapes and colours that legends and canvas share. */
import { expect, it } from 'vitest';
import { dark, light } from '../theme';
import { type Shape, shapePath } from './marks';
import { colourTable, indexOf } from './ramp';

const shapes: Shape[] = ['ring', 'diamond', 'triangle', 'dot', 'square', 'bead', 'cross', 'down', 'line', 'dashed'];

it.each(shapes)('%s stays near its radius and is valid path data', (shape) => {
  const path = shapePath(shape, 4);
  expect(path).toMatch(/^M/);
  expect(path).not.toContain('NaN');
  for (const number of path.match(/-?\d+(\.\d+)?/g) ?? [])
    expect(Math.abs(Number(number))).toBeLessThanOrEqual(4 * 1.8);
});

it('gives things that differ in meaning different outlines', () => {
  const outlines = (['ring', 'diamond', 'triangle', 'square', 'cross', 'down'] as const).map((shape) =>
    shapePath(shape, 4),
  );
  expect(new Set(outlines).size).toBe(outlines.length);
});

it.each([light, dark])('the cosine scale runs from negative through zero to positive', (palette) => {
  const table = colourTable(palette);
  const at = (cosine: number) => {
    const packed = table[indexOf(cosine)];
    const rgb = ((packed & 255) << 16) | (packed & 0xff00) | ((packed >> 16) & 255);
    return `#${rgb.toString(16).padStart(6, '0')}`;
  };
  expect(at(-1)).toBe(palette.negative);
  expect(at(0)).toBe(palette.zero);
  expect(at(1)).toBe(palette.positive);
  expect(at(7)).toBe(palette.positive);
  expect([...table].every((packed) => packed >>> 24 === 255)).toBe(true);
});
