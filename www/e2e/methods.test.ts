/** Every method that the page offers trains on both backends: its link is followed, steps are taken, the error falls. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { KNOBS } from '../knobs';
import { follow, reach, read } from './explorer-page';
import { visit } from './harness';

const BACKENDS = ['cpu', 'webgpu'] as const;
/** Small enough for a GPU that is emulated. */
const SMALL =
  'scenario=bench&n=12&np=8&nq=16&k=3&S=0.85&batch=32&rows=64&lr=0.01&na=2&rinputs=64&window=200&a.la=0&b.la=0.1';
const STEPS = 60;

/** By name: what a link adds to the small one. */
const METHODS: Record<string, string> = {
  'Top-k': 'act=top_k',
  'Top-k with every bias': 'act=top_k&benc=1&bdec=1&shift=1&bstart=geometric_median',
  'Top-k on scaled data': 'act=top_k&scale=1&bdec=1&bstart=mean',
  'Top-k, free norms, ranked by them': 'act=top_k&unit=0&rank=1&clip=1',
  'Batch Top-k': 'act=batch_top_k&k=2.5',
  ReLU: 'act=relu&l1=0.05&benc=1',
  JumpReLU: 'act=jump_relu&l0=0.05&benc=1',
  Gated: 'act=gated&l1=0.05&b1=0',
  transcoder: 'task=transcoder&nr=10&bdec=1',
  'skip transcoder from a zero decoder': 'task=transcoder&nr=10&skip=1&unit=0&zero=1',
  crosscoder: 'task=crosscoder&m=3&excl=0.5&unit=0&act=batch_top_k&rank=1',
  'crosscoder by L1': 'task=crosscoder&excl=0.5&unit=0&act=relu&l1=0.05&l1w=decoder_norm',
  'L1 by decoder norms': 'act=relu&l1=0.05&l1w=decoder_norm&unit=0',
  'p-annealing': 'act=relu&l1=0.05&p=0.3&pfrom=10&puntil=50&pn=4',
  'tanh penalty': 'act=jump_relu&tanh=0.05&tanhc=4',
  'a target for L0': 'act=relu&l1=0.05&tl0=2&pwarm=10',
  Matryoshka: 'act=top_k&mat=4,8',
  'Matryoshka with weights, Batch Top-k': 'act=batch_top_k&mat=4,8&matw=0.2,0.3,0.5',
  'multi-k': 'act=top_k&mk=1,2',
  'multi-k with weights': 'act=top_k&mk=1&mkw=0.25,0.75',
  resampling: 'act=top_k&k=1&treat=resample&revery=20&runtil=40',
  'ghost gradients': 'act=relu&l1=0.05&treat=ghost',
  AuxK: 'act=top_k&k=1&aux=0.03125',
  'AuxK, plain, of ReLU': 'act=batch_top_k&k=1&aux=0.03&auxf=plain&auxr=1&auxn=3',
  'alternating convex search': 'alg=alternating&unit=0',
  'K-SVD': 'alg=k_svd&b.la=0',
  'K-SVD with signed codes': 'alg=k_svd&nn=0&b.la=0',
  'online dictionary learning': 'alg=online&act=relu&l1=0.1&b.la=0',
  'ER-SpUD': 'alg=er_spud&n=8&nq=8&S=0.75&b.la=0',
  'the oracle': 'alg=oracle&act=relu&l1=0.05&nq=12&b.la=0',
};
/** Nothing to learn, or all at once. */
const AT_ONCE = ['the oracle', 'ER-SpUD'];

test('every choice that the page offers is among the methods', () => {
  const links = Object.values(METHODS).map((link) => new URLSearchParams(link));
  for (const knob of KNOBS) {
    const isMethod = ['Model', 'Loss', 'Training', 'Dead neurons'].includes(knob.group) || knob.path === 'model.task';
    if (knob.kind !== 'choice' || !isMethod) continue;
    for (const { value } of knob.choices) {
      const said = value === knob.initial || links.some((link) => link.get(knob.key) === value);
      expect(said, `${knob.path} = ${value}`).toBe(true);
    }
  }
});

test.each(BACKENDS)(
  'every method trains on %s',
  (backend) =>
    visit(
      `#${SMALL}&backend=${backend}`,
      async ({ page }) => {
        await reach(page, 1);
        await page.evaluate(() => document.querySelector('sdl-explorer')?.pause());
        for (const [name, link] of Object.entries(METHODS)) {
          await follow(page, `#${merged(SMALL, link)}&backend=${backend}`);
          // The classical algorithms are the CPU's.
          const expected = link.includes('alg=') ? 'cpu' : backend;
          await onBackend(page, expected);
          const before = await read(page);
          await page.evaluate((steps) => document.querySelector('sdl-explorer')?.step(steps), STEPS);
          const after = await read(page);
          for (const [i, run] of after.entries()) {
            const what = `${name}, run ${run.label}`;
            expect(run.backend, what).toBe(expected);
            expect(run.step, what).toBe(before[i].step + STEPS);
            expect(Number.isFinite(run.loss) && run.sound, `${what}: loss ${run.loss}`).toBe(true);
            if (!AT_ONCE.includes(name)) expect(run.sse, `${what}: error`).toBeLessThan(before[i].sse);
          }
          // WebGPU by name for what runs on the CPU is told; nothing else is amiss.
          const notices = await page.locator('.notice:not([data-notice=backend])').allInnerTexts();
          expect(notices, name).toEqual([]);
        }
      },
      { context: { reducedMotion: 'reduce' } },
    ),
  // An emulated GPU compiles every kernel of every method.
  400_000,
);

/** Both links' settings, the second's where they share one. */
function merged(...links: string[]): string {
  const all = new URLSearchParams(links.join('&'));
  return [...new Set(all.keys())].map((key) => `${key}=${all.getAll(key).at(-1)}`).join('&');
}

async function onBackend(page: Page, backend: string): Promise<void> {
  await page.waitForFunction((backend) => {
    const { runs } = document.querySelector('sdl-explorer') ?? {};
    return runs?.length === 2 && runs.every((run) => run.backend === backend);
  }, backend);
}
