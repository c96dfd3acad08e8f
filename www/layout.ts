/** What stands where: header, player bar, notices, and the places for the figures. Templates only, no state. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { type ControlHandlers, controls } from './controls';
import { keepsDictionary } from './knobs';
import { brief, count, percent, recovered } from './notice';
import type { Phase, PlayedRun } from './player';
import { SCENARIOS, scenarioById } from './scenarios';
import {
  anchored,
  BACKENDS,
  type BackendChoice,
  configsOf,
  LABELS,
  type PageState,
  SPEEDS,
  type Speed,
  settingOf,
  THEMES,
  type Theme,
} from './state';
import { titleOf } from './titles';
import { settled, typed, unlessTyping } from './typed';
import type { Basis, RunLabel } from './views/view';

export interface Notice {
  id: string;
  tone: 'info' | 'warn';
  text: string;
  more?: string[];
  actions?: { label: string; act(): void }[];
}

export interface LayoutHandlers extends ControlHandlers {
  scenario(id: string): void;
  backend(choice: BackendChoice): void;
  theme(theme: Theme): void;
  speed(speed: Speed): void;
  share(): void;
  toggle(): void;
  step(n: number): void;
  reset(): void;
  newSeed(): void;
  seed(text: string): void;
  resample(label: RunLabel): void;
  anchors(label: RunLabel): void;
  dismiss(id: string): void;
  show(label: RunLabel): void;
  sheet(open: boolean): void;
  theory(): void;
  help(): void;
}

export interface LayoutData {
  state: PageState;
  phase: Phase;
  runs: readonly PlayedRun[];
  notices: readonly Notice[];
  /** The document's own explorer has the h1. */
  page: boolean;
  /** Which run a narrow page shows. */
  showing: RunLabel;
  sheet: boolean;
  methodsApart: boolean;
  help: boolean;
  shared: boolean;
}

const THEME_WORDS: Record<Theme, string> = { auto: '◐ Auto', light: '◐ Light', dark: '◐ Dark' };
const BACKEND_WORDS: Record<BackendChoice, string> = { auto: 'Faster one', cpu: 'CPU', webgpu: 'WebGPU' };
const PHASE_WORDS: Record<Phase, string> = {
  working: 'Starting…',
  paused: 'Paused',
  playing: 'Training',
  finished: 'Finished',
  diverged: 'Diverged',
  failed: 'Stopped',
};
export const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['Space', 'play or pause'],
  ['→', 'one step'],
  ['Shift + →', 'ten steps'],
  ['R', 'reset'],
  ['N', 'new seed'],
  ['?', 'this list'],
];

export function layout(data: LayoutData, on: LayoutHandlers): TemplateResult {
  const { state, showing } = data;
  return html`
    ${header(data, on)} ${bar(data, on)}
    <div class="notices">${data.notices.map((notice) => noticeBox(notice, on))}</div>
    <div class="lead">
      <p>${scenarioById(state.scenario)?.about}</p>
      <p data-live="notice"></p>
    </div>
    <div class="body" data-showing=${showing}>
      <section class="rail ${data.sheet ? 'open' : ''}" aria-label="Settings">
        <div class="sheet-head"><b>Settings</b><button @click=${() => on.sheet(false)}>Close</button></div>
        <p class="hint"><span class="restarts">↺</span> starts both runs anew; the rest takes effect at once.</p>
        ${controls(state, data.methodsApart, on)}
      </section>
      <div class="figures">
        <div class="segments" role="group" aria-label="Run shown">
          ${LABELS.map(
            (label) => html`<button aria-pressed=${showing === label} @click=${() => on.show(label)}>
              ${label} ${titleOf(state, label)}</button>`,
          )}
        </div>
        <div class="runs">${LABELS.map((label) => runColumn(label, data, on))}</div>
        <div class="compare">
          <div class="figure" data-figure="curves"></div>
          <div class="figure" data-figure="threshold"></div>
        </div>
        <details class="group theory" @toggle=${on.theory}>
          <summary><b>Theory</b><span>The plane through these weights; how close the loss is to L̃</span></summary>
          <div data-theory></div>
        </details>
      </div>
      <section class="inspector" aria-label="What is selected"><div data-figure="inspector"></div></section>
    </div>
    <p class="unseen" role="status" data-live="status"></p>
  `;
}

/** The numbers under a run's title; drawn anew with every frame. */
export function summary(run: PlayedRun, basis: Basis): TemplateResult {
  const { metrics } = run.frame;
  const { of, found } = recovered(metrics, basis);
  const l0 = metrics.true_l0 === null ? 'L0' : `L0 (true ${brief(metrics.true_l0)})`;
  const rows: [string, string, string][] = [
    ['recovered', `${found} / ${of}`, 'M_GT(τ) of the features anchored in neither run'],
    ['similarity', metrics.recovery[basis].mip.toFixed(3), 'M_IP of the same features'],
    [
      'dead',
      `${count(metrics.n_dead)} / ${count(metrics.density.length)}`,
      'Latents that fired for none of the last samples',
    ],
    [l0, brief(metrics.l0), 'Latents active per sample; in brackets, features'],
    ['explained', percent(metrics.explained_variance), 'Share of the variance that the reconstruction explains'],
  ];
  return html`${rows.map(([name, value, title]) => html`<div title=${title}><dt>${name}</dt><dd>${value}</dd></div>`)}`;
}

function header({ state, runs, page, shared }: LayoutData, on: LayoutHandlers): TemplateResult {
  const name = 'SDL explorer';
  return html`<div class="top">
    <div class="title">${page ? html`<h1>${name}</h1>` : html`<h2>${name}</h2>`}<p>How sparse dictionaries learn, live</p></div>
    <label class="scenario"><span class="word">Scenario</span>
      <select .value=${live(state.scenario)} @change=${(e: Event) => on.scenario(chosen(e))}>
        ${SCENARIOS.map(({ id, name }) => html`<option value=${id} ?selected=${id === state.scenario}>${name}</option>`)}
      </select>
    </label>
    <details class="chip">
      <summary>${backendWords(runs)}</summary>
      <div class="pop">
        <label>Train on
          <select .value=${live(state.backend)} @change=${(e: Event) => on.backend(chosen(e) as BackendChoice)}>
            ${BACKENDS.map((choice) => html`<option value=${choice} ?selected=${choice === state.backend}>${BACKEND_WORDS[choice]}</option>`)}
          </select>
        </label>
        ${runs.map(
          ({ label, backend }) =>
            html`<p><b>${label}</b> ${kindWords(backend.kind)} on ${backend.adapter || 'this machine'}: ${backend.reason}</p>`,
        )}
      </div>
    </details>
    <label class="theme"><span class="unseen">Colours</span>
      <select .value=${live(state.theme)} @change=${(e: Event) => on.theme(chosen(e) as Theme)}>
        ${THEMES.map((theme) => html`<option value=${theme} ?selected=${theme === state.theme}>${THEME_WORDS[theme]}</option>`)}
      </select>
    </label>
    ${page ? html`<a href="./lab.html">Theory lab</a>` : nothing}
    <button @click=${on.share}>${shared ? 'Link copied' : 'Copy link'}</button>
  </div>`;
}

function bar({ state, phase, help, sheet }: LayoutData, on: LayoutHandlers): TemplateResult {
  const playing = phase === 'playing';
  const ready = phase === 'playing' || phase === 'paused';
  return html`<div class="player" role="group" aria-label="Player">
    <button class="play" ?disabled=${!ready && phase !== 'finished'} @click=${on.toggle}>
      ${playing ? '❚❚ Pause' : phase === 'finished' ? '▶ Again' : '▶ Play'}
    </button>
    <button ?disabled=${!ready} @click=${() => on.step(1)} title="One step (→)">Step</button>
    <button ?disabled=${!ready} @click=${() => on.step(100)} title="A hundred steps">+100</button>
    <button @click=${on.reset} title="Back to step 0, same seed (R)">Reset</button>
    <label>Speed
      <select .value=${live(state.speed)} @change=${(e: Event) => on.speed(chosen(e) as Speed)}>
        ${SPEEDS.map((speed) => html`<option value=${speed} ?selected=${speed === state.speed}>${speed === 'max' ? 'full' : `${count(Number(speed))} steps/s`}</option>`)}
      </select>
    </label>
    <p class="progress" data-phase=${phase}><span>${PHASE_WORDS[phase]}</span> <span data-live="step"></span></p>
    <label class="seed">Seed
      <input type="text" inputmode="numeric" autocomplete="off" .value=${unlessTyping(String(settingOf(state, 'seed')))}
        @input=${typed} @change=${(e: Event) => {
          settled(e);
          on.seed(chosen(e));
        }} />
    </label>
    <button @click=${on.newSeed} title="New seed (N)" aria-label="New seed">⚄</button>
    <button class="open-sheet" aria-expanded=${sheet} @click=${() => on.sheet(!sheet)}>Settings</button>
    <button aria-expanded=${help} aria-label="Keyboard shortcuts" @click=${on.help}>?</button>
    ${
      help
        ? html`<dl class="keys">${KEYS.map(([keys, does]) => html`<div><dt><kbd>${keys}</kbd></dt><dd>${does}</dd></div>`)}</dl>`
        : nothing
    }
  </div>`;
}

function noticeBox(notice: Notice, on: LayoutHandlers): TemplateResult {
  return html`<div class="notice" data-tone=${notice.tone} data-notice=${notice.id} role=${notice.tone === 'warn' ? 'alert' : 'status'}>
    <div>
      <p>${notice.text}</p>
      ${notice.more?.length ? html`<ul>${notice.more.map((line) => html`<li>${line}</li>`)}</ul>` : nothing}
    </div>
    ${notice.actions?.map(({ label, act }) => html`<button @click=${act}>${label}</button>`)}
    <button class="quiet" aria-label="Dismiss" @click=${() => on.dismiss(notice.id)}>✕</button>
  </div>`;
}

function runColumn(label: RunLabel, { state, runs }: LayoutData, on: LayoutHandlers): TemplateResult {
  const anchors = anchored(state, label);
  const run = runs.find((run) => run.label === label);
  // Algorithms with atoms only have no encoder to anchor, and replace their own dead.
  const encodes = !keepsDictionary(configsOf(state)[label]);
  const real = settingOf(state, 'source') === 'activations';
  const extra: [figure: string, shown: boolean][] = [
    ['sources', settingOf(state, 'model.task') === 'crosscoder'],
    ['tree', !real && Number(settingOf(state, 'bench.n_parents')) > 0],
    ['labels', real],
  ];
  const also = extra.filter(([, shown]) => shown).length;
  return html`<section class="column" data-run=${label} data-also=${also} aria-label="Run ${label}">
    <div class="run-head">
      <h2><b>${label}</b> ${titleOf(state, label)}</h2>
      ${
        settingOf(state, 'anchors.count', label) === 0 || !encodes
          ? nothing
          : html`<button class="tiny" aria-pressed=${anchors > 0} @click=${() => on.anchors(label)}
              title="Switch the anchors of ${label} on or off, now">Anchors<span class="unseen"> of ${label}</span></button>`
      }
      <button class="tiny" ?disabled=${!run || !encodes} @click=${() => on.resample(label)}
        title="Re-aim the dead latents of ${label}, now">Resample dead<span class="unseen"> of ${label}</span></button>
    </div>
    <dl class="numbers" data-live="summary-${label}"></dl>
    <div class="figure" data-figure="directions-${label}"></div>
    <div class="figure" data-figure="similarity-${label}"></div>
    <div class="figure" data-figure="strip-${label}"></div>
    ${extra.map(([name, shown]) => html`<div class="figure" data-figure="${name}-${label}" ?hidden=${!shown}></div>`)}
  </section>`;
}

function backendWords(runs: readonly PlayedRun[]): string {
  const said = runs.map(({ backend }) => kindWords(backend.kind));
  if (said.length === 0) return 'Choosing…';
  if (said[0] !== said[1]) return `A ${said[0]}, B ${said[1]}`;
  const { adapter } = runs[0].backend;
  return adapter ? `${said[0]} · ${adapter}` : said[0];
}

const kindWords = (kind: 'cpu' | 'webgpu') => (kind === 'cpu' ? 'CPU' : 'WebGPU');
const chosen = (event: Event) => (event.target as HTMLSelectElement | HTMLInputElement).value;
