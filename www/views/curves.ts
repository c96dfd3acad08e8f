/**
 * How fast does each run learn? Error (log) and recovery over steps, both runs in each plot, read together.
 *
 * The thick line is the squared error on the fixed evaluation batch, comparable between runs; the faint one is the
 * loss of each training batch with all penalties. Events stand on the time axis of the run they happened to.
 */
import uPlot from 'uplot';
import uPlotCss from 'uplot/dist/uPlot.min.css?inline';
import { readTheme, runColours, type Theme, watchTheme } from '../theme';
import { child, claim, Label, setText } from './figure';
import { showLegend, trace } from './marks';
import { logTicks } from './scales';
import { align, type Curve, finite, positive, valueAt } from './series';
import { adoptStyles } from './style';
import { comparison } from './verdicts';
import type { CompareViewData, Handlers, RunData, View } from './view';
import { compact, count, loss, power, score } from './words';

const HEIGHTS = { error: 190, recovery: 170 };
const DASH: Record<RunData['label'], number[]> = { A: [], B: [7, 4] };
const ownCss = `
.sdl-figure .uplot, .sdl-figure .uplot * { font-family: var(--sdl-font); }
.sdl-figure .u-cursor-x { border-right: 1px solid var(--sdl-muted); }
.sdl-figure .panel-name { display: flex; flex-wrap: wrap; gap: 0.3rem 0.8rem; align-items: center; justify-content: space-between;
  font-size: var(--sdl-small); color: var(--sdl-muted); margin: 0.6rem 0 0.1rem; min-height: 28px; }
.sdl-figure .readout { display: grid; grid-template-columns: auto 1fr; gap: 0.1rem 0.7rem; margin: 0 0 0.2rem; padding: 0; list-style: none;
  font-size: var(--sdl-text); }
.sdl-figure .readout li { display: contents; }
.sdl-figure .readout b[data-run='A'] { color: var(--sdl-a-ink); }
.sdl-figure .readout b[data-run='B'] { color: var(--sdl-b-ink); }
.sdl-figure .plots:focus-visible { outline: 2px solid var(--sdl-select); outline-offset: 3px; border-radius: 4px; }
`;
// uPlot's own log ticks never end where the range does not start at a round number or is very long.
const ownTicks: Pick<uPlot.Axis, 'splits' | 'filter'> = {
  splits: (_u, _axis, low, high) => logTicks(low, high),
  filter: (_u, ticks) => ticks,
};
let instances = 0;

type Measure = 'mip' | 'mgt';

export class CurvesView implements View<CompareViewData> {
  private readonly element = document.createElement('figure');
  private readonly finding: HTMLElement;
  private readonly readout: HTMLElement;
  private readonly plots: HTMLElement;
  private readonly spoken: HTMLElement;
  private readonly panels: { error: HTMLElement; recovery: HTMLElement };
  private readonly buttons: Record<Measure, HTMLButtonElement>;
  private readonly legend: HTMLElement;
  private readonly resize: ResizeObserver;
  private readonly ended = new AbortController();
  private readonly label: Label;
  private readonly sync = uPlot.sync(`sdl-curves-${instances++}`);
  private charts: { error: uPlot; recovery: uPlot } | null = null;
  private theme: Theme | null = null;
  private data: CompareViewData | null = null;
  private measure: Measure = 'mip';
  /** The step under the cursor, or null: the latest. */
  private step: number | null = null;
  private width = 0;
  private frame = 0;

  constructor(root: HTMLElement, handlers: Handlers) {
    const { element } = this;
    element.className = 'sdl-figure';
    child(child(element, 'div', 'head'), 'h3').textContent = 'How fast does each run learn?';
    this.finding = child(element, 'p', 'finding');
    this.readout = child(element, 'ul', 'readout');
    this.plots = child(element, 'div', 'plots');
    this.plots.tabIndex = 0;
    this.label = new Label(this.plots);
    this.plots.setAttribute('role', 'application');
    this.plots.setAttribute('aria-roledescription', 'interactive figure');
    this.spoken = child(element, 'div', 'spoken');
    this.spoken.setAttribute('aria-live', 'polite');
    child(this.plots, 'div', 'panel-name').textContent = 'squared error, summed over dimensions (log scale)';
    const error = child(this.plots, 'div');
    const name = child(element, 'div', 'panel-name');
    child(name, 'span').textContent = 'recovery of the scored features';
    this.buttons = this.makeSwitch(name);
    const recovery = child(element, 'div', 'plots');
    this.panels = { error, recovery };
    this.legend = child(element, 'ul', 'legend');
    child(element, 'figcaption', 'caption').textContent =
      'Mean best match (M_IP): how well each feature is matched by its best latent, averaged. Share recovered (M_GT): features matched better than τ. Neither counts features that are anchored in A or in B.';
    root.append(element);
    this.plots.addEventListener('keydown', (event) => this.key(event, handlers), { signal: this.ended.signal });
    this.plots.addEventListener('blur', () => this.point(null), { signal: this.ended.signal });
    this.resize = new ResizeObserver(([entry]) => {
      this.width = Math.floor(entry.contentRect.width);
      this.invalidate();
    });
    this.resize.observe(this.plots);
  }

  update(data: CompareViewData): void {
    const before = this.data;
    this.data = data;
    const same =
      before?.basis === data.basis &&
      before.runs.length === data.runs.length &&
      before.runs.every((run, i) => run.frame === data.runs[i].frame && run.title === data.runs[i].title);
    // Pointing at things changes nothing here.
    if (!same) this.invalidate();
  }

  destroy(): void {
    this.ended.abort();
    this.label.destroy();
    cancelAnimationFrame(this.frame);
    this.resize.disconnect();
    this.charts?.error.destroy();
    this.charts?.recovery.destroy();
    this.element.remove();
  }

  private invalidate(): void {
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.frame = 0;
    if (this.width < 80 || !this.data || !this.element.isConnected) return;
    if (!this.theme) {
      adoptStyles(this.element, uPlotCss, ownCss);
      this.theme = readTheme(this.element);
      watchTheme(
        this.element,
        () => {
          this.theme = readTheme(this.element);
          this.rebuild();
        },
        this.ended.signal,
      );
    }
    const { runs } = this.data;
    if (this.charts && this.charts.error.series.length !== 1 + 2 * runs.length) this.rebuild();
    this.charts ??= { error: this.makeChart('error', runs), recovery: this.makeChart('recovery', runs) };
    for (const panel of ['error', 'recovery'] as const) {
      const chart = this.charts[panel];
      if (chart.width !== this.width) chart.setSize({ width: this.width, height: HEIGHTS[panel] });
    }
    const errors = runs.flatMap((run) => [positive(run.history.loss), positive(errorOf(run))]);
    this.charts.error.setData(align(errors) as uPlot.AlignedData);
    this.charts.recovery.setData(align(runs.map((run) => recoveryCurve(run, this.measure))) as uPlot.AlignedData);
    this.words();
  }

  private rebuild(): void {
    this.charts?.error.destroy();
    this.charts?.recovery.destroy();
    this.charts = null;
    this.invalidate();
  }

  private makeChart(panel: 'error' | 'recovery', runs: RunData[]): uPlot {
    const theme = this.theme as Theme;
    const line = (run: RunData, faint: boolean): uPlot.Series => ({
      stroke: runColours(theme, run.label).mark + (faint ? '55' : ''),
      width: faint ? 1 : 2,
      dash: faint ? [] : DASH[run.label].map((length) => length * uPlot.pxRatio),
      spanGaps: true,
      points: { show: false },
    });
    const series = runs.flatMap((run) =>
      panel === 'error' ? [line(run, true), line(run, false)] : [line(run, false)],
    );
    const axis: uPlot.Axis = {
      stroke: theme.muted,
      font: `12px ${theme.font}`,
      grid: { stroke: theme.grid, width: 1, filter: (_u, ticks) => ticks },
      ticks: { stroke: theme.rule, width: 1, size: 4, filter: (_u, ticks) => ticks },
    };
    return new uPlot(
      {
        width: this.width,
        height: HEIGHTS[panel],
        legend: { show: false },
        padding: [8, 16, 0, 0],
        cursor: {
          y: false,
          drag: { x: false, y: false },
          sync: { key: this.sync.key, setSeries: false },
          points: { size: 7 },
        },
        scales: {
          x: { time: false },
          y:
            panel === 'error'
              ? { distr: 3, range: (_u, low, high) => (low > 0 ? [low * 0.8, high * 1.25] : [1e-3, 1]) }
              : { range: (_u, _low, high) => [0, Math.max(1, (high ?? 1) * 1.05)] },
        },
        axes: [
          {
            ...axis,
            values: (_u, ticks) => ticks.map((tick) => (panel === 'error' ? '' : compact(tick))),
            size: panel === 'error' ? 8 : 44,
            ...(panel === 'error' ? {} : { label: 'training step', labelFont: `12px ${theme.font}`, labelSize: 18 }),
          },
          {
            ...axis,
            size: 54,
            values: (_u, ticks) => ticks.map((tick) => (panel === 'error' ? power(tick) : tick.toFixed(1))),
            ...(panel === 'error' ? ownTicks : {}),
          },
        ],
        series: [{}, ...series],
        hooks: {
          draw: [(chart) => this.drawEvents(chart, panel)],
          setCursor: [
            (chart) => {
              const { idx } = chart.cursor;
              this.step = idx === null || idx === undefined ? null : chart.data[0][idx];
              this.showReadout();
            },
          ],
        },
      },
      [[], ...series.map(() => [])],
      this.panels[panel],
    );
  }

  /** Resampled: triangle; changed by hand: diamond with a line through the plot; diverged: cross. In the run's hue. */
  private drawEvents(chart: uPlot, panel: 'error' | 'recovery'): void {
    const { ctx, bbox } = chart;
    const r = 4 * uPlot.pxRatio;
    ctx.save();
    for (const run of this.data?.runs ?? []) {
      ctx.fillStyle = ctx.strokeStyle = runColours(this.theme as Theme, run.label).mark;
      for (const event of run.history.events) {
        if (event.kind !== 'resampled' && event.kind !== 'changed' && event.kind !== 'diverged') continue;
        const x = chart.valToPos(event.step, 'x', true);
        if (x < bbox.left || x > bbox.left + bbox.width) continue;
        if (event.kind !== 'resampled') {
          ctx.globalAlpha = 0.45;
          ctx.lineWidth = uPlot.pxRatio;
          ctx.beginPath();
          ctx.moveTo(x, bbox.top);
          ctx.lineTo(x, bbox.top + bbox.height);
          ctx.stroke();
          ctx.globalAlpha = 1;
        }
        if (panel === 'error') continue;
        // A above B, so that events of both at one step can both be seen.
        const y = bbox.top + bbox.height - r - (run.label === 'A' ? 2.4 * r : 0);
        ctx.beginPath();
        if (event.kind === 'diverged') {
          trace(ctx, 'cross', x, y, r);
          ctx.lineWidth = 2 * uPlot.pxRatio;
          ctx.stroke();
        } else {
          trace(ctx, event.kind === 'resampled' ? 'down' : 'diamond', x, y, r);
          ctx.fill();
        }
      }
    }
    ctx.restore();
  }

  private makeSwitch(parent: HTMLElement): Record<Measure, HTMLButtonElement> {
    const group = child(parent, 'div', 'switch');
    group.setAttribute('role', 'group');
    group.setAttribute('aria-label', 'Measure of recovery');
    const make = (measure: Measure, text: string) => {
      const button = child(group, 'button') as HTMLButtonElement;
      button.type = 'button';
      button.textContent = text;
      button.setAttribute('aria-pressed', String(measure === this.measure));
      button.addEventListener('click', () => this.choose(measure), { signal: this.ended.signal });
      return button;
    };
    return { mip: make('mip', 'mean best match'), mgt: make('mgt', 'share recovered') };
  }

  private choose(measure: Measure): void {
    this.measure = measure;
    for (const [name, button] of Object.entries(this.buttons))
      button.setAttribute('aria-pressed', String(name === measure));
    this.invalidate();
  }

  private words(): void {
    const runs = this.data?.runs ?? [];
    const said = runs.map(
      (run) =>
        `${run.label} at step ${count(run.frame.step)}: error ${loss(run.frame.metrics.sse)}, mean best match ${score(run.history.metrics.mip.at(-1) ?? Number.NaN)}`,
    );
    setText(this.finding, comparison(runs));
    this.label.set(`How fast does each run learn? ${said.join('; ')}. Left and right arrow read earlier steps.`);
    showLegend(this.legend, [
      ...runs.map((run) => ({
        shape: run.label === 'A' ? ('line' as const) : ('dashed' as const),
        colour: run.label === 'A' ? 'var(--sdl-a)' : 'var(--sdl-b)',
        text: `${run.label}, evaluation batch`,
      })),
      { shape: 'line', colour: 'var(--sdl-rule)', text: 'faint: each training batch, penalties included' },
      { shape: 'down', colour: 'var(--sdl-muted)', filled: true, text: 'dead latents resampled' },
      { shape: 'diamond', colour: 'var(--sdl-muted)', filled: true, text: 'a setting changed' },
    ]);
    this.showReadout();
  }

  private showReadout(): void {
    const runs = this.data?.runs ?? [];
    const rows = runs.map((run) => {
      const step = this.step ?? run.frame.step;
      const error = valueAt(errorOf(run), step);
      const recovery = valueAt(recoveryCurve(run, this.measure), step);
      return {
        run,
        text: `step ${count(step)} · error ${loss(error ?? Number.NaN)} · ${this.measure === 'mip' ? 'mean best match' : 'share recovered'} ${score(recovery ?? Number.NaN)}`,
      };
    });
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

  private key(event: KeyboardEvent, handlers: Handlers): void {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === 'Escape') {
      this.point(null);
      handlers.select(null);
    } else if (by && !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const end = Math.max(0, ...(this.data?.runs.map((run) => run.frame.step) ?? []));
      this.point(Math.max(0, Math.min(end, (this.step ?? end) + (by * end) / 50)));
      setText(this.spoken, this.readout.textContent);
    } else return;
    claim(event);
  }

  /** Puts the cursor of both plots at a step; null takes it away. */
  private point(step: number | null): void {
    const chart = this.charts?.recovery;
    if (!chart) return;
    if (step === null) chart.setCursor({ left: -10, top: -10 });
    else chart.setCursor({ left: chart.valToPos(step, 'x'), top: 10 });
  }
}

function errorOf(run: RunData): Curve {
  return { step: run.history.metrics.step, value: run.history.metrics.sse };
}

function recoveryCurve(run: RunData, measure: Measure): Curve {
  return finite({ step: run.history.metrics.step, value: run.history.metrics[measure] });
}
