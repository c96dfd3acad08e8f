/**
 * How strict may the test be? Share of scored features whose best match exceeds τ, against τ, for both runs.
 *
 * Lines are labelled where they lie farthest apart; the τ in use is a vertical line with both runs' values on it.
 */
import { runColours, type Theme } from '../theme';
import { Figure, type Surface } from './figure';
import { linearAxis, Plot, strokeOf } from './plot';
import { listenForReading } from './pointing';
import type { CompareViewData, Handlers, RunData, View } from './view';
import { basisName, percent, recovered, recoveryOf } from './words';

const MARGIN = { left: 48, right: 14, top: 50, bottom: 40 };
/** The thresholds of a recovery curve, by index. */
const THRESHOLDS = Array.from({ length: 101 }, (_, t) => t / 100);

export class ThresholdView implements View<CompareViewData> {
  private readonly figure: Figure;
  private data: CompareViewData | null = null;
  private plot: Plot | null = null;
  /** The τ being read by pointer or keys, in hundredths. */
  private reading: number | null = null;

  constructor(root: HTMLElement, handlers: Handlers) {
    this.figure = new Figure(root, {
      title: 'How many features pass a stricter test?',
      height: (width) => Math.max(260, Math.min(0.8 * width, 420)),
      draw: (surface) => this.draw(surface),
      keys: 'Arrow keys read other thresholds, Escape clears.',
    });
    listenForReading(this.figure, handlers, {
      at: (x) => this.plot?.at(x) ?? null,
      beside: (by) => (this.reading ?? Math.round(100 * this.threshold())) / 100 + by / 100,
      read: (tau) => {
        this.reading = tau === null ? null : Math.max(0, Math.min(100, Math.round(100 * tau)));
        this.figure.invalidate();
      },
      describe: () => this.lines(),
    });
  }

  update(data: CompareViewData): void {
    this.data = data;
    const tau = this.threshold();
    const found = data.runs.map((run) => ({ run, ...recovered(run.frame.metrics, data.basis, tau) }));
    this.figure.showFinding(
      `At τ = ${tau}, ${found.map(({ run, n }, i) => `${run.label} ${i ? '' : 'recovers '}${n}`).join(' and ')} of ${found[0]?.of ?? 0} scored features.`,
    );
    this.figure.showCaption(
      `A feature passes when its best latent's ${basisName[data.basis]} exceeds τ. Features anchored in either run are not counted.`,
    );
    this.figure.invalidate();
  }

  destroy(): void {
    this.figure.destroy();
  }

  private draw({ ctx, width, height, theme }: Surface): void {
    const { data } = this;
    if (!data) return;
    const box = {
      left: MARGIN.left,
      top: MARGIN.top,
      width: width - MARGIN.left - MARGIN.right,
      height: height - MARGIN.top - MARGIN.bottom,
    };
    const plot = new Plot(box, linearAxis(0, 1, 5, String), linearAxis(0, 1, 5, percent));
    this.plot = plot;
    plot.drawAxes(ctx, theme, 'threshold τ on the best match');
    ctx.textAlign = 'left';
    ctx.fillText('share of features recovered, M_GT(τ)', 2, 8);
    const tau = this.threshold();
    plot.drawRule(ctx, tau, { colour: theme.muted, width: 1.2, dash: [2, 3] }, 19);
    ctx.fillStyle = theme.ink;
    ctx.textAlign = tau > 0.8 ? 'right' : 'center';
    ctx.fillText(`τ = ${tau}`, tau > 0.8 ? plot.x(tau) + 12 : plot.x(tau), box.top - 27);
    for (const run of data.runs) {
      const curve = this.curve(run);
      plot.drawLine(ctx, { at: THRESHOLDS, value: curve }, strokeOf(theme, run.label));
      plot.drawDot(ctx, theme, run.label, tau, curve[Math.round(100 * tau)]);
    }
    this.labelRuns(ctx, theme, plot);
    this.figure.showTip(null);
    if (this.reading === null || !this.figure.pointed()) return;
    const at = this.reading / 100;
    plot.drawRule(ctx, at, { colour: theme.select, width: 1 });
    this.figure.showTip({ x: plot.x(at), y: plot.y(0.5) }, this.lines());
  }

  private labelRuns(ctx: CanvasRenderingContext2D, theme: Theme, plot: Plot): void {
    const runs = this.data?.runs ?? [];
    const [a, b] = runs.map((run) => this.curve(run));
    if (!a) return;
    const at = labelPlace(a, b ?? a);
    ctx.font = `600 12px ${theme.font}`;
    for (const [i, run] of runs.entries()) {
      const share = this.curve(run)[at];
      const above = i === 0 ? share >= (b ?? a)[at] : share > a[at];
      // Above the upper line to the right of its drop, below the lower one to the left of it.
      ctx.textAlign = above ? 'left' : 'right';
      const half = (8 / plot.box.height) * 1.2;
      const point = {
        x: plot.x(at / 100) + (above ? 8 : -8),
        y: plot.y(Math.max(0.04, share + (above ? half : -half))),
      };
      const text = `${run.label} · ${run.title}`;
      const long = ctx.measureText(text).width;
      if (above && point.x + long > plot.x(1)) {
        ctx.textAlign = 'right';
        point.x = plot.x(1);
      }
      if (!above && point.x - long < plot.x(0)) {
        ctx.textAlign = 'left';
        point.x = plot.x(0) + 4;
      }
      ctx.strokeStyle = theme.paper;
      ctx.lineWidth = 4;
      ctx.lineJoin = 'round';
      ctx.strokeText(text, point.x, point.y);
      ctx.fillStyle = runColours(theme, run.label).text;
      ctx.fillText(text, point.x, point.y);
    }
  }

  private lines(): string[] {
    if (this.reading === null || !this.data) return [];
    const at = this.reading;
    return [
      `τ = ${(at / 100).toFixed(2)}`,
      ...this.data.runs.map((run) => `${run.label} ${percent(this.curve(run)[at])}`),
    ];
  }

  private curve(run: RunData): Float32Array {
    return recoveryOf(run.frame.metrics, this.data?.basis ?? 'decoder_cosine').curve;
  }

  private threshold(): number {
    return this.data?.runs[0]?.config.scoring.threshold ?? 0.95;
  }
}

/** The index (of 101) where two falling curves are farthest apart; where they coincide, where the first passes a half. */
export function labelPlace(a: Float32Array, b: Float32Array): number {
  let best = 0;
  for (let t = 5; t <= 92; t++) if (Math.abs(a[t] - b[t]) > Math.abs(a[best] - b[best]) + 1e-9) best = t;
  if (Math.abs(a[best] - b[best]) > 0.02) return best;
  const half = a.findIndex((share) => share <= 0.5);
  return Math.max(5, Math.min(92, half < 0 ? 50 : half));
}
