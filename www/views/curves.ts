/**
 * How fast does each run learn? Error (log) and recovery over steps, both runs in each plot, read together.
 *
 * The thick line is the squared error on the fixed evaluation batch, comparable between runs; the faint one is the
 * loss of each training batch with all penalties. Events stand on the step axis, in the hue of the run they happened to.
 */
import { runColours, type Theme } from '../theme';
import { child, Figure, type Surface, setText } from './figure';
import { showLegend, trace } from './marks';
import { linearAxis, logAxis, Plot, strokeOf } from './plot';
import { listenForReading } from './pointing';
import { nearestIndex } from './scales';
import { type Curve, extent } from './series';
import { comparison } from './verdicts';
import type { CompareViewData, Handlers, RunData, View } from './view';
import { compact, count, loss, power, score } from './words';

const LEFT = 54;
const RIGHT = 16;
const ERROR = { top: 24, height: 170 };
const RECOVERY = { height: 110, below: 40 };
const css = `
.sdl-figure .panel-name { position: absolute; left: 0; right: 0; display: flex; flex-wrap: wrap; gap: 0.2rem 0.8rem; align-items: center;
  justify-content: space-between; font-size: var(--sdl-small); color: var(--sdl-muted); padding-left: 2px; }
.sdl-figure .readout { display: grid; grid-template-columns: fit-content(45%) 1fr; gap: 0.1rem 0.7rem; margin: 0 0 0.6rem; padding: 0; list-style: none;
  font-size: var(--sdl-text); }
.sdl-figure .readout li { display: contents; }
.sdl-figure .readout b[data-run='A'] { color: var(--sdl-a-ink); }
.sdl-figure .readout b[data-run='B'] { color: var(--sdl-b-ink); }
`;

type Measure = 'mip' | 'mgt';
const MEASURES: Record<Measure, string> = { mip: 'mean best match', mgt: 'share recovered' };

export class CurvesView implements View<CompareViewData> {
  private readonly figure: Figure;
  private readonly readout = document.createElement('ul');
  /** The name of the lower plot, with the switch, laid over the canvas between the two. */
  private readonly between: HTMLElement;
  private readonly buttons: Record<Measure, HTMLButtonElement>;
  private data: CompareViewData | null = null;
  private plots: { error: Plot; recovery: Plot } | null = null;
  private measure: Measure = 'mip';
  /** The step being read by pointer or keys, or null: the latest. */
  private reading: number | null = null;
  private lowerTop = 0;

  constructor(root: HTMLElement, handlers: Handlers) {
    this.figure = new Figure(root, {
      title: 'How fast does each run learn?',
      keys: 'Arrow keys read earlier steps, Escape returns to the latest.',
      height: () => this.arrange(),
      draw: (surface) => this.draw(surface),
      css,
    });
    this.readout.className = 'readout';
    this.figure.stage.before(this.readout);
    this.between = child(this.figure.stage, 'div', 'panel-name');
    child(this.between, 'span').textContent = 'recovery of the scored features';
    this.buttons = this.makeSwitch(this.between);
    this.figure.showCaption(
      'Mean best match (M_IP): how well each feature is matched by its best latent, averaged. Share recovered (M_GT): features matched better than τ. Neither counts features that are anchored in A or in B.',
    );
    listenForReading(this.figure, handlers, {
      at: (x) => this.plots?.error.at(x) ?? null,
      beside: (by) => this.beside(by),
      read: (step) => {
        this.reading = step === null ? null : Math.max(0, Math.min(this.end(), step));
        this.figure.invalidate();
      },
      describe: () => this.lines().map(({ run, text }) => `${run.label}: ${text}`),
    });
  }

  update(data: CompareViewData): void {
    const before = this.data;
    this.data = data;
    const same =
      before?.basis === data.basis &&
      before.runs.length === data.runs.length &&
      before.runs.every((run, i) => run.frame === data.runs[i].frame && run.title === data.runs[i].title);
    // Pointing at things in other figures changes nothing here.
    if (same) return;
    this.words(data.runs);
    this.figure.invalidate();
  }

  destroy(): void {
    this.figure.destroy();
  }

  /** The height of the canvas: what stands between the plots wraps where the figure is narrow. */
  private arrange(): number {
    const top = ERROR.top + ERROR.height + 12;
    this.between.style.top = `${top}px`;
    this.lowerTop = top + this.between.offsetHeight + 8;
    return this.lowerTop + RECOVERY.height + RECOVERY.below;
  }

  private draw({ ctx, width, theme }: Surface): void {
    const runs = this.data?.runs ?? [];
    const box = { left: LEFT, width: width - LEFT - RIGHT };
    const steps = (say?: (tick: number) => string) => {
      const axis = linearAxis(0, Math.max(1, this.end()), box.width / 80, say);
      return { ...axis, ticks: axis.ticks.filter(Number.isInteger) };
    };
    const errors = extent(
      runs.flatMap((run) => [lossOf(run), errorOf(run)]),
      0,
    ) ?? { low: 1e-3, high: 1 };
    const scores = extent(runs.map((run) => recoveryOf(run, this.measure))) ?? { low: 0, high: 1 };
    const error = new Plot({ ...box, ...ERROR }, steps(), logAxis(0.8 * errors.low, 1.25 * errors.high, power));
    const recovery = new Plot(
      { ...box, top: this.lowerTop, height: RECOVERY.height },
      steps(compact),
      linearAxis(Math.min(0, scores.low), Math.max(1, 1.05 * scores.high), 5, (tick) => tick.toFixed(1)),
    );
    this.plots = { error, recovery };
    // A run that starts anew is shorter than it was.
    if (this.reading !== null) this.reading = Math.min(this.reading, this.end());
    error.drawAxes(ctx, theme);
    recovery.drawAxes(ctx, theme, 'training step');
    ctx.textAlign = 'left';
    ctx.fillText('squared error, summed over dimensions (log scale)', 2, 8);
    for (const run of runs)
      error.drawLine(ctx, lossOf(run), { colour: runColours(theme, run.label).mark, width: 1, opacity: 0.35 });
    this.drawEvents(ctx, theme);
    for (const run of runs) {
      error.drawLine(ctx, errorOf(run), strokeOf(theme, run.label));
      recovery.drawLine(ctx, recoveryOf(run, this.measure), strokeOf(theme, run.label));
    }
    const lines = this.lines();
    if (this.reading !== null && lines.length > 0) {
      const steps = lines.map(({ run, at }) => run.history.metrics.step[at] ?? 0).sort((a, b) => a - b);
      const step = steps[nearestIndex(steps, this.reading)];
      for (const plot of [error, recovery]) plot.drawRule(ctx, step, { colour: theme.select, width: 1 });
    }
    for (const { run, at } of lines) {
      const { step, sse } = run.history.metrics;
      error.drawDot(ctx, theme, run.label, step[at], sse[at]);
      recovery.drawDot(ctx, theme, run.label, step[at], run.history.metrics[this.measure][at]);
    }
    this.showReadout(lines);
  }

  /** Resampled: triangle; changed by hand: diamond with a line through the plots; diverged: cross with one. */
  private drawEvents(ctx: CanvasRenderingContext2D, theme: Theme): void {
    const { plots } = this;
    if (!plots) return;
    const { top, height } = plots.recovery.box;
    const r = 4;
    for (const run of this.data?.runs ?? []) {
      const { mark } = runColours(theme, run.label);
      ctx.fillStyle = ctx.strokeStyle = mark;
      ctx.lineWidth = 2;
      // A above B, so that events of both at one step can both be seen.
      const y = top + height - r - (run.label === 'A' ? 2.4 * r : 0);
      for (const { kind, step } of run.history.events) {
        if ((kind !== 'resampled' && kind !== 'changed' && kind !== 'diverged') || step > this.end()) continue;
        if (kind !== 'resampled')
          for (const plot of [plots.error, plots.recovery])
            plot.drawRule(ctx, step, { colour: mark, width: 1, opacity: 0.45 });
        ctx.beginPath();
        trace(
          ctx,
          kind === 'diverged' ? 'cross' : kind === 'resampled' ? 'down' : 'diamond',
          plots.error.x(step),
          y,
          r,
        );
        if (kind === 'diverged') ctx.stroke();
        else ctx.fill();
      }
    }
  }

  private makeSwitch(parent: HTMLElement): Record<Measure, HTMLButtonElement> {
    const group = child(parent, 'div', 'switch');
    group.setAttribute('role', 'group');
    group.setAttribute('aria-label', 'Measure of recovery');
    const make = (measure: Measure) => {
      const button = child(group, 'button') as HTMLButtonElement;
      button.type = 'button';
      button.textContent = MEASURES[measure];
      button.setAttribute('aria-pressed', String(measure === this.measure));
      button.addEventListener('click', () => this.choose(measure), { signal: this.figure.signal });
      return button;
    };
    return { mip: make('mip'), mgt: make('mgt') };
  }

  private choose(measure: Measure): void {
    this.measure = measure;
    for (const [name, button] of Object.entries(this.buttons))
      button.setAttribute('aria-pressed', String(name === measure));
    this.figure.invalidate();
  }

  private words(runs: RunData[]): void {
    const said = runs.map(
      (run) =>
        `${run.label} at step ${count(run.frame.step)}: error ${loss(run.frame.metrics.sse)}, mean best match ${score(run.history.metrics.mip.at(-1) ?? Number.NaN)}`,
    );
    this.figure.showFinding(comparison(runs), `${said.join('; ')}.`);
    showLegend(this.figure.legend, [
      ...runs.map((run) => ({
        shape: run.label === 'A' ? ('line' as const) : ('dashed' as const),
        colour: run.label === 'A' ? 'var(--sdl-a)' : 'var(--sdl-b)',
        text: `${run.label}, evaluation batch`,
      })),
      { shape: 'line', colour: 'var(--sdl-rule)', text: 'faint: each training batch, penalties included' },
      { shape: 'down', colour: 'var(--sdl-muted)', filled: true, text: 'dead latents resampled' },
      { shape: 'diamond', colour: 'var(--sdl-muted)', filled: true, text: 'a setting changed' },
      ...(runs.some((run) => run.history.events.some(({ kind }) => kind === 'diverged'))
        ? [{ shape: 'cross' as const, colour: 'var(--sdl-muted)', text: 'diverged' }]
        : []),
    ]);
  }

  /** Of each run what is recorded nearest to the step being read, or the latest. */
  private lines(): { run: RunData; at: number; text: string }[] {
    return (this.data?.runs ?? []).map((run) => {
      const { metrics } = run.history;
      const at = this.reading === null ? metrics.step.length - 1 : nearestIndex(metrics.step, this.reading);
      return {
        run,
        at,
        text: `step ${count(metrics.step[at])} · error ${loss(metrics.sse[at])} · ${MEASURES[this.measure]} ${score(metrics[this.measure][at])}`,
      };
    });
  }

  private showReadout(rows: { run: RunData; text: string }[]): void {
    while (this.readout.children.length > rows.length) this.readout.lastElementChild?.remove();
    rows.forEach(({ run, text }, i) => {
      const item = (this.readout.children[i] as HTMLElement) ?? child(this.readout, 'li');
      const name = (item.children[0] as HTMLElement) ?? child(item, 'b');
      const values = (item.children[1] as HTMLElement) ?? child(item, 'span');
      name.dataset.run = run.label;
      setText(name, `${run.label} · ${run.title}`);
      setText(values, text);
    });
  }

  /** The recorded step about a fiftieth of the run before or after the one being read. */
  private beside(by: -1 | 1): number {
    const recorded = (this.data?.runs ?? []).map((run) => run.history.metrics.step);
    const steps = recorded.reduce((most, next) => (next.length > most.length ? next : most), []);
    const from = nearestIndex(steps, this.reading ?? this.end());
    const to = from + by * Math.max(1, Math.round(steps.length / 50));
    return steps[Math.max(0, Math.min(steps.length - 1, to))] ?? 0;
  }

  /** The last step that any run has recorded. */
  private end(): number {
    const runs = this.data?.runs ?? [];
    return Math.max(0, ...runs.flatMap(({ frame, history }) => [frame.step, history.loss.step.at(-1) ?? 0]));
  }
}

const lossOf = (run: RunData): Curve => ({ at: run.history.loss.step, value: run.history.loss.value });
const errorOf = (run: RunData): Curve => ({ at: run.history.metrics.step, value: run.history.metrics.sse });

function recoveryOf(run: RunData, measure: Measure): Curve {
  return { at: run.history.metrics.step, value: run.history.metrics[measure] };
}
