/** axe-core in a page: what keeps people from using it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Once a page, before the first look. */
export async function loadAxe(page: Page): Promise<void> {
  await page.evaluate(AXE);
}

/** `state` says in a failure what was being looked at. */
export async function expectNoViolation(page: Page, state: string): Promise<void> {
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  const found = violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.map(({ target, failureSummary }) => `  ${target}: ${failureSummary}`).join('\n')}`,
  );
  expect(found, state).toEqual([]);
}
