/** Rooms that count runs: minima of a few seeds, the link from one to its run, the stop button; tries to escape. */
import { expect, test } from 'vitest';
import { configOf, SETTINGS } from '../lab/arms';
import { visit } from './harness';

test('a few seeds end in minima, and one of them opens in the explorer', () =>
  visit('lab.html#seeds?runs=16&steps=200', async ({ page }) => {
    await page.getByRole('button', { name: 'Train 3 × 16 runs' }).click();
    await page.getByText('48 of 48 runs').waitFor();
    const cards = page.locator('.minimum');
    await cards.first().waitFor();
    // Every run is in some card; more minima than are shown at first there are at this few steps.
    await page.getByRole('button', { name: /Show all/ }).click();
    await page.waitForFunction(() => {
      const counts = [...document.querySelectorAll('.minimum tbody td:first-of-type')].map((cell) =>
        Number(cell.textContent),
      );
      return counts.reduce((sum, count) => sum + count, 0) === 48;
    });
    const link = page.getByRole('link', { name: /Open the plain run/ }).first();
    const seed = Number((await link.textContent())?.match(/\d+/)?.[0]);
    const [opened] = await Promise.all([page.waitForEvent('popup'), link.click()]);
    await opened.waitForFunction(() => (document.querySelector('sdl-explorer')?.runs.length ?? 0) === 2);
    const config = await opened.evaluate(() => document.querySelector('sdl-explorer')?.config.A);
    expect(config).toEqual(configOf({ ...SETTINGS, 'training.steps': 200 }, 'plain', seed));
  }));

test('stopping keeps what has come in', () =>
  visit('lab.html#seeds?runs=1024&steps=2000', async ({ page }) => {
    await page.getByRole('button', { name: 'Train 3 × 1024 runs' }).click();
    await page.locator('.minimum').first().waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('(stopped)').waitFor();
    expect(await page.locator('.minimum').count()).toBeGreaterThan(0);
    expect(await page.locator('.problem').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Train 3 × 1024 runs' }).waitFor();
  }));

test('tries to escape are counted, and add up', () =>
  visit('lab.html#escape?tries=2&steps=100', async ({ page }) => {
    await page.locator('select[name=start]').selectOption({ label: 'Example 3.3 (2 features, orthonormal)' });
    await page.getByRole('button', { name: 'Shake and train' }).click();
    await page.getByText('36 of 36 runs').waitFor();
    await page.getByRole('button', { name: 'Again, with new seeds' }).click();
    await page.getByText('The numbers').click();
    const first = page.locator('details tbody tr').first().locator('td').first();
    await page.waitForFunction(() => document.querySelector('details tbody td')?.textContent?.includes(' of 4 '));
    // No noise, nothing done: the example holds.
    expect(await first.textContent()).toMatch(/^0 of 4 /);
    const figure = page.locator('canvas.plot');
    await figure.focus();
    await figure.press('ArrowRight');
    await page.getByText('ε = 0.05').first().waitFor();
  }));
