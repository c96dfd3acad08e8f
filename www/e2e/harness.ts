/**
 * What every test in the browser shares: a browser for the file, a fresh profile for each visit, and a watch that
 * fails the test on any console error, uncaught exception or request beyond the folder that is served.
 *
 *     test('trains', () => visit('?seed=7', async ({ page }) => { … }));
 */
import type { Browser, BrowserContextOptions, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { launch, siteUrl } from './browser';

export interface Visit {
  page: Page;
  /** Absolute URLs of all requests so far, those of workers included, in order. */
  requests: string[];
  /** Those of them that had been sent at this time, in milliseconds since 1970. */
  sentBefore(time: number): string[];
  /** Console errors and uncaught exceptions so far. */
  errors: string[];
}

export interface VisitOptions {
  /** Errors that this test provokes; all others still fail it. */
  expectedErrors?: RegExp;
  /** Playwright's: viewport, colour scheme, reduced motion, … */
  context?: BrowserContextOptions;
  /** Runs in the page before any of its scripts. */
  before?: () => void;
  /** Put before the code of each of its workers, such as to take something away from them. */
  beforeWorkers?: string;
}

/** How long a page may take for anything it is waited for: two cores may be shared with much else. */
const PATIENCE_MS = 90_000;

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(() => browser?.close());

/** Opens `path`, relative to the folder that is served, and runs `body` there; fails if anything went wrong on the way. */
export async function visit(
  path: string,
  body: (visit: Visit) => Promise<void>,
  options: VisitOptions = {},
): Promise<void> {
  const context = await browser.newContext(options.context);
  const requests: string[] = [];
  const sent: Request[] = [];
  const errors: string[] = [];
  let seen: string[] = [];
  context.on('request', (request) => {
    requests.push(request.url());
    sent.push(request);
  });
  // One that nothing has come back from has no time yet: it counts.
  const sentBefore = (time: number) =>
    sent.filter((request) => request.timing().startTime <= time).map((request) => request.url());
  context.on('requestfailed', (request) => errors.push(`${request.url()}: ${request.failure()?.errorText}`));
  context.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => errors.push(String(error.error().stack ?? error.error())));
  try {
    if (options.before) await context.addInitScript(options.before);
    const { beforeWorkers } = options;
    if (beforeWorkers) {
      await context.route(/worker-[^/]*\.js$/, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: `${beforeWorkers};${await response.text()}` });
      });
    }
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('websocket', (socket) => requests.push(socket.url()));
    page.on('crash', () => errors.push('the page crashed'));
    await page.goto(new URL(path, siteUrl).href);
    await body({ page, requests, sentBefore, errors });
    // Requests that closing cuts short are no errors.
    seen = [...errors];
  } catch (failure) {
    // A time-out alone would hide what the page complained about.
    if (errors.length > 0) throw new Error(`the page reported:\n${errors.join('\n')}`, { cause: failure });
    throw failure;
  } finally {
    await context.close();
  }
  const unexpected = seen.filter((error) => !options.expectedErrors?.test(error));
  expect(unexpected, 'console errors, exceptions and failed requests').toEqual([]);
  expect(beyondSite(requests), 'requests beyond the folder that is served').toEqual([]);
}

/** Waits until both runs of the first `<sdl-explorer>` have done `steps` steps, and answers where they are. */
export async function trained(page: Page, steps: number): Promise<number[]> {
  const handle = await page.waitForFunction((steps) => {
    const explorer = document.querySelector('sdl-explorer') as (Element & { runs?: { step: number }[] }) | null;
    const reached = explorer?.runs?.map((run) => run.step) ?? [];
    return reached.length > 0 && reached.every((step) => step >= steps) ? reached : undefined;
  }, steps);
  return handle.jsonValue() as Promise<number[]>;
}

function beyondSite(requests: string[]): string[] {
  const local = /^(data|blob|about):/;
  return requests.filter((url) => !url.startsWith(siteUrl) && !local.test(url));
}
