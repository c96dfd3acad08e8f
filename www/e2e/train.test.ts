/** Both backends train, from the page's default link and from the real data's, and a visitor can read what they learn. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { type Both, phase, reach, read, trainsOn } from './explorer-page';
import { visit } from './harness';

const BACKENDS = ['cpu', 'webgpu'] as const;
/** A visitor who wants less motion gets fewer pictures and more steps between them: what an emulated GPU needs. */
const fewPictures = { context: { reducedMotion: 'reduce' } } as const;

test.each(BACKENDS)('the default link trains on %s: loss falls, features are recovered', (backend) =>
  visit(
    `#backend=${backend}`,
    async ({ page }) => {
      const early = await reach(page, 1);
      const moved = await trainsOn(page, backend);
      const late = await reach(page, moved[0].step + 700);
      expectProgress(early, late, { recovery: 0.1, loss: 0.5 });
      for (const run of late) {
        expect(run.backend).toBe(backend);
        expect(run.adapter).not.toBe('');
        expect(run.n_features).toBe(32);
        expect(run.samples).toBe(run.step * 256);
      }
      await expectBackendShown(page, backend);

      // In lock-step and scored alike: the 16 features anchored in B count in neither.
      await phase(page, 'playing');
      for (let look = 0; look < 5; look++) {
        const [a, b] = await read(page);
        expect(a.step).toBe(b.step);
        expect(a.scored).toEqual(b.scored);
        expect(a.scored.filter(Boolean)).toHaveLength(16);
      }
    },
    fewPictures,
  ),
);

// 384 dimensions are much for a GPU that is emulated: a smaller batch and fewer steps there.
const ON_REAL_DATA = [
  { backend: 'cpu', link: '', steps: 60, least: { recovery: 0.2, loss: 0.85 } },
  { backend: 'webgpu', link: '&batch=64&rows=256', steps: 12, least: { recovery: 0.03, loss: 0.98 } },
] as const;

test.each(ON_REAL_DATA)(
  'the real-data link trains on $backend, and its latents show their texts',
  ({ backend, link, steps, least }) =>
    visit(
      `#scenario=sentences&backend=${backend}${link}`,
      async ({ page }) => {
        const early = await reach(page, 1);
        const moved = await trainsOn(page, backend);
        const late = await reach(page, moved[0].step + steps);
        expectProgress(early, late, least);
        await expectBackendShown(page, backend);
        expect(late[0].scored).toEqual(late[1].scored);
        expect(late[0].scored.filter(Boolean)).toHaveLength(16);

        const { labels, texts } = shipped();
        expect(late[0].names).toEqual(labels);
        await expectTexts(page, labels, texts);
      },
      fewPictures,
    ),
);

function expectProgress(early: Both, late: Both, least: { recovery: number; loss: number }): void {
  for (const [i, run] of late.entries()) {
    const { label, recovery, loss } = early[i];
    expect(run.recovery, `recovery of ${label}, from ${recovery}`).toBeGreaterThan(recovery + least.recovery);
    expect(run.loss, `loss of ${label}, from ${loss}`).toBeLessThan(least.loss * loss);
    expect(run.sound, `weights of ${label}`).toBe(true);
  }
}

async function expectBackendShown(page: Page, backend: 'cpu' | 'webgpu'): Promise<void> {
  const chip = await page.locator('.chip > summary').innerText();
  expect(chip.startsWith(backend === 'cpu' ? 'CPU' : 'WebGPU'), chip).toBe(true);
}

/** By keyboard: a feature in a figure, from there its best latent in A, and that latent's texts. */
async function expectTexts(page: Page, labels: string[], texts: Map<string, string>): Promise<void> {
  const inspector = page.locator('[data-figure=inspector]');
  const figure = page.locator('[data-figure=directions-A] canvas');
  await figure.focus();
  await figure.press('ArrowRight');
  await figure.press('Enter');
  const heading = inspector.locator('h3');
  await expect.poll(async () => labels.includes((await heading.innerText()).toLowerCase()), patient).toBe(true);
  await inspector.getByRole('button', { name: /^A: latent \d+$/ }).click();
  await expect.poll(() => heading.innerText(), patient).toMatch(/^Latent \d+$/);

  const rows = inspector.locator('ol.texts li');
  await rows.first().waitFor();
  const shown = await rows.evaluateAll((rows) =>
    rows.map((row) => ({
      label: row.querySelector('em')?.textContent ?? '',
      activation: Number(row.querySelector('.activation')?.textContent),
      said: row.textContent?.replace(/\s+/g, ' ').trim() ?? '',
    })),
  );
  expect(shown).toHaveLength(8);
  for (const { said, label, activation } of shown) {
    expect(activation).toBeGreaterThan(0);
    const text = [...texts.keys()].find((text) => said.includes(text.replace(/\s+/g, ' ').trim()));
    expect(text, said).toBeDefined();
    expect(label).toBe(texts.get(text ?? ''));
  }
  const strengths = shown.map(({ activation }) => activation);
  expect(strengths).toEqual(strengths.toSorted((a, b) => b - a));
}

const patient = { timeout: 60_000 };

/** The data set as it lies in the repository: its labels, and the label of every text. */
function shipped(): { labels: string[]; texts: Map<string, string> } {
  const folder = new URL('../public/data/', import.meta.url);
  const rows = JSON.parse(readFileSync(new URL('minilm-wordnet-rows.json', folder), 'utf8')) as [string, number][];
  const file = readFileSync(new URL('minilm-wordnet-sentences.safetensors', folder));
  const header = JSON.parse(file.subarray(8, 8 + Number(file.readBigUInt64LE())).toString());
  const labels = JSON.parse(header.__metadata__.labels) as string[];
  return { labels, texts: new Map(rows.map(([text, label]) => [text, labels[label]])) };
}
