/** The findings quote the files under `results/`: their figures, texts and tables say what the summaries say. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inWords, type Summary } from '../lab/findings/summary';
import { visit } from './harness';

const summary = (id: string) =>
  JSON.parse(readFileSync(new URL(`../../results/${id}/summary.json`, import.meta.url), 'utf8')) as Summary;

test('a finding opens from the list, and its numbers are those of its summary', () =>
  visit('lab.html#findings', async ({ page }) => {
    await page.locator('.finding[data-finding=minima] .plot').first().waitFor();
    // By keyboard, as a link is.
    await page.getByRole('link', { name: 'Dead latents' }).press('Enter');
    const finding = page.locator('.finding[data-finding=dead]');
    await finding.locator('.plot').first().waitFor();
    const dead = summary('dead');
    expect(await finding.locator('figure h3').textContent()).toBe(dead.title);
    expect(await finding.locator('figcaption').textContent()).toContain(`${dead.n_seeds} seeds`);
    expect(await finding.locator('.prose').textContent()).toContain('sdl sweep results/dead/grid.json');

    await finding.getByText('All numbers').click();
    const rows = await finding.locator('tbody tr').allTextContents();
    expect(rows).toHaveLength(dead.cells.length);
    const { at, metrics } = dead.cells[7];
    const names = dead.axes.map((axis, ix) => axis.points[at[ix]].name);
    expect(rows[7]).toBe([...names, ...Object.values(metrics).map(inWords)].join(''));
    // Who cannot see the figure is told the same.
    const { metric } = dead.figure.y[0];
    const first = dead.cells.find((cell) => cell.at.every((ix) => ix === 0));
    const said = await finding.locator('.plot').first().getAttribute('aria-label');
    expect(said).toContain(inWords(first?.metrics[metric] ?? null));
  }));

test('at 390 pixels nothing is wider than the screen', () =>
  visit(
    'lab.html#findings?finding=absorption',
    async ({ page }) => {
      await page.locator('.finding[data-finding=absorption] .plot').first().waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    },
    { context: { viewport: { width: 390, height: 844 } } },
  ));
