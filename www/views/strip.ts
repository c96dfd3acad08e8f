/**
 * Which latents fire, how often, and which have died? Firing density of every latent, and the dead over time.
 *
 * Each latent keeps its place (its index), so that dying is a fall to the floor; the histogram at the right shows
 * the distribution that sorting would. Below, the number of dead against the step, with resamplings marked.
 */
import { runColours, type Theme } from '../theme';
import { Figure, type Surface } from './figure';
import { nearest, type Spot } from './geometry';
import { type Shape, showLegend, trace } from './marks';
import { labelStride } from './order';
import { listen, neighbour } from './pointing';
import { decades, logBins, logShare } from './scales';
import type { Handlers, RunViewData, Selection, View } from './view';
import { compact, count, describe, type LatentKind, latentKind, many, pairOf } from './words';

const SHAPES: Record<LatentKind, Shape> = { mono: 'dot', poly: 'square', silent: 'bead', dead: 'cross' };
/** Densities below this stand at the floor's edge: about one firing in ten thousand samples. */
const LEAST = 1e-4;
const UPPER = { top: 26, height: 168 };
const FLOOR = 20;
const LOWER = { top: 276, height: 56 };
const LEFT = 52;
const HISTOGRAM = 44;
const BINS = 24;

export class StripView implements View<RunViewData> {
  private readonly figure: Figure;
  private data: RunViewData | null = null;
  private spots: Spot[] = [];

  constructor(root: HTMLElement, handlers: Handlers) {
    this.figure = new Figure(root, {
      title: 'Which latents fire, and which have died?',
      height: () => LOWER.top + LOWER.height + 36,
      draw: (surface) => this.draw(surface),
    });
    listen(this.figure, handlers, {
      pick: (x, y, reach) => this.selectionOf(nearest(this.spots, x, y, reach)),
      current: () => this.data?.hover ?? this.data?.selected ?? null,
      move: (key, from) => {
        const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[key];
        if (by === undefined || !this.data) return undefined;
        const { run } = this.data;
        const all = Uint32Array.from({ length: run.config.model.n_latent }, (_, i) => i);
        const latent = neighbour(all, from?.kind === 'latent' && from.run === run.label ? from.latent : null, by);
        return latent === null ? undefined : { kind: 'latent', run: run.label, latent };
      },
      describe: (selection) => (this.data ? describe(this.data.run, this.data.basis, selection) : []),
    });
  }

  update(data: RunViewData): void {
    if (this.data?.run.frame !== data.run.frame) this.words(data);
    this.data = data;
    this.figure.invalidate();
  }

  destroy(): void {
    this.figure.destroy();
  }

  private draw({ ctx, width, theme }: Surface): void {
    const { data } = this;
    if (!data) return;
    const { run } = data;
    const { metrics } = run.frame;
    const n = run.config.model.n_latent;
    const plot = width - LEFT - HISTOGRAM - 12;
    const hue = runColours(theme, run.label).mark;
    const x = (latent: number) => LEFT + ((latent + 0.5) / n) * plot;
    const y = (density: number) => UPPER.top + UPPER.height * (1 - logShare(density, LEAST, 1));
    const floor = UPPER.top + UPPER.height + FLOOR;
    this.drawDensityAxes(ctx, theme, plot, floor, y);
    const size = Math.max(1.6, Math.min(4.2, (0.6 * plot) / n));
    this.spots = Array.from({ length: n }, (_, i) => ({
      x: x(i),
      y: metrics.dead[i] ? floor : y(metrics.density[i]),
      z: 0,
    }));
    for (const kind of Object.keys(SHAPES) as LatentKind[]) {
      ctx.beginPath();
      for (let i = 0; i < n; i++)
        if (latentKind(metrics, i) === kind) trace(ctx, SHAPES[kind], this.spots[i].x, this.spots[i].y, size);
      ctx.fillStyle = hue;
      ctx.strokeStyle = kind === 'dead' ? theme.dead : hue;
      ctx.lineWidth = 1.4;
      if (kind === 'mono' || kind === 'poly') ctx.fill();
      else ctx.stroke();
    }
    this.drawHistogram(ctx, theme, hue, LEFT + plot + 10, y);
    this.drawDead(ctx, theme, hue, plot + HISTOGRAM + 10);
    this.figure.showTip(null);
    this.highlight(ctx, theme, data.selected, size, 2.2);
    this.highlight(ctx, theme, data.hover, size, 1.5);
    const hovered = pairOf(run, data.basis, data.hover);
    if (hovered && hovered.latent !== null && this.figure.pointed())
      this.figure.showTip(this.spots[hovered.latent], describe(run, data.basis, data.hover));
  }

  private drawDensityAxes(
    ctx: CanvasRenderingContext2D,
    theme: Theme,
    plot: number,
    floor: number,
    y: (density: number) => number,
  ): void {
    const run = this.data?.run;
    if (!run) return;
    ctx.font = `12px ${theme.font}`;
    ctx.textAlign = 'right';
    ctx.textBaseline = 'middle';
    ctx.fillStyle = theme.muted;
    ctx.strokeStyle = theme.grid;
    ctx.lineWidth = 1;
    for (const decade of decades(LEAST, 1)) {
      ctx.beginPath();
      ctx.moveTo(LEFT, Math.round(y(decade)) + 0.5);
      ctx.lineTo(LEFT + plot, Math.round(y(decade)) + 0.5);
      ctx.stroke();
      ctx.fillText(`${Number((100 * decade).toPrecision(1))} %`, LEFT - 6, y(decade));
    }
    ctx.fillText('dead', LEFT - 6, floor);
    ctx.textAlign = 'left';
    ctx.fillText('share of samples on which it fires', LEFT, UPPER.top - 15);
    ctx.strokeStyle = theme.rule;
    ctx.beginPath();
    ctx.moveTo(LEFT, floor + 9.5);
    ctx.lineTo(LEFT + plot, floor + 9.5);
    ctx.stroke();
    const n = run.config.model.n_latent;
    const stride = labelStride(n, plot, 34);
    ctx.textAlign = 'center';
    for (let i = 0; i < n; i += stride) ctx.fillText(String(i), LEFT + ((i + 0.5) / n) * plot, floor + 21);
    ctx.textAlign = 'right';
    ctx.fillText('latent i', LEFT + plot + HISTOGRAM + 10, floor + 21);
    // What a latent that follows one feature would show.
    if (run.config.source !== 'bench' || run.world.true_l0 === null) return;
    const rate = run.world.true_l0 / run.world.n_features;
    ctx.setLineDash([4, 3]);
    ctx.strokeStyle = theme.muted;
    ctx.beginPath();
    ctx.moveTo(LEFT, y(rate));
    ctx.lineTo(LEFT + plot, y(rate));
    ctx.stroke();
    ctx.setLineDash([]);
  }

  private drawHistogram(
    ctx: CanvasRenderingContext2D,
    theme: Theme,
    hue: string,
    left: number,
    y: (density: number) => number,
  ): void {
    const metrics = this.data?.run.frame.metrics;
    if (!metrics) return;
    const bins = logBins(
      metrics.density.map((density, i) => (metrics.dead[i] ? 0 : density)),
      LEAST,
      1,
      BINS,
    );
    const most = Math.max(1, ...bins);
    const height = (y(LEAST) - y(1)) / BINS;
    ctx.fillStyle = hue;
    ctx.globalAlpha = 0.45;
    bins.forEach((n, bin) => {
      ctx.fillRect(left, y(LEAST) - (bin + 1) * height + 0.5, (HISTOGRAM * n) / most, height - 1);
    });
    ctx.globalAlpha = 1;
    ctx.strokeStyle = theme.rule;
    ctx.beginPath();
    ctx.moveTo(left - 0.5, y(1));
    ctx.lineTo(left - 0.5, y(LEAST));
    ctx.stroke();
  }

  /** The number of dead latents at every step recorded; a triangle at the axis where latents were resampled. */
  private drawDead(ctx: CanvasRenderingContext2D, theme: Theme, hue: string, plot: number): void {
    const run = this.data?.run;
    if (!run) return;
    const { step, n_dead } = run.history.metrics;
    const end = Math.max(1, run.frame.step, step.at(-1) ?? 0);
    const most = Math.max(1, run.frame.metrics.n_dead, ...n_dead);
    const bottom = LOWER.top + LOWER.height;
    const x = (at: number) => LEFT + (at / end) * plot;
    const y = (n: number) => bottom - (n / most) * LOWER.height;
    ctx.font = `12px ${theme.font}`;
    ctx.fillStyle = theme.muted;
    ctx.textBaseline = 'middle';
    ctx.textAlign = 'right';
    ctx.fillText('0', LEFT - 6, bottom);
    ctx.fillText(count(most), LEFT - 6, LOWER.top);
    ctx.textAlign = 'left';
    ctx.fillText('dead latents', LEFT, LOWER.top - 15);
    ctx.strokeStyle = theme.grid;
    ctx.beginPath();
    ctx.moveTo(LEFT, LOWER.top + 0.5);
    ctx.lineTo(LEFT + plot, LOWER.top + 0.5);
    ctx.stroke();
    if (step.length > 0) {
      ctx.beginPath();
      ctx.moveTo(x(step[0]), y(n_dead[0]));
      for (let i = 1; i < step.length; i++) {
        ctx.lineTo(x(step[i]), y(n_dead[i - 1]));
        ctx.lineTo(x(step[i]), y(n_dead[i]));
      }
      ctx.strokeStyle = hue;
      ctx.lineWidth = 1.6;
      ctx.stroke();
      ctx.lineTo(x(step.at(-1) ?? 0), bottom);
      ctx.lineTo(x(step[0]), bottom);
      ctx.globalAlpha = 0.15;
      ctx.fillStyle = hue;
      ctx.fill();
      ctx.globalAlpha = 1;
    }
    ctx.lineWidth = 1;
    ctx.strokeStyle = theme.rule;
    ctx.beginPath();
    ctx.moveTo(LEFT, bottom + 0.5);
    ctx.lineTo(LEFT + plot, bottom + 0.5);
    ctx.stroke();
    ctx.beginPath();
    for (const event of run.history.events)
      if (event.kind === 'resampled') trace(ctx, 'down', x(event.step), bottom - 3, 4);
    ctx.fillStyle = theme.ink;
    ctx.fill();
    ctx.fillStyle = theme.muted;
    ctx.textAlign = 'left';
    ctx.fillText('0', LEFT, bottom + 12);
    ctx.textAlign = 'center';
    ctx.fillText('step', LEFT + plot / 2, bottom + 12);
    ctx.textAlign = 'right';
    ctx.fillText(compact(end), LEFT + plot, bottom + 12);
  }

  private highlight(
    ctx: CanvasRenderingContext2D,
    theme: Theme,
    selection: Selection,
    size: number,
    weight: number,
  ): void {
    const pair = this.data && pairOf(this.data.run, this.data.basis, selection);
    const spot = pair && pair.latent !== null ? this.spots[pair.latent] : undefined;
    if (!spot) return;
    ctx.strokeStyle = theme.select;
    ctx.lineWidth = weight;
    ctx.beginPath();
    trace(ctx, 'ring', spot.x, spot.y, size + 4);
    ctx.stroke();
  }

  private words({ run }: RunViewData): void {
    const { metrics } = run.frame;
    const n = run.config.model.n_latent;
    const resampled = run.history.events.filter((event) => event.kind === 'resampled').length;
    const sentences = [
      metrics.n_dead
        ? `${count(metrics.n_dead)} of ${many(n, 'latent')} did not fire in the last ${count(run.config.dead.window)} samples.`
        : `All ${many(n, 'latent')} fired in the last ${count(run.config.dead.window)} samples.`,
      resampled ? `Dead latents were resampled ${resampled === 1 ? 'once' : `${count(resampled)} times`}.` : '',
    ];
    this.figure.showRun(run);
    this.figure.showFinding(sentences.join(' ').trim());
    const hue = run.label === 'A' ? 'var(--sdl-a)' : 'var(--sdl-b)';
    showLegend(this.figure.legend, [
      { shape: 'dot', colour: hue, filled: true, text: 'answers to one feature' },
      { shape: 'square', colour: hue, filled: true, text: 'to several (polysemantic)' },
      { shape: 'bead', colour: hue, text: 'to none alone' },
      { shape: 'cross', colour: 'var(--sdl-dead)', text: 'dead' },
      ...(run.world.true_l0 === null
        ? []
        : [{ shape: 'dashed' as const, colour: 'var(--sdl-muted)', text: 'how often a feature fires' }]),
      { shape: 'down', colour: 'var(--sdl-ink)', filled: true, text: 'resampled' },
    ]);
    this.figure.showCaption(
      'Share of recent training samples on which each latent fired, on a log scale; at the right, how many latents fire how often.',
    );
  }

  private selectionOf(latent: number): Selection {
    return latent < 0 || !this.data ? null : { kind: 'latent', run: this.data.run.label, latent };
  }
}
