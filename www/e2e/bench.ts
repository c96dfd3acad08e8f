/**
 * The browser's half of `cargo xtask bench`: training speed on the benchmark page, and how the page itself behaves.
 * Answers are JSON lines on standard output, one a measurement; progress goes to standard error.
 */
import type { Browser } from 'playwright-core';
import cases from '../../benches/cases.json';
import type { BenchRequest, Shape } from '../bench-worker';
import { launch, siteUrl } from './browser';
import { firstStep, longestTask } from './page-measures';

interface Options {
  part: 'browser' | 'page';
  quick: boolean;
  seed: number;
}

/** Beyond this a method at a shape is given up: SwiftShader needs minutes for a step of L. */
const PATIENCE_MS = 90_000;

export async function main(): Promise<void> {
  const options = JSON.parse(process.env.SDL_BENCH ?? '') as Options;
  const browser = await launch();
  try {
    if (options.part === 'browser') await trainingSpeed(browser, options);
    else await pageBehaviour(browser, options);
  } finally {
    await browser.close();
  }
}

async function trainingSpeed(browser: Browser, { quick, seed }: Options): Promise<void> {
  for (const backend of ['cpu', 'webgpu'] as const) {
    for (const shape of ['S', 'M', 'L'] as const) {
      const where = `chromium ${backend}`;
      progress(`${where} ${shape}`);
      const methods = methodsAt(shape);
      const request = { backend, shape, methods, seed, repeats: quick ? 3 : 5, seconds: quick ? 0.5 : 1.5 };
      try {
        const { stepsPerSecond, adapter } = await measure(browser, request);
        for (const method of methods) {
          const runs = stepsPerSecond[method];
          const beside = median(runs.map((rate, ix) => stepsPerSecond.top_k[ix] / rate));
          const names = { where, shape, method, adapter, browser: browser.version(), seed };
          report({ ...names, steps_per_second: median(runs), runs, beside_top_k: beside });
        }
      } catch (error) {
        report({ where, shape, method: methods.join(', '), seed, error: String(error) });
      }
    }
  }
}

/** As natively; but the dead of the cases that have some are made by hand, for which a page has no means. */
function methodsAt(shape: Shape): string[] {
  if (shape === 'L') return ['top_k'];
  return Object.entries(cases.methods)
    .filter(([, settings]) => !('dead_every' in settings))
    .map(([method]) => method);
}

async function measure(browser: Browser, request: BenchRequest) {
  const page = await browser.newPage();
  try {
    await page.goto(`${siteUrl}www/bench.html`);
    await page.waitForFunction(() => typeof window.sdlBench === 'function');
    const given_up = new Promise<never>((_, reject) => {
      const patience = PATIENCE_MS * request.methods.length;
      setTimeout(() => reject(new Error(`given up after ${patience / 1000} s`)), patience).unref();
    });
    return await Promise.race([page.evaluate((request) => window.sdlBench(request), request), given_up]);
  } finally {
    await page.close();
  }
}

async function pageBehaviour(browser: Browser, { quick }: Options): Promise<void> {
  progress('time to the first training step');
  const times: number[] = [];
  for (let repeat = 0; repeat < (quick ? 3 : 7); repeat++) times.push(await firstStep(browser));
  report({
    where: 'page',
    measure: 'first training step after navigation',
    unit: 'ms',
    value: median(times),
    runs: times,
  });

  progress('longest task on the main thread');
  const tasks = [];
  for (let repeat = 0; repeat < (quick ? 1 : 3); repeat++) tasks.push(await longestTask(browser, quick ? 5 : 15));
  const measures = [
    ['longest main-thread task while training', 'ms', 'longest'],
    ['longest main-thread task until training', 'ms', 'longestBefore'],
    ['updates of the page while training', '1/s', 'updatesPerSecond'],
    ['steps of run A while training', '1/s', 'stepsPerSecond'],
  ] as const;
  for (const [measure, unit, field] of measures) {
    const runs = tasks.map((task) => task[field]);
    report({ where: 'page', measure, unit, value: median(runs), runs });
  }
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function report(record: object): void {
  process.stdout.write(`${JSON.stringify(record)}\n`);
}

function progress(text: string): void {
  process.stderr.write(`measuring: ${text}\n`);
}
