/**
 * Which latents answer to parents and which to children, and which children hide their parent? The families as a tree,
 * and beside each node, in its row, the latents that it fires when it is alone: the pattern F_i, a column a latent.
 *
 * The bar on an edge is how much of the parent its child absorbs: hatched as far as full absorption goes, outlined as
 * far as the fraction does. An empty edge is a clean one.
 */
import { runColours, type Theme } from '../theme';
import { Figure, type Surface } from './figure';
import { showLegend, trace } from './marks';
import { labelStride } from './order';
import { listen, neighbour } from './pointing';
import { EdgeTable } from './tree-table';
import {
  type Answer,
  answersOf,
  columnOrder,
  type Edge,
  edgeLines,
  edgesOf,
  isAbsorbed,
  nodesOf,
  parentLines,
  treeSentence,
} from './tree-words';
import type { Handlers, RunViewData, Selection, View } from './view';
import { count, describe, latentKind } from './words';

const TOP = 46;
const ROW = 19;
const BOTTOM = 8;
/** Where parents and children stand, and how long the edge between them is. */
const X = { parent: 8, child: 62, label: 14 };
const TREE = 172;
/** Rows that are drawn; the table has every edge. */
const MOST_ROWS = 60;
const LEAST_CELL = 3;
const LEAST_FRACTION = 0.02;

interface Node {
  feature: number;
  /** Of a child. */
  edge: Edge | null;
  y: number;
}

interface Grid {
  left: number;
  cell: number;
  latents: number[];
}

export class TreeView implements View<RunViewData> {
  private readonly figure: Figure;
  private readonly table: EdgeTable;
  private data: RunViewData | null = null;
  private edges: Edge[] = [];
  private answers: Answer[][] = [];
  private nodes: Node[] = [];
  private order: number[] = [];
  private grid: Grid = { left: TREE, cell: 1, latents: [] };

  constructor(root: HTMLElement, handlers: Handlers) {
    this.figure = new Figure(root, {
      title: 'Which children hide their parent?',
      height: () => TOP + Math.max(1, this.nodes.length) * ROW + BOTTOM,
      draw: (surface) => this.draw(surface),
      keys: 'Up and down move through parents and children, left and right through the latents, Enter selects, Escape clears.',
    });
    this.table = new EdgeTable(this.figure.element);
    listen(this.figure, handlers, {
      pick: (x, y) => this.pick(x, y),
      current: () => this.data?.hover ?? this.data?.selected ?? null,
      move: (key, from) => this.move(key, from),
      describe: (selection) => this.lines(selection),
    });
  }

  update(data: RunViewData): void {
    const isNew = this.data?.run.frame !== data.run.frame;
    this.data = data;
    if (isNew) this.read(data);
    this.figure.invalidate();
  }

  destroy(): void {
    this.table.destroy();
    this.figure.destroy();
  }

  private read({ run }: RunViewData): void {
    const { absorption } = run.frame.metrics;
    this.edges = absorption ? edgesOf(absorption) : [];
    this.answers = absorption ? answersOf(absorption) : [];
    const all = nodesOf(this.edges);
    // Whole families, as many as there is room for.
    const family = 1 + run.config.bench.n_children;
    const shown = all.slice(0, Math.max(1, Math.floor(MOST_ROWS / family)) * family).slice(0, 4 * MOST_ROWS);
    const edgeOf = new Map(this.edges.map((edge) => [edge.child, edge]));
    this.nodes = shown.map((feature, row) => ({
      feature,
      edge: edgeOf.get(feature) ?? null,
      y: TOP + (row + 0.5) * ROW,
    }));
    this.order = columnOrder(this.answers, shown, run.config.model.n_latent);
    this.words(run, all.length - shown.length);
    this.table.update(run, this.edges, this.answers);
  }

  private words(run: RunViewData['run'], left: number): void {
    this.figure.showRun(run);
    this.figure.showFinding(treeSentence(run));
    const hue = run.label === 'A' ? 'var(--sdl-a)' : 'var(--sdl-b)';
    showLegend(this.figure.legend, [
      { shape: 'ring', colour: 'var(--sdl-truth)', text: 'parent or child' },
      { shape: 'cross', colour: 'var(--sdl-ink)', text: 'absorbed: its parent’s latent is silent' },
      { shape: 'dot', colour: hue, filled: true, text: 'latent fired by one feature alone' },
      { shape: 'square', colour: hue, filled: true, text: 'by several: polysemantic' },
    ]);
    this.figure.showCaption(
      `Numbers are the latents that answer to a node, its own first; * also speaks for the parent. The bar on an edge is hatched as far as full absorption goes and outlined as far as the fraction does. A row’s marks are the latents that its feature fires when alone (F_i, a column a latent); a line joins those of one latent.${left > 0 ? ` ${count(left)} more nodes are in the table only.` : ''}`,
    );
  }

  private draw({ ctx, width, theme }: Surface): void {
    const { data } = this;
    if (!data) return;
    ctx.font = `12px ${theme.font}`;
    ctx.textBaseline = 'middle';
    const room = width - TREE - 2;
    const cell = Math.max(LEAST_CELL, Math.min(ROW, room / Math.max(1, this.order.length)));
    this.grid = { left: TREE, cell, latents: this.order.slice(0, Math.floor(room / cell + 1e-6)) };
    this.drawAxis(ctx, theme);
    this.drawShared(ctx, theme);
    for (const node of this.nodes) {
      this.drawNode(ctx, theme, node);
      this.drawPattern(ctx, theme, node);
    }
    this.figure.showTip(null);
    this.highlight(ctx, theme, data.selected, 2.2);
    this.highlight(ctx, theme, data.hover, 1.4);
    const at = this.nodes.find(({ feature }) => data.hover?.kind === 'feature' && data.hover.feature === feature);
    if (!this.figure.pointed()) return;
    if (at) this.figure.showTip({ x: X.child + 8, y: at.y - 4 }, this.lines(data.hover));
    else if (data.hover?.kind === 'latent' && data.hover.run === data.run.label)
      this.figure.showTip({ x: this.columnX(data.hover.latent) ?? 0, y: TOP }, this.lines(data.hover));
  }

  private drawAxis(ctx: CanvasRenderingContext2D, theme: Theme): void {
    const { left, cell, latents } = this.grid;
    ctx.fillStyle = theme.muted;
    ctx.textAlign = 'left';
    ctx.fillText('parent', 0, 12);
    ctx.fillText('child: latents', X.child - 8, 12);
    ctx.fillText(
      `fires latent …${latents.length < this.order.length ? ` (${latents.length} of ${this.order.length})` : ''}`,
      left,
      12,
    );
    ctx.textAlign = 'center';
    const stride = labelStride(latents.length, latents.length * cell, 20);
    for (let i = 0; i < latents.length; i += stride) ctx.fillText(String(latents[i]), left + (i + 0.5) * cell, 31);
    ctx.strokeStyle = theme.rule;
    ctx.beginPath();
    ctx.moveTo(left, TOP - 4.5);
    ctx.lineTo(left + latents.length * cell, TOP - 4.5);
    ctx.stroke();
  }

  private drawNode(ctx: CanvasRenderingContext2D, theme: Theme, { feature, edge, y }: Node): void {
    const run = this.data?.run;
    if (!run) return;
    const x = edge ? X.child : X.parent;
    if (edge) this.drawEdge(ctx, theme, edge, y);
    else if (y > TOP + ROW) {
      ctx.strokeStyle = theme.grid;
      ctx.beginPath();
      ctx.moveTo(0, Math.round(y - ROW / 2) + 0.5);
      ctx.lineTo(this.grid.left + this.grid.latents.length * this.grid.cell, Math.round(y - ROW / 2) + 0.5);
      ctx.stroke();
    }
    ctx.strokeStyle = theme.truth;
    ctx.fillStyle = theme.paper;
    ctx.lineWidth = 1.6;
    ctx.beginPath();
    trace(ctx, 'ring', x, y, edge ? 4 : 5.5);
    ctx.fill();
    ctx.stroke();
    ctx.textAlign = 'left';
    ctx.fillStyle = theme.ink;
    ctx.font = `${edge ? '' : '600 '}12px ${theme.font}`;
    const name = run.world.names?.[feature] ?? `${edge ? '' : 'parent '}${feature}`;
    ctx.fillText(name, x + X.label, y);
    const from = x + X.label + ctx.measureText(name).width + 6;
    ctx.font = `12px ${theme.font}`;
    ctx.fillStyle = runColours(theme, run.label).text;
    ctx.fillText(this.answerWords(feature), from, y, TREE - 6 - from);
  }

  /** "→ 12, 3"; a latent that also speaks for the parent is marked. */
  private answerWords(feature: number): string {
    const all = this.answers[feature] ?? [];
    const speaks = (latent: number) =>
      this.edges.some((edge) => edge.child === feature && isAbsorbed(edge) && edge.speaker?.latent === latent);
    const named = all.slice(0, 3).map(({ latent }) => `${latent}${speaks(latent) ? '*' : ''}`);
    if (all.length > named.length) named.push('…');
    return named.length === 0 ? '→ none' : `→ ${named.join(', ')}`;
  }

  private drawEdge(ctx: CanvasRenderingContext2D, theme: Theme, edge: Edge, y: number): void {
    const hue = this.data ? runColours(theme, this.data.run.label).mark : theme.ink;
    const [from, to] = [X.parent, X.child - 4];
    const parent = this.nodes.find(({ feature }) => feature === edge.parent);
    ctx.lineWidth = 1;
    ctx.strokeStyle = theme.dead;
    ctx.beginPath();
    ctx.moveTo(from + 0.5, (parent?.y ?? y) + 6);
    ctx.lineTo(from + 0.5, y);
    ctx.lineTo(to, y);
    ctx.stroke();
    const [x, length] = [from + 7, to - from - 10];
    const bar = (share: number) => length * Math.max(0, Math.min(1, share || 0));
    if (edge.fraction >= LEAST_FRACTION) {
      ctx.fillStyle = theme.paper;
      ctx.fillRect(x, y - 4.5, bar(edge.fraction), 9);
      ctx.strokeStyle = hue;
      ctx.strokeRect(x, y - 4.5, bar(edge.fraction), 9);
    }
    if (edge.full >= LEAST_FRACTION) hatch(ctx, hue, theme.paper, x, y - 4.5, bar(edge.full), 9);
    if (!isAbsorbed(edge)) return;
    ctx.strokeStyle = theme.ink;
    ctx.lineWidth = 2;
    ctx.beginPath();
    trace(ctx, 'cross', from + 0.5, y, 3.4);
    ctx.stroke();
  }

  /** A line down each column whose latent several nodes fire: polysemantic, and told so by more than its mark. */
  private drawShared(ctx: CanvasRenderingContext2D, theme: Theme): void {
    const { data } = this;
    if (!data) return;
    const { left, cell } = this.grid;
    ctx.strokeStyle = runColours(theme, data.run.label).mark;
    ctx.globalAlpha = 0.45;
    ctx.lineWidth = Math.min(3, cell / 3);
    ctx.beginPath();
    this.grid.latents.forEach((latent, column) => {
      const fired = this.nodes.filter(({ feature }) => this.isFired(latent, feature));
      if (fired.length < 2) return;
      const x = left + (column + 0.5) * cell;
      ctx.moveTo(x, fired[0].y);
      ctx.lineTo(x, fired[fired.length - 1].y);
    });
    ctx.stroke();
    ctx.globalAlpha = 1;
  }

  /** The marks of the latents that the feature fires when it is alone. */
  private drawPattern(ctx: CanvasRenderingContext2D, theme: Theme, { feature, y }: Node): void {
    const run = this.data?.run;
    if (!run) return;
    const { metrics } = run.frame;
    const { left, cell } = this.grid;
    const radius = Math.max(1, Math.min(4.6, 0.4 * cell));
    ctx.fillStyle = runColours(theme, run.label).mark;
    ctx.beginPath();
    this.grid.latents.forEach((latent, column) => {
      if (!this.isFired(latent, feature)) return;
      const shape = latentKind(metrics, latent) === 'poly' ? 'square' : 'dot';
      trace(ctx, shape, left + (column + 0.5) * cell, y, radius);
    });
    ctx.fill();
  }

  private highlight(ctx: CanvasRenderingContext2D, theme: Theme, selection: Selection, weight: number): void {
    if (!this.data || !selection) return;
    ctx.strokeStyle = theme.select;
    ctx.lineWidth = weight;
    ctx.beginPath();
    if (selection.kind === 'feature') {
      const node = this.nodes.find(({ feature }) => feature === selection.feature);
      const right = this.grid.left + this.grid.latents.length * this.grid.cell;
      if (node) ctx.rect(1, node.y - ROW / 2 + 1, right - 2, ROW - 2);
    } else if (selection.run === this.data.run.label) {
      const x = this.columnX(selection.latent);
      const { cell } = this.grid;
      if (x !== null) ctx.rect(x - cell / 2, TOP - 3, cell, this.nodes.length * ROW + 3);
    }
    ctx.stroke();
  }

  private columnX(latent: number): number | null {
    const at = this.grid.latents.indexOf(latent);
    return at < 0 ? null : this.grid.left + (at + 0.5) * this.grid.cell;
  }

  private pick(x: number, y: number): Selection {
    const { left, cell, latents } = this.grid;
    const column = Math.floor((x - left) / cell);
    const node = this.nodes[Math.floor((y - TOP) / ROW)];
    if (y < TOP && x >= left && column < latents.length) return this.latent(latents[column]);
    if (!node) return null;
    const fired = x >= left && this.isFired(latents[column], node.feature);
    return fired ? this.latent(latents[column]) : { kind: 'feature', feature: node.feature };
  }

  private isFired(latent: number | undefined, feature: number): boolean {
    const run = this.data?.run;
    if (!run || latent === undefined) return false;
    const { latents, pattern } = run.frame.metrics.similarity;
    const row = latents.length === run.config.model.n_latent ? latent : latents.indexOf(latent);
    return row >= 0 && pattern[row * run.world.n_features + feature] === 1;
  }

  private latent(latent: number): Selection {
    return this.data && { kind: 'latent', run: this.data.run.label, latent };
  }

  private move(key: string, from: Selection): Selection | undefined {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[key];
    if (by === undefined) return undefined;
    if (key === 'ArrowUp' || key === 'ArrowDown') {
      const features = this.nodes.map(({ feature }) => feature);
      const feature = neighbour(features, from?.kind === 'feature' ? from.feature : null, by);
      return feature === null ? undefined : { kind: 'feature', feature };
    }
    const mine = from?.kind === 'latent' && from.run === this.data?.run.label;
    const latent = neighbour(this.grid.latents, mine ? from.latent : null, by);
    return latent === null ? undefined : this.latent(latent);
  }

  private lines(selection: Selection): string[] {
    const { data } = this;
    if (!data || !selection) return [];
    if (selection.kind === 'latent') return describe(data.run, data.basis, selection);
    const node = this.nodes.find(({ feature }) => feature === selection.feature);
    if (!node) return [];
    return node.edge ? edgeLines(data.run, node.edge) : parentLines(data.run, node.feature, this.edges, this.answers);
  }
}

/** A box with slanted stripes. */
function hatch(ctx: CanvasRenderingContext2D, ink: string, paper: string, x: number, y: number, w: number, h: number) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, w, h);
  ctx.fillStyle = paper;
  ctx.fill();
  ctx.strokeStyle = ink;
  ctx.lineWidth = 1.4;
  ctx.stroke();
  ctx.clip();
  ctx.lineWidth = 1.8;
  ctx.beginPath();
  for (let at = x - h; at < x + w; at += 4.5) {
    ctx.moveTo(at, y + h);
    ctx.lineTo(at + h, y);
  }
  ctx.stroke();
  ctx.restore();
}
