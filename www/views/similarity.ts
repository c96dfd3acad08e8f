/**
 * Which latent answers to which feature? The cosines of latents with features as a heat map.
 *
 * Rows are ordered by their best match, so that a recovered dictionary is a diagonal. The picture is an image of at
 * most one cell per device pixel; everything finer than a few pixels (dots, labels) is left out and the caption says so.
 */
import type { Theme } from '../theme';
import { Figure, type Surface } from './figure';
import { HeatImage } from './heat';
import { showLegend, trace } from './marks';
import { labelStride, matchRows, orderRows } from './order';
import { listen, walk } from './pointing';
import { Ramp } from './ramp';
import type { Handlers, RunViewData, Selection, View } from './view';
import {
  anchoredFeatures,
  count,
  describe,
  featureName,
  type LatentKind,
  latentKind,
  many,
  pairOf,
  partSentence,
  score,
  shorten,
  sideOf,
} from './words';

/** Dots are drawn in cells at least this large. */
const DOT_CELL = 4.5;

/** Rows and columns below this many pixels are outlined at a distance. */
const THIN = 8;

interface Layout {
  left: number;
  top: number;
  width: number;
  height: number;
  /** Names instead of numbers under the columns. */
  named: boolean;
}

export class SimilarityView implements View<RunViewData> {
  private readonly figure: Figure;
  private readonly ramp = new Ramp();
  private readonly image = new HeatImage();
  private data: RunViewData | null = null;
  private values: Float32Array = new Float32Array();
  private match: Uint32Array | null = null;
  private order: Uint32Array = new Uint32Array();
  private layout: Layout = { left: 0, top: 0, width: 1, height: 1, named: false };
  private cell: { row: number; feature: number } | null = null;

  constructor(root: HTMLElement, handlers: Handlers) {
    this.figure = new Figure(root, {
      title: 'Which latent answers to which feature?',
      height: (width) => this.arrange(width),
      draw: (surface) => this.draw(surface),
    });
    const { canvas, signal } = this.figure;
    canvas.addEventListener('pointermove', (event) => this.pointAt(event.offsetX, event.offsetY), { signal });
    canvas.addEventListener('pointerleave', () => this.pointAt(-1, -1), { signal });
    listen(this.figure, handlers, {
      pick: (x, y) => this.pick(x, y),
      current: () => this.data?.hover ?? this.data?.selected ?? null,
      move: (key, from) => {
        this.cell = null;
        return this.data
          ? walk(
              key,
              from,
              this.data.run.label,
              this.features(),
              this.order.map((row) => this.latent(row)),
            )
          : undefined;
      },
      describe: (selection) => (this.data ? describe(this.data.run, this.data.basis, selection) : []),
    });
  }

  update(data: RunViewData): void {
    const { metrics } = data.run.frame;
    const side = sideOf(data.basis);
    const changed = this.data?.run.frame !== data.run.frame || sideOf(this.data.basis) !== side;
    if (this.data?.run.world !== data.run.world || (this.data && sideOf(this.data.basis) !== side)) this.match = null;
    this.data = data;
    if (changed) {
      this.values = metrics.similarity[side];
      this.match = matchRows(this.values, data.run.world.n_features, this.match);
      this.order = orderRows(
        this.values,
        data.run.world.n_features,
        this.match,
        (row) => metrics.dead[this.latent(row)] === 1,
      );
      this.image.forget();
      this.words();
    }
    this.figure.invalidate();
  }

  destroy(): void {
    this.figure.destroy();
  }

  private arrange(width: number): number {
    const run = this.data?.run;
    const n = Math.max(1, run?.world.n_features ?? 1);
    const left = 54;
    const plot = width - left - 6;
    const named = Boolean(run?.world.names) && plot / n >= 11;
    const rows = Math.max(1, this.order.length);
    const height = Math.round(Math.min(rows * (plot / n), Math.max(200, Math.min(0.85 * plot, 380)), rows * 40));
    this.layout = { left, top: 16, width: plot, height: Math.max(height, 120), named };
    return this.layout.top + this.layout.height + (named ? 92 : 36);
  }

  private draw({ ctx, theme }: Surface): void {
    const { data, layout } = this;
    if (!data) return;
    const { run } = data;
    this.ramp.show(theme);
    const { left, top, width, height } = layout;
    this.image.paint(this.values, run.world.n_features, this.order, layout, theme);
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(this.image.canvas, left, top, width, height);
    const cellWidth = width / run.world.n_features;
    const cellHeight = height / Math.max(1, this.order.length);
    if (Math.min(cellWidth, cellHeight) >= 7) this.drawGaps(ctx, theme, cellWidth, cellHeight);
    if (Math.min(cellWidth, cellHeight) >= DOT_CELL) this.drawPattern(ctx, theme, cellWidth, cellHeight);
    this.showLegend(Math.min(cellWidth, cellHeight) >= DOT_CELL);
    this.drawDead(ctx, theme, cellHeight);
    this.drawAxes(ctx, theme, cellWidth, cellHeight);
    this.outline(ctx, theme, data.selected, 2);
    this.outline(ctx, theme, data.hover, 1.3);
    this.outlineCell(ctx, theme);
    this.tell();
  }

  private drawGaps(ctx: CanvasRenderingContext2D, theme: Theme, cellWidth: number, cellHeight: number): void {
    const { left, top, width, height } = this.layout;
    ctx.strokeStyle = theme.paper;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (let x = left + cellWidth; x < left + width - 1; x += cellWidth) {
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
    }
    for (let y = top + cellHeight; y < top + height - 1; y += cellHeight) {
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
    }
    ctx.stroke();
  }

  /** A dot where the feature alone fires the latent; paper on strong colours, ink on faint ones. */
  private drawPattern(ctx: CanvasRenderingContext2D, theme: Theme, cellWidth: number, cellHeight: number): void {
    const pattern = this.data?.run.frame.metrics.similarity.pattern;
    const n = this.data?.run.world.n_features ?? 0;
    if (!pattern) return;
    const r = Math.max(1, Math.min(2.8, 0.17 * Math.min(cellWidth, cellHeight)));
    for (const strong of [false, true]) {
      ctx.beginPath();
      this.order.forEach((row, at) => {
        for (let d = 0; d < n; d++) {
          const index = row * n + d;
          if (pattern[index] && Math.abs(this.values[index]) > 0.6 === strong)
            trace(ctx, 'dot', this.layout.left + (d + 0.5) * cellWidth, this.layout.top + (at + 0.5) * cellHeight, r);
        }
      });
      ctx.fillStyle = strong ? theme.paper : theme.ink;
      ctx.fill();
    }
  }

  /** The dead are the last rows: hatched, with a cross beside them. */
  private drawDead(ctx: CanvasRenderingContext2D, theme: Theme, cellHeight: number): void {
    const dead = this.data?.run.frame.metrics.dead;
    if (!dead) return;
    const first = this.order.findIndex((row) => dead[this.latent(row)] === 1);
    if (first < 0) return;
    const { left, top, width, height } = this.layout;
    const y = top + first * cellHeight;
    const depth = top + height - y;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, y, width, depth);
    ctx.clip();
    ctx.globalAlpha = 0.6;
    ctx.fillStyle = theme.paper;
    ctx.fillRect(left, y, width, depth);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = theme.dead;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (let x = left - depth; x < left + width; x += 6) {
      ctx.moveTo(x, y + depth);
      ctx.lineTo(x + depth, y);
    }
    ctx.stroke();
    ctx.restore();
    ctx.strokeStyle = theme.dead;
    ctx.lineWidth = 1;
    ctx.strokeRect(left + 0.5, y + 0.5, width - 1, depth - 1);
  }

  private drawAxes(ctx: CanvasRenderingContext2D, theme: Theme, cellWidth: number, cellHeight: number): void {
    const run = this.data?.run;
    if (!run) return;
    const { left, top, width, height, named } = this.layout;
    const { dead } = run.frame.metrics;
    ctx.font = `12px ${theme.font}`;
    ctx.fillStyle = theme.muted;
    ctx.textBaseline = 'middle';
    ctx.textAlign = 'right';
    const every = labelStride(this.order.length, height, 15);
    const crosses = new Path2D();
    this.order.forEach((row, at) => {
      if (at % every !== 0) return;
      const y = top + (at + 0.5) * cellHeight;
      const latent = this.latent(row);
      if (dead[latent]) trace(crosses, 'cross', left - 9, y, 3);
      ctx.fillText(String(latent), left - (dead[latent] ? 17 : 6), y);
    });
    ctx.strokeStyle = theme.dead;
    ctx.lineWidth = 1.5;
    ctx.stroke(crosses);
    const anchored = anchoredFeatures(run);
    ctx.beginPath();
    for (const d of anchored)
      trace(ctx, 'diamond', left + (d + 0.5) * cellWidth, top - 7, Math.max(2, Math.min(3.6, cellWidth / 2.6)));
    ctx.fillStyle = theme.truth;
    ctx.fill();
    ctx.fillStyle = theme.muted;
    const stride = named ? 1 : labelStride(run.world.n_features, width, 26);
    for (let d = 0; d < run.world.n_features; d += stride) {
      const x = left + (d + 0.5) * cellWidth;
      if (named) {
        ctx.save();
        ctx.translate(x, top + height + 8);
        ctx.rotate(-Math.PI / 3);
        ctx.fillText(shorten(featureName(run.world, d)), 0, 0);
        ctx.restore();
      } else {
        ctx.textAlign = 'center';
        ctx.fillText(String(d), x, top + height + 11);
      }
    }
    ctx.textAlign = 'right';
    if (!named) ctx.fillText('feature d', left + width, top + height + 27);
    ctx.save();
    ctx.translate(8, top);
    ctx.rotate(-Math.PI / 2);
    ctx.fillText('latent i, by best match', 0, 0);
    ctx.restore();
  }

  /** Row and column of what is pointed at, and a box round the cell where they meet. */
  private outline(ctx: CanvasRenderingContext2D, theme: Theme, selection: Selection, weight: number): void {
    const { data, layout } = this;
    const pair = data && pairOf(data.run, data.basis, selection);
    if (!data || !pair || pair.feature === null || pair.latent === null) return;
    const column = this.columnBox(pair.feature);
    const at = this.order.findIndex((row) => this.latent(row) === pair.latent);
    ctx.strokeStyle = theme.select;
    // Round a thin row or column the outline stands off, so as not to cover it.
    ctx.lineWidth = Math.min(column.width, this.rowBox(0).height) < THIN ? 1 : weight;
    if (pair.chosen === 'feature') ctx.strokeRect(column.x, layout.top - 1, column.width, layout.height + 2);
    if (at < 0) return;
    const row = this.rowBox(at);
    if (pair.chosen === 'latent') ctx.strokeRect(layout.left - 1, row.y, layout.width + 2, row.height);
    ctx.strokeRect(column.x - 1, row.y - 1, column.width + 2, row.height + 2);
  }

  /** The very cell under the pointer, which need not be its latent's best. */
  private outlineCell(ctx: CanvasRenderingContext2D, theme: Theme): void {
    if (!this.cell) return;
    const column = this.columnBox(this.cell.feature);
    const row = this.rowBox(this.order.indexOf(this.cell.row));
    ctx.strokeStyle = theme.ink;
    ctx.lineWidth = 1.5;
    ctx.strokeRect(column.x, row.y, column.width, row.height);
  }

  private tell(): void {
    const { data, cell, layout } = this;
    this.figure.showTip(null);
    if (!data || !this.figure.pointed()) return;
    if (cell) {
      const column = this.columnBox(cell.feature);
      const row = this.rowBox(this.order.indexOf(cell.row));
      const at = cell.row * data.run.world.n_features + cell.feature;
      const { pattern } = data.run.frame.metrics.similarity;
      this.figure.showTip({ x: column.x + column.width / 2, y: row.y }, [
        `latent ${this.latent(cell.row)} and ${featureName(data.run.world, cell.feature)}`,
        `${sideOf(data.basis)} cosine ${score(this.values[at])}`,
        pattern[at] ? 'the feature alone fires it' : 'the feature alone does not fire it',
      ]);
      return;
    }
    const pair = pairOf(data.run, data.basis, data.hover);
    if (!pair || pair.feature === null) return;
    const at = this.order.findIndex((row) => this.latent(row) === pair.latent);
    const column = this.columnBox(pair.feature);
    this.figure.showTip(
      { x: column.x + column.width, y: at < 0 ? layout.top : this.rowBox(at).y },
      describe(data.run, data.basis, data.hover),
    );
  }

  private columnBox(feature: number): { x: number; width: number } {
    const cell = this.layout.width / (this.data?.run.world.n_features ?? 1);
    const width = cell < THIN ? cell + 4 : cell;
    return { x: this.layout.left + (feature + 0.5) * cell - width / 2, width };
  }

  private rowBox(at: number): { y: number; height: number } {
    const cell = this.layout.height / Math.max(1, this.order.length);
    const height = cell < THIN ? cell + 4 : cell;
    return { y: this.layout.top + (at + 0.5) * cell - height / 2, height };
  }

  private pointAt(x: number, y: number): void {
    const { left, top, width, height } = this.layout;
    const inside = x >= left && x < left + width && y >= top && y < top + height;
    const n = this.data?.run.world.n_features ?? 1;
    const at = Math.floor(((y - top) / height) * this.order.length);
    this.cell = inside ? { row: this.order[at], feature: Math.floor(((x - left) / width) * n) } : null;
    this.figure.invalidate();
  }

  /** A cell or a row's label means its latent, the axes above and below a feature. */
  private pick(x: number, y: number): Selection {
    const { data, layout } = this;
    if (!data) return null;
    const at = Math.floor(((y - layout.top) / layout.height) * this.order.length);
    const feature = Math.floor(((x - layout.left) / layout.width) * data.run.world.n_features);
    if (at >= 0 && at < this.order.length && x < layout.left + layout.width)
      return { kind: 'latent', run: data.run.label, latent: this.latent(this.order[at]) };
    return feature >= 0 && feature < data.run.world.n_features ? { kind: 'feature', feature } : null;
  }

  private words(): void {
    const { data } = this;
    if (!data) return;
    const { run } = data;
    const { metrics } = run.frame;
    const nLatent = run.config.model.n_latent;
    const of: Record<LatentKind, number> = { mono: 0, poly: 0, silent: 0, dead: 0 };
    for (let i = 0; i < nLatent; i++) of[latentKind(metrics, i)] += 1;
    this.figure.showRun(run);
    this.figure.showFinding(
      `${many(of.mono, 'latent')} ${of.mono === 1 ? 'answers' : 'answer'} to one feature alone, ${count(of.poly)} to several, ${count(of.silent)} to none; ${count(of.dead)} ${of.dead === 1 ? 'is' : 'are'} dead.`,
    );
    this.figure.showCaption(
      `Colour: cosine of the latent's ${sideOf(data.basis) === 'decoder' ? 'decoder column' : 'encoder row'} with the feature's direction. A recovered dictionary is a green diagonal. Click a cell for its latent, the axis for a feature.${partSentence(this.order.length, nLatent)}`,
    );
  }

  private showLegend(dots: boolean): void {
    const anchors = (this.data?.run.config.scoring.hold_out ?? 0) > 0;
    const dot = {
      shape: 'dot',
      colour: 'var(--sdl-ink)',
      filled: true,
      text: 'the feature alone fires the latent',
    } as const;
    const anchor = { shape: 'diamond', colour: 'var(--sdl-truth)', filled: true, text: 'anchored feature' } as const;
    const dead = { shape: 'cross', colour: 'var(--sdl-dead)', text: 'dead latent' } as const;
    showLegend(this.figure.legend, [...(dots ? [dot] : []), ...(anchors ? [anchor] : []), dead], this.ramp.element);
  }

  private latent(row: number): number {
    return this.data?.run.frame.metrics.similarity.latents[row] ?? row;
  }

  private features(): Uint32Array {
    return Uint32Array.from({ length: this.data?.run.world.n_features ?? 0 }, (_, d) => d);
  }
}
