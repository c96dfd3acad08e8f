/**
 * Where do directions go? Ground-truth features, encoder rows and decoder columns as points in one space.
 *
 * The circle for two dimensions, the sphere for three, otherwise a projection that says what it leaves out. All
 * direction figures of one document or shadow root turn together, so that A and B are seen from the same side.
 */
import { runColours, type Theme } from '../theme';
import { drawBackdrop } from './backdrop';
import { Figure, type Surface } from './figure';
import {
  type Axes,
  extent,
  nearest,
  principalAxes,
  project,
  type Rotation,
  rotate,
  type Spot,
  upright,
} from './geometry';
import { type Shape, showLegend, trace } from './marks';
import { listen, walk } from './pointing';
import { type Space, spaceOf } from './space';
import type { Handlers, RunViewData, Selection, View } from './view';
import { listenForTurning, Viewpoint } from './viewpoint';
import {
  anchoredFeatures,
  describe,
  featureName,
  latentKind,
  many,
  pairOf,
  partSentence,
  percent,
  recoverySentence,
} from './words';

/** Beyond this many latents only those of the heat map (the best) are drawn, and no trails. */
const MOST_LATENTS = 600;
/** Beyond this many, encoder rows would bury the picture: only those pointed at are drawn. */
const MOST_ENCODERS = 150;
const TRAIL_FRAMES = 14;
/** Exact spaces show vectors up to this length where they end; longer ones sit on the rim. */
const EXACT_REACH = 1.22;

interface Mark extends Spot {
  kind: 'feature' | 'encoder' | 'decoder';
  index: number;
  shape: Shape;
}

export class DirectionsView implements View<RunViewData> {
  private readonly figure: Figure;
  private data: RunViewData | null = null;
  private viewpoint: Viewpoint | null = null;
  private axes: Axes = { axes: new Float32Array(), share: 1, exact: true };
  private axesOf: Float32Array | null = null;
  private space: Space = { dimension: 2, truth: new Float32Array(), main: 'decoder', both: true, said: '' };
  private trail: { step: number; points: Float32Array }[] = [];
  private latents: ArrayLike<number> = [];
  private marks: Mark[] = [];

  constructor(root: HTMLElement, handlers: Handlers) {
    this.figure = new Figure(root, {
      title: 'Where do directions go?',
      height: (width) => Math.min(width, 460),
      draw: (surface) => this.draw(surface),
    });
    listen(this.figure, handlers, {
      pick: (x, y, reach) => this.selectionOf(this.marks[nearest(this.marks, x, y, reach)]),
      current: () => this.data?.hover ?? this.data?.selected ?? null,
      move: (key, from) => this.data && walk(key, from, this.data.run.label, this.features(), this.latents),
      describe: (selection) => (this.data ? describe(this.data.run, this.data.basis, selection) : []),
    });
    listenForTurning(
      this.figure,
      () => this.turnable(),
      (yaw, pitch) => this.viewpoint?.turn(yaw, pitch),
    );
  }

  update(data: RunViewData): void {
    this.data = data;
    const { frame } = data.run;
    this.space = spaceOf(data.run, data.basis);
    const { truth, dimension } = this.space;
    if (this.axesOf !== truth) {
      this.axesOf = truth;
      this.axes = principalAxes(truth, dimension);
      this.trail = [];
      this.figure.canvas.style.cursor = this.turnable() ? 'grab' : 'default';
    }
    const nLatent = data.run.config.model.n_latent;
    const { similarity } = frame.metrics;
    this.latents = nLatent <= MOST_LATENTS ? Uint32Array.from({ length: nLatent }, (_, i) => i) : similarity.latents;
    this.figure.showCaption(
      this.space.said + captionOf(dimension, this.axes) + partSentence(this.latents.length, nLatent),
    );
    this.follow(frame.step, nLatent);
    this.figure.showRun(data.run);
    this.showLegend(data.run.label, data.run.config.scoring.hold_out > 0);
    const dead = frame.metrics.n_dead;
    this.figure.showFinding(
      `${recoverySentence(data.run, data.basis)} ${dead ? `${many(dead, 'latent')} of ${nLatent} ${dead === 1 ? 'is' : 'are'} dead.` : 'No latent is dead.'}`,
    );
    this.figure.invalidate();
  }

  destroy(): void {
    this.viewpoint?.leave(this.look);
    this.figure.destroy();
  }

  private follow(step: number, nLatent: number): void {
    const last = this.trail.at(-1);
    if (last && (step < last.step || last.points.length !== 3 * this.latents.length)) this.trail = [];
    if (this.trail.at(-1)?.step === step) this.trail.pop();
    this.trail.push({ step, points: this.place(this.space.main) });
    const keep = nLatent > MOST_LATENTS ? 1 : TRAIL_FRAMES;
    if (this.trail.length > keep) this.trail.shift();
  }

  /** [latents shown, 3] along the axes; empty where the frame has no such weights. */
  private place(side: 'encoder' | 'decoder'): Float32Array {
    const { data } = this;
    if (!data) return new Float32Array();
    const weights = data.run.frame[side];
    const { dimension } = this.space;
    const nLatent = data.run.config.model.n_latent;
    if (side !== this.space.main && !this.space.both) return new Float32Array();
    if (weights.length !== nLatent * dimension) return new Float32Array();
    if (this.latents.length === nLatent) return project(weights, dimension, this.axes.axes);
    const shown = new Float32Array(this.latents.length * dimension);
    Array.prototype.forEach.call(this.latents, (latent: number, at: number) => {
      shown.set(weights.subarray(latent * dimension, (latent + 1) * dimension), at * dimension);
    });
    return project(shown, dimension, this.axes.axes);
  }

  private draw({ ctx, width, height, theme }: Surface): void {
    const { data } = this;
    if (!data) return;
    const { run } = data;
    this.viewpoint ??= Viewpoint.of(this.figure.element, this.look);
    const { dimension, main } = this.space;
    const flat = dimension === 2;
    const truth = project(this.space.truth, dimension, this.axes.axes);
    const reach = this.axes.exact ? EXACT_REACH : 1.1 * extent(truth);
    const radius = Math.min(width, height) / 2 - 14;
    const scale = radius / reach;
    const screen = (points: Float32Array, i: number): Spot => {
      // Longer vectors stop at the rim, in their direction.
      const fit = Math.min(1, reach / Math.hypot(points[i], points[i + 1]));
      return {
        x: width / 2 + points[i] * fit * scale,
        y: height / 2 - points[i + 1] * fit * scale,
        z: flat ? 0 : points[i + 2],
      };
    };
    const turned = (points: Float32Array) => rotate(points, this.rotation());
    drawBackdrop(ctx, theme, dimension, this.rotation(), { x: width / 2, y: height / 2, unit: scale, reach });
    this.drawTrail(ctx, runColours(theme, run.label).mark, turned, screen);

    const anchored = new Set(anchoredFeatures(run));
    const size = this.latents.length <= 24 ? 4.6 : this.latents.length <= 100 ? 3.6 : 2.5;
    const marks: Mark[] = [];
    const add = (
      points: Float32Array,
      kind: Mark['kind'],
      indexOf: (at: number) => number,
      shapeOf: (index: number) => Shape | null,
    ) => {
      const seen = turned(points);
      for (let at = 0; 3 * at < seen.length; at++) {
        const index = indexOf(at);
        const shape = shapeOf(index);
        if (shape) marks.push({ ...screen(seen, 3 * at), kind, index, shape });
      }
    };
    const chosen = pairOf(run, data.basis, data.selected);
    const pointed = new Set([chosen?.latent, pairOf(run, data.basis, data.hover)?.latent]);
    const dead = (latent: number) => latentKind(run.frame.metrics, latent) === 'dead';
    add(
      truth,
      'feature',
      (at) => at,
      (d) => (anchored.has(d) ? 'diamond' : 'ring'),
    );
    add(
      main === 'encoder' ? new Float32Array() : this.place('encoder'),
      'encoder',
      (at) => this.latents[at],
      (i) => (dead(i) || (this.crowded() && !pointed.has(i)) ? null : 'triangle'),
    );
    add(
      this.trail.at(-1)?.points ?? new Float32Array(),
      'decoder',
      (at) => this.latents[at],
      (i) => (dead(i) ? 'cross' : main === 'encoder' ? 'triangle' : 'dot'),
    );
    this.marks = marks;

    for (const front of [false, true]) {
      ctx.globalAlpha = (front ? 1 : 0.32) * (chosen ? 0.45 : 1);
      this.drawMarks(
        ctx,
        theme,
        marks.filter((mark) => mark.z >= 0 === front),
        size,
      );
    }
    ctx.globalAlpha = 1;
    this.drawLabels(ctx, theme, marks, width / 2, height / 2, size);
    this.highlight(ctx, theme, data.selected, size, true);
    this.highlight(ctx, theme, data.hover, size, false);
  }

  private drawMarks(ctx: CanvasRenderingContext2D, theme: Theme, marks: Mark[], size: number): void {
    const hue = runColours(theme, this.data?.run.label ?? 'A').mark;
    const styles: Record<string, { colour: string; r: number; fill?: boolean; line: number }> = {
      ring: { colour: theme.truth, r: size + (marks.length > 300 ? 2 : 3), line: 1.4 },
      diamond: { colour: theme.truth, r: size + 3.2, line: 2 },
      triangle: { colour: hue, r: size, line: 1.3 },
      cross: { colour: theme.dead, r: size, line: 1.7 },
      dot: { colour: hue, r: size, fill: true, line: 1 },
    };
    for (const [shape, { colour, r, fill, line }] of Object.entries(styles)) {
      ctx.beginPath();
      for (const mark of marks) if (mark.shape === shape) trace(ctx, mark.shape, mark.x, mark.y, r);
      ctx.lineWidth = line;
      if (fill) {
        ctx.fillStyle = colour;
        ctx.fill();
        // A rim of paper keeps neighbours apart.
        ctx.strokeStyle = theme.paper;
      } else ctx.strokeStyle = colour;
      ctx.stroke();
    }
  }

  private drawTrail(
    ctx: CanvasRenderingContext2D,
    colour: string,
    turned: (points: Float32Array) => Float32Array,
    screen: (points: Float32Array, i: number) => Spot,
  ): void {
    if (this.trail.length < 2) return;
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.6;
    let before = turned(this.trail[0].points);
    this.trail.slice(1).forEach(({ points }, age) => {
      const now = turned(points);
      ctx.globalAlpha = (0.65 * (age + 1)) / this.trail.length;
      ctx.beginPath();
      for (let i = 0; i < now.length; i += 3) {
        const [from, to] = [screen(before, i), screen(now, i)];
        if (Math.abs(from.x - to.x) + Math.abs(from.y - to.y) < 0.3 || to.z < 0) continue;
        ctx.moveTo(from.x, from.y);
        ctx.lineTo(to.x, to.y);
      }
      ctx.stroke();
      before = now;
    });
    ctx.globalAlpha = 1;
  }

  /** Numbers or names of the features, where there is room for all of them. */
  private drawLabels(
    ctx: CanvasRenderingContext2D,
    theme: Theme,
    marks: Mark[],
    cx: number,
    cy: number,
    size: number,
  ): void {
    const run = this.data?.run;
    if (!run || run.world.n_features > (run.world.names ? 12 : 32)) return;
    ctx.font = `12px ${theme.font}`;
    ctx.fillStyle = theme.muted;
    ctx.strokeStyle = theme.paper;
    ctx.lineWidth = 3;
    ctx.lineJoin = 'round';
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    for (const mark of marks) {
      if (mark.kind !== 'feature' || mark.z < 0) continue;
      const away = Math.hypot(mark.x - cx, mark.y - cy) || 1;
      const [dx, dy] = [(mark.x - cx) / away, (mark.y - cy) / away];
      // Sideways a label starts beside its mark, above and below it is centred on it.
      ctx.textAlign = dx > 0.4 ? 'left' : dx < -0.4 ? 'right' : 'center';
      const far = ctx.textAlign === 'center' ? size + 15 : size + 8;
      const text = run.world.names?.[mark.index] ?? String(mark.index);
      const [x, y] = [mark.x + dx * far, mark.y + dy * (size + 14)];
      ctx.strokeText(text, x, y);
      ctx.fillText(text, x, y);
    }
  }

  private highlight(
    ctx: CanvasRenderingContext2D,
    theme: Theme,
    selection: Selection,
    size: number,
    lasting: boolean,
  ): void {
    const { data } = this;
    if (!data) return;
    const pair = pairOf(data.run, data.basis, selection);
    if (!lasting) this.figure.showTip(null);
    if (!pair) return;
    const feature = this.marks.find((mark) => mark.kind === 'feature' && mark.index === pair.feature);
    const decoder = this.marks.find((mark) => mark.kind === 'decoder' && mark.index === pair.latent);
    const encoder = this.marks.find((mark) => mark.kind === 'encoder' && mark.index === pair.latent);
    ctx.strokeStyle = theme.select;
    ctx.lineWidth = lasting ? 2.2 : 1.6;
    if (feature && decoder) {
      ctx.setLineDash(lasting ? [] : [4, 3]);
      ctx.beginPath();
      ctx.moveTo(feature.x, feature.y);
      ctx.lineTo(decoder.x, decoder.y);
      if (encoder) ctx.lineTo(encoder.x, encoder.y);
      ctx.stroke();
      ctx.setLineDash([]);
    }
    const group = [feature, encoder, decoder].filter((mark) => mark !== undefined);
    this.drawMarks(ctx, theme, group, size + 1);
    ctx.strokeStyle = theme.select;
    for (const mark of group) {
      ctx.beginPath();
      trace(ctx, 'ring', mark.x, mark.y, size + (mark.kind === 'feature' ? 7 : 4));
      ctx.stroke();
    }
    const focus = pair.chosen === 'feature' ? feature : decoder;
    if (!focus) return;
    if (!lasting) {
      if (this.figure.pointed()) this.figure.showTip(focus, describe(data.run, data.basis, selection));
    } else if (data.hover === null) {
      ctx.font = `600 12px ${theme.font}`;
      ctx.textAlign = focus.x > ctx.canvas.clientWidth / 2 ? 'right' : 'left';
      ctx.textBaseline = 'middle';
      const text = pair.chosen === 'feature' ? featureName(data.run.world, focus.index) : `latent ${focus.index}`;
      const x = focus.x + (ctx.textAlign === 'left' ? 1 : -1) * (size + 12);
      ctx.lineWidth = 4;
      ctx.lineJoin = 'round';
      ctx.strokeStyle = theme.paper;
      ctx.strokeText(text, x, focus.y);
      ctx.fillStyle = theme.select;
      ctx.fillText(text, x, focus.y);
    }
  }

  private showLegend(label: 'A' | 'B', anchors: boolean): void {
    const hue = label === 'A' ? 'var(--sdl-a)' : 'var(--sdl-b)';
    const truth = 'var(--sdl-truth)';
    const { main, both } = this.space;
    const rows = main === 'decoder' && this.crowded() ? 'encoder row (when pointed at)' : 'encoder row';
    showLegend(this.figure.legend, [
      { shape: 'ring', colour: truth, text: 'feature (truth)' },
      ...(anchors ? [{ shape: 'diamond' as const, colour: truth, text: 'anchored feature' }] : []),
      ...(main === 'decoder' ? [{ shape: 'dot' as const, colour: hue, filled: true, text: 'decoder column' }] : []),
      ...(main === 'encoder' || both ? [{ shape: 'triangle' as const, colour: hue, text: rows }] : []),
      { shape: 'cross', colour: 'var(--sdl-dead)', text: 'dead latent' },
    ]);
  }

  private readonly look = () => this.figure.invalidate();

  private rotation(): Rotation {
    return this.turnable() && this.viewpoint ? this.viewpoint.rotation : upright;
  }

  private crowded(): boolean {
    return this.latents.length > MOST_ENCODERS;
  }

  private turnable(): boolean {
    return this.space.dimension > 2;
  }

  private features(): Uint32Array {
    return Uint32Array.from({ length: this.data?.run.world.n_features ?? 0 }, (_, d) => d);
  }

  private selectionOf(mark: Mark | undefined): Selection {
    if (!mark || !this.data) return null;
    if (mark.kind === 'feature') return { kind: 'feature', feature: mark.index };
    return { kind: 'latent', run: this.data.run.label, latent: mark.index };
  }
}

function captionOf(dimension: number, axes: Axes): string {
  // By touch the other drags scroll the page.
  const touch = matchMedia('(any-pointer: coarse)').matches ? ' On a touch screen, drag sideways.' : '';
  const how = `Drag, or hold Shift and use the arrow keys, to turn.${touch}`;
  if (dimension <= 2)
    return 'The plane itself. Feature directions have length 1 (the circle); latents are drawn as long as they are, the longest up to the rim.';
  if (dimension === 3) return `The space itself, seen from far away; the far half is dimmed. ${how}`;
  return `A projection of ${dimension} dimensions onto the three principal axes of the feature directions, which hold ${percent(axes.share)} of their squared length: marks that meet here may lie apart in the other ${dimension - 3}. ${how}`;
}
