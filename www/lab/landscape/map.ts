/** The map: heights over both angles, cells with their names, minima, and the paths down. The start can be dragged. */
import type { Theme } from '../../theme';
import { contour, levels } from '../../views/contours';
import { claim, Figure, type Surface } from '../../views/figure';
import { type Shape, showLegend, trace } from '../../views/marks';
import type { Ends, Minimum, Path, Picture, Vec2 } from './engine';
import { drawMarks, drawNames, halo } from './map-marks';
import { hatching, heatImage, trapMask } from './paint';
import { heightColours, methodStyle } from './ramp';
import { degrees, radians, type State, turned } from './state';
import { anglesAt, place, type Square, traceLines, unwrap } from './torus';
import { heightName, minimumLines, NAMES, patternName, pictureSentence, SHORT, short } from './words';

const MARGIN = { left: 46, right: 22, top: 24, bottom: 42 };
const LARGEST = 640;
const CONTOURS = 9;

export interface MapData {
  state: State;
  picture: Picture;
  paths: readonly Path[];
  ends: readonly Ends[];
}

interface Painted {
  picture: Picture;
  theme: Theme;
  heat: HTMLCanvasElement;
  mask: HTMLCanvasElement;
  hatch: HTMLCanvasElement;
  side: number;
}

export class LandscapeMap {
  readonly figure: Figure;
  private data: MapData | null = null;
  private square: Square = { left: MARGIN.left, top: MARGIN.top, side: 1 };
  private painted: Painted | null = null;
  private contours: Vec2[][] = [];
  private contoursOf: Picture | null = null;
  private pointer: Vec2 | null = null;

  /** `start` gets the new start in degrees. */
  constructor(
    root: HTMLElement,
    private readonly start: (s1: number, s2: number) => void,
  ) {
    this.figure = new Figure(root, {
      title: 'Where do two latents end up?',
      keys: 'Arrow keys move the start of the paths by 2 degrees, with Shift by 15.',
      height: (width) => side(width) + MARGIN.top + MARGIN.bottom,
      draw: (surface) => this.draw(surface),
      css: '.sdl-figure canvas.landscape { touch-action: none; cursor: crosshair; }',
    });
    this.figure.canvas.classList.add('landscape');
    this.listen();
  }

  update(data: MapData): void {
    this.data = data;
    this.figure.showFinding(pictureSentence(data.picture, data.state));
    this.figure.invalidate();
  }

  private listen(): void {
    const { canvas, signal } = this.figure;
    const at = (event: PointerEvent) => anglesAt(this.square, event.offsetX, event.offsetY);
    canvas.addEventListener(
      'pointerdown',
      (event) => {
        if (event.button !== 0 || !at(event)) return;
        canvas.setPointerCapture(event.pointerId);
        this.moveTo(at(event));
      },
      { signal },
    );
    canvas.addEventListener(
      'pointermove',
      (event) => {
        this.pointer = at(event);
        if (canvas.hasPointerCapture(event.pointerId)) this.moveTo(this.pointer);
        this.figure.invalidate();
      },
      { signal },
    );
    canvas.addEventListener(
      'pointerleave',
      () => {
        this.pointer = null;
        this.figure.invalidate();
      },
      { signal },
    );
    canvas.addEventListener('keydown', (event) => this.key(event), { signal });
  }

  private moveTo(angles: Vec2 | null): void {
    if (angles) this.start(Math.round(degrees(angles[0])), Math.round(degrees(angles[1])));
  }

  private key(event: KeyboardEvent): void {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
    if (!move || !this.data || event.ctrlKey || event.metaKey || event.altKey) return;
    claim(event);
    const by = event.shiftKey ? 15 : 2;
    const { s1, s2 } = this.data.state;
    const to: Vec2 = [turned(s1 + by * move[0]), turned(s2 + by * move[1])];
    this.start(...to);
    this.figure.say([
      `Start at ${to[0]}, ${to[1]} degrees`,
      ...this.describe([radians(to[0]), radians(to[1])]).slice(0, 2),
    ]);
  }

  private draw(surface: Surface): void {
    const { ctx, width, theme } = surface;
    this.square = { left: MARGIN.left, top: MARGIN.top, side: side(width) };
    if (!this.data) return;
    const { picture, state, paths } = this.data;
    const { square } = this;
    this.drawGround(ctx, theme, picture);
    ctx.save();
    ctx.beginPath();
    ctx.rect(square.left, square.top, square.side, square.side);
    ctx.clip();
    this.drawLines(ctx, theme, picture);
    drawMarks(ctx, theme, square, this.data);
    if (state.ends) this.drawEnds(ctx, theme);
    drawNames(ctx, theme, square, picture);
    for (const path of paths) this.drawPath(ctx, theme, path, state);
    ctx.restore();
    this.drawStart(ctx, theme, state);
    this.drawAxes(ctx, theme, state);
    this.showLegend(theme, state);
    this.showPointed(state);
  }

  private drawGround(ctx: CanvasRenderingContext2D, theme: Theme, picture: Picture): void {
    const { left, top, side } = this.square;
    const old = this.painted;
    const fresh = old?.picture === picture && old.theme === theme;
    const heat = fresh ? old.heat : heatImage(picture, theme);
    const mask = fresh ? old.mask : trapMask(picture);
    const hatch = fresh && old.side === side ? old.hatch : hatching(mask, side, devicePixelRatio || 1, theme.muted);
    this.painted = { picture, theme, heat, mask, hatch, side };
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(heat, left, top, side, side);
    ctx.save();
    ctx.globalAlpha = theme.dark ? 0.5 : 0.38;
    ctx.drawImage(hatch, left, top, side, side);
    ctx.restore();
  }

  private drawLines(ctx: CanvasRenderingContext2D, theme: Theme, picture: Picture): void {
    if (this.contoursOf !== picture) {
      const step = (2 * Math.PI) / picture.size;
      const angles = (x: number, y: number): Vec2 => [picture.first[0] + x * step, picture.first[1] + y * step];
      this.contours = levels(picture.least, picture.most, CONTOURS).flatMap((level) => {
        const ends = contour(picture.heights, picture.size, level, picture.cell_of);
        const segments: [Vec2, Vec2][] = [];
        for (let at = 0; at < ends.length; at += 4)
          segments.push([angles(ends[at], ends[at + 1]), angles(ends[at + 2], ends[at + 3])]);
        return segments;
      });
      this.contoursOf = picture;
    }
    ctx.lineJoin = 'round';
    ctx.strokeStyle = theme.ink;
    ctx.globalAlpha = 0.28;
    ctx.lineWidth = 0.8;
    ctx.beginPath();
    for (const [from, to] of this.contours) {
      const a = place(this.square, from);
      const b = place(this.square, to);
      ctx.moveTo(a.x, a.y);
      ctx.lineTo(b.x, b.y);
    }
    ctx.stroke();
    ctx.globalAlpha = 0.75;
    ctx.lineWidth = 1.6;
    ctx.beginPath();
    traceLines(ctx, this.square, picture.boundaries);
    ctx.stroke();
    ctx.lineWidth = 1.2;
    ctx.setLineDash([1, 4]);
    ctx.beginPath();
    traceLines(ctx, this.square, picture.ridges);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  }

  /** Where starts end with the method shown: a cross in a trap, a point where all is well, a dash on the way. */
  private drawEnds(ctx: CanvasRenderingContext2D, theme: Theme): void {
    const ends = this.data?.ends.find((ends) => ends.method === this.data?.state.method);
    if (!ends) return;
    const step = (2 * Math.PI) / ends.size;
    ctx.strokeStyle = ctx.fillStyle = methodStyle(theme, ends.method).colour;
    ctx.lineWidth = 1.5;
    ends.outcomes.forEach((outcome, node) => {
      const at = [node % ends.size, Math.floor(node / ends.size)].map((ix, axis) => ends.first[axis] + ix * step);
      const { x, y } = place(this.square, at as Vec2);
      ctx.beginPath();
      if (outcome === 'global') ctx.arc(x, y, 1.8, 0, 2 * Math.PI);
      else if (outcome === 'spurious') trace(ctx, 'cross', x, y, 3.2);
      else trace(ctx, 'line', x, y, 2);
      if (outcome === 'global') ctx.fill();
      else ctx.stroke();
    });
  }

  private drawPath(ctx: CanvasRenderingContext2D, theme: Theme, path: Path, state: State): void {
    const style = methodStyle(theme, path.method);
    const walk = unwrap(path.frames.map((frame) => frame.angles));
    const seen = path.frames.filter((frame) => frame.step <= state.step).length;
    const shown = path.method === state.method;
    const stroke = (points: Vec2[], colour: string, width: number, alpha: number, dash: number[]) => {
      ctx.globalAlpha = alpha;
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.setLineDash(dash);
      ctx.beginPath();
      traceLines(ctx, this.square, [points]);
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.globalAlpha = 1;
    };
    ctx.lineCap = 'round';
    const width = shown ? 3 : 2.2;
    if (seen < walk.length) stroke(walk, style.colour, 1, 0.55, style.dash);
    const gone = walk.slice(0, Math.max(1, seen));
    stroke(gone, theme.paper, width + 2.6, 0.85, []);
    stroke(gone, style.colour, width, 1, style.dash);
    ctx.lineCap = 'butt';
    const head = path.frames[Math.max(0, seen - 1)];
    const { x, y } = place(this.square, head.angles);
    ctx.beginPath();
    trace(ctx, style.shape, x, y, shown ? 6 : 5);
    halo(ctx, theme, 3);
    ctx.fillStyle = style.colour;
    ctx.fill();
  }

  private drawStart(ctx: CanvasRenderingContext2D, theme: Theme, state: State): void {
    const { x, y } = place(this.square, [radians(state.s1), radians(state.s2)]);
    ctx.beginPath();
    trace(ctx, 'ring', x, y, 9);
    halo(ctx, theme, 5);
    ctx.strokeStyle = theme.select;
    ctx.lineWidth = 2.4;
    ctx.stroke();
    ctx.beginPath();
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ]) {
      ctx.moveTo(x + 9 * dx, y + 9 * dy);
      ctx.lineTo(x + 14 * dx, y + 14 * dy);
    }
    ctx.stroke();
  }

  private drawAxes(ctx: CanvasRenderingContext2D, theme: Theme, state: State): void {
    const { left, top, side } = this.square;
    const bottom = top + side;
    ctx.strokeStyle = theme.ink;
    ctx.lineWidth = 1;
    ctx.strokeRect(left + 0.5, top + 0.5, side - 1, side - 1);
    ctx.font = `12px ${theme.font}`;
    ctx.fillStyle = theme.muted;
    for (const tick of [-180, -90, 0, 90, 180]) {
      const { x, y } = place(this.square, [radians(tick), radians(tick)]);
      ctx.textAlign = tick === 180 ? 'right' : tick === -180 ? 'left' : 'center';
      ctx.textBaseline = 'top';
      ctx.fillText(said(tick), tick === 180 ? x + 8 : tick === -180 ? x - 4 : x, bottom + 6);
      ctx.textAlign = 'right';
      ctx.textBaseline = 'middle';
      ctx.fillText(said(tick), left - 6, Math.max(top + 6, Math.min(bottom - 6, y)));
    }
    ctx.fillStyle = theme.ink;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'alphabetic';
    ctx.fillText('θ₁, angle of encoder row 1', left + side / 2, bottom + 36);
    ctx.save();
    ctx.translate(11, top + side / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.fillText('θ₂, angle of encoder row 2', 0, 0);
    ctx.restore();
    // Where each feature points, beyond the far edges.
    ctx.font = `600 12px ${theme.font}`;
    for (const [ix, angle] of [state.f1, state.f2].entries()) {
      const { x, y } = place(this.square, [radians(turned(angle)), radians(turned(angle))]);
      const name = String(ix + 1);
      ctx.textAlign = 'center';
      ctx.textBaseline = 'middle';
      ctx.fillText(name, x, top - 15);
      ctx.fillText(name, left + side + 14, y);
      ctx.beginPath();
      trace(ctx, 'down', x, top - 5, 3);
      trace(ctx, 'left', left + side + 5, y, 3);
      ctx.fill();
    }
  }

  private showLegend(theme: Theme, state: State): void {
    const item = (shape: Shape, colour: string, text: string, filled = false) => ({ shape, colour, text, filled });
    const methods = (['gradient_descent', 'adam', 'alternating_convex_search'] as const).map((method) => {
      const { shape, variable } = methodStyle(theme, method);
      return item(shape, variable, `${NAMES[method]} (${SHORT[method]}; ${LINES[method]})`, true);
    });
    const ink = 'var(--sdl-ink)';
    showLegend(
      this.figure.legend,
      [
        item('ring', 'var(--sdl-select)', 'start (drag it)'),
        ...methods,
        item('diamond', ink, 'global minimum', true),
        item('down', ink, 'spurious minimum'),
        item('ring', 'var(--sdl-truth)', 'each row is a feature'),
        ...(state.ends
          ? [item('cross', 'var(--sdl-muted)', `start that ${SHORT[state.method]} leaves in a trap`)]
          : []),
      ],
      ramp(theme, heightName(state), this.data as MapData),
      hatchSample(),
    );
  }

  private showPointed(state: State): void {
    const { canvas } = this.figure;
    const at = this.pointer;
    if (!at || !this.figure.pointed()) {
      this.figure.showTip(null);
      return;
    }
    canvas.style.cursor = 'crosshair';
    this.figure.showTip(place(this.square, at), [
      ...this.describe(at),
      `θ₁ ${said(Math.round(degrees(at[0])))}, θ₂ ${said(Math.round(degrees(at[1])))}`,
      ...this.minimumAt(at).flatMap((minimum) => minimumLines(minimum, state.anchors > 0)),
    ]);
  }

  private describe([across, up]: Vec2): string[] {
    if (!this.data) return [];
    const { picture, state } = this.data;
    const { size, first } = picture;
    const index = (angle: number, axis: 0 | 1) =>
      (((Math.round(((angle - first[axis]) / (2 * Math.PI)) * size) % size) + size) % size) as number;
    const node = index(up, 1) * size + index(across, 0);
    const pattern = patternName(picture.cells[picture.cell_of[node]].pattern);
    const height = short(picture.heights[node]);
    return [`F₁, F₂ = ${pattern}`, state.anchors > 0 ? `height ${height}` : `L̃ = ${height}`];
  }

  /** The minimum whose mark or flat cell is under the pointer. */
  private minimumAt(at: Vec2): Minimum[] {
    const { picture } = this.data as MapData;
    const here = place(this.square, at);
    const mark = picture.minima.find((minimum) => {
      const there = place(this.square, minimum.at);
      return minimum.kind !== 'plateau' && Math.hypot(here.x - there.x, here.y - there.y) < 10;
    });
    return mark ? [mark] : [];
  }
}

const LINES = { gradient_descent: 'solid', adam: 'dashed', alternating_convex_search: 'dotted' } as const;

const side = (width: number): number => Math.min(LARGEST, width - MARGIN.left - MARGIN.right);

const said = (degrees: number): string => `${String(degrees).replace('-', '−')}°`;

/** The scale of heights, as the legend's first entry. */
function ramp(theme: Theme, name: string, { picture }: MapData): HTMLElement {
  const entry = document.createElement('li');
  const bar = document.createElement('span');
  bar.className = 'ramp';
  bar.style.background = `linear-gradient(90deg, ${heightColours(theme).join(', ')})`;
  entry.append(short(picture.least), bar, short(picture.most), ` ${name}`);
  return entry;
}

function hatchSample(): HTMLElement {
  const entry = document.createElement('li');
  const sample = document.createElement('span');
  sample.className = 'hatch';
  entry.append(sample, 'flat and spurious: a trap');
  return entry;
}
