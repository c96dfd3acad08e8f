/** The theory of the runs on screen: its fold is fetched when opened, the plane is drawn on demand, read and called off. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { reach, trainsOn } from './explorer-page';
import { visit } from './harness';

const patient = { timeout: 80_000 };
const SMALL = '#backend=cpu&rows=256&batch=64';

/** Opens the fold below two paused runs that have learned something, and answers L̃ of A as the page has it. */
async function openFold(page: Page): Promise<number> {
  await reach(page, 1);
  await trainsOn(page, 'cpu');
  await page.evaluate(async () => {
    const explorer = document.querySelector('sdl-explorer');
    await explorer?.pause();
    await explorer?.step(60);
  });
  await page.locator('details.theory > summary').click();
  await page.locator('.plane-draw').waitFor();
  return page.evaluate(() => document.querySelector('sdl-explorer')?.runs[0].metrics.approx_loss ?? Number.NaN);
}

const said = (page: Page) => page.locator('.row:has(.plane-draw) .said');

test('the plane is drawn when asked for, and read by pointer and keys', () =>
  visit(SMALL, async ({ page, requests }) => {
    const isFold = (url: string) => /\/(fold|plane)[^/]*\.js/.test(url);
    await reach(page, 1);
    expect(requests.filter(isFold)).toEqual([]);
    const approx = await openFold(page);
    expect(requests.filter(isFold).length).toBeGreaterThan(0);

    await page.locator('.plane-draw').click();
    const figure = page.locator('.sdl-figure', { has: page.getByText('What lies around these weights?') });
    const canvas = figure.locator('canvas');
    await canvas.waitFor();
    await expect.poll(() => said(page).innerText(), patient).toMatch(/^\d+ × \d+ points/);
    // The corner is the run: what the page has read of it is what stands there.
    const finding = await figure.locator('.finding').innerText();
    expect(Number(/L̃ is ([\d.e+-]+) at A/.exec(finding)?.[1]) / approx).toBeCloseTo(1, 1.8);
    expect(await figure.locator('.caption').innerText()).toContain('A slice can mislead');

    await canvas.focus();
    await canvas.press('ArrowRight');
    await canvas.press('ArrowUp');
    const spoken = figure.locator('.spoken');
    expect(await spoken.textContent()).toMatch(/L̃ = [\d.].* distance to A [\d.]+, B [\d.]+, truth [\d.]+/);
    const before = await spoken.textContent();
    await canvas.press('Shift+ArrowRight');
    expect(await spoken.textContent()).not.toBe(before);
    const tip = figure.locator('.tip');
    await expect.poll(() => tip.isVisible()).toBe(true);
    await canvas.press('Escape');
    await expect.poll(() => tip.isHidden()).toBe(true);
    await canvas.hover({ position: { x: 180, y: 120 } });
    await expect.poll(() => tip.innerText()).toMatch(/L̃ = /);

    // Another loss of the same picture, without computing anew.
    await page.locator('.plane-loss').selectOption('sse');
    await expect.poll(() => figure.locator('.finding').innerText()).toMatch(/^L_SDL is /);
  }));

test('a plane around one run can be called off and drawn again', () =>
  visit(SMALL.replace('rows=256', 'rows=4096'), async ({ page }) => {
    await openFold(page);
    await page.locator('.plane-choice').selectOption('around-B');
    await page.locator('.plane-draw').click();
    await page.locator('.plane-cancel').click();
    await expect.poll(() => said(page).innerText(), patient).toMatch(/^Called off/);
    expect(await page.locator('.plane-draw').evaluate((button) => button.matches(':focus'))).toBe(true);

    await page.locator('.plane-draw').press('Enter');
    const figure = page.locator('.sdl-figure', { has: page.getByText('What lies around these weights?') });
    await expect.poll(() => figure.locator('.finding').innerText(), patient).toMatch(/^At B L̃ is /);
    expect(await figure.locator('.caption').innerText()).toContain('filter-normalised');
    await page.locator('.plane-cancel').click();
  }));

test('Theorem 3.1 is shown for the run on screen, over S', () =>
  visit(SMALL, async ({ page }) => {
    const approx = await openFold(page);
    const figure = page.locator('.sdl-figure', { has: page.getByText('How near is the loss to L̃?') });
    await expect.poll(() => figure.locator('.finding').innerText(), patient).toMatch(/^At S = 0\.9, L_SDL is /);
    const finding = await figure.locator('.finding').innerText();
    expect(Number(/and L̃ ([\d.e+-]+):/.exec(finding)?.[1]) / approx).toBeCloseTo(1, 1.8);
    const canvas = figure.locator('canvas');
    await canvas.focus();
    await canvas.press('ArrowRight');
    expect(await figure.locator('.spoken').textContent()).toMatch(/S = 0\.9\d+\. L_SDL = .* bound = /);
    await page.getByRole('group', { name: 'Theorem 3.1 for' }).getByRole('button', { name: 'B' }).click();
    await expect.poll(() => figure.locator('.run').innerText(), patient).toMatch(/^B/);
  }));
