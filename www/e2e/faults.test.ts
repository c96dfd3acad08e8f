/** When something breaks: the run goes on where it can, and the page always says what happened and offers the way back. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { enter, phase, reach, read, recordSteps, trainsOn } from './explorer-page';
import { visit } from './harness';

const fewPictures = { reducedMotion: 'reduce' } as const;

test('a lost device: the run goes on from its last checkpoint on the CPU and says so, the other one stays', () =>
  visit(
    '#scenario=bench&backend=webgpu',
    async ({ page }) => {
      await trainsOn(page, 'webgpu');
      const checkpoint = await checkpointBeyond(page, 20);
      const steps = await recordSteps(page);
      const before = await read(page);
      await page.evaluate(() => document.querySelector('sdl-explorer')?.loseDevice('A'));
      await page.locator('.notice[data-notice=fell_back-A]').waitFor();

      const said = await page.locator('.notice[data-notice=fell_back-A]').innerText();
      expect(said).toMatch(/Run A goes on on the CPU: the graphics device was lost/);
      await page.waitForFunction(() => document.querySelector('sdl-explorer')?.runs[0].backend === 'cpu');
      const after = await reach(page, before[0].step + 300);
      expect(after.map((run) => run.backend)).toEqual(['cpu', 'webgpu']);
      expect(await page.locator('.chip > summary').innerText()).toBe('A CPU, B WebGPU');
      for (const i of [0, 1]) {
        expect(after[i].recovery).toBeGreaterThan(before[i].recovery + 0.02);
        expect(after[i].loss).toBeLessThan(before[i].loss);
        expect(after[i].sound).toBe(true);
      }
      // Not from step 0, and in lock-step again once it has caught up.
      expect(Math.min(...(await steps()).A)).toBeGreaterThanOrEqual(checkpoint);
      await page.waitForFunction(() => {
        const { runs = [] } = document.querySelector('sdl-explorer') ?? {};
        return runs[0]?.step === runs[1]?.step;
      });
    },
    { context: fewPictures },
  ));

/** What is taken from the workers, and how the page's words about it begin. */
const WITHOUT_WEBGPU = [
  ['the browser has no WebGPU', "Object.defineProperty(WorkerNavigator.prototype, 'gpu', { get: () => undefined })"],
  ['there is no adapter', 'GPU.prototype.requestAdapter = async () => null'],
  [
    'the adapter refuses a device',
    "GPUAdapter.prototype.requestDevice = async () => { throw new TypeError('no such limit') }",
  ],
] as const;

test.each(WITHOUT_WEBGPU)('WebGPU is asked for and %s: the page says why and trains on the CPU', (_, beforeWorkers) =>
  visit(
    '#backend=webgpu',
    async ({ page }) => {
      const [run] = await reach(page, 300);
      expect(run.backend).toBe('cpu');
      await page.locator('.chip > summary').click();
      const why = await page.locator('.chip .pop p').allInnerTexts();
      expect(why).toHaveLength(2);
      for (const said of why) expect(said).toMatch(/^[AB] CPU on .+: asked for webgpu, but: .{10,}/);
      const notice = page.locator('.notice[data-notice=backend]');
      expect(await notice.innerText()).toMatch(/^The runs train on the CPU: asked for webgpu, but: .{10,}/);

      // Who then asks for the CPU has what was asked for.
      await page.getByLabel('Train on').selectOption('cpu');
      await notice.waitFor({ state: 'detached' });
    },
    { beforeWorkers },
  ),
);

test('a diverging run stops and names the cause; one click brings it back', () =>
  visit('#backend=cpu&act=relu&unit=0&l1=0.01', async ({ page }) => {
    const before = await reach(page, 300);
    await enter(page, 'Training', 'knob-lr', 5);
    await phase(page, 'diverged');
    const notice = page.locator('.notice[data-notice=diverged]');
    expect(await notice.getAttribute('role')).toBe('alert');
    const said = await notice.innerText();
    expect(said).toMatch(/Run [AB] diverged at step [\d,]+: The learning rate 5 is likeliest/);
    const stopped = await read(page);
    expect(stopped[0].step).toBeGreaterThanOrEqual(before[0].step);

    const steps = await recordSteps(page);
    const back = notice.getByRole('button', { name: /^Go back to step [\d,]+ and set learning rate to 0\.5$/ });
    const target = Number((await back.innerText()).replaceAll(',', '').match(/step (\d+)/)?.[1]);
    await back.click();
    await phase(page, 'playing');
    const after = await reach(page, target + 500);
    expect(await notice.count()).toBe(0);
    expect(Math.min(...(await steps()).A)).toBeGreaterThanOrEqual(target);
    for (const run of after) {
      expect(run.loss).toBeLessThan(100);
      expect(run.sound).toBe(true);
    }
    const rates = await page.evaluate(() => {
      const { A, B } = document.querySelector('sdl-explorer')?.config ?? {};
      return [A?.training.learning_rate, B?.training.learning_rate];
    });
    expect(rates).toEqual([0.5, 0.5]);
    expect(await page.locator('#knob-lr').inputValue()).toBe('0.5');
  }));

/** The step of the newest checkpoint that the page keeps of both runs, once it is beyond `step`. */
async function checkpointBeyond(page: Page, step: number): Promise<number> {
  const handle = await page.waitForFunction((step) => {
    // Inside knowledge: no visitor sees the checkpoint before something has gone wrong.
    const explorer = document.querySelector('sdl-explorer') as unknown as {
      session: { player: { checkpoint: number } };
    };
    const { checkpoint } = explorer.session.player;
    return checkpoint > step ? checkpoint : undefined;
  }, step);
  return (await handle.jsonValue()) as number;
}
