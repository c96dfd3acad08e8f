/** Numbers, sets and shares in words. */
import { expect, test } from 'vitest';
import { number, patternText, shareText } from './words';

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

test('shares are said with their interval', () => {
  const share = { count: 81, of: 263, low: 0.2553, high: 0.3662 };
  expect(shareText(share)).toBe('81 of 263 (31 %, 95 % interval 26 to 37 %)');
  expect(shareText(undefined)).toBeUndefined();
});
