/**
 * `<sdl-explorer>`: two dictionaries learn side by side. The custom element and what scripts may do with it.
 *
 * Attributes
 *   page      the document is this explorer: its state lives in the URL, keys work anywhere, the title is an h1
 *   link      without `page`: the state to start from, as in the URL after `#`
 *   paused    do not play at once
 * Properties and methods
 *   config    {A, B}: both configs. Setting checks them against the table of controls (RangeError names the field)
 *             and starts both runs anew; what only the engine can refuse shows as a notice.
 *   runs      what each run shows now: see `RunView`
 *   play()  pause()  step(n = 1)  reset()    promises: settled when done and drawn; step pauses first
 *   loseDevice(label)                        test aid: as if the driver had taken the GPU
 * Event
 *   sdl-update (bubbles, composed)           after each drawn frame; `detail` is `runs` as drawn
 */
import { LitElement, type TemplateResult, unsafeCSS } from 'lit';
import bar from './bar.css?inline';
import type { BackendKind, Metrics, World } from './engine';
import { fitted } from './fitted';
import { listenToKeys } from './keyboard';
import { loadExplanations, loadPresets, presetsNow } from './late';
import { type LayoutHandlers, layout } from './layout';
import { LiveWords } from './live-words';
import { count } from './notice';
import type { PlayedRun } from './player';
import { methodsDiffer, withOneMethod, withPreset } from './presets';
import { WorkerLink } from './run-link';
import { scenarioById } from './scenarios';
import { Session } from './session';
import settings from './settings.css?inline';
import { Stage } from './stage';
import {
  anchored,
  type Configs,
  configsOf,
  defaultState,
  LABELS,
  type PageState,
  settingOf,
  withConfigs,
  withoutSplit,
  withSplit,
  withValue,
} from './state';
import style from './style.css?inline';
import { themeCss } from './theme';
import type { TheoryFold } from './theory/fold';
import { titleOf } from './titles';
import { hashOf, readHash } from './url';
import { latentKey } from './views/inspector';
import type { RunLabel, Selection } from './views/view';

/** What a script reads of a run. */
export interface RunView {
  label: RunLabel;
  title: string;
  step: number;
  samples: number;
  backend: BackendKind;
  adapter: string;
  world: World;
  metrics: Metrics;
  /** Latent-major; empty arrays when the model is too large to send every frame. */
  weights: { encoder: Float32Array; decoder: Float32Array; b_enc: Float32Array; b_dec: Float32Array };
}

const HASH_AFTER_MS = 200;

export class SdlExplorer extends LitElement {
  static override styles = [themeCss, style, bar, settings].map(unsafeCSS);

  private session: Session | undefined;
  private stage: Stage | undefined;
  private theory: TheoryFold | undefined;
  private ended = new AbortController();
  private hover: Selection = null;
  private selected: Selection = null;
  private showing: RunLabel = 'A';
  private sheet = false;
  private methodsApart = false;
  private presetsAsked = false;
  private help = false;
  private shared = false;
  private hashTimer = 0;
  private readonly words = new LiveWords(() => this.renderRoot);
  private readonly on = this.handlers();

  get config(): Configs {
    return configsOf(this.state);
  }

  set config(configs: Configs) {
    this.session?.apply(withConfigs(this.state, configs), true);
  }

  get runs(): RunView[] {
    return (this.session?.player.runs ?? []).map((run) => this.viewOf(run));
  }

  async play(): Promise<void> {
    this.session?.player.play();
    await this.updateComplete;
  }

  async pause(): Promise<void> {
    await this.session?.player.pause();
    // There may be no frame to come that would say so.
    this.announce(this.progress(), true);
  }

  async step(n = 1): Promise<void> {
    if (!Number.isInteger(n) || n < 1) throw new RangeError(`step(${n}): expected a whole number from 1`);
    await this.session?.player.step(n);
  }

  async reset(): Promise<void> {
    await this.session?.reset();
  }

  async loseDevice(label: RunLabel): Promise<void> {
    await this.session?.player.loseDevice(label);
  }

  /** Workers first: the engine loads and the world is made while the page is laid out. */
  override connectedCallback(): void {
    super.connectedCallback();
    this.ended = new AbortController();
    const { signal } = this.ended;
    const { state, problems } = readHash(this.isPage ? location.hash : (this.getAttribute('link') ?? ''));
    const links = { A: new WorkerLink(), B: new WorkerLink() };
    const hooks = {
      changed: () => this.changed(),
      draw: (runs: readonly PlayedRun[]) => this.draw(runs),
      announce: (text: string, urgent: boolean) => this.announce(text, urgent),
    };
    this.session = new Session(links, state, hooks, this.hasAttribute('paused'));
    this.session.open(state, problems);

    const { pace } = this.session.player;
    const motion = matchMedia('(prefers-reduced-motion: reduce)');
    const calm = () => {
      pace.calm = motion.matches;
    };
    calm();
    motion.addEventListener('change', calm, { signal });
    // Out of sight training goes on, in longer chunks and undrawn; the first frame back in sight is drawn.
    document.addEventListener('visibilitychange', () => this.seen(), { signal });
    listenToKeys(this.isPage ? document : this, this.on, signal);
    const hashChanged = (event: Event) => this.hashChanged(new URL((event as HashChangeEvent).newURL).hash);
    if (this.isPage) addEventListener('hashchange', hashChanged, { signal });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.ended.abort();
    clearTimeout(this.hashTimer);
    this.stage?.destroy();
    this.stage = undefined;
    this.theory?.close();
    this.theory = undefined;
    this.session?.close();
    this.session = undefined;
  }

  protected override render(): TemplateResult {
    const { session } = this;
    return layout(
      {
        state: this.state,
        phase: session?.player.phase ?? 'working',
        runs: session?.player.runs ?? [],
        notices: session?.notices ?? [],
        page: this.isPage,
        showing: this.showing,
        sheet: this.sheet,
        methodsApart: this.methodsApart,
        help: this.help,
        shared: this.shared,
      },
      this.on,
    );
  }

  protected override updated(): void {
    this.stage ??= new Stage(this.renderRoot as HTMLElement, {
      hover: (selection) => this.point({ hover: selection }),
      select: (selection) => this.point({ selected: selection }),
      wantTexts: (run, latent) => this.wantTexts(run, latent),
      measureLabels: async (run) => (await this.session?.player.labels(run))?.labels ?? [],
      textsOf: async (rows) => {
        const texts = (await this.session?.rowTexts()) ?? [];
        return rows.map((row) => texts[row]?.[0] ?? '');
      },
    });
    if (this.state.theme === 'auto') delete this.dataset.theme;
    else this.dataset.theme = this.state.theme;
    if (this.isPage) {
      const root = document.documentElement.dataset;
      if (this.state.theme === 'auto') delete root.theme;
      else root.theme = this.state.theme;
    }
  }

  private get isPage(): boolean {
    return this.hasAttribute('page');
  }

  private get state(): PageState {
    return this.session?.state ?? defaultState();
  }

  private apply(next: PageState): void {
    this.session?.apply(next);
  }

  private async draw(runs: readonly PlayedRun[]): Promise<void> {
    if (runs.length < LABELS.length) return;
    await this.updateComplete;
    if (!document.hidden) {
      this.words.write(this.state, runs);
      await this.paint(runs);
    }
    this.dispatchEvent(
      new CustomEvent('sdl-update', { bubbles: true, composed: true, detail: runs.map((run) => this.viewOf(run)) }),
    );
    this.announce(this.progress(), false);
    if (!this.presetsAsked) this.later(loadPresets());
    this.presetsAsked = true;
  }

  /** What was loaded after the page is drawn when it is there; without it the page works too. */
  private later(loaded: Promise<boolean>): void {
    loaded.then((news) => news && this.requestUpdate()).catch(() => {});
  }

  private viewOf({ label, world, frame, backend }: PlayedRun): RunView {
    return {
      label,
      title: titleOf(this.state, label),
      step: frame.step,
      samples: frame.samples,
      backend: backend.kind,
      adapter: backend.adapter,
      world,
      metrics: frame.metrics,
      weights: { encoder: frame.encoder, decoder: frame.decoder, b_enc: frame.b_enc, b_dec: frame.b_dec },
    };
  }

  private async paint(runs: readonly PlayedRun[]): Promise<void> {
    const { basis } = this.state;
    const configs = this.config;
    const data = runs.map(({ label, world, frame, history }) => {
      const title = titleOf(this.state, label);
      return { label, title, config: configs[label], world, frame, history: history.shown(basis) };
    });
    // Another world or model may not have what was selected in the last one.
    if (!exists(this.hover, runs)) this.hover = null;
    if (!exists(this.selected, runs)) this.selected = null;
    this.theory?.update(data);
    await this.stage?.draw({ runs: data, basis, hover: this.hover, selected: this.selected });
  }

  private changed(): void {
    this.requestUpdate();
    if (!this.isPage || !this.session) return;
    clearTimeout(this.hashTimer);
    this.hashTimer = window.setTimeout(() => {
      const hash = hashOf(this.state);
      if (location.hash !== hash) history.replaceState(history.state, '', hash);
    }, HASH_AFTER_MS);
  }

  /** The hash as it was when it changed: meanwhile it may have been written over. */
  private hashChanged(hash: string): void {
    if (hash === hashOf(this.state)) return;
    const { state, problems } = readHash(hash);
    this.session?.open(state, problems);
  }

  private seen(): void {
    const { session } = this;
    if (!session) return;
    session.player.pace.unseen = document.hidden;
    if (!document.hidden) this.redraw();
  }

  private point(to: { hover?: Selection; selected?: Selection }): void {
    if (to.hover !== undefined) this.hover = to.hover;
    if (to.selected !== undefined) this.selected = to.selected;
    this.redraw();
  }

  /** The same frames in a new light. */
  private redraw(): void {
    const runs = this.session?.player.runs ?? [];
    if (runs.length < LABELS.length || document.hidden) return;
    this.words.write(this.state, runs);
    this.paint(runs);
  }

  private async wantTexts(run: RunLabel, latent: number): Promise<void> {
    this.stage?.showTexts(latentKey(run, latent), 'loading');
    const rows = await this.session?.texts(run, latent).catch(() => []);
    this.stage?.showTexts(latentKey(run, latent), rows ?? []);
  }

  /** The fold has been opened or closed; what it holds is fetched once. */
  private async openTheory(): Promise<void> {
    const { TheoryFold } = await import('./theory/fold');
    const at = this.renderRoot.querySelector<HTMLElement>('[data-theory]');
    const { session } = this;
    if (!session || !at) return;
    this.theory ??= new TheoryFold(at, (label) => session.pack(label));
    this.redraw();
  }

  private announce(text: string, urgent: boolean): void {
    this.words.announce(text, urgent || this.session?.player.phase !== 'playing');
  }

  private progress(): string {
    const { session } = this;
    if (!session) return '';
    return `${session.player.phase === 'playing' ? 'Training' : 'Standing'} at step ${count(session.player.at)}. ${this.words.said('notice')}`;
  }

  private handlers(): LayoutHandlers {
    const set = (change: Partial<PageState>) => this.apply({ ...this.state, ...change });
    return {
      set: (knob, value, label) => this.apply(fitted(withValue(this.state, knob.path, value, label), knob.path)),
      split: (knob, apart) =>
        this.apply(apart ? withSplit(this.state, knob.path) : withoutSplit(this.state, knob.path)),
      opened: () => this.later(loadExplanations()),
      method: (preset, label) => this.apply(withPreset(this.state, preset, presetsNow(), label)),
      methodsApart: (apart) => {
        this.methodsApart = apart;
        if (!apart && methodsDiffer(this.state, presetsNow())) this.apply(withOneMethod(this.state, presetsNow()));
        else this.requestUpdate();
      },
      scenario: (id) => {
        const { theme, backend, speed, basis } = this.state;
        this.selected = null;
        this.apply({ ...defaultState(scenarioById(id)), theme, backend, speed, basis });
      },
      backend: (backend) => set({ backend }),
      theme: (theme) => set({ theme }),
      basis: (basis) => {
        set({ basis });
        this.redraw();
      },
      speed: (speed) => set({ speed }),
      share: () => this.share(),
      toggle: () => this.toggle(),
      step: (n) => this.step(n),
      reset: () => this.reset(),
      newSeed: () => this.apply(withValue(this.state, 'seed', crypto.getRandomValues(new Uint16Array(1))[0])),
      seed: (text) => {
        const seed = /^\d{1,10}$/.test(text.trim()) ? Number(text) : Number.NaN;
        if (seed <= 0xffffffff) this.apply(withValue(this.state, 'seed', seed));
        else this.requestUpdate();
      },
      resample: (label) => this.session?.player.resample(label),
      anchors: (label) => {
        const on = anchored(this.state, label) > 0;
        const other = settingOf(this.state, 'anchors.coefficient', label === 'A' ? 'B' : 'A') as number;
        this.apply(withValue(this.state, 'anchors.coefficient', on ? 0 : other || 0.1, label));
      },
      dismiss: (id) => this.session?.drop(id),
      show: (label) => {
        this.showing = label;
        this.requestUpdate();
      },
      sheet: (open) => {
        this.sheet = open;
        this.requestUpdate();
      },
      theory: () => this.openTheory().catch(() => {}),
      help: () => {
        this.help = !this.help;
        this.requestUpdate();
      },
    };
  }

  /** Play, pause, or, where the run has come to its end, play it again. */
  private toggle(): void {
    const phase = this.session?.player.phase;
    if (phase === 'playing') this.pause();
    else if (phase === 'finished') this.reset();
    else this.play();
  }

  /** Copies the link; where the clipboard is closed to the page, the address bar has it. */
  private async share(): Promise<void> {
    const url = new URL(this.isPage ? location.href : document.baseURI);
    url.hash = hashOf(this.state);
    try {
      await navigator.clipboard.writeText(url.href);
      this.shared = true;
    } catch {
      if (this.isPage) history.replaceState(history.state, '', url.hash);
    }
    this.announce(this.shared ? 'Link copied.' : 'The link is in the address bar.', true);
    this.requestUpdate();
    setTimeout(() => {
      this.shared = false;
      this.requestUpdate();
    }, 2000);
  }
}

function exists(selection: Selection, runs: readonly PlayedRun[]): boolean {
  if (selection?.kind === 'feature') return selection.feature < runs[0].world.n_features;
  if (selection?.kind !== 'latent') return true;
  const run = runs.find(({ label }) => label === selection.run);
  return run !== undefined && selection.latent < run.frame.metrics.dead.length;
}

customElements.define('sdl-explorer', SdlExplorer);

declare global {
  interface HTMLElementTagNameMap {
    'sdl-explorer': SdlExplorer;
  }
}
