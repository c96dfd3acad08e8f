/** Numbers, sets and shares in words. */
import { expect, test } from 'vitest';
import { number, patternText, share, wilson } from './words';

test('numbers keep three digits or a power of ten', () => {
  expect([0, 1, 0.5, 1 / 3, -2.25, 1e-9, -3.1e-17, 12345].map(number)).toEqual([
    '0',
    '1',
    '0.5',
    '0.333',
    '−2.25',
    '10⁻⁹',
    '−3.1·10⁻¹⁷',
    '1.2·10⁴',
  ]);
});

test('patterns are sets of features', () => {
  expect(patternText([[0, 1], []])).toBe('{1, 2} ∅');
  expect(patternText([[1]], ['Cat', 'Dog'])).toBe('{Dog}');
});

test('shares carry an interval that never leaves 0 to 1', () => {
  expect(wilson(0, 64)[0]).toBe(0);
  expect(wilson(64, 64)[1]).toBeCloseTo(1, 12);
  // Newcombe 1998, table I: 81 of 263.
  expect(wilson(81, 263)[0]).toBeCloseTo(0.2553, 4);
  expect(wilson(81, 263)[1]).toBeCloseTo(0.3662, 4);
  expect(share(1, 2)).toMatch(/^1 of 2 \(50 %/);
});
