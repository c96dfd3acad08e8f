/** The escape room: build a minimum with a merged pair, shake it, train on, and count who gets out. */
import { html, nothing, render } from 'lit';
import { adoptStyles } from '../views/style';
import { type Built, type Share, type Start, spelled, type Tries, type Try } from './answers';
import { ARMS, configOf, LOOKS, SETTINGS, type Settings } from './arms';
import { askAll, csv, download, percent, seedParts } from './batch';
import { EscapeFigure } from './escape-figure';
import { failed, numberField, progressLine, settingFields, settingsFrom } from './fields';
import { gridKey, patternGrid } from './pattern-grid';
import type { Pool } from './pool';
import type { RoomModule } from './rooms';
import css from './seeds.css?inline';

const EPSILONS = [0, 0.05, 0.1, 0.2, 0.4, 0.8];
const TRIES_AT_ONCE = 8;
/** Between two counts while tries come in. */
const RECOUNT_MS = 700;
/** Example 3.3's sizes. */
const EXAMPLE: Partial<Settings> = {
  'bench.n_features': 2,
  'bench.n_input': 2,
  'model.n_latent': 2,
  'model.k': 1,
  'anchors.count': 1,
};

export const open: RoomModule['open'] = (at, { pool, query }) => {
  const room = new Escape(at, pool, query);
  void room.prepare();
  return () => room.leave();
};

/** `[arm][ε]` lists of tries. */
const none = (): Try[][][] => ARMS.map(() => EPSILONS.map(() => []));

const UNKNOWN: Share[][] = ARMS.map(() => EPSILONS.map(() => ({ count: 0, of: 0, low: 0, high: 1 })));

class Escape {
  private settings: Settings;
  private tries: number;
  /** Pairs that can be merged in this world. */
  private pairs: Built[] = [];
  private start: Start = 'example';
  private built: Built | undefined;
  private results = none();
  private shares: Share[][] = [];
  /** The first seed that no try has had. */
  private next = 0;
  private diverged = 0;
  private busy = false;
  private done = 0;
  private total = 0;
  private seconds = 0;
  private problem = '';
  /** Counts changes of the question: answers to an older one are dropped. */
  private asked = 0;
  private readonly figure: EscapeFigure;
  private readonly panel = document.createElement('div');
  private readonly table = document.createElement('div');

  constructor(
    at: HTMLElement,
    private readonly pool: Pool,
    query: URLSearchParams,
  ) {
    this.settings = settingsFrom(query, { ...SETTINGS, 'training.steps': 1000, 'dead.resample_every': 100 });
    this.tries = Math.min(256, Math.max(1, Math.floor(Number(query.get('tries')) || 16)));
    adoptStyles(at, css);
    const stage = document.createElement('div');
    at.append(this.panel, stage, this.table);
    this.figure = new EscapeFigure(stage);
  }

  leave(): void {
    this.asked++;
    this.pool.cancel();
    this.figure.destroy();
  }

  private sized(): Settings {
    return this.start === 'example' ? { ...this.settings, ...EXAMPLE } : this.settings;
  }

  /** Which pairs can be merged in the world as it is set; the first of them is taken. */
  async prepare(): Promise<void> {
    const mine = ++this.asked;
    this.forget();
    this.draw();
    try {
      const pairs = await this.pool.ask<Built[]>({ ask: 'escape_starts', config: configOf(this.settings, 'plain', 0) });
      if (mine !== this.asked) return;
      this.pairs = pairs;
      this.start = pairs[0]?.start ?? 'example';
      this.problem = '';
      await this.build();
    } catch (error) {
      if (mine !== this.asked) return;
      this.pairs = [];
      this.problem = failed(error);
      this.draw();
    }
  }

  private async build(): Promise<void> {
    const mine = ++this.asked;
    this.forget();
    try {
      // As the anchored arm has it: the same pattern, and which features are anchored.
      const config = configOf(this.sized(), 'anchored', 0);
      const built = await this.pool.ask<Built>({ ask: 'escape_built', config, start: this.start });
      if (mine === this.asked) Object.assign(this, { built, problem: '' });
    } catch (error) {
      if (mine === this.asked) Object.assign(this, { built: undefined, problem: failed(error) });
    }
    this.draw();
  }

  private forget(): void {
    Object.assign(this, { results: none(), shares: [], next: 0, diverged: 0, done: 0, total: 0, seconds: 0 });
  }

  private async run(): Promise<void> {
    const mine = ++this.asked;
    const { start, results, next } = this;
    const settings = this.sized();
    const parts = seedParts(next, this.tries, TRIES_AT_ONCE);
    // Sizes of noise innermost: the whole figure fills up together.
    const asked = parts.flatMap((seeds) =>
      EPSILONS.flatMap((epsilon, at) => ARMS.map((arm, i) => ({ arm, i, epsilon, at, seeds }))),
    );
    const requests = asked.map(({ arm, epsilon, seeds }) => ({
      ask: 'escape',
      config: configOf(settings, arm, 0),
      start,
      epsilon,
      seeds,
    }));
    this.next += this.tries;
    Object.assign(this, { busy: true, done: 0, total: this.tries * EPSILONS.length * ARMS.length, problem: '' });
    this.draw();
    const started = performance.now();
    let counted = started;
    let counting: Promise<void> | undefined;
    try {
      await askAll<Tries>(this.pool, requests, (answer, place) => {
        if (mine !== this.asked) return;
        const { i, at, seeds } = asked[place];
        results[i][at].push(...answer.tries);
        this.diverged += answer.diverged.length;
        this.done += seeds.length;
        this.seconds = (performance.now() - started) / 1000;
        this.draw();
        if (performance.now() - counted > RECOUNT_MS) {
          counted = performance.now();
          // One called off with the rest is done again below.
          counting = this.count().catch(() => {});
        }
      });
      await counting;
      if (mine === this.asked) await this.count();
    } catch (error) {
      this.problem = failed(error);
    }
    this.busy = false;
    if (mine === this.asked) this.draw();
  }

  private async count(): Promise<void> {
    const mine = this.asked;
    const counts = this.results.flat().map((tries) => [tries.filter((t) => t.escaped).length, tries.length]);
    const flat = await this.pool.ask<Share[]>({ ask: 'shares', counts });
    if (mine !== this.asked) return;
    this.shares = ARMS.map((_, i) => flat.slice(i * EPSILONS.length, (i + 1) * EPSILONS.length));
    this.figure.update({ epsilons: EPSILONS, shares: this.shares });
  }

  private draw(): void {
    const { busy } = this;
    const settings = this.sized();
    const name = (start: Start) => (start === 'example' ? 'Example 3.3' : `features ${start.merged.join(' and ')}`);
    const option = (start: Start, words: string) =>
      html`<option value=${JSON.stringify(start)} ?selected=${JSON.stringify(start) === JSON.stringify(this.start)}>${words}</option>`;
    const panel = html`
      <form class="row" @submit=${(event: Event) => {
        event.preventDefault();
        if (!busy && this.built) void this.run();
      }}>
        <fieldset class="plain" ?disabled=${busy}>
          ${settingFields(this.settings, (settings) => {
            this.settings = settings;
            void this.prepare();
          })}
          <label>One latent for
            <select name="start" @change=${(event: Event) => {
              this.start = JSON.parse((event.target as HTMLSelectElement).value);
              void this.build();
            }}>
              ${option('example', 'Example 3.3 (2 features, orthonormal)')}
              ${this.pairs.map(({ start, minimum, approx_loss }) => option(start, `${name(start)} (${minimum ? 'minimum' : 'saddle'}, L̃ ${approx_loss.toPrecision(2)})`))}
            </select>
          </label>
          ${numberField('Tries a point', this.tries, 1, 256, (value) => {
            this.tries = value;
            this.draw();
          })}
        </fieldset>
        <button class="go" ?disabled=${busy || !this.built}>${this.next === 0 ? 'Shake and train' : 'Again, with new seeds'}</button>
        <button type="button" class="stop" ?disabled=${!busy} @click=${() => this.pool.cancel()}>Stop</button>
      </form>
      ${progressLine(busy, this.done, this.total, this.seconds, this.pool.size)}
      <p class="problem" role="alert" ?hidden=${this.problem === ''}>${this.problem}</p>
      ${this.built ? this.about(this.built, settings) : nothing}
    `;
    render(panel, this.panel);
    render(this.shares.length > 0 ? this.numbers() : nothing, this.table);
    if (this.shares.length === 0) this.figure.update({ epsilons: EPSILONS, shares: UNKNOWN });
  }

  private about(built: Built, settings: Settings) {
    const gradient = (norm: number) => (norm < 1e-12 ? '0' : norm.toExponential(1));
    return html`<section class="minimum" aria-label="The minimum built">
      <div class="body">
        ${patternGrid(built.pattern, settings['bench.n_features'], `Pattern ${spelled(built.pattern)}`)}
        <div>
          <p>L̃ ${built.approx_loss.toPrecision(3)}, ‖∇<sub>W_E</sub>‖ ${gradient(built.gradient_encoder)}, ‖∇<sub>W_D</sub>‖ ${gradient(built.gradient_decoder)}</p>
          <p class="muted">${
            built.minimum
              ? 'Stationary in both blocks (v3 Theorem 3.6; Example 3.3): a minimum of L̃ while the pattern holds.'
              : 'The two directions are more than 90° apart: stationary, but a saddle in the region.'
          } ${built.anchored.length > 0 ? `Anchored features: ${built.anchored.join(', ')}.` : nothing}</p>
          <p class="muted">Tries are trained on the bench itself: ${settings['training.steps']} steps of Adam, batches of 32 samples in which features come together.
          ${ARMS.slice(1).map((arm) => html`<b class="arm-${arm}">${arm}</b>: ${LOOKS[arm].about(settings)}. `)}</p>
        </div>
      </div>
      ${gridKey}
    </section>`;
  }

  private numbers() {
    const reached = (tries: Try[]) => tries.filter((t) => t.escaped && t.verdict === 'global').length;
    const row = (epsilon: number, at: number) => html`<tr>
      <th scope="row">${epsilon}</th>
      ${ARMS.map((_, i) => {
        const { count, of, low, high } = this.shares[i][at];
        return html`<td>${count} of ${of} <span class="muted">(${of > 0 ? `${percent(low)}–${percent(high)}` : 'none'}; ${reached(this.results[i][at])} to the global pattern)</span></td>`;
      })}
    </tr>`;
    return html`
      <details>
        <summary>The numbers</summary>
        <table>
          <thead><tr><th scope="col">ε</th>${ARMS.map((arm) => html`<th scope="col" class="arm-${arm}">${arm}: escaped</th>`)}</tr></thead>
          <tbody>${EPSILONS.map(row)}</tbody>
        </table>
      </details>
      <p class="row">
        <button type="button" @click=${() => this.save('csv')}>Tries as CSV</button>
        <button type="button" @click=${() => this.save('json')}>All as JSON</button>
        <span class="muted">${this.diverged > 0 ? `${this.diverged} tries diverged and are not counted.` : nothing}</span>
      </p>
    `;
  }

  private save(kind: 'csv' | 'json'): void {
    const all = this.results.flatMap((byNoise, i) =>
      byNoise.flatMap((tries, at) => tries.map((one) => ({ arm: ARMS[i], epsilon: EPSILONS[at], ...one }))),
    );
    if (kind === 'json') {
      const configs = Object.fromEntries(ARMS.map((arm) => [arm, configOf(this.sized(), arm, 0)]));
      download('escape.json', 'application/json', JSON.stringify({ configs, built: this.built, tries: all }));
    } else {
      const head = ['arm', 'epsilon', 'seed', 'escaped', 'verdict', 'loss', 'approx_loss', 'pattern'];
      const rows = all.map((t) => [
        t.arm,
        t.epsilon,
        t.seed,
        t.escaped,
        t.verdict,
        t.end.loss,
        t.end.approx_loss,
        JSON.stringify(t.end.pattern),
      ]);
      download('escape.csv', 'text/csv', csv([head, ...rows]));
    }
  }
}
