/** Parents and children as a visitor meets them: the tree of a scenario is walked by keys, its edges read, its table opened. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { begins, reach } from './explorer-page';
import { visit } from './harness';

test('the tree shows absorption as it comes, edge by edge, by pointer and by keys', () =>
  visit(
    '#backend=cpu',
    async ({ page }) => {
      await reach(page, 1);
      const tree = page.locator('[data-figure=tree-A]');
      expect(await tree.isVisible(), 'a world without families has no tree').toBe(false);
      await begins(page, () => page.getByLabel('Scenario').selectOption('absorb'));
      await reach(page, 800);
      await page.evaluate(() => document.querySelector('sdl-explorer')?.pause());
      const means = await measured(page);
      // B has its parents anchored.
      expect(means.A.gap).toBeGreaterThan(means.B.gap + 0.1);
      expect(means.A.edges).toBe(16);

      const canvas = tree.locator('canvas');
      await canvas.scrollIntoViewIfNeeded();
      await expect.poll(() => tree.locator('.finding').innerText()).toContain(means.A.gap.toFixed(3));
      await canvas.focus();
      // Parent 0, then its first child, feature 4.
      await page.keyboard.press('ArrowDown');
      await expect.poll(() => tree.locator('.spoken').innerText()).toContain('feature 0, parent of 4');
      await page.keyboard.press('ArrowDown');
      const spoken = () => tree.locator('.spoken').innerText();
      await expect.poll(spoken).toContain('feature 4 under feature 0');
      for (const word of ['full absorption', 'absorption fraction', 'recall gap', 'leakage'])
        expect(await spoken()).toContain(word);
      await page.keyboard.press('Enter');
      await expect.poll(() => page.locator('[data-figure=inspector] h3').first().innerText()).toBe('Feature 4');

      // The row of the second child, by pointer.
      await canvas.hover({ position: { x: 62, y: 46 + 2.5 * 19 } });
      await expect.poll(() => tree.locator('.tip b').innerText()).toContain('feature 5 under feature 0');

      await tree.getByText('Every edge in numbers').click();
      const rows = tree.locator('tbody tr');
      await expect.poll(() => rows.count()).toBe(16);
      expect(await rows.first().innerText()).toContain('feature 0 → 4');
    },
    { context: { reducedMotion: 'reduce', viewport: { width: 1440, height: 900 } } },
  ));

test('labels of real data are looked at when asked, with the texts on which they are absorbed', () =>
  visit(
    '#scenario=sentences&backend=cpu&batch=64&steps=200',
    async ({ page, requests }) => {
      await reach(page, 100);
      await page.evaluate(() => document.querySelector('sdl-explorer')?.pause());
      const labels = page.locator('[data-figure=labels-A]');
      expect(requests.some((url) => url.includes('engine_gpu_bg'))).toBe(false);
      await labels.getByRole('button', { name: 'Look now' }).click();
      const items = labels.locator('.labels > li');
      await expect.poll(() => items.count(), { timeout: 60_000 }).toBe(32);
      await expect.poll(() => labels.locator('.finding').innerText()).toMatch(/of 32 labels .* full absorption/);
      await items.first().getByRole('button').first().click();
      await expect.poll(() => items.first().locator('.details').innerText()).toContain('The probe tells');
    },
    { context: { reducedMotion: 'reduce' } },
  ));

test('methods are compared over seeds in the lab', () =>
  visit('lab.html#absorption?seeds=2', async ({ page }) => {
    await page.getByRole('button', { name: 'Train 12 models' }).click();
    await page.getByText('12 of 12 models trained.').waitFor();
    const gap = async (method: string) => {
      const row = page.locator('table.numbers tr', { has: page.locator(`th:text-is("${method}")`) });
      return Number((await row.locator('td').nth(2).innerText()).split(' ')[0].replace('−', '-'));
    };
    expect(await gap('Batch Top-k, k = 0.7')).toBeGreaterThan(
      (await gap('Batch Top-k, k = 0.7, parents anchored')) + 0.05,
    );
    expect(await page.locator('.dot-plot svg').count()).toBe(4);
  }));

interface Means {
  gap: number;
  edges: number;
}

function measured(page: Page): Promise<Record<'A' | 'B', Means>> {
  return page.evaluate(() => {
    const { runs = [] } = document.querySelector('sdl-explorer') ?? {};
    const of = runs.map(({ label, metrics: { absorption } }) => [
      label,
      { gap: absorption?.means[2], edges: (absorption?.edges.length ?? 0) / 9 },
    ]);
    return Object.fromEntries(of);
  });
}
