/** Broken and hostile links: each is answered by a message that names key and value, and the default trains. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { configsOf, defaultState } from '../state';
import { readHash } from '../url';
import { follow, reach } from './explorer-page';
import { type Visit, visit } from './harness';

/** What a link says that is wrong, and all that the message must hold. */
const BROKEN: [name: string, link: string, said: string[]][] = [
  ['an unknown key', '#colour=red', ['colour', '“red”', 'a setting of this page']],
  ['no number', '#lr=NaN', ['lr', '“NaN”', 'from 0 to 10']],
  ['infinity', '#l1=1e999', ['l1', '“1e999”', 'from 0 to 100']],
  ['out of range', '#S=1.5&nq=-3', ['S = “1.5”', 'nq = “-3”', 'a whole number']],
  ['half a latent', '#nq=64.5', ['nq', '“64.5”', 'a whole number']],
  ['sizes beyond all bounds', '#n=1e9&np=999999999&batch=1e7', ['n = “1e9”', 'np = “999999999”', 'batch = “1e7”']],
  ['a number without end', `#seed=${'9'.repeat(300)}`, ['seed', `“${'9'.repeat(40)}…”`, '4294967295']],
  ['a later version', '#v=99&seed=3', ['v = “99”', 'the only version']],
  ['an unknown scenario', '#scenario=moon', ['scenario', '“moon”', 'sentences']],
  ['a backend that is none', '#backend=quantum', ['backend', '“quantum”', 'webgpu']],
  ['a switch that is neither', '#unit=maybe', ['unit', '“maybe”', '1 or 0']],
  ['a shared setting for one run', '#a.n=12', ['a.n', '“12”', 'A and B share it']],
  ['a key given twice', '#k=2&k=4', ['k', '“4”', 'once']],
  ['broken percent escapes', '#k=%E0%A4%A&%=%%%', ['k = “%E0%A4%A”', '% = “%%%”']],
  ['names of every object', '#__proto__=1&constructor=2&toString=3', ['__proto__', 'constructor', 'toString']],
  ['markup', `#k=${encodeURIComponent('"><b id=injected>3</b>')}`, ['k', '“"><b id=injected>3</b>”']],
  ['20 kB of garbage', `#${'%00\\u2028&=;'.repeat(2000)}`, ['link', '“24000 characters”', 'at most 4000']],
  // In bounds each by itself, but not together: the engine's word, in the notice of what it refuses.
  [
    'k above the number of latents',
    '#scenario=bench&nq=16&k=17',
    ['model.k = 17', 'from 1 to 16', 'The default is used'],
  ],
  // The default of the one does not fit the other either.
  [
    'two that do not fit',
    '#scenario=mixtures&nq=8&k=9',
    ['model.k = 9', 'anchors.count = 16', 'All settings are at their defaults'],
  ],
];

test('a link that tries to run code shows as text and runs nothing', () =>
  visit(
    `#k=${encodeURIComponent('<script>attack()</script>')}&${encodeURIComponent('<img src=x onerror=attack()>')}=1&scenario=javascript:attack()&data=${encodeURIComponent('../../secret')}`,
    async (visit) => {
      await expectSaid(visit, ['<script>attack()</script>', '<img src=x onerror=attack()>', 'javascript:attack()']);
      await expectUnharmed(visit, 'injection');
      expect(await configOf(visit.page)).toEqual(configsOf(defaultState()));
    },
    { before: watchForAttack },
  ));

test('broken links are answered one by one, and the default trains', () =>
  visit(
    '#backend=cpu',
    async (visit) => {
      await reach(visit.page, 1);
      for (const [name, link, said] of BROKEN) {
        await follow(visit.page, link).catch((error) => {
          throw new Error(`${name}: no new run`, { cause: error });
        });
        await expectSaid(visit, said);
        await expectUnharmed(visit, name);
        // What could be read of the link is taken; everything else is the default.
        const { state, problems } = readHash(link);
        if (problems.length > 0) expect(await configOf(visit.page), name).toEqual(configsOf(state));
      }
      // And a good link afterwards has nothing left of it.
      await follow(visit.page, '#backend=cpu&seed=5');
      await reach(visit.page, 5);
      expect(await visit.page.locator('.notice').count()).toBe(0);
    },
    { before: watchForAttack },
  ));

test('a world that takes minutes to make leaves a way out, and the default trains', () =>
  visit('#n=4096&np=64&M=0.05&theme=dark', async ({ page }) => {
    await page.getByRole('button', { name: 'Give up and use the default' }).click();
    const [run] = await reach(page, 5);
    expect(run.n_features).toBe(32);
    expect(await page.locator('.notice').count()).toBe(0);
    await page.waitForFunction(() => /&n=32&.*&theme=dark/.test(location.hash));
  }));

function watchForAttack(): void {
  Object.assign(window, {
    attacked: 0,
    attack: () => {
      (window as unknown as { attacked: number }).attacked++;
    },
  });
}

async function expectSaid({ page }: Visit, words: string[]): Promise<void> {
  const notices = page.locator('.notice[data-tone=warn]');
  for (const word of words) await notices.filter({ hasText: word }).first().waitFor();
  expect(await notices.first().isVisible()).toBe(true);
}

async function expectUnharmed({ page, errors }: Visit, name: string): Promise<void> {
  const [a, b] = await reach(page, 1);
  for (const run of [a, b]) expect(Number.isFinite(run.loss) && run.sound, name).toBe(true);
  const found = await page.evaluate(() => ({
    attacked: (window as unknown as { attacked: number }).attacked,
    injected: document.querySelector('sdl-explorer')?.shadowRoot?.querySelectorAll('script, img, iframe, #injected')
      .length,
    polluted: Object.keys(Object.prototype).length,
  }));
  expect(found, name).toEqual({ attacked: 0, injected: 0, polluted: 0 });
  expect(errors, name).toEqual([]);
}

/** Both configs, as the page gives them to scripts. */
const configOf = (page: Page) => page.evaluate(() => document.querySelector('sdl-explorer')?.config);
