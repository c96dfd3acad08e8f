/**
 * How strict may the test be? Share of scored features whose best match exceeds τ, against τ, for both runs.
 *
 * Lines are labelled where they lie farthest apart; the τ in use is a vertical line with both runs' values on it.
 */
import { runColours, type Theme } from '../theme';
import { claim, Figure, type Surface } from './figure';
import type { CompareViewData, Handlers, RunData, View } from './view';
import { basisName, percent, recovered, recoveryOf } from './words';

const MARGIN = { left: 48, right: 14, top: 50, bottom: 40 };

export class ThresholdView implements View<CompareViewData> {
  private readonly figure: Figure;
  private data: CompareViewData | null = null;
  /** The τ being read by pointer or keys, in hundredths. */
  private reading: number | null = null;

  constructor(root: HTMLElement, handlers: Handlers) {
    this.figure = new Figure(root, {
      title: 'How many features pass a stricter test?',
      height: (width) => Math.max(260, Math.min(0.8 * width, 420)),
      draw: (surface) => this.draw(surface),
    });
    const { canvas, signal } = this.figure;
    const read = (hundredths: number | null) => {
      this.reading = hundredths === null ? null : Math.max(0, Math.min(100, Math.round(hundredths)));
      this.figure.invalidate();
    };
    canvas.addEventListener(
      'pointermove',
      (event) => {
        const plot = canvas.clientWidth - MARGIN.left - MARGIN.right;
        read((100 * (event.offsetX - MARGIN.left)) / plot);
      },
      { signal },
    );
    canvas.addEventListener('pointerleave', () => read(null), { signal });
    canvas.addEventListener('blur', () => read(null), { signal });
    canvas.addEventListener(
      'keydown',
      (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
        const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
        if (event.key === 'Escape') {
          read(null);
          handlers.select(null);
        } else if (by) {
          read((this.reading ?? Math.round(100 * this.threshold())) + by);
          this.figure.say(this.lines());
        } else return;
        claim(event);
      },
      { signal },
    );
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
    const plot = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
    const x = (tau: number) => MARGIN.left + tau * plot.width;
    const y = (share: number) => MARGIN.top + (1 - share) * plot.height;
    this.drawAxes(ctx, theme, x, y);
    const tau = this.threshold();
    ctx.strokeStyle = theme.muted;
    ctx.setLineDash([2, 3]);
    ctx.lineWidth = 1.2;
    ctx.beginPath();
    ctx.moveTo(x(tau), y(0));
    ctx.lineTo(x(tau), y(1) - 19);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.fillStyle = theme.ink;
    ctx.textAlign = tau > 0.8 ? 'right' : 'center';
    ctx.fillText(`τ = ${tau}`, tau > 0.8 ? x(tau) + 12 : x(tau), y(1) - 27);
    for (const run of data.runs) this.drawRun(ctx, theme, run, tau, x, y);
    this.labelRuns(ctx, theme, x, y, plot.height);
    this.figure.showTip(null);
    if (this.reading === null || !this.figure.pointed()) return;
    const at = this.reading / 100;
    ctx.strokeStyle = theme.select;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(x(at), y(0));
    ctx.lineTo(x(at), y(1));
    ctx.stroke();
    this.figure.showTip({ x: x(at), y: y(0.5) }, this.lines());
  }

  private drawAxes(
    ctx: CanvasRenderingContext2D,
    theme: Theme,
    x: (tau: number) => number,
    y: (share: number) => number,
  ): void {
    ctx.font = `12px ${theme.font}`;
    ctx.lineWidth = 1;
    ctx.fillStyle = theme.muted;
    ctx.textBaseline = 'middle';
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      ctx.strokeStyle = share === 0 ? theme.rule : theme.grid;
      ctx.beginPath();
      ctx.moveTo(x(0), Math.round(y(share)) + 0.5);
      ctx.lineTo(x(1), Math.round(y(share)) + 0.5);
      ctx.stroke();
      ctx.textAlign = 'right';
      ctx.fillText(percent(share), x(0) - 6, y(share));
      ctx.textAlign = 'center';
      ctx.fillText(String(share), x(share), y(0) + 13);
    }
    ctx.fillText('threshold τ on the best match', x(0.5), y(0) + 30);
    ctx.textAlign = 'left';
    ctx.fillText('share of features recovered, M_GT(τ)', 2, 8);
  }

  private drawRun(
    ctx: CanvasRenderingContext2D,
    theme: Theme,
    run: RunData,
    tau: number,
    x: (tau: number) => number,
    y: (share: number) => number,
  ): void {
    const curve = this.curve(run);
    ctx.strokeStyle = runColours(theme, run.label).mark;
    ctx.lineWidth = 2;
    ctx.lineJoin = 'round';
    ctx.setLineDash(run.label === 'A' ? [] : [7, 4]);
    ctx.beginPath();
    curve.forEach((share, t) => {
      if (t) ctx.lineTo(x(t / 100), y(share));
      else ctx.moveTo(x(0), y(share));
    });
    ctx.stroke();
    ctx.setLineDash([]);
    const share = curve[Math.round(100 * tau)];
    ctx.beginPath();
    ctx.arc(x(tau), y(share), 4.5, 0, 2 * Math.PI);
    ctx.fillStyle = run.label === 'A' ? runColours(theme, run.label).mark : theme.paper;
    ctx.fill();
    ctx.stroke();
  }

  private labelRuns(
    ctx: CanvasRenderingContext2D,
    theme: Theme,
    x: (tau: number) => number,
    y: (share: number) => number,
    room: number,
  ): void {
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
      const half = (8 / room) * 1.2;
      const point = { x: x(at / 100) + (above ? 8 : -8), y: y(Math.max(0.04, share + (above ? half : -half))) };
      const text = `${run.label} · ${run.title}`;
      const long = ctx.measureText(text).width;
      if (above && point.x + long > x(1)) {
        ctx.textAlign = 'right';
        point.x = x(1);
      }
      if (!above && point.x - long < x(0)) {
        ctx.textAlign = 'left';
        point.x = x(0) + 4;
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
