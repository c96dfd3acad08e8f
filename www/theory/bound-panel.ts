/** Theorem 3.1 for the run on screen, live: asked of the engine again whenever the last answer is old. */
import { html, render } from 'lit';
import { Cancelled, Pool } from '../lab/pool';
import { inWords } from '../protocol';
import { type BoundReport, BoundView } from '../views/bound';
import type { RunData, RunLabel } from '../views/view';

/** Rest between an answer and the next question: the run needs the cores, too. */
const REST_MS = 2500;
/** Sparsities a decade, and where they end. */
const PER_DECADE = 8;
const LAST_DECADE = 5;

export class BoundPanel {
  private readonly view: BoundView;
  private readonly controls = document.createElement('div');
  private readonly figure = document.createElement('div');
  private readonly pool = new Pool();
  private runs: RunData[] = [];
  private label: RunLabel = 'A';
  private asking = false;
  private answered = { key: '', at: Number.NEGATIVE_INFINITY };
  private timer = 0;

  constructor(root: HTMLElement) {
    this.controls.className = 'row';
    this.figure.hidden = true;
    root.append(this.controls, this.figure);
    this.view = new BoundView(this.figure);
  }

  update(runs: RunData[]): void {
    this.runs = runs;
    this.ask();
  }

  close(): void {
    clearTimeout(this.timer);
    this.pool.cancel();
    this.view.destroy();
  }

  private async ask(): Promise<void> {
    const run = this.runs.find(({ label }) => label === this.label);
    if (!run || this.asking) return;
    const { config, frame, world } = run;
    // What the answer depends on.
    const key = `${this.label} ${frame.step} ${JSON.stringify(config)}`;
    if (key === this.answered.key) return;
    const rest = this.answered.at + REST_MS - performance.now();
    clearTimeout(this.timer);
    if (rest > 0) {
      this.timer = window.setTimeout(() => this.ask(), rest);
      return;
    }
    const why = whyNot(run);
    if (why) {
      this.answered = { key, at: performance.now() };
      this.figure.hidden = true;
      this.renderControls(why);
      return;
    }
    this.asking = true;
    if (this.figure.hidden) this.renderControls('Computing…');
    try {
      const { encoder, decoder, b_enc, b_dec, theta } = frame;
      const weights = Object.fromEntries(
        Object.entries({ encoder, decoder, b_enc, b_dec, theta }).map(([name, part]) => [name, Array.from(part)]),
      );
      const sparsities = sparsitiesAround(config.bench.sparsity);
      const report = await this.pool.ask<BoundReport>({ ask: 'extreme', config, weights, sparsities });
      const now = this.runs.find(({ label }) => label === this.label);
      if (now?.world === world && run.label === this.label) {
        this.figure.hidden = false;
        this.view.update({ run, report, step: frame.step });
        this.renderControls('');
      }
    } catch (reason) {
      if (reason instanceof Cancelled) return;
      this.figure.hidden = true;
      this.renderControls(inWords(reason));
    } finally {
      this.asking = false;
      this.answered = { key, at: performance.now() };
    }
    this.ask();
  }

  private renderControls(said: string): void {
    const choose = (label: RunLabel) => {
      this.label = label;
      this.answered.at = Number.NEGATIVE_INFINITY;
      this.renderControls(said);
      this.ask();
    };
    render(
      html`
        <span id="bound-of">Theorem 3.1 for</span>
        <span role="group" aria-labelledby="bound-of">
          ${(['A', 'B'] as const).map(
            (label) =>
              html`<button class="tiny" aria-pressed=${label === this.label} @click=${() => choose(label)}>${label}</button>`,
          )}
        </span>
        <p class="said" role="status">${said}</p>
      `,
      this.controls,
    );
  }
}

/** Why there is nothing to compute, or nothing. */
function whyNot({ config, frame }: RunData): string {
  if (config.source !== 'bench') return 'Theorem 3.1 is about features that are known: choose a bench world.';
  if (frame.encoder.length === 0) return 'This model is too large to be sent from its run: choose fewer latents.';
  if (config.model.activation === 'gated')
    return 'Theorem 3.1 is about one map from inputs to latents; a gated model has gates beside it.';
  if (config.model.skip) return 'Theorem 3.1 is about a dictionary alone; this model has a linear skip beside it.';
  const { algorithm } = config.training;
  if (algorithm !== 'adam' && algorithm !== 'alternating')
    return 'Theorem 3.1 is about latents σ(W_E x); this algorithm solves for its codes.';
  return '';
}

/** From well below the run's own S to where features are almost always alone; its own among them. */
function sparsitiesAround(own: number): number[] {
  const decades = -Math.log10(1 - own);
  const first = Math.max(0.25, Math.min(decades - 0.75, 2));
  const last = Math.max(LAST_DECADE, decades + 1);
  const steps = Math.round((last - first) * PER_DECADE);
  const spread = Array.from({ length: steps + 1 }, (_, i) => 1 - 10 ** -(first + ((last - first) * i) / steps));
  return [...spread.filter((s) => Math.abs(-Math.log10(1 - s) - decades) > 1e-3), own].sort((a, b) => a - b);
}
