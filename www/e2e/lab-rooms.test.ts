/** The lab's rooms as a whole: axe finds nothing in any, none is wider than a phone, and the quiet ones answer. */
import { expect, test } from 'vitest';
import { ROOMS } from '../lab/rooms';
import { expectNoViolation, loadAxe } from './axe';
import { visit } from './harness';

const PHONE = { width: 390, height: 844 };

test('axe finds no violation in any room, light and dark, wide and narrow', () =>
  visit('lab.html', async ({ page }) => {
    await loadAxe(page);
    for (const { id, title } of ROOMS) {
      await page.setViewportSize(PHONE);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.evaluate((id) => {
        location.hash = id;
      }, id);
      await page.locator('main h2', { hasText: title }).waitFor();
      await page.locator('.room > div > *').first().waitFor();
      // What is asked of the engine first has been answered.
      await page.waitForTimeout(300);
      await expectNoViolation(page, `${id}: light, narrow`);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), id).toBeLessThanOrEqual(PHONE.width);
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.emulateMedia({ colorScheme: 'dark' });
      await expectNoViolation(page, `${id}: dark, wide`);
    }
  }));

test('the end of another seed is shown when it is chosen', () =>
  visit('lab.html#zero-loss', async ({ page }) => {
    const shown = page.getByRole('heading', { name: 'Trained: the end of seed 0' });
    await shown.waitFor();
    await page.locator('.room button[aria-current="false"]').nth(3).click();
    await page.getByRole('heading', { name: /Trained: the end of seed [1-9]/ }).waitFor();
  }));

test('as many dimensions as features: the planted solution reconstructs what comes alone', () =>
  visit('lab.html#bounds', async ({ page }) => {
    const finding = page.locator('.finding').first();
    await finding.waitFor();
    const before = await finding.innerText();
    const dimensions = page.getByLabel('dimensions');
    await dimensions.fill('8');
    await dimensions.press('Tab');
    await expect.poll(() => finding.innerText()).not.toBe(before);
  }));

test('another breed is absorbed by click, at another threshold by key', () =>
  visit('lab.html#absorption-built', async ({ page }) => {
    await page.getByText('Now German Shepherd fires latent 5').waitFor();
    await page.getByRole('button', { name: 'Husky' }).click();
    await page.getByText('Now Husky fires latent 5').waitFor();
    const threshold = page.getByLabel(/threshold c before/);
    await threshold.focus();
    await threshold.press('ArrowRight');
    await page.getByText('those above the threshold 0.05 fire').waitFor();
  }));
