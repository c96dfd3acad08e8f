/**
 * What the tests read of an explorer on a page, and wait for: through the custom element's public API, as a script
 * of a visitor would.
 */
import type { Page } from 'playwright-core';
import type { BackendKind } from '../engine';
import type { RunLabel } from '../views/view';

/** A run in plain data; arrays that are large stay in the page. */
export interface Reading {
  label: RunLabel;
  step: number;
  samples: number;
  backend: BackendKind;
  adapter: string;
  loss: number;
  /** Without penalties. */
  sse: number;
  /** Mean recovery, decoder columns by cosine. */
  recovery: number;
  scored: number[];
  n_features: number;
  names: string[] | null;
  /** All weights are finite. */
  sound: boolean;
}

export type Both = [Reading, Reading];

/** What the runs of the `index`-th explorer show now. */
export function read(page: Page, index = 0): Promise<Both> {
  return page.evaluate((index) => {
    const explorer = document.querySelectorAll('sdl-explorer')[index];
    return explorer.runs.map(({ label, step, samples, backend, adapter, world, metrics, weights }) => ({
      label,
      step,
      samples,
      backend,
      adapter,
      loss: metrics.loss,
      sse: metrics.sse,
      recovery: metrics.recovery.decoder_cosine.mip,
      scored: [...metrics.scored],
      n_features: world.n_features,
      names: world.names,
      sound: Object.values(weights).every((part) => part.every(Number.isFinite)),
    })) as unknown as Both;
  }, index);
}

/** Waits until both runs of the `index`-th explorer show a step from `step` on. */
export async function reach(page: Page, step: number, index = 0): Promise<Both> {
  await page.waitForFunction(
    ({ step, index }) => {
      const explorer = document.querySelectorAll('sdl-explorer')[index];
      return explorer?.runs?.length === 2 && explorer.runs.every((run) => run.step >= step);
    },
    { step, index },
  );
  return read(page, index);
}

/** Waits until both runs train on `backend`, and answers where they are then. */
export async function trainsOn(page: Page, backend: BackendKind): Promise<Both> {
  await page.waitForFunction((backend) => {
    const { runs } = document.querySelector('sdl-explorer') ?? {};
    return runs?.length === 2 && runs.every((run) => run.backend === backend && run.step > 0);
  }, backend);
  return read(page);
}

/** Whether a request is for the engine that knows WebGPU. */
export function isLate(url: string): boolean {
  return /gpu[-_]engine|engine[-_]gpu/.test(url);
}

/** Waits for the words beside the step: Training, Paused, Finished, Diverged … */
export async function phase(
  page: Page,
  phase: 'working' | 'playing' | 'paused' | 'finished' | 'diverged',
): Promise<void> {
  await page.locator(`.progress[data-phase=${phase}]`).first().waitFor();
}

/** Opens another link in the page that is there, as when a visitor pastes it; settles when new runs have begun. */
export async function follow(page: Page, hash: string): Promise<void> {
  await begins(page, () =>
    page.evaluate((hash) => {
      location.hash = hash;
    }, hash),
  );
}

/** Does something that starts both runs anew, and waits until they are there. */
export async function begins(page: Page, act: () => Promise<unknown>): Promise<void> {
  const worlds = await page.evaluateHandle(() => document.querySelector('sdl-explorer')?.runs.map((run) => run.world));
  await act();
  await page.waitForFunction((worlds) => {
    const runs = document.querySelector('sdl-explorer')?.runs ?? [];
    return runs.length === 2 && runs.every((run) => !worlds?.includes(run.world));
  }, worlds);
}

/** SHA-256 of each run's weights, bit for bit. */
export function weightHashes(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { runs = [] } = document.querySelector('sdl-explorer') ?? {};
    return Promise.all(
      runs.map(async ({ weights: { encoder, decoder, b_enc, b_dec } }) => {
        const bytes = await new Blob([encoder, decoder, b_enc, b_dec] as BlobPart[]).arrayBuffer();
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
        return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      }),
    );
  });
}

/** The weights of both runs as plain numbers, for models small enough to carry over. */
export function weightsOf(page: Page): Promise<number[][]> {
  return page.evaluate(() => {
    const { runs = [] } = document.querySelector('sdl-explorer') ?? {};
    return runs.map(({ weights: { encoder, decoder, b_enc, b_dec } }) => [...encoder, ...decoder, ...b_enc, ...b_dec]);
  });
}

/** Keeps, in the page, every step that a run is drawn at from now on; answers how to read them. */
export async function recordSteps(page: Page): Promise<() => Promise<Record<RunLabel, number[]>>> {
  const record = await page.evaluateHandle(() => {
    const steps: Record<string, number[]> = { A: [], B: [] };
    addEventListener('sdl-update', (event) => {
      for (const { label, step } of (event as CustomEvent<{ label: string; step: number }[]>).detail)
        steps[label].push(step);
    });
    return steps;
  });
  return () => record.jsonValue() as Promise<Record<RunLabel, number[]>>;
}

/** The settings group with this heading, opened. */
export async function openGroup(page: Page, group: string): Promise<void> {
  const details = page.locator('details.group', { has: page.locator(`summary b:text-is("${group}")`) });
  if (!(await details.evaluate((at: HTMLDetailsElement) => at.open))) await details.locator('> summary').click();
}

/** Types a number into a setting and confirms it, as a visitor does. */
export async function enter(page: Page, group: string, id: string, value: number): Promise<void> {
  await openGroup(page, group);
  await page.locator(`#${id}`).fill(String(value));
  await page.locator(`#${id}`).press('Enter');
}
