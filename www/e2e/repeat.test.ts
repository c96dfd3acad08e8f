/**
 * The same link gives the same run: bit for bit on the CPU, in Chromium and in Node, at once and after a reset, and
 * within float tolerance on the GPU.
 */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { configsOf } from '../state';
import { readHash } from '../url';
import { begins, enter, follow, phase, reach, read, trainsOn, weightHashes, weightsOf } from './explorer-page';
import { visit } from './harness';
import { hashOfWeights, nodeEngine, trainedInNode } from './node-engine';

/** Everything that draws random numbers or adds up differently in its own way: ReLU, biases, a free decoder, resampling. */
const RICH =
  'act=relu&l1=0.1&l1w=decoder_norm&benc=1&bdec=1&shift=1&unit=0&tied=0&nq=37&np=11&batch=33&treat=resample&window=500&revery=50&rinputs=100';
const STEPS = 300;

test.each([
  ['the default link', ''],
  ['a link that uses everything', `&${RICH}`],
])('%s gives the same bits on the CPU: twice, after a reset, and in Node', async (_, more) => {
  const link = `#backend=cpu&steps=${STEPS}${more}`;
  const seen: string[][] = [];
  await visit(link, async ({ page }) => {
    seen.push(await finished(page));
    await begins(page, () => page.evaluate(() => document.querySelector('sdl-explorer')?.reset()));
    seen.push(await finished(page));
    // The same link in the same page, after another: nothing of the other may be left.
    await follow(page, `${link}&seed=8`);
    const other = await finished(page);
    expect(other).not.toEqual(seen[0]);
    await follow(page, link);
    seen.push(await finished(page));
  });
  // A fresh profile; and step by step, whatever the page's chunks were.
  await visit(link, async ({ page }) => {
    await page.evaluate(async () => {
      const explorer = document.querySelector('sdl-explorer');
      await explorer?.pause();
      await explorer?.reset();
      for (const steps of [1, 2, 97, 150]) await explorer?.step(steps);
      await explorer?.step(50);
    });
    seen.push(await finished(page));
  });

  const engine = await nodeEngine();
  const { A, B } = configsOf(readHash(link).state);
  const inNode = [];
  for (const config of [A, B]) inNode.push(hashOfWeights(await trainedInNode(engine, config, STEPS, 64)));
  expect(inNode[0]).not.toBe(inNode[1]);
  for (const hashes of seen) expect(hashes).toEqual(inNode);
});

test('200 steps on the GPU from the same link come to what the CPU comes to', async () => {
  const link = '#scenario=bench&steps=200&backend=';
  await visit(`${link}cpu`, async ({ page }) => {
    await finished(page);
    const [onCpu, cpuWeights] = [await read(page), await weightsOf(page)];
    await follow(page, `${link}webgpu`);
    // The CPU takes the first steps while the GPU is being set up.
    await trainsOn(page, 'webgpu');
    await finished(page);
    const [onGpu, gpuWeights] = [await read(page), await weightsOf(page)];

    for (const i of [0, 1]) {
      expect(onGpu[i].backend).toBe('webgpu');
      expect(onCpu[i].backend).toBe('cpu');
      // It starts at 0.60.
      expect(onGpu[i].recovery).toBeGreaterThan(0.65);
      // Both add in float32, in different order: SwiftShader is within 5e-7; weights have moved by up to 0.2.
      const deviation = Math.max(...gpuWeights[i].map((weight, j) => Math.abs(weight - cpuWeights[i][j])));
      expect(deviation).toBeLessThan(1e-4);
      expect(gpuWeights[i]).not.toEqual(cpuWeights[i]);
      expect(Math.abs(onGpu[i].recovery - onCpu[i].recovery)).toBeLessThan(1e-4);
      expect(Math.abs(onGpu[i].loss / onCpu[i].loss - 1)).toBeLessThan(1e-4);
    }
  });
});

test('what is changed on the page is in its link, and the link gives the same run elsewhere', async () => {
  let link = '';
  let config: unknown;
  let hashes: string[] = [];
  await visit('#backend=cpu', async ({ page }) => {
    await reach(page, 1);
    await enter(page, 'Training', 'knob-steps', 150);
    await enter(page, 'World', 'knob-np', 12);
    await enter(page, 'Anchors', 'knob-la-B', 0.25);
    await page.waitForFunction(() => /&np=12&.*&b\.la=0\.25/.test(location.hash));
    // From step 0 with all of it: what has changed on the way is part of no link.
    await begins(page, () => page.evaluate(() => document.querySelector('sdl-explorer')?.reset()));
    hashes = await finished(page);
    config = await page.evaluate(() => document.querySelector('sdl-explorer')?.config);
    link = await page.evaluate(() => location.hash);
  });
  await visit(link, async ({ page }) => {
    expect(await finished(page)).toEqual(hashes);
    expect(await page.evaluate(() => document.querySelector('sdl-explorer')?.config)).toEqual(config);
    expect(config).toMatchObject({ A: { bench: { n_input: 12 } }, B: { anchors: { coefficient: 0.25 } } });
  });
});

/** Waits until both runs have come to the end that the link sets, and answers the hashes of their weights. */
async function finished(page: Page): Promise<string[]> {
  await phase(page, 'finished');
  await page.waitForFunction(() =>
    document
      .querySelector('sdl-explorer')
      ?.runs.every(
        (run, _, runs) =>
          run.step === document.querySelector('sdl-explorer')?.config.A.training.steps && runs.length === 2,
      ),
  );
  return weightHashes(page);
}
