/** Everyone can use the page: axe finds nothing, the keyboard does everything, and what happens is announced. */

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { expectNoViolation, loadAxe } from './axe';
import { begins, enter, openGroup, phase, reach, read, recordSteps } from './explorer-page';
import { visit } from './harness';

/** Announcements come at most every five seconds while the page trains. */
const patient = { timeout: 30_000 };
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

test('axe finds no violation: light and dark, wide and narrow, settings and notices open', () =>
  visit(
    '#backend=cpu&k=0',
    async ({ page }) => {
      await reach(page, 50);
      await page.evaluate(() => document.querySelector('sdl-explorer')?.pause());
      await loadAxe(page);
      // With a notice on top, since this link is wrong in one place.
      await page.locator('.notice[data-notice=link]').waitFor();
      await expectNoViolation(page, 'light, wide, with a notice');
      await page.emulateMedia({ colorScheme: 'dark' });
      await expectNoViolation(page, 'dark, wide');
      await openEverything(page);
      await expectNoViolation(page, 'dark, wide, everything open');
      await page.emulateMedia({ colorScheme: 'light' });
      await expectNoViolation(page, 'light, wide, everything open');

      await page.setViewportSize(PHONE);
      await page.locator('.chip > summary').click();
      await page.locator('.open-sheet').click();
      await page.locator('.rail.open').waitFor();
      await expectNoViolation(page, 'light, narrow, settings open');
      await page.locator('.rail.open').getByRole('button', { name: 'Close' }).click();
      await expectNoViolation(page, 'light, narrow');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE.width);
      await page.emulateMedia({ colorScheme: 'dark' });
      await expectNoViolation(page, 'dark, narrow');

      // What is selected is explained in the inspector.
      await page.setViewportSize(DESKTOP);
      const figure = page.locator('[data-figure=similarity-A] canvas');
      await figure.focus();
      await figure.press('ArrowRight');
      await figure.press('Enter');
      await page.locator('[data-figure=inspector] h3', { hasText: /^Feature \d+$/ }).waitFor();
      await expectNoViolation(page, 'dark, wide, a feature selected');
    },
    { context: { viewport: DESKTOP, colorScheme: 'light', reducedMotion: 'reduce' } },
  ));

test('the keyboard plays, pauses, steps and resets, and each is announced', () =>
  visit('#backend=cpu', async ({ page }) => {
    await reach(page, 20);
    const status = page.locator('[role=status][data-live=status]');
    await expect.poll(() => status.textContent(), patient).toMatch(/^Training at step \d/);

    await page.keyboard.press(' ');
    await phase(page, 'paused');
    await expect
      .poll(() => status.textContent(), patient)
      .toMatch(/^Standing at step [\d,]+\. After [\d,]+ steps .*recovered/);
    const [paused] = await read(page);
    await page.keyboard.press('ArrowRight');
    await reach(page, paused.step + 1);
    await page.keyboard.press('Shift+ArrowRight');
    const [stepped] = await reach(page, paused.step + 11);
    expect(stepped.step).toBe(paused.step + 11);
    await expect
      .poll(() => status.textContent(), patient)
      .toContain(`Standing at step ${stepped.step.toLocaleString('en-US')}.`);

    await begins(page, () => page.keyboard.press('r'));
    expect((await read(page)).map((run) => run.step)).toEqual([0, 0]);
    await expect.poll(() => status.textContent(), patient).toContain('Standing at step 0.');
    await page.keyboard.press(' ');
    await reach(page, 20);
    await phase(page, 'playing');

    // In an input the same keys are text, on a button Space is the button's.
    await page.locator('.seed input').focus();
    await page.keyboard.type('r ');
    await page.locator('.seed input').fill('7');
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).focus();
    await page.keyboard.press(' ');
    await page.locator('dl.keys').waitFor();
    await phase(page, 'playing');
    const { step } = (await read(page))[0];
    expect((await reach(page, step + 1))[0].step).toBeGreaterThan(step);

    // At a speed with time between steps, pausing is announced all the same.
    await page.getByLabel('Speed').selectOption('1');
    await page.locator('body').click({ position: { x: 1, y: 1 } });
    // From full speed to this one without a debt of steps to wait for.
    const slow = (await read(page))[0].step;
    await reach(page, slow + 3);
    await page.keyboard.press(' ');
    await phase(page, 'paused');
    await expect.poll(() => status.textContent(), patient).toMatch(/^Standing at step/);
  }));

test('focus is visible wherever Tab leads', () =>
  visit('#backend=cpu', async ({ page }) => {
    await reach(page, 1);
    await page.evaluate(() => document.querySelector('sdl-explorer')?.pause());
    const seen: string[] = [];
    for (let press = 0; press < 45; press++) {
      await page.keyboard.press('Tab');
      const focus = await page.evaluate(() => {
        let at = document.activeElement;
        while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
        if (!at || at === document.body) return undefined;
        const { outlineStyle, outlineWidth } = getComputedStyle(at);
        const { width, height } = at.getBoundingClientRect();
        const name = `${at.localName} ${at.getAttribute('aria-label') ?? at.textContent?.trim().slice(0, 30)}`;
        const visible =
          at.matches(':focus-visible') &&
          outlineStyle !== 'none' &&
          Number.parseFloat(outlineWidth) >= 1 &&
          width * height > 0;
        return { name, visible };
      });
      if (!focus) break;
      expect(focus.visible, focus.name).toBe(true);
      seen.push(focus.name);
    }
    const kinds = new Set(seen.map((name) => name.split(' ')[0]));
    for (const kind of ['button', 'select', 'input', 'summary', 'canvas'])
      expect(kinds, seen.join('\n')).toContain(kind);
  }));

test('what can change live does not restart; what cannot does', () =>
  visit('#backend=cpu&act=relu&l1=0.01', async ({ page }) => {
    const begun = (await reach(page, 200))[0].step;
    const steps = await recordSteps(page);
    await enter(page, 'Training', 'knob-lr', 0.002);
    await enter(page, 'Loss', 'knob-l1', 0.02);
    await enter(page, 'Anchors', 'knob-la-B', 0.3);
    await enter(page, 'Scoring', 'knob-tau', 0.9);
    const config = () => page.evaluate(() => document.querySelector('sdl-explorer')?.config);
    expect(await config()).toMatchObject({
      A: { training: { learning_rate: 0.002 }, loss: { l1: 0.02 }, scoring: { threshold: 0.9 } },
      B: { training: { learning_rate: 0.002 }, loss: { l1: 0.02 }, anchors: { coefficient: 0.3 } },
    });
    await reach(page, (await read(page))[0].step + 50);
    const drawn = (await steps()).A;
    expect(drawn).toEqual(drawn.toSorted((a, b) => a - b));
    expect(drawn[0]).toBeGreaterThanOrEqual(begun);

    // What is being typed is not wiped when the page is drawn anew meanwhile.
    await page.locator('#knob-lr').fill('0.0025');
    await page.evaluate(async () => {
      const explorer = document.querySelector('sdl-explorer');
      explorer?.requestUpdate();
      await explorer?.updateComplete;
    });
    expect(await page.locator('#knob-lr').inputValue()).toBe('0.0025');
    await page.locator('#knob-lr').fill('0.002');
    await page.locator('#knob-lr').press('Enter');

    // A value that is none is answered beside its input and changes nothing.
    await enter(page, 'Training', 'knob-lr', -1);
    await page.locator('.knob[data-knob="training.learning_rate"] .wrong', { hasText: 'from 0 to 10' }).waitFor();
    expect((await config())?.A.training.learning_rate).toBe(0.002);

    // More anchors than there are features: lowered to what fits, and the input shows what holds.
    await enter(page, 'Anchors', 'knob-na', 33);
    await expect.poll(() => page.locator('#knob-na').inputValue(), patient).toBe('32');

    await begins(page, () => enter(page, 'World', 'knob-n', 24));
    await expect.poll(async () => Math.min(...(await steps()).A), patient).toBe(0);
    expect((await reach(page, 5))[0].n_features).toBe(24);
  }));

/** Every group of settings, every explanation, the backend's words and the list of keys. */
async function openEverything(page: Page): Promise<void> {
  await openGroup(page, 'World');
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await page.evaluate(() => {
    for (const details of document.querySelector('sdl-explorer')?.shadowRoot?.querySelectorAll('details') ?? [])
      details.open = true;
  });
}
