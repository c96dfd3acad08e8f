/**
 * How far is the loss from L̃, and what does Theorem 3.1 say of it? L_SDL, L̃, their difference and the bound
 * n² C (1−S)² of given weights, over the sparsity S; where the bound is below L̃ it is informative.
 */
import type { Theme } from '../theme';
import { runColours } from '../theme';
import { Figure, type Surface } from './figure';
import { linearAxis, logAxis, Plot, type Stroke } from './plot';
import { listenForReading } from './pointing';
import { nearestIndex } from './scales';
import { type Curve, extent } from './series';
import type { RunData, View } from './view';
import { count, loss, power } from './words';

/** The engine's answer for one S (`src/theory/extreme.rs`). */
export interface BoundAt {
  sparsity: number;
  /** L_SDL and half of its 95 % interval. */
  loss: number;
  loss_error: number;
  /** L̃, |L_SDL − L̃|, C and the bound; null where they are not known. */
  approx: number | null;
  gap: number | null;
  c: number | null;
  bound: number | null;
  informative: boolean;
}

export interface BoundReport {
  curve: BoundAt[];
  informative_above: number | null;
  /** Whether the theorem covers this model on this world; if not, why. */
  applies: boolean;
  why_not: string[];
  samples: number;
  most_active: number;
}

export interface BoundData {
  run: RunData;
  /** Of the weights at this step; S ascending, the run's own S among them. */
  report: BoundReport;
  step: number;
}

const MARGIN = { left: 58, right: 26, top: 48, bottom: 42 };
/** Decades of the vertical axis at most: differences fall to nothing. */
const DECADES = 9;

interface Line {
  name: string;
  curve: Curve;
  stroke: Stroke;
}

export class BoundView implements View<BoundData> {
  private readonly figure: Figure;
  private data: BoundData | null = null;
  private plot: Plot | null = null;
  /** Index in the curve that is being read. */
  private reading: number | null = null;

  constructor(root: HTMLElement) {
    this.figure = new Figure(root, {
      title: 'How near is the loss to L̃?',
      height: (width) => Math.max(300, Math.min(0.85 * width, 460)),
      draw: (surface) => this.draw(surface),
      keys: 'Arrow keys read other sparsities, Escape clears.',
    });
    const nobody = { hover() {}, select() {} };
    listenForReading(this.figure, nobody, {
      at: (x) => this.plot?.at(x) ?? null,
      beside: (by) => {
        const places = this.places();
        const at = this.reading ?? this.own();
        return places[Math.max(0, Math.min(places.length - 1, at + by))] ?? 0;
      },
      read: (place) => {
        this.reading = place === null ? null : nearestIndex(this.places(), place);
        this.figure.invalidate();
      },
      describe: () => this.lines(),
    });
  }

  update(data: BoundData): void {
    this.data = data;
    if (this.reading !== null && this.reading >= data.report.curve.length) this.reading = null;
    this.figure.showRun(data.run);
    this.figure.showFinding(this.finding(data));
    this.figure.showCaption(captionOf(data));
    this.figure.invalidate();
  }

  destroy(): void {
    this.figure.destroy();
  }

  private draw({ ctx, width, height, theme }: Surface): void {
    this.figure.showTip(null);
    const { data } = this;
    if (!data) return;
    const box = {
      left: MARGIN.left,
      top: MARGIN.top,
      width: width - MARGIN.left - MARGIN.right,
      height: height - MARGIN.top - MARGIN.bottom,
    };
    const places = this.places();
    const lines = linesOf(data, places, theme);
    const range = extent(
      lines.map(({ curve }) => curve),
      0,
    ) ?? { low: 0.1, high: 1 };
    const low = Math.max(range.low, range.high / 10 ** DECADES);
    const across = { ...linearAxis(places[0], places.at(-1) ?? 1, 5, (tick) => sparsityWords(1 - 10 ** -tick)) };
    // A tick a decade: S = 0.9, 0.99 …
    across.ticks = across.ticks.filter(Number.isInteger);
    const plot = new Plot(box, across, logAxis(low, Math.max(range.high, 2 * low), power));
    this.plot = plot;
    this.shadeInformative(ctx, theme, plot);
    plot.drawAxes(ctx, theme, 'sparsity S = Pr(x_d = 0)');
    ctx.textAlign = 'left';
    ctx.fillText('squared error, log scale', 2, 8);
    const own = places[this.own()];
    plot.drawRule(ctx, own, { colour: theme.muted, width: 1.2, dash: [2, 3] });
    for (const { curve, stroke } of lines) plot.drawLine(ctx, curve, stroke);
    ctx.fillStyle = theme.ink;
    ctx.textAlign = plot.x(own) > box.left + 0.7 * box.width ? 'right' : 'left';
    ctx.fillText(`this world: S = ${sparsityWords(1 - 10 ** -own)}`, plot.x(own), box.top - 10);
    label(ctx, theme, plot, lines);
    if (this.reading === null || !this.figure.pointed()) return;
    const at = places[this.reading];
    plot.drawRule(ctx, at, { colour: theme.select, width: 1 });
    this.figure.showTip({ x: plot.x(at), y: box.top + 0.3 * box.height }, this.lines());
  }

  private shadeInformative(ctx: CanvasRenderingContext2D, theme: Theme, plot: Plot): void {
    const above = this.data?.report.informative_above ?? null;
    if (above === null) return;
    const { left, top, width, height } = plot.box;
    const from = Math.max(left, Math.min(left + width, plot.x(-Math.log10(1 - above))));
    if (from >= left + width) return;
    ctx.save();
    ctx.globalAlpha = 0.12;
    ctx.fillStyle = theme.positive;
    ctx.fillRect(from, top, left + width - from, height);
    ctx.globalAlpha = 1;
    ctx.font = `12px ${theme.font}`;
    ctx.textAlign = 'right';
    ctx.textBaseline = 'middle';
    ctx.fillText('bound informative', left + width - 4, top + 12);
    ctx.restore();
  }

  private finding({ report, run }: BoundData): string {
    const here = report.curve[this.own()];
    const s = sparsityWords(here.sparsity);
    if (here.approx === null)
      return `At S = ${s}, L_SDL is ${loss(here.loss)}; M_d is not known here, so there is no L̃.`;
    const apart = `At S = ${s}, L_SDL is ${loss(here.loss)} and L̃ ${loss(here.approx)}: ${loss(here.gap ?? 0)} apart`;
    if (here.bound === null) return `${apart}. Theorem 3.1 does not cover this run: ${report.why_not.join('; ')}.`;
    const bound = `${apart}; the bound allows ${loss(here.bound)}`;
    if (here.informative) return `${bound}, less than L̃ itself: it is informative here.`;
    const from = report.informative_above;
    const where = from === null ? 'at no S shown' : `from S = ${sparsityWords(from)} on`;
    return `${bound}, more than L̃ itself, so it says nothing here; it does ${where} (1−S ≲ 1/n = ${loss(1 / run.world.n_features)}).`;
  }

  private lines(): string[] {
    const at = this.reading === null ? undefined : this.data?.report.curve[this.reading];
    if (!at) return [];
    const known = (name: string, value: number | null) => (value === null ? [] : [`${name} = ${loss(value)}`]);
    return [
      `S = ${sparsityWords(at.sparsity)}`,
      `L_SDL = ${loss(at.loss)} ± ${loss(at.loss_error)}`,
      ...known('L̃', at.approx),
      ...known('|L_SDL − L̃|', at.gap),
      ...known('bound', at.bound),
    ];
  }

  /** −log₁₀(1−S). */
  private places(): number[] {
    return (this.data?.report.curve ?? []).map(({ sparsity }) => -Math.log10(1 - sparsity));
  }

  private own(): number {
    const { data } = this;
    if (!data) return 0;
    return nearestIndex(this.places(), -Math.log10(1 - data.run.config.bench.sparsity));
  }
}

function linesOf({ run, report }: BoundData, at: number[], theme: Theme): Line[] {
  const of = (pick: (at: BoundAt) => number | null) => ({
    at,
    value: report.curve.map((at) => pick(at) ?? Number.NaN),
  });
  const lines: Line[] = [
    { name: 'bound', curve: of(({ bound }) => bound), stroke: { colour: theme.negative, width: 2, dash: [2, 4] } },
    {
      name: 'L_SDL',
      curve: of(({ loss }) => loss),
      stroke: { colour: runColours(theme, run.label).mark, width: 2.5 },
    },
    { name: 'L̃', curve: of(({ approx }) => approx), stroke: { colour: theme.ink, width: 2, dash: [8, 4] } },
    {
      name: '|L_SDL − L̃|',
      curve: of(({ gap }) => gap),
      stroke: { colour: theme.muted, width: 1.5, dash: [8, 3, 2, 3] },
    },
  ];
  return lines.filter(({ curve }) => Array.from(curve.value).some((value) => value > 0));
}

/** Each line's name on it, where it is farthest from the other lines and from names already there. */
function label(ctx: CanvasRenderingContext2D, theme: Theme, plot: Plot, lines: readonly Line[]): void {
  const { left, top, width, height } = plot.box;
  ctx.font = `600 12px ${theme.font}`;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'center';
  ctx.lineJoin = 'round';
  const names: { x: number; y: number }[] = [];
  for (const line of lines) {
    const half = ctx.measureText(line.name).width / 2;
    let best: { x: number; y: number } | null = null;
    let most = 0;
    for (let i = 0; i < line.curve.at.length; i++) {
      const at = { x: plot.x(line.curve.at[i]), y: plot.y(line.curve.value[i]) };
      const isInside = at.x > left + half && at.x < left + width - half && at.y > top + 22 && at.y < top + height - 8;
      if (!(line.curve.value[i] > 0) || !isInside) continue;
      const apart = lines.filter((other) => other !== line).map(({ curve }) => Math.abs(plot.y(curve.value[i]) - at.y));
      const away = names.map(({ x, y }) => Math.hypot((x - at.x) / 3, y - at.y));
      // Beyond two lines of text farther is no better.
      const room = Math.min(32, ...apart.filter(Number.isFinite), ...away);
      if (room > most) [best, most] = [at, room];
    }
    if (!best) continue;
    names.push(best);
    ctx.strokeStyle = theme.paper;
    ctx.lineWidth = 4;
    ctx.strokeText(line.name, best.x, best.y);
    ctx.fillStyle = line.stroke.colour === theme.muted ? theme.muted : theme.ink;
    ctx.fillText(line.name, best.x, best.y);
  }
}

function captionOf({ report, step, run }: BoundData): string {
  const weights = `Theorem 3.1 for the weights at step ${count(step)}, were features as sparse as S: |L_SDL − L̃| ≤ n² C (1−S)² with n = ${count(run.world.n_features)}.`;
  const drawn = `L̃ is exact, L_SDL from ${count(report.samples)} samples sorted by how many features are active (up to ${count(report.most_active)}).`;
  const c = report.applies
    ? ' C is the largest squared error among samples with as many features active as 100,000 samples would show.'
    : '';
  return `${weights} ${drawn}${c}`;
}

/** S with as many digits as tell it from 1. */
export function sparsityWords(s: number): string {
  const digits = Math.ceil(-Math.log10(Math.max(1 - s, 1e-12)) - 1e-9) + 1;
  return String(Number(s.toFixed(Math.max(2, digits))));
}
