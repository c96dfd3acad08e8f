/**
 * Which latents of a crosscoder belong to one source alone? Relative decoder norms, as stacks of marks: at 0 a latent
 * writes nothing to the source of the axis, at 1 to it alone.
 *
 * Two sources need one axis, more have one each. Shapes tell where the feature nearest to the latent truly lives, so
 * that a mark out of its place is a latent that is wrong about it.
 */
import { runColours, type Theme } from '../theme';
import { Figure, type Surface } from './figure';
import { nearest, type Spot } from './geometry';
import { type Shape, showLegend, trace } from './marks';
import { listen, walk } from './pointing';
import { belonging, EXCLUSIVE, sourceName, sourcesSentence, trueShares } from './source-words';
import type { Handlers, RunData, RunViewData, Selection, View } from './view';
import { describe, pairOf } from './words';

const LEFT = 12;
const ROW = { above: 30, below: 42 };
const BINS = 41;
/** Below this radius marks are bars. */
const LEAST_RADIUS = 1.5;
const SHAPES = ['left', 'dot', 'right'] as const satisfies Shape[];

interface Placed extends Spot {
  latent: number;
  shape: Shape;
}

export class SourcesView implements View<RunViewData> {
  private readonly figure: Figure;
  private data: RunViewData | null = null;
  private spots: Placed[] = [];
  /** [n_features, n_sources], of the world in `truthOf`. */
  private truth: Float32Array = new Float32Array();
  private truthOf: Float32Array | null = null;

  constructor(root: HTMLElement, handlers: Handlers) {
    this.figure = new Figure(root, {
      title: 'Which latents serve one source alone?',
      height: () => this.axes().length * (this.rowHeight() + ROW.above + ROW.below),
      draw: (surface) => this.draw(surface),
    });
    listen(this.figure, handlers, {
      pick: (x, y, reach) => this.selectionOf(this.spots[nearest(this.spots, x, y, reach)]),
      current: () => this.data?.hover ?? this.data?.selected ?? null,
      move: (key, from) => this.data && walk(key, from, this.data.run.label, this.features(), this.alive()),
      describe: (selection) => (this.data ? describe(this.data.run, this.data.basis, selection) : []),
    });
  }

  update(data: RunViewData): void {
    this.data = data;
    const { world } = data.run;
    if (this.truthOf !== world.directions_out) {
      this.truthOf = world.directions_out;
      this.truth = trueShares(world);
    }
    if (!data.run.frame.metrics.sources) return;
    this.words(data);
    this.figure.invalidate();
  }

  destroy(): void {
    this.figure.destroy();
  }

  /** Sources that have an axis: of two the second, whose share tells the first's. */
  private axes(): number[] {
    const m = this.data?.run.world.n_sources ?? 2;
    return m === 2 ? [1] : Array.from({ length: m }, (_, s) => s);
  }

  private rowHeight(): number {
    return this.axes().length === 1 ? 130 : 64;
  }

  private draw({ ctx, width, theme }: Surface): void {
    const run = this.data?.run;
    const sources = run?.frame.metrics.sources;
    if (!run || !sources) return;
    const m = run.world.n_sources;
    const plot = width - 2 * LEFT;
    const matched = nearestFeatures(run);
    this.spots = [];
    const hue = runColours(theme, run.label).mark;
    this.axes().forEach((source, at) => {
      const top = at * (this.rowHeight() + ROW.above + ROW.below) + ROW.above;
      const floor = top + this.rowHeight();
      this.drawAxis(ctx, theme, run, source, { plot, top, floor });
      const stacks = Array.from({ length: BINS }, (): { latent: number; kind: number }[] => []);
      for (const latent of this.alive()) {
        const bin = Math.round(sources.share[latent * m + source] * (BINS - 1));
        const owner = belonging(this.truth, m, matched[latent]);
        stacks[bin]?.push({ latent, kind: owner === null ? 1 : owner === source ? 2 : 0 });
      }
      const most = Math.max(1, ...stacks.map((stack) => stack.length));
      const radius = Math.min(4.4, (0.46 * plot) / BINS, this.rowHeight() / (2.3 * most));
      const placed: Placed[] = [];
      stacks.forEach((stack, bin) => {
        stack.sort((a, b) => a.kind - b.kind || a.latent - b.latent);
        stack.forEach(({ latent, kind }, place) => {
          const x = LEFT + (bin / (BINS - 1)) * plot;
          const y = floor - 3 - radius - 2.3 * radius * place;
          placed.push({ x, y, z: 0, latent, shape: SHAPES[kind] });
        });
      });
      this.spots.push(...placed);
      this.drawMarks(ctx, hue, placed, Math.max(radius, 1), (0.8 * plot) / BINS);
    });
    this.figure.showTip(null);
    this.highlight(ctx, theme, this.data?.selected ?? null, 2.2);
    this.highlight(ctx, theme, this.data?.hover ?? null, 1.5);
    const hovered = pairOf(run, this.data?.basis ?? 'decoder_cosine', this.data?.hover ?? null);
    const spot = this.spots.find(({ latent }) => latent === hovered?.latent);
    if (spot && this.data && this.figure.pointed())
      this.figure.showTip(spot, [...describe(run, this.data.basis, this.data.hover), shareWords(run, spot.latent)]);
  }

  private drawMarks(ctx: CanvasRenderingContext2D, hue: string, placed: Placed[], radius: number, bar: number): void {
    ctx.fillStyle = hue;
    for (const shape of SHAPES) {
      ctx.beginPath();
      for (const spot of placed) {
        if (spot.shape !== shape) continue;
        if (radius < LEAST_RADIUS) ctx.rect(spot.x - bar / 2, spot.y - radius, bar, 2.2 * radius);
        else trace(ctx, shape, spot.x, spot.y, radius);
      }
      // What is shared is the crowd: fainter, so that the exclusive stand out.
      ctx.globalAlpha = shape === 'dot' ? 0.55 : 1;
      ctx.fill();
      ctx.globalAlpha = 1;
    }
  }

  private drawAxis(
    ctx: CanvasRenderingContext2D,
    theme: Theme,
    run: RunData,
    source: number,
    { plot, top, floor }: { plot: number; top: number; floor: number },
  ): void {
    const m = run.world.n_sources;
    const x = (share: number) => LEFT + share * plot;
    ctx.font = `12px ${theme.font}`;
    ctx.textBaseline = 'middle';
    ctx.lineWidth = 1;
    ctx.strokeStyle = theme.grid;
    ctx.setLineDash([3, 3]);
    for (const share of [0, 1 / m, 1]) {
      ctx.beginPath();
      ctx.moveTo(Math.round(x(share)) + 0.5, top - 8);
      ctx.lineTo(Math.round(x(share)) + 0.5, floor);
      ctx.stroke();
    }
    ctx.setLineDash([]);
    ctx.strokeStyle = theme.rule;
    ctx.beginPath();
    ctx.moveTo(LEFT, floor + 0.5);
    ctx.lineTo(LEFT + plot, floor + 0.5);
    ctx.stroke();
    ctx.fillStyle = theme.muted;
    const name = sourceName(run, source);
    ctx.textAlign = 'left';
    ctx.fillText('0', LEFT - 3, floor + 12);
    ctx.fillText(m === 2 ? `${sourceName(run, 0)} only` : `not ${name}`, 0, top - 20);
    ctx.textAlign = 'right';
    ctx.fillText('1', LEFT + plot + 3, floor + 12);
    ctx.fillText(`${name} only`, 2 * LEFT + plot, top - 20);
    ctx.textAlign = 'center';
    ctx.fillText(m === 2 ? '½' : `1/${m}`, x(1 / m), floor + 12);
    ctx.fillText('all alike', x(1 / m), top - 20);
    ctx.textAlign = 'right';
    ctx.fillText(`share of ${name} in the decoder’s norm`, LEFT + plot, floor + 28);
  }

  private highlight(ctx: CanvasRenderingContext2D, theme: Theme, selection: Selection, weight: number): void {
    const pair = this.data && pairOf(this.data.run, this.data.basis, selection);
    if (!pair || pair.latent === null) return;
    ctx.strokeStyle = theme.select;
    ctx.lineWidth = weight;
    ctx.beginPath();
    for (const spot of this.spots) if (spot.latent === pair.latent) trace(ctx, 'ring', spot.x, spot.y, 8);
    ctx.stroke();
  }

  private words({ run, basis }: RunViewData): void {
    this.figure.showRun(run);
    this.figure.showFinding(sourcesSentence(run, this.truth, basis));
    const hue = run.label === 'A' ? 'var(--sdl-a)' : 'var(--sdl-b)';
    const two = run.world.n_sources === 2;
    showLegend(this.figure.legend, [
      {
        shape: 'left',
        colour: hue,
        filled: true,
        text: two ? `its feature is ${sourceName(run, 0)}’s alone` : 'its feature is another source’s alone',
      },
      { shape: 'dot', colour: hue, filled: true, text: 'its feature is shared' },
      {
        shape: 'right',
        colour: hue,
        filled: true,
        text: two ? `its feature is ${sourceName(run, 1)}’s alone` : 'its feature is this source’s alone',
      },
    ]);
    this.figure.showCaption(
      `Relative decoder norm of each live latent: the length of the part of its decoder column that goes to a source, as a share of all parts’. Above ${EXCLUSIVE} it is called exclusive. A triangle that does not stand on its side is a latent that writes to sources that do not have its feature.`,
    );
  }

  private alive(): number[] {
    const dead = this.data?.run.frame.metrics.dead ?? new Uint8Array();
    return Array.from(dead.keys()).filter((latent) => dead[latent] === 0);
  }

  private features(): Uint32Array {
    return Uint32Array.from({ length: this.data?.run.world.n_features ?? 0 }, (_, d) => d);
  }

  private selectionOf(spot: Placed | undefined): Selection {
    return spot && this.data ? { kind: 'latent', run: this.data.run.label, latent: spot.latent } : null;
  }
}

/** "source 1 62 %, source 2 38 %". */
function shareWords(run: RunData, latent: number): string {
  const m = run.world.n_sources;
  const share = run.frame.metrics.sources?.share ?? new Float32Array();
  return Array.from({ length: m }, (_, s) => `${sourceName(run, s)} ${Math.round(100 * share[latent * m + s])} %`).join(
    ', ',
  );
}

/** [n_latent]: the feature whose direction each latent writes nearest to; 0 for those that the heat map leaves out. */
function nearestFeatures({ world, config, frame }: RunData): Uint32Array {
  const n = world.n_features;
  const { latents, decoder } = frame.metrics.similarity;
  const out = new Uint32Array(config.model.n_latent);
  latents.forEach((latent, row) => {
    for (let d = 1; d < n; d++) if (decoder[row * n + d] > decoder[row * n + out[latent]]) out[latent] = d;
  });
  return out;
}
