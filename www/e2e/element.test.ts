/** `<sdl-explorer>` for scripts: what its documented properties, methods and event do, alone and twice on a page. */
import { expect, test } from 'vitest';
import { begins, reach, read } from './explorer-page';
import { visit } from './harness';

test('a script reads runs, pauses, steps, resets, and sets the config', () =>
  visit('#backend=cpu', async ({ page }) => {
    await reach(page, 10);
    const stepped = await page.evaluate(async () => {
      const explorer = document.querySelector('sdl-explorer') as HTMLElementTagNameMap['sdl-explorer'];
      const steps = () => explorer.runs.map((run) => run.step);
      await explorer.pause();
      const paused = steps();
      // A frame later nothing has moved on.
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const still = steps();
      await explorer.step();
      const one = steps();
      await explorer.step(37);
      const more = steps();
      const wrong = await Promise.all([0, -1, 1.5].map((n) => explorer.step(n).catch((error) => error.name)));
      await explorer.reset();
      const reset = steps();
      await explorer.step(5);
      const again = steps();
      await explorer.play();
      return { paused, still, one, more, wrong, reset, again };
    });
    const [at] = stepped.paused;
    expect(stepped).toEqual({
      paused: [at, at],
      still: [at, at],
      one: [at + 1, at + 1],
      more: [at + 38, at + 38],
      wrong: ['RangeError', 'RangeError', 'RangeError'],
      reset: [0, 0],
      again: [5, 5],
    });
    await reach(page, 20);

    await begins(page, () =>
      page.evaluate(() => {
        const explorer = document.querySelector('sdl-explorer') as HTMLElementTagNameMap['sdl-explorer'];
        const { A, B } = explorer.config;
        A.model.n_latent = 48;
        B.model.n_latent = 40;
        explorer.config = { A, B };
      }),
    );
    const set = await page.evaluate(() => {
      const explorer = document.querySelector('sdl-explorer') as HTMLElementTagNameMap['sdl-explorer'];
      const { A, B } = explorer.config;
      const refused = [
        () => ({ A: { ...A, colour: 'red' }, B }),
        () => ({ A: { ...A, seed: -1 }, B: { ...B, seed: -1 } }),
        () => ({ A, B: { ...B, bench: { ...B.bench, n_features: 12 } } }),
      ].map((configs) => {
        try {
          explorer.config = configs();
          return '';
        } catch (error) {
          return String(error);
        }
      });
      return {
        sizes: [A.model.n_latent, B.model.n_latent],
        dead: explorer.runs.map((run) => run.metrics.dead.length),
        refused,
        typed: explorer.runs.every(
          ({ metrics, weights, world }) =>
            metrics.density instanceof Float32Array &&
            weights.decoder instanceof Float32Array &&
            weights.decoder.length === metrics.dead.length * world.n_target,
        ),
        labels: explorer.runs.map((run) => run.label),
      };
    });
    expect(set).toMatchObject({ sizes: [48, 40], dead: [48, 40], typed: true, labels: ['A', 'B'] });
    expect(set.refused[0]).toMatch(/RangeError: A\.colour: no such setting/);
    expect(set.refused[1]).toMatch(/RangeError: seed = -1: expected a whole number/);
    expect(set.refused[2]).toMatch(/RangeError: bench\.n_features: A and B share it/);
  }));

test('sdl-update bubbles out of wherever the explorer stands, with the runs as drawn', () =>
  visit('#backend=cpu', async ({ page }) => {
    await reach(page, 5);
    const heard = await page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          setTimeout(() => reject(new Error('no event in 60 s')), 60_000);
          addEventListener(
            'sdl-update',
            (event) => {
              const { detail, target, bubbles, composed } = event as CustomEvent<{ label: string; step: number }[]>;
              const same = detail.every((run) => run.step > 0);
              resolve({
                from: (target as Element).localName,
                bubbles,
                composed,
                labels: detail.map((run) => run.label),
                same,
              });
            },
            { once: true },
          );
        }),
    );
    expect(heard).toEqual({ from: 'sdl-explorer', bubbles: true, composed: true, labels: ['A', 'B'], same: true });
  }));

test('two explorers on one page both train, apart from each other, and one that is removed ends', () =>
  visit('#backend=cpu', async ({ page }) => {
    await page.evaluate(() => {
      const second = document.createElement('sdl-explorer');
      second.setAttribute('link', 'scenario=circle&backend=cpu&seed=3');
      document.body.append(second);
    });
    const first = await reach(page, 50, 0);
    const second = await reach(page, 50, 1);
    expect([first[0].n_features, second[0].n_features]).toEqual([32, 5]);
    expect(
      await page.evaluate(() => [...document.querySelectorAll('sdl-explorer')].map((at) => at.config.A.seed)),
    ).toEqual([7, 3]);
    for (const run of [...first, ...second]) expect(run.sound).toBe(true);
    // The second has no hold on the page: not its link, not its heading, not its keys.
    expect(await page.evaluate(() => location.hash)).not.toContain('circle');
    expect(await page.locator('h1').count()).toBe(1);
    await page.evaluate(() => document.querySelectorAll('sdl-explorer')[1].pause());
    const [paused] = await read(page, 1);
    await reach(page, (await read(page, 0))[0].step + 20, 0);
    expect((await read(page, 1))[0].step).toBe(paused.step);

    // Two workers an explorer; those of a removed one are ended.
    expect(page.workers()).toHaveLength(4);
    await page.evaluate(() => document.querySelectorAll('sdl-explorer')[1].remove());
    await expect.poll(() => page.workers().length, { timeout: 30_000 }).toBe(2);
    await reach(page, (await read(page, 0))[0].step + 20, 0);
  }));
