/** How the page behaves for a visitor: how soon it trains, and how long its main thread is ever busy. */
import type { Browser, Page } from 'playwright-core';
import { siteUrl } from './browser';

interface Watch {
  /** Milliseconds from navigation to the first `sdl-update` at which a run had trained. */
  firstStep: number | undefined;
  updates: number;
}

declare global {
  interface Window {
    watch: Watch;
  }
}

export interface Tasks {
  /** Milliseconds of wall time; what another process takes from the thread counts too. */
  longest: number;
  longestBefore: number;
  updatesPerSecond: number;
  stepsPerSecond: number;
}

/** Milliseconds from navigation to the first training step, with nothing in the browser's cache. */
export async function firstStep(browser: Browser): Promise<number> {
  const page = await open(browser);
  const time = await started(page);
  await page.context().close();
  return time;
}

/** The longest task on the page's main thread, before training and in `seconds` of it. */
export async function longestTask(browser: Browser, seconds: number): Promise<Tasks> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await browser.startTracing(page, { categories: ['blink.user_timing', 'disabled-by-default-devtools.timeline'] });
  await watch(page);
  await page.goto(siteUrl);
  await started(page);
  const before = await state(page);
  await page.waitForTimeout(seconds * 1000);
  const after = await state(page);
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  await context.close();

  const elapsed = (after.now - before.now) / 1000;
  return {
    ...longestTasks(trace.traceEvents),
    updatesPerSecond: (after.updates - before.updates) / elapsed,
    stepsPerSecond: (after.step - before.step) / elapsed,
  };
}

async function open(browser: Browser): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await watch(page);
  await page.goto(siteUrl, { waitUntil: 'commit' });
  return page;
}

async function watch(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.watch = { firstStep: undefined, updates: 0 };
    // Captured, so that it arrives whether or not the event bubbles.
    window.addEventListener(
      'sdl-update',
      (event) => {
        const { runs } = event.target as EventTarget & { runs?: { step: number }[] };
        window.watch.updates++;
        if (window.watch.firstStep === undefined && runs?.some((run) => run.step > 0)) {
          window.watch.firstStep = performance.now();
          performance.mark('first training step');
        }
      },
      { capture: true },
    );
  });
}

async function started(page: Page): Promise<number> {
  const handle = await page.waitForFunction(() => window.watch?.firstStep, undefined, { timeout: 60_000 });
  return (await handle.jsonValue()) as number;
}

function state(page: Page): Promise<{ now: number; updates: number; step: number }> {
  return page.evaluate(() => {
    const explorer = document.querySelector('sdl-explorer') as (Element & { runs?: { step: number }[] }) | null;
    return { now: performance.now(), updates: window.watch.updates, step: explorer?.runs?.[0]?.step ?? 0 };
  });
}

/** Chromium's trace format: times in microseconds. */
interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  args?: { name?: string };
}

function longestTasks(events: TraceEvent[]): { longest: number; longestBefore: number } {
  const threads = events.filter((event) => event.name === 'thread_name');
  // Chromium keeps a spare process at hand: the page's is the one that trains in a worker.
  const pid = threads.find((thread) => thread.args?.name?.startsWith('DedicatedWorker'))?.pid;
  const main = threads.find((thread) => thread.pid === pid && thread.args?.name === 'CrRendererMain');
  if (!main) throw new Error('the trace names no main thread with a worker beside it');
  const tasks = events.filter((event) => event.name === 'RunTask' && event.pid === pid && event.tid === main.tid);
  if (tasks.length === 0) throw new Error('the trace holds no task of the main thread');
  const start = events.find((event) => event.name === 'first training step')?.ts;
  if (start === undefined) throw new Error('the trace lacks the mark of the first training step');
  const longest = (tasks: TraceEvent[]) => tasks.reduce((longest, task) => Math.max(longest, task.dur ?? 0), 0) / 1000;
  return {
    longest: longest(tasks.filter((task) => task.ts >= start)),
    longestBefore: longest(tasks.filter((task) => task.ts < start)),
  };
}
