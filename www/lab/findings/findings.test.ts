/** The findings' texts against their numbers, and what is drawn of a summary. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { digits, type Estimate, inWords, picture, type Summary } from './summary';

const results = new URL('../../../results/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, results), 'utf8');
const folders = readdirSync(results).filter((name) => readdirSync(new URL(name, results)).includes('summary.json'));
const summaryOf = (folder: string) => JSON.parse(read(`${folder}/summary.json`)) as Summary;

test('there is a finding for every question', () => {
  expect(folders.sort()).toEqual(['absorption', 'anchors', 'bound', 'dead', 'minima', 'true-l0']);
});

/** "0.38 [0.25, 0.52]", as the texts quote a mean and its interval. */
const QUOTED = /(−?\d+(?:\.\d+)?) \[(−?\d+(?:\.\d+)?), (−?\d+(?:\.\d+)?)\]/g;

test.each(folders)('every number that the text of %s quotes is in its summary', (folder) => {
  const summary = summaryOf(folder);
  const all = summary.cells.flatMap((cell) => Object.values(cell.metrics)).filter((e): e is Estimate => e !== null);
  const quoted = [...read(`${folder}/README.md`).replace(/\s+/g, ' ').matchAll(QUOTED)];
  expect(quoted.length, 'quoted numbers').toBeGreaterThan(2);
  for (const [text, ...parts] of quoted) {
    const is = (value: number | null, part: string) => {
      const places = part.split('.')[1]?.length ?? 0;
      return value !== null && Math.abs(value - Number(part.replace('−', '-'))) <= 0.5001 * 10 ** -places;
    };
    const found = all.some(({ mean, low, high }) => is(mean, parts[0]) && is(low, parts[1]) && is(high, parts[2]));
    expect(found, `${folder}: ${text}`).toBe(true);
  }
});

test.each(folders)('%s has 32 seeds or more of each cell, none of which diverged', (folder) => {
  const { n_seeds, cells } = summaryOf(folder);
  expect(n_seeds).toBeGreaterThanOrEqual(32);
  for (const { at, n, n_diverged } of cells) expect({ at, n, n_diverged }).toEqual({ at, n: n_seeds, n_diverged: 0 });
});

const estimate = (mean: number): Estimate => ({ mean, low: mean - 0.1, high: mean + 0.1, n: 4, share: false });
const made: Summary = {
  title: 'made',
  n_seeds: 4,
  axes: [
    { name: 'method', points: [{ name: 'ReLU' }, { name: 'Top-k' }] },
    {
      name: 'k',
      points: [
        { name: '1', x: 1 },
        { name: '2', x: 2 },
        { name: '4', x: 4 },
      ],
    },
  ],
  figure: {
    x: 'k',
    y: [
      { metric: 'a', label: 'first' },
      { metric: 'b', label: 'second' },
    ],
    series: 'method',
    panels: null,
    x_label: null,
    y_label: null,
    log_x: false,
    log_y: false,
    y_range: null,
    rule: null,
  },
  cells: [0, 1].flatMap((m) =>
    [0, 1, 2].map((k) => ({ at: [m, k], n: 4, n_diverged: 0, metrics: { a: estimate(10 * m + k), b: null } })),
  ),
};

test('measures beside series have panels of their own', () => {
  const { series, panels, points, numbers } = picture(made);
  expect(series).toEqual(['ReLU', 'Top-k']);
  expect([points, numbers]).toEqual([
    ['1', '2', '4'],
    [1, 2, 4],
  ]);
  expect(panels.map((panel) => panel.title)).toEqual(['first', 'second']);
  expect(panels[0].values.map((row) => row.map((e) => e?.mean))).toEqual([
    [0, 1, 2],
    [10, 11, 12],
  ]);
  expect(panels[1].values.flat()).toEqual(Array(6).fill(null));
});

test('without series the measures are these, and names across have no numbers', () => {
  const { series, panels, numbers } = picture({
    ...made,
    figure: { ...made.figure, x: 'method', series: null, panels: 'k' },
  });
  expect([series, numbers]).toEqual([['first', 'second'], null]);
  expect(panels.map((panel) => panel.title)).toEqual(['1', '2', '4']);
  expect(panels[2].values[0].map((e) => e?.mean)).toEqual([2, 12]);
});

test('numbers are said in three digits', () => {
  expect(digits(-0.25)).toBe('−0.250');
  expect(digits(0.00012)).toBe('1.2 × 10^-4');
  expect(inWords(estimate(0.5))).toBe('0.500 (0.400 to 0.600)');
  expect(inWords(null)).toBe('not defined');
});
