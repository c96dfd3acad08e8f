/** The rooms of the theorems: a pattern put together by clicks and keys, and a segment whose end is dragged. */
import { expect, test } from 'vitest';
import { visit } from './harness';

test('the paper’s example is there, and clicks and keys make other patterns', () =>
  visit('lab.html#patterns', async ({ page }) => {
    const numbers = page.locator('.points');
    await numbers.getByText('v2 and v3').first().waitFor();
    const loss = numbers.locator('tr', { hasText: /^L̃/ });
    expect(await loss.innerText()).toMatch(/L̃\s+1\s+1/);

    // One feature moves to the idle latent, by keys: every feature has a latent of its own, and nothing is lost.
    await page.getByRole('button', { name: 'w2 fires latent 1' }).click();
    const other = page.getByRole('button', { name: 'w2 fires latent 2' });
    await page.getByRole('button', { name: 'w2 fires latent 1' }).press('ArrowDown');
    expect(await other.evaluate((cell) => cell === document.activeElement)).toBe(true);
    await other.press('Enter');
    await page.getByText('Monosemantic').waitFor();
    await expect.poll(() => loss.innerText()).toMatch(/L̃\s+(0|\S*10⁻)/);

    await page.getByRole('button', { name: 'Not realizable' }).click();
    await page
      .getByText(/the product of latent \d's row with the left side/)
      .first()
      .waitFor();
  }));

test('the end of a segment can be dragged over a boundary', () =>
  visit('lab.html#biconvex', async ({ page }) => {
    const finding = page.locator('[data-at="chart"] .finding');
    await finding.waitFor();
    const before = await finding.innerText();
    expect(before).toContain('inside every region it is convex');
    const handle = page.getByRole('button', { name: /^latent 1 at/ });
    const box = await handle.boundingBox();
    if (!box) throw new Error('the handle has no place');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x - 120, box.y - 60, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => finding.innerText()).not.toBe(before);
    await handle.press('ArrowUp');
    expect(await finding.innerText()).toContain('inside every region it is convex');
  }));
