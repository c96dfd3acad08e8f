/** The page as a visitor meets it: it opens below any path, both runs train, and the first load is light. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { siteUrl } from './browser';
import { isLate } from './explorer-page';
import { trained, visit } from './harness';

/** Bytes, compressed; `cargo xtask build` holds the built files to the same. */
const FIRST_LOAD_LIMIT = 250_000;

test('the page opens and both runs train', () =>
  visit('', async ({ page }) => {
    expect(await page.title()).not.toBe('');
    const steps = await trained(page, 20);
    expect(steps).toHaveLength(2);
  }));

test('what is fetched until both runs train is at most 250 kB, and no engine for WebGPU', () =>
  visit(
    '',
    async ({ page, requests, sentBefore }) => {
      // The runs are to be compared on WebGPU, too: only not before they train and are seen to.
      await expect.poll(() => requests.some(isLate), { timeout: 60_000 }).toBe(true);
      // Until something has come back of all, those without a time would count as early.
      await expect.poll(() => sentBefore(0), { timeout: 60_000 }).toEqual([]);
      const trainedAt = await page.evaluate(
        () => performance.timeOrigin + performance.getEntriesByName('both trained')[0].startTime,
      );
      const fetched = [...new Set(sentBefore(trainedAt))].filter((url) => url.startsWith(siteUrl));
      expect(fetched.filter(isLate)).toEqual([]);
      let total = 0;
      for (const url of fetched) {
        const response = await fetch(url);
        expect(response.ok, url).toBe(true);
        if (url.endsWith('.wasm')) expect(response.headers.get('content-type')).toBe('application/wasm');
        total += gzipSync(await response.arrayBuffer()).length;
      }
      expect(fetched.filter((url) => url.endsWith('.wasm')).length, 'engines among the requests').toBe(1);
      expect(total, fetched.join('\n')).toBeLessThanOrEqual(FIRST_LOAD_LIMIT);
    },
    { before: markTraining },
  ));

/** In the page: marks the first picture of two runs that have both trained. */
function markTraining(): void {
  addEventListener('sdl-update', (event) => {
    const runs = (event as CustomEvent<{ step: number }[]>).detail;
    if (runs.every((run) => run.step > 0)) performance.mark('both trained');
  });
}
