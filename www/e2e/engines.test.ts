/** Two builds of the engine: the page starts on the small one, and moves its runs into the one that knows WebGPU. */
import { expect, test } from 'vitest';
import { configsOf, defaultState, withValue } from '../state';
import { isLate, phase, reach, read, recordSteps, trainsOn } from './explorer-page';
import { visit } from './harness';
import { hashOfWeights, nodeEngine, nodeGpuEngine, trainedInNode } from './node-engine';

const fewPictures = { reducedMotion: 'reduce' } as const;

test('who asks for the CPU never fetches the engine that knows WebGPU', () =>
  visit('#backend=cpu&steps=300', async ({ page, requests }) => {
    await phase(page, 'finished');
    await page.evaluate(() => document.querySelector('sdl-explorer')?.reset());
    await phase(page, 'finished');
    expect(requests.filter(isLate)).toEqual([]);
  }));

test('who asks for WebGPU has the first step on the CPU, and goes on from there when the engine for it has come', () =>
  visit(
    '#scenario=bench&backend=webgpu',
    async ({ page, requests }) => {
      const early = await reach(page, 1);
      expect(early.map((run) => run.backend)).toEqual(['cpu', 'cpu']);
      const worlds = await page.evaluateHandle(() =>
        document.querySelector('sdl-explorer')?.runs.map((run) => run.world),
      );
      const steps = await recordSteps(page);
      const moved = await trainsOn(page, 'webgpu');
      const later = await reach(page, moved[0].step + 100);
      for (const i of [0, 1]) {
        expect(moved[i].step).toBeGreaterThanOrEqual(early[i].step);
        expect(later[i].recovery).toBeGreaterThan(early[i].recovery);
        expect(later[i].samples).toBe(later[i].step * 256);
      }
      // Both all the way: no step back, no other world.
      for (const seen of Object.values(await steps())) expect(seen).toEqual(seen.toSorted((a, b) => a - b));
      const kept = await page.evaluate(
        (worlds) => document.querySelector('sdl-explorer')?.runs.every((run, i) => run.world === worlds?.[i]),
        worlds,
      );
      expect(kept).toBe(true);
      // Fetched once for both workers.
      expect(requests.filter((url) => isLate(url) && url.endsWith('.wasm'))).toHaveLength(1);

      // And back, within the second engine.
      await page.locator('.chip > summary').click();
      await page.getByLabel('Train on').selectOption('cpu');
      await page.waitForFunction(() => document.querySelector('sdl-explorer')?.runs.every((r) => r.backend === 'cpu'));
    },
    { context: fewPictures },
  ));

test('who leaves the choice to the page trains while it fetches, and is told what was faster', () =>
  visit('', async ({ page, requests }) => {
    await page.locator('.chip > summary').click();
    const why = page.locator('.chip .pop p').first();
    await expect.poll(() => why.innerText(), { timeout: 60_000 }).toMatch(/\d\.\d× the (CPU's speed|speed of WebGPU)/);
    expect(requests.some(isLate)).toBe(true);
    const [a] = await read(page);
    await reach(page, a.step + 10);
  }));

test('the engine for WebGPU cannot be fetched: the page says why and trains on the CPU', () =>
  visit(
    '#backend=webgpu',
    async ({ page }) => {
      const notice = page.locator('.notice[data-notice=backend]');
      await notice.waitFor();
      expect(await notice.innerText()).toMatch(
        /^The runs train on the CPU: asked for webgpu, but: The engine could not be loaded: 503/,
      );
      const [run] = await reach(page, 300);
      expect(run.backend).toBe('cpu');
    },
    {
      before: () => {
        const really = fetch;
        window.fetch = (...request) =>
          String(request[0]).includes('engine_gpu')
            ? Promise.resolve(new Response(null, { status: 503, statusText: 'away' }))
            : really(...request);
      },
    },
  ));

test('a run that moves from one engine into the other goes on with the same bits', async () => {
  const [cpu, gpu] = [await nodeEngine(), await nodeGpuEngine()];
  // Digits that are lost where numbers go through JSON on their own.
  const { A } = configsOf(withValue(defaultState(), 'training.learning_rate', 0.0037416573867739412));
  const straight = await trainedInNode(cpu, A, 100, 50);
  expect(hashOfWeights(await trainedInNode(gpu, A, 100, 50))).toBe(hashOfWeights(straight));

  const run = new cpu.Run(A, undefined);
  await run.advance(30);
  await run.frame();
  await run.advance(20);
  const moved = gpu.Run.unpack(await run.pack(), A, undefined);
  expect(moved.world()).toEqual(run.world());
  expect(await moved.frame()).toEqual(await run.frame());
  // No change is one: the config is the same to the last bit.
  moved.configure(A);
  await moved.advance(50);
  const frame = await moved.frame();
  expect(frame.events).toEqual([]);
  expect(frame.metrics).toEqual(straight.metrics);
  expect(hashOfWeights(frame)).toBe(hashOfWeights(straight));
});
