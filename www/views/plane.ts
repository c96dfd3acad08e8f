/**
 * The loss on a plane through weights: heat map with labelled contours, the runs and the truth on it, their paths.
 *
 * Dark is high; the scale is logarithmic, since a loss spans decades. Points that are not on the plane are open and
 * stand where they would fall on it. A crosshair reads the loss at any place.
 */
import { runColours, type Theme } from '../theme';
import { contour, interpolate } from './contours';
import { claim, Figure, type Surface } from './figure';
import { type LegendItem, type Shape, showLegend, trace } from './marks';
import { linearAxis, Plot } from './plot';
import { channels } from './ramp';
import { logTicks } from './scales';
import type { RunLabel, View } from './view';
import { loss as lossWords, score } from './words';

export interface PlanePoint {
  name: string;
  /** Whose hue it has. */
  run: RunLabel | null;
  shape: Shape;
  x: number;
  y: number;
  /** Distance from the plane; 0: on it. */
  off: number;
}

export interface PlaneData {
  /** [side, side] losses, the row of the lowest y first; a side of 0: nothing yet. */
  values: Float64Array;
  side: number;
  box: { left: number; right: number; low: number; high: number };
  points: PlanePoint[];
  paths: { run: RunLabel; points: [x: number, y: number][] }[];
  /** Whether x and y are distances in weight space, the same in every direction. */
  distances: boolean;
  axes: [x: string, y: string];
  /** What the loss is: "L̃". */
  quantity: string;
  finding: string;
  caption: string;
}

const MARGIN = { left: 50, right: 14, top: 26, bottom: 42 };
const LARGEST = 560;
/** A loss of zero is shown as the largest times this. */
const FLOOR = 1e-4;
const MOST_CONTOURS = 9;
/** Steps of the crosshair across the picture. */
const STEPS = 40;

export class PlaneView implements View<PlaneData> {
  private readonly figure: Figure;
  private data: PlaneData | null = null;
  private plot: Plot | null = null;
  private reading: { x: number; y: number } | null = null;
  private readonly image = document.createElement('canvas');
  private painted = '';
  private readonly scale = new Scale();

  constructor(root: HTMLElement) {
    this.figure = new Figure(root, {
      title: 'What lies around these weights?',
      height: (width) => Math.min(width - MARGIN.left - MARGIN.right, LARGEST) + MARGIN.top + MARGIN.bottom,
      draw: (surface) => this.draw(surface),
      keys: 'Arrow keys move a crosshair that reads the loss, Escape clears.',
    });
    this.listen();
  }

  update(data: PlaneData): void {
    if (data.values !== this.data?.values) this.painted = '';
    this.data = data;
    this.figure.showFinding(data.finding);
    this.figure.showCaption(data.caption);
    this.figure.invalidate();
  }

  destroy(): void {
    this.figure.destroy();
  }

  private draw({ ctx, width, height, theme }: Surface): void {
    const { data } = this;
    this.figure.showTip(null);
    if (!data || data.side === 0) {
      this.plot = null;
      return;
    }
    const side = Math.min(width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom);
    const { left, right, low, high } = data.box;
    const box = { left: MARGIN.left, top: MARGIN.top, width: side, height: side };
    const plot = new Plot(box, linearAxis(left, right, 5, score3), linearAxis(low, high, 5, score3));
    this.plot = plot;
    plot.drawAxes(ctx, theme, data.axes[0]);
    ctx.textAlign = 'left';
    ctx.fillText(data.axes[1], 2, 8);
    const range = rangeOf(data.values);
    this.paint(data, range, theme);
    ctx.imageSmoothingEnabled = true;
    const cells = data.side - 1;
    ctx.drawImage(this.image, 0.5, 0.5, cells, cells, box.left, box.top, side, side);
    ctx.save();
    ctx.beginPath();
    ctx.rect(box.left, box.top, side, side);
    ctx.clip();
    this.drawContours(ctx, theme, plot, range);
    for (const path of data.paths) drawPath(ctx, theme, plot, path);
    ctx.restore();
    for (const point of data.points) drawPoint(ctx, theme, plot, point);
    this.scale.show(range, data.quantity, theme);
    showLegend(this.figure.legend, legendOf(data), this.scale.element);
    this.drawReading(ctx, theme, plot);
  }

  /** A pixel a point of the lattice; what lies between is mixed by the canvas. */
  private paint({ values, side }: PlaneData, range: Range, theme: Theme): void {
    const key = `${side} ${theme.zero} ${theme.negative}`;
    if (this.painted === key) return;
    this.painted = key;
    this.image.width = side;
    this.image.height = side;
    const ctx = this.image.getContext('2d');
    if (!ctx) return;
    const pixels = ctx.createImageData(side, side);
    const [from, to] = [channels(theme.zero), channels(theme.negative)];
    for (let i = 0; i < values.length; i++) {
      const at = 4 * ((side - 1 - Math.floor(i / side)) * side + (i % side));
      const share = heightOf(values[i], range);
      for (let c = 0; c < 3; c++) pixels.data[at + c] = Math.round(from[c] + share * (to[c] - from[c]));
      pixels.data[at + 3] = 255;
    }
    ctx.putImageData(pixels, 0, 0);
  }

  private drawContours(ctx: CanvasRenderingContext2D, theme: Theme, plot: Plot, range: Range): void {
    const { values, side, box } = this.data as PlaneData;
    const heights = Float64Array.from(values, (value) => heightOf(value, range));
    const x = (column: number) => plot.x(box.left + (column / (side - 1)) * (box.right - box.left));
    const y = (row: number) => plot.y(box.low + (row / (side - 1)) * (box.high - box.low));
    ctx.font = `11px ${theme.font}`;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.lineJoin = 'round';
    // Labels keep away from marks, and from each other.
    const taken = this.data?.points.map((point): [number, number] => [plot.x(point.x) + 20, plot.y(point.y)]) ?? [];
    for (const level of levelsOf(range)) {
      const segments = contour(heights, side, heightOf(level, range));
      ctx.beginPath();
      for (let i = 0; i < segments.length; i += 4) {
        ctx.moveTo(x(segments[i]), y(segments[i + 1]));
        ctx.lineTo(x(segments[i + 2]), y(segments[i + 3]));
      }
      ctx.strokeStyle = theme.ink;
      ctx.globalAlpha = 0.45;
      ctx.lineWidth = 1;
      ctx.stroke();
      ctx.globalAlpha = 1;
      const at = placeOfLabel(segments, x, y, plot, taken);
      if (!at) continue;
      taken.push(at);
      const words = lossWords(Number(level.toPrecision(2))).replace(/(\.\d*[1-9])0+$/, '$1');
      ctx.strokeStyle = theme.paper;
      ctx.lineWidth = 3;
      ctx.strokeText(words, ...at);
      ctx.fillStyle = theme.ink;
      ctx.fillText(words, ...at);
    }
  }

  private drawReading(ctx: CanvasRenderingContext2D, theme: Theme, plot: Plot): void {
    if (!this.reading || !this.figure.pointed()) return;
    const [x, y] = [plot.x(this.reading.x), plot.y(this.reading.y)];
    const { left, top, width, height } = plot.box;
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + width, y);
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.strokeStyle = theme.select;
    ctx.lineWidth = 1;
    ctx.stroke();
    this.figure.showTip({ x, y }, this.lines());
  }

  /** What the crosshair reads. */
  private lines(): string[] {
    const { data, reading } = this;
    if (!data || !reading) return [];
    const { left, right, low, high } = data.box;
    const column = ((reading.x - left) / (right - left)) * (data.side - 1);
    const row = ((reading.y - low) / (high - low)) * (data.side - 1);
    const value = `${data.quantity} = ${lossWords(interpolate(data.values, data.side, column, row))}`;
    if (!data.distances) return [value, `α = ${score(reading.x)}, β = ${score(reading.y)}`];
    const corners = data.points.filter(({ off }) => off === 0);
    const far = corners.map(({ name, x, y }) => `${name} ${score(Math.hypot(x - reading.x, y - reading.y))}`);
    return [value, `distance to ${far.join(', ')}`];
  }

  private listen(): void {
    const { canvas, signal } = this.figure;
    const read = (at: { x: number; y: number } | null) => {
      const { data } = this;
      const held = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));
      this.reading =
        at && data
          ? { x: held(at.x, data.box.left, data.box.right), y: held(at.y, data.box.low, data.box.high) }
          : null;
      this.figure.invalidate();
    };
    canvas.addEventListener(
      'pointermove',
      (event) => {
        const { plot, data } = this;
        if (!plot || !data) return;
        const up = 1 - (event.offsetY - plot.box.top) / plot.box.height;
        read({ x: plot.at(event.offsetX), y: data.box.low + up * (data.box.high - data.box.low) });
      },
      { signal },
    );
    canvas.addEventListener('pointerleave', () => read(null), { signal });
    canvas.addEventListener('blur', () => read(null), { signal });
    canvas.addEventListener('focus', () => this.figure.invalidate(), { signal });
    canvas.addEventListener(
      'keydown',
      (event) => {
        const { data } = this;
        if (!data || data.side === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
        const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
        if (by) {
          const step = (event.shiftKey ? 5 : 1) * ((data.box.right - data.box.left) / STEPS);
          const { x, y } = this.reading ?? data.points[0] ?? { x: 0, y: 0 };
          read({ x: x + by[0] * step, y: y + by[1] * step });
          this.figure.say(this.lines());
        } else if (event.key === 'Escape') read(null);
        else return;
        claim(event);
      },
      { signal },
    );
  }
}

interface Range {
  low: number;
  high: number;
}

/** Of what is there; zero has no place on a log scale. */
function rangeOf(values: Float64Array): Range {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (high === 0) return { low: 1, high: 10 };
  low = Math.max(low, high * FLOOR);
  return { low, high: high > low ? high : low * 1.01 };
}

/** 0 … 1 on the log scale; what is no number is as high as it gets. */
function heightOf(value: number, { low, high }: Range): number {
  if (!Number.isFinite(value)) return 1;
  return Math.max(0, Math.min(1, Math.log(Math.max(value, low) / low) / Math.log(high / low)));
}

function levelsOf({ low, high }: Range): number[] {
  const round = logTicks(low, high).filter((level) => level > low && level < high);
  if (round.length >= 4 && round.length <= MOST_CONTOURS) return round;
  // Steps of equal height, where round numbers are too few or too many.
  const n = 7;
  return Array.from({ length: n }, (_, i) => low * (high / low) ** ((i + 1) / (n + 1)));
}

/** Where a line is easiest to label: well inside, away from other labels. */
function placeOfLabel(
  segments: number[],
  x: (column: number) => number,
  y: (row: number) => number,
  { box }: Plot,
  taken: readonly [number, number][],
): [number, number] | null {
  let best: [number, number] | null = null;
  let most = 14;
  for (let i = 0; i < segments.length; i += 4) {
    const at: [number, number] = [x(segments[i]), y(segments[i + 1])];
    const edge = Math.min(
      (at[0] - box.left) / 2,
      (box.left + box.width - at[0]) / 2,
      at[1] - box.top,
      box.top + box.height - at[1],
    );
    const room = taken.reduce((room, [sx, sy]) => Math.min(room, Math.hypot(sx - at[0], 2 * (sy - at[1])) / 2), edge);
    if (room > most) [best, most] = [at, room];
  }
  return best;
}

function hueOf(theme: Theme, run: RunLabel | null): { mark: string; text: string } {
  return run ? runColours(theme, run) : { mark: theme.ink, text: theme.ink };
}

function drawPoint(ctx: CanvasRenderingContext2D, theme: Theme, plot: Plot, point: PlanePoint): void {
  const [x, y] = [plot.x(point.x), plot.y(point.y)];
  const { mark, text } = hueOf(theme, point.run);
  ctx.beginPath();
  trace(ctx, point.shape, x, y, 6);
  ctx.lineWidth = 6;
  ctx.strokeStyle = theme.paper;
  ctx.stroke();
  ctx.fillStyle = point.off === 0 ? mark : theme.paper;
  ctx.fill();
  ctx.lineWidth = 2;
  ctx.strokeStyle = mark;
  ctx.stroke();
  ctx.font = `600 13px ${theme.font}`;
  ctx.textBaseline = 'middle';
  const right = x + 12 + ctx.measureText(point.name).width < plot.box.left + plot.box.width;
  ctx.textAlign = right ? 'left' : 'right';
  const beside = right ? x + 11 : x - 11;
  ctx.lineJoin = 'round';
  ctx.lineWidth = 4;
  ctx.strokeStyle = theme.paper;
  ctx.strokeText(point.name, beside, y);
  ctx.fillStyle = text;
  ctx.fillText(point.name, beside, y);
}

function drawPath(
  ctx: CanvasRenderingContext2D,
  theme: Theme,
  plot: Plot,
  { run, points }: PlaneData['paths'][number],
): void {
  ctx.beginPath();
  for (const [i, [x, y]] of points.entries()) {
    if (i === 0) ctx.moveTo(plot.x(x), plot.y(y));
    else ctx.lineTo(plot.x(x), plot.y(y));
  }
  ctx.lineJoin = 'round';
  ctx.lineWidth = 4.5;
  ctx.strokeStyle = theme.paper;
  ctx.stroke();
  ctx.lineWidth = 2;
  ctx.setLineDash(run === 'A' ? [] : [6, 4]);
  ctx.strokeStyle = runColours(theme, run).mark;
  ctx.stroke();
  ctx.setLineDash([]);
}

function legendOf({ points, paths }: PlaneData): LegendItem[] {
  const items: LegendItem[] = points.map(({ name, run, shape, off }) => ({
    shape,
    colour: run ? `var(--sdl-${run.toLowerCase()})` : 'var(--sdl-ink)',
    filled: off === 0,
    text: off === 0 ? name : `${name}, ${off.toFixed(2)} off the plane`,
  }));
  for (const { run } of paths)
    items.push({
      shape: run === 'A' ? 'line' : 'dashed',
      colour: `var(--sdl-${run.toLowerCase()})`,
      text: `path of ${run}, as its shadow`,
    });
  return items;
}

/** The scale, as the legend's first entry. */
class Scale {
  readonly element = document.createElement('li');
  private shown = '';

  show({ low, high }: Range, quantity: string, theme: Theme): void {
    const key = `${low} ${high} ${quantity} ${theme.zero}`;
    if (this.shown === key) return;
    this.shown = key;
    const bar = document.createElement('span');
    bar.className = 'ramp';
    bar.style.background = `linear-gradient(90deg, ${theme.zero}, ${theme.negative})`;
    this.element.replaceChildren(lossWords(low), bar, `${lossWords(high)} ${quantity}, log scale`);
  }
}

const score3 = (tick: number) => String(Number(tick.toPrecision(3))).replace('-', '−');
