/** The page as a visitor meets it: it opens below any path, both runs train, and the first load is light. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { siteUrl } from './browser';
import { trained, visit } from './harness';

/** Bytes, compressed; `cargo xtask build` holds the built files to the same. */
const FIRST_LOAD_LIMIT = 250_000;

test('the page opens and both runs train', () =>
  visit('', async ({ page }) => {
    expect(await page.title()).not.toBe('');
    const steps = await trained(page, 20);
    expect(steps).toHaveLength(2);
  }));

test('what is fetched until both runs train is at most 250 kB', () =>
  visit('', async ({ page, requests }) => {
    await trained(page, 1);
    const fetched = [...new Set(requests)].filter((url) => url.startsWith(siteUrl));
    let total = 0;
    for (const url of fetched) {
      const response = await fetch(url);
      expect(response.ok, url).toBe(true);
      if (url.endsWith('.wasm')) expect(response.headers.get('content-type')).toBe('application/wasm');
      total += gzipSync(await response.arrayBuffer()).length;
    }
    expect(
      fetched.some((url) => url.endsWith('.wasm')),
      'an engine among the requests',
    ).toBe(true);
    expect(total, fetched.join('\n')).toBeLessThanOrEqual(FIRST_LOAD_LIMIT);
  }));
