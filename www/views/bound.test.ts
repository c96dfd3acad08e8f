/** Sparsities near one keep the digits that tell them from it. */
import { expect, test } from 'vitest';
import { sparsityWords } from './bound';

test.each([
  [0.5, '0.5'],
  [0.9, '0.9'],
  [0.95, '0.95'],
  [0.99, '0.99'],
  [0.9993, '0.9993'],
  [0.999, '0.999'],
  [0.99999, '0.99999'],
])('%d is said as %s', (s, words) => {
  expect(sparsityWords(s)).toBe(words);
});
