/** Methods side by side in one world of parents and children: what each absorbs, over seeds, with intervals. */
import { html, nothing, render } from 'lit';
import { MEASURES, type Measure, type Setting, summary, type Trial, trialsOf, worldOf } from './absorption-trials';
import { dotPlot, saidOf } from './dot-plot';
import { Cancelled } from './pool';
import type { RoomModule } from './rooms';

const ABOUT: Record<Measure, string> = {
  full: 'Full absorption: the parent’s latent is silent and a child’s latent writes along it',
  fractional: 'Absorption fraction: how much of the parent others than its latent write',
  recall_gap: 'Recall gap: recall of the parent’s latent without children, less that with the child',
  leakage: 'Leakage: cosine of the child’s decoder column with the parent’s direction',
};

export const open: RoomModule['open'] = (at, { pool, query }) => {
  const setting: Setting = {
    seeds: clamp(Number(query.get('seeds')) || 5, 2, 64),
    no_child: query.has('alone') ? clamp(Number(query.get('alone')), 0, 0.9) : 0.3,
    exclusive: query.get('exclusive') !== '0',
    tied: query.get('tied') !== '0',
    k: clamp(Number(query.get('k')) || 0.7, 0.1, 5),
  };
  /** By method, as they come. */
  let results = new Map<string, Trial[]>();
  let asked = 0;
  let running = false;
  let problem = '';
  let left = false;

  const draw = () => {
    const done = [...results.values()].reduce((n, list) => n + list.length, 0);
    const number = (name: keyof Setting, label: string, min: number, max: number, step: number) =>
      html`<label>${label} <input type="number" min=${min} max=${max} step=${step} .value=${String(setting[name])} ?disabled=${running}
        @change=${(e: Event) => set(name, clamp(Number((e.target as HTMLInputElement).value), min, max))} /></label>`;
    const check = (name: keyof Setting, label: string) =>
      html`<label><input type="checkbox" .checked=${Boolean(setting[name])} ?disabled=${running}
        @change=${(e: Event) => set(name, (e.target as HTMLInputElement).checked)} /> ${label}</label>`;
    const rows = [...results].filter(([, list]) => list.length > 0);
    render(
      html`
        <div class="row">
          ${number('seeds', 'Seeds', 2, 64, 1)} ${number('no_child', 'Parent alone (chance)', 0, 0.9, 0.1)}
          ${number('k', 'k of Batch Top-k', 0.1, 5, 0.1)} ${check('exclusive', 'One child at a time')}
          ${check('tied', 'Parent as large as its child')}
          ${
            running
              ? html`<button @click=${() => pool.cancel()}>Stop</button>`
              : html`<button @click=${run}>Train ${setting.seeds * trialsOf(setting).length} models</button>`
          }
        </div>
        <p class="about">${worldOf(setting)}</p>
        <p role="status">${problem || (asked > 0 ? `${done} of ${asked} models trained.` : '')}</p>
        <div class="cards measures">
          ${MEASURES.map((measure) =>
            rows.length > 0
              ? dotPlot(
                  ABOUT[measure],
                  rows.map(([name, list]) => ({ name, values: list.map((trial) => trial.means[measure]) })),
                )
              : nothing,
          )}
        </div>
        ${rows.length > 0 ? table(rows) : nothing}
        <p class="about">
          Means over the sixteen edges, then over seeds, with 95 % t-intervals. Full, recall gap and leakage as in
          Chanin et al. 2024 (arXiv 2409.14507) with known truth; the fraction is SAEBench’s.
          Watch single runs in the explorer: <a href="./index.html#scenario=absorb">anchored or not</a>,
          <a href="./index.html#scenario=absorb-methods">L1 or Matryoshka</a>.
        </p>
      `,
      at,
    );
  };

  const set = <K extends keyof Setting>(name: K, value: Setting[K] | number | boolean) => {
    if (typeof value === 'number' && Number.isNaN(value)) return draw();
    setting[name] = value as Setting[K];
    draw();
  };

  const run = async () => {
    const trials = trialsOf(setting);
    results = new Map(trials.map(({ name }) => [name, []]));
    asked = trials.length * setting.seeds;
    [running, problem] = [true, ''];
    draw();
    // Seed by seed, so that all methods fill up together.
    const jobs = Array.from({ length: setting.seeds }, (_, seed) => trials.map((trial) => ({ seed, trial }))).flat();
    const settled = await Promise.allSettled(
      jobs.map(async ({ seed, trial }) => {
        const config = { ...trial.config, seed: seed + 1 };
        const answer = await pool.ask<Trial>({ ask: 'absorption_trial', config, orthonormal: true });
        results.get(trial.name)?.push(answer);
        if (!left) draw();
      }),
    );
    running = false;
    const failed = settled.find((job): job is PromiseRejectedResult => job.status === 'rejected');
    if (failed) problem = failed.reason instanceof Cancelled ? 'Stopped.' : String(failed.reason);
    if (!left) draw();
  };

  draw();
  return () => {
    left = true;
  };
};

function table(rows: [string, Trial[]][]) {
  const cell = (list: Trial[], of: (trial: Trial) => number | null) => {
    const { mean, half } = summary(list.map(of));
    return Number.isNaN(mean) ? '–' : saidOf(mean, half);
  };
  return html`<div class="scroll" tabindex="0" role="group" aria-label="The same in numbers"><table class="numbers">
    <thead><tr><th scope="col">method</th><th scope="col">full</th><th scope="col">fraction</th><th scope="col">recall gap</th>
      <th scope="col">leakage</th><th scope="col">explained</th><th scope="col">L0</th></tr></thead>
    <tbody>${rows.map(
      ([
        name,
        list,
      ]) => html`<tr><th scope="row">${name}</th>${MEASURES.map((measure) => html`<td>${cell(list, ({ means }) => means[measure])}</td>`)}
        <td>${cell(list, (trial) => trial.explained_variance)}</td><td>${cell(list, (trial) => trial.l0)}</td></tr>`,
    )}</tbody>
  </table></div>`;
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
