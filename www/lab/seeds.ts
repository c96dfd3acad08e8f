/** Many seeds at once: the same seeds under three arms, and the distinct minima in which they end. */
import { html, nothing, render } from 'lit';
import { adoptStyles } from '../views/style';
import { type End, type Ends, type Minimum, type Share, spelled, VERDICTS } from './answers';
import { ARMS, type Arm, configOf, LOOKS, linkTo, SETTINGS, type Settings } from './arms';
import { askAll, csv, download, percent, seedParts } from './batch';
import { failed, numberField, progressLine, settingFields, settingsFrom } from './fields';
import { gridKey, patternGrid } from './pattern-grid';
import type { Pool } from './pool';
import type { RoomModule } from './rooms';
import css from './seeds.css?inline';
import { shareRow, shareScale } from './share-row';

/** Seeds a question: a few tenths of a second of work, so that progress moves and stopping loses little. */
const SEEDS_AT_ONCE = 8;
/** Between two groupings while runs come in. */
const REGROUP_MS = 700;
const SHOWN = 12;

export const open: RoomModule['open'] = (at, { pool, query }) => {
  const room = new Seeds(at, pool, query);
  room.draw();
  return () => room.leave();
};

class Seeds {
  private settings: Settings;
  private runs: number;
  private from: number;
  private by: 'pattern' | 'sizes' = 'pattern';
  /** What the ends below were trained with; settings may have moved on. */
  private of: { settings: Settings; runs: number; from: number } | undefined;
  private arms: End[][] = ARMS.map(() => []);
  private diverged = 0;
  private minima: Minimum[] = [];
  private shares: Share[] = [];
  private busy = false;
  private seconds = 0;
  private problem = '';
  private all = false;
  private left = false;

  constructor(
    private readonly at: HTMLElement,
    private readonly pool: Pool,
    query: URLSearchParams,
  ) {
    this.settings = settingsFrom(query, SETTINGS);
    this.runs = Math.min(1024, Math.max(1, Number(query.get('runs')) || 256));
    this.from = Math.max(0, Math.floor(Number(query.get('from')) || 0));
    adoptStyles(at, css);
  }

  leave(): void {
    this.left = true;
    this.pool.cancel();
  }

  private async run(): Promise<void> {
    const { settings, runs, from } = this;
    this.of = { settings: { ...settings }, runs, from };
    Object.assign(this, { arms: ARMS.map(() => []), minima: [], shares: [], diverged: 0, seconds: 0 });
    Object.assign(this, { busy: true, problem: '', all: false });
    const started = performance.now();
    let grouped = started;
    let grouping: Promise<void> | undefined;
    try {
      const parts = seedParts(from, runs, SEEDS_AT_ONCE);
      // Arm by arm within a part, so that what has come in is always a fair comparison.
      const asked = parts.flatMap((seeds) => ARMS.map((arm) => ({ arm, seeds })));
      const requests = asked.map(({ arm, seeds }) => ({
        ask: 'seeds',
        config: configOf(settings, arm, seeds[0]),
        seeds,
      }));
      this.draw();
      await askAll<Ends>(this.pool, requests, (answer, place) => {
        this.arms[ARMS.indexOf(asked[place].arm)].push(...answer.ends);
        this.diverged += answer.diverged.length;
        this.seconds = (performance.now() - started) / 1000;
        this.draw();
        if (performance.now() - grouped > REGROUP_MS) {
          grouped = performance.now();
          // One called off with the rest is done again below.
          grouping = this.group().catch(() => {});
        }
      });
      await grouping;
      for (const ends of this.arms) ends.sort((a, b) => a.seed - b.seed);
      await this.group();
    } catch (error) {
      this.problem = failed(error);
    }
    this.busy = false;
    this.draw();
  }

  private async group(): Promise<void> {
    const arms = this.arms.map((ends) => [...ends]);
    if (this.left || !this.of || arms.every((ends) => ends.length === 0)) return;
    const n_features = this.of.settings['bench.n_features'];
    const minima = await this.pool.ask<Minimum[]>({ ask: 'minima', arms, n_features, by: this.by });
    const counts = arms.map((ends, arm) => [spuriousIn(minima, arm), ends.length]);
    const shares = await this.pool.ask<Share[]>({ ask: 'shares', counts });
    Object.assign(this, { minima, shares });
    this.draw();
  }

  private async regroup(by: 'pattern' | 'sizes'): Promise<void> {
    this.by = by;
    try {
      await this.group();
    } catch (error) {
      this.problem = failed(error);
      this.draw();
    }
  }

  draw(): void {
    const { busy } = this;
    const done = this.arms.reduce((sum, ends) => sum + ends.length, this.diverged);
    const total = ARMS.length * (this.of?.runs ?? 0);
    const page = html`
      <form class="row" @submit=${(event: Event) => {
        event.preventDefault();
        if (!busy) void this.run();
      }}>
        ${settingFields(this.settings, (settings) => {
          this.settings = settings;
          this.draw();
        })}
        ${numberField('First seed', this.from, 0, 4294967295, (value) => {
          this.from = value;
        })}
        <label>Seeds
          <select name="runs" @change=${(event: Event) => {
            this.runs = Number((event.target as HTMLSelectElement).value);
          }}>
            ${[...new Set([16, 64, 128, 256, 512, 1024, this.runs])]
              .sort((a, b) => a - b)
              .map((n) => html`<option value=${n} ?selected=${n === this.runs}>${n}</option>`)}
          </select>
        </label>
        <button class="go" ?disabled=${busy}>Train ${ARMS.length} × ${this.runs} runs</button>
        <button type="button" class="stop" ?disabled=${!busy} @click=${() => this.pool.cancel()}>Stop</button>
      </form>
      ${progressLine(busy, done, total, this.seconds, this.pool.size)}
      <p class="problem" role="alert" ?hidden=${this.problem === ''}>${this.problem}</p>
      ${done > 0 ? this.findings() : this.intention()}
    `;
    render(page, this.at);
  }

  private intention() {
    return html`<p class="about">
      Every seed draws initial weights and samples of its own in one and the same world, and is trained three times:
      ${ARMS.map((arm, i) => html`${i > 0 ? '; ' : ''}<b class="arm-${arm}">${arm}</b> (${LOOKS[arm].about(this.settings)})`)}.
      Adam, batches of 32, no biases, Top-k. Ends with the same sets F_i, whichever latents have them, are one minimum.
      A latent that no feature fires alone is not dead while mixtures of features still fire it: at a lower S resampling finds
      nothing to re-aim.
    </p>`;
  }

  private findings() {
    const { settings } = this.of as { settings: Settings };
    const [plain, ...treated] = ARMS;
    const pairs = treated.map((arm) => ({ arm, ...this.pairs(plain, arm) }));
    const by = (value: 'pattern' | 'sizes', words: string) =>
      html`<button type="button" aria-pressed=${this.by === value} @click=${() => this.regroup(value)}>${words}</button>`;
    const shown = this.all ? this.minima : this.minima.slice(0, SHOWN);
    return html`
      <section class="sdl-figure" aria-label="How often a run ends in a spurious minimum">
        <h3>${this.headline()}</h3>
        <p class="finding">
          Spurious: ${VERDICTS.spurious.means} (Theorem 3.5). Bars are Wilson’s 95 % intervals.
          ${this.diverged > 0 ? `${this.diverged} runs diverged and are not counted.` : nothing}
        </p>
        ${ARMS.map((arm, i) => shareRow(arm, this.shares[i], LOOKS[arm].about(settings)))} ${shareScale('share of seeds that end in a spurious minimum')}
        <p class="caption">
          ${pairs.map(({ arm, saved, spoiled, both }) => html`Of the seeds that both trained, ${saved} are spurious when plain only, ${spoiled} when ${arm} only, ${both} in both. `)}
        </p>
      </section>
      <section aria-label="Distinct minima">
        <div class="row">
          <h3>${this.minima.length} distinct minima</h3>
          <span role="group" aria-label="What makes two ends one minimum">${by('pattern', 'by pattern')} ${by('sizes', 'by sizes |F_i|')}</span>
          <button type="button" @click=${() => this.save('csv')}>Runs as CSV</button>
          <button type="button" @click=${() => this.save('json')}>All as JSON</button>
        </div>
        ${gridKey}
        <ol class="minima">${shown.map((minimum, i) => this.card(minimum, i, settings))}</ol>
        ${
          shown.length < this.minima.length
            ? html`<button type="button" @click=${() => {
                this.all = true;
                this.draw();
              }}>Show all ${this.minima.length}</button>`
            : nothing
        }
      </section>
    `;
  }

  private headline(): string {
    const said = ARMS.map((arm, i) => {
      const share = this.shares[i];
      return share && share.of > 0 ? `${arm} ${percent(share.count / share.of)}` : '';
    }).filter(Boolean);
    return said.length > 0
      ? `Ends in a spurious minimum: ${said.join(', ')}`
      : 'How often does a run end in a spurious minimum?';
  }

  private card(minimum: Minimum, place: number, settings: Settings) {
    const { name, mark } = VERDICTS[minimum.verdict];
    const sets = spelled(minimum.pattern);
    const { least, median, most } = minimum.approx_loss;
    const facts = [
      minimum.n_polysemantic > 0 ? `${minimum.n_polysemantic} polysemantic` : '',
      minimum.n_dead > 0 ? `${minimum.n_dead} dead` : '',
      minimum.n_missing > 0 ? `${minimum.n_missing} features without a latent` : '',
    ].filter(Boolean);
    const seeds = (arm: Arm, i: number) => {
      const { count, low, high } = minimum.shares[i];
      const first = this.arms[i][minimum.ends[i][0]]?.seed;
      return html`<tr>
        <th scope="row" class="arm-${arm}">${arm}</th>
        <td>${count}</td>
        <td>${percent(low)}–${percent(high)}</td>
        <td>${
          first === undefined
            ? '–'
            : html`<a href=${linkTo(settings, arm, first)} target="_blank" rel="noopener" aria-label="Open the ${arm} run of seed ${first} in the explorer">seed ${first} ↗</a>`
        }</td>
      </tr>`;
    };
    return html`<li class="minimum ${minimum.verdict}">
      <h4>${place + 1}. ${mark} ${name}</h4>
      <div class="body">
        ${patternGrid(minimum.pattern, settings['bench.n_features'], `Pattern ${sets}`)}
        <div>
          <p>L̃ ${number(median)} <span class="muted">(${number(least)}–${number(most)})</span><br />L ${number(minimum.loss.median)}</p>
          <p class="muted">${facts.join(', ') || 'every feature has its latent'}</p>
        </div>
      </div>
      <table>
        <thead><tr><th scope="col">arm</th><th scope="col">runs</th><th scope="col">95 %</th><th scope="col">one of them</th></tr></thead>
        <tbody>${ARMS.map(seeds)}</tbody>
      </table>
    </li>`;
  }

  /** Seeds spurious in one arm and not in the other, among those that both have. */
  private pairs(one: Arm, other: Arm): { saved: number; spoiled: number; both: number } {
    const [a, b] = [one, other].map((arm) => this.verdicts(ARMS.indexOf(arm)));
    const common = [...a.keys()].filter((seed) => b.has(seed));
    const count = (inA: boolean, inB: boolean) =>
      common.filter((seed) => a.get(seed) === inA && b.get(seed) === inB).length;
    return { saved: count(true, false), spoiled: count(false, true), both: count(true, true) };
  }

  /** Whether each seed of an arm is spurious. */
  private verdicts(arm: number): Map<number, boolean> {
    const of = new Map<number, boolean>();
    for (const { verdict, ends } of this.minima)
      for (const place of ends[arm]) {
        const end = this.arms[arm][place];
        if (end) of.set(end.seed, verdict === 'spurious');
      }
    return of;
  }

  private save(kind: 'csv' | 'json'): void {
    const groups = new Map<string, number>();
    this.minima.forEach(({ ends }, minimum) => {
      ends.forEach((places, arm) => {
        for (const place of places) groups.set(`${arm}:${place}`, minimum);
      });
    });
    const rows = this.arms.flatMap((ends, arm) =>
      ends.map((end, place) => {
        const minimum = groups.get(`${arm}:${place}`);
        const verdict = minimum === undefined ? '' : this.minima[minimum].verdict;
        return [
          ARMS[arm],
          end.seed,
          minimum === undefined ? '' : minimum + 1,
          verdict,
          end.loss,
          end.approx_loss,
          JSON.stringify(end.pattern),
        ];
      }),
    );
    const head = ['arm', 'seed', 'minimum', 'verdict', 'loss', 'approx_loss', 'pattern'];
    if (kind === 'csv') download('seeds.csv', 'text/csv', csv([head, ...rows]));
    else {
      const { settings, from } = this.of as { settings: Settings; from: number };
      const configs = Object.fromEntries(ARMS.map((arm) => [arm, configOf(settings, arm, from)]));
      const arms = Object.fromEntries(ARMS.map((arm, i) => [arm, this.arms[i]]));
      download('seeds.json', 'application/json', JSON.stringify({ configs, by: this.by, minima: this.minima, arms }));
    }
  }
}

function spuriousIn(minima: readonly Minimum[], arm: number): number {
  return minima.filter((m) => m.verdict === 'spurious').reduce((sum, m) => sum + m.ends[arm].length, 0);
}

const number = (x: number): string => (x === 0 || x >= 0.001 ? x.toFixed(4) : x.toExponential(1));
