/** Alignment of curves that were recorded at different steps. */
import { expect, it } from 'vitest';
import { align, positive, valueAt } from './series';

it('aligns curves at the union of their steps, with holes', () => {
  const a = { step: [0, 10, 20], value: [1, 2, 3] };
  const b = { step: [0, 15, 20, 30], value: [4, 5, 6, 7] };
  expect(align([a, b])).toEqual([
    [0, 10, 15, 20, 30],
    [1, 2, null, 3, null],
    [4, null, 5, 6, 7],
  ]);
});

it('keeps the last value of a step recorded twice (before and after an intervention)', () => {
  expect(align([{ step: [0, 5, 5, 6], value: [1, 2, 9, 3] }])).toEqual([
    [0, 5, 6],
    [1, 9, 3],
  ]);
});

it('aligns nothing', () => {
  expect(align([])).toEqual([[]]);
  expect(align([{ step: [], value: [] }])).toEqual([[], []]);
});

it('makes holes of what a log axis cannot show', () => {
  const shown = positive({ step: [0, 1, 2, 3], value: [1, 0, -2, Number.POSITIVE_INFINITY] });
  expect(shown.value).toEqual([1, null, null, null]);
});

it('reads the last value at or before a step', () => {
  const curve = { step: [10, 20, 30], value: [1, 2, 3] };
  expect([5, 10, 19, 20, 99].map((step) => valueAt(curve, step))).toEqual([null, 1, 1, 2, 3]);
});
