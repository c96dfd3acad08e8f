/** The small landscape in the theory lab: a link opens it, a drag and keys move the start, treatments change the end. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { visit } from './harness';

const MAP = 'canvas.landscape';
/** Margins of the map beside its axes, in CSS pixels, as in `lab/landscape/map.ts`. */
const MARGIN = { left: 46, right: 22, top: 24 };

/** The pixel of two angles in degrees, once the map is scrolled into view. */
async function pixel(page: Page, across: number, up: number): Promise<{ x: number; y: number }> {
  const map = page.locator(MAP);
  await map.scrollIntoViewIfNeeded();
  const box = await map.boundingBox();
  if (!box) throw new Error('the map has no place');
  const side = Math.min(640, box.width - MARGIN.left - MARGIN.right);
  return {
    x: box.x + MARGIN.left + ((across + 180) / 360) * side,
    y: box.y + MARGIN.top + ((180 - up) / 360) * side,
  };
}

const found = (page: Page) => page.locator('.found');
const start = (page: Page) =>
  page.evaluate(() => {
    const query = new URLSearchParams(location.hash.split('?')[1]);
    return [query.get('s1'), query.get('s2')].map(Number);
  });

test('a dragged start leaves the trap of Example 3.3, resampling rescues the one that stays', () =>
  visit('lab.html#landscape?scene=paper', async ({ page }) => {
    await found(page).filter({ hasText: 'every method ends in the spurious minimum {1, 2}, {} with L̃ = 1' }).waitFor();
    await found(page)
      .filter({ hasText: /Of 256 starts .* \d+ % with GD/ })
      .waitFor();

    // From between the features to where each row has its own.
    const [from, to] = [await pixel(page, 60, -104), await pixel(page, 10, 80)];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2);
    await page.mouse.move(to.x, to.y, { steps: 4 });
    await page.mouse.up();
    await found(page).filter({ hasText: 'every method ends in a global minimum, {1}, {2}, with L̃ = 0' }).waitFor();
    await expect.poll(async () => Math.abs((await start(page))[0] - 10), { timeout: 60_000 }).toBeLessThanOrEqual(2);
    const [s1, s2] = await start(page);
    expect(Math.abs(s2 - 80)).toBeLessThanOrEqual(2);

    // Keys move it on, and the address with it.
    await page.locator(MAP).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowUp');
    await expect.poll(() => start(page), { timeout: 60_000 }).toEqual([s1 + 2, s2 + 15]);

    // The trap again, by link; a reader of it finds the same.
    await page.evaluate(() => {
      location.hash = 'landscape?scene=paper&s1=45&s2=-135';
    });
    await found(page).filter({ hasText: 'every method ends in the spurious minimum' }).waitFor();
    await page.getByLabel('resample dead latents').check();
    await found(page)
      .filter({ hasText: /every method ends in a global minimum.*latent 2, dead at step 100/s })
      .waitFor();
    await page.waitForFunction(() => location.hash.includes('resample=100'));
  }));

test('anchors and features change the surface; the clock goes by key', () =>
  visit(
    'lab.html#landscape?scene=paper&sigma=relu&s1=140&s2=-130',
    async ({ page }) => {
      const finding = page.locator('.map .finding');
      await finding.filter({ hasText: 'Of 16 cells' }).waitFor();
      await page.locator('select[name=anchors]').selectOption('2');
      await finding.filter({ hasText: 'reached at one place, on a boundary' }).waitFor();

      await page.locator('canvas.weights').focus();
      await page.keyboard.press('2');
      await page.keyboard.press('ArrowLeft');
      await page.waitForFunction(() => location.hash.includes('f2=91'));

      await page.locator('input[name=step]').focus();
      await page.keyboard.press('Home');
      await page.locator('.time output', { hasText: /^0$/ }).waitFor();
      // With reduced motion there is no animation to wait for.
      await page.getByRole('button', { name: 'Play' }).click();
      await page.locator('.time output', { hasText: '600' }).waitFor();
    },
    { context: { reducedMotion: 'reduce' } },
  ));
