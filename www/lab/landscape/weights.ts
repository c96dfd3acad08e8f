/** The weights themselves, in the plane they live in: what each latent reads and writes, beside the features. */
import type { Theme } from '../../theme';
import { claim, Figure, type Surface } from '../../views/figure';
import { showLegend, trace } from '../../views/marks';
import type { Frame, Path, Vec2 } from './engine';
import { halo } from './map-marks';
import { methodStyle } from './ramp';
import { degrees, radians, type State, turned, unit } from './state';
import { NAMES, short } from './words';

/** Vectors beyond this many radii of the circle end on the rim. */
const REACH = 1.7;
const LARGEST = 340;

export class WeightsView {
  readonly figure: Figure;
  private state: State | null = null;
  private path: Path | null = null;
  private radius = 1;
  private centre = { x: 0, y: 0 };
  private chosen: 'f1' | 'f2' = 'f1';

  /** `turn` gets a feature's new angle in degrees. */
  constructor(
    root: HTMLElement,
    private readonly turn: (feature: 'f1' | 'f2', angle: number) => void,
  ) {
    this.figure = new Figure(root, {
      title: 'What does each latent read and write?',
      keys: 'Keys 1 and 2 choose a feature, the arrow keys turn it by 1 degree, with Shift by 15.',
      height: (width) => Math.min(width, LARGEST),
      draw: (surface) => this.draw(surface),
      css: '.sdl-figure canvas.weights { touch-action: pan-y; cursor: grab; }',
    });
    this.figure.canvas.classList.add('weights');
    this.listen();
    this.figure.showCaption(
      'The plane of features and weights; the circle is length 1. Drag a ring to turn a feature. Vectors longer than the figure end in a diamond on its rim.',
    );
  }

  update(state: State, path: Path): void {
    this.state = state;
    this.path = path;
    const { variable } = methodStyle(LEGEND_THEME, state.method);
    showLegend(this.figure.legend, [
      { shape: 'ring', colour: 'var(--sdl-truth)', text: 'feature (the larger, the larger its M)' },
      { shape: 'triangle', colour: variable, text: 'encoder row', filled: true },
      { shape: 'dot', colour: variable, text: 'decoder column (dashed)' },
    ]);
    const frame = this.frame();
    if (frame) this.figure.showFinding(`${NAMES[state.method]}, step ${frame.step}: ${gap(frame)}`);
    this.figure.invalidate();
  }

  private frame(): Frame | undefined {
    return this.path?.frames.findLast((frame) => frame.step <= (this.state?.step ?? 0));
  }

  private listen(): void {
    const { canvas, signal } = this.figure;
    const angle = (event: PointerEvent) =>
      Math.round(degrees(Math.atan2(this.centre.y - event.offsetY, event.offsetX - this.centre.x)));
    canvas.addEventListener(
      'pointerdown',
      (event) => {
        if (event.button !== 0 || !this.state) return;
        const off = (feature: 'f1' | 'f2') => {
          const tip = this.at(unit(radians(this.state?.[feature] ?? 0)));
          return Math.hypot(tip.x - event.offsetX, tip.y - event.offsetY);
        };
        const nearer = off('f1') <= off('f2') ? 'f1' : 'f2';
        if (off(nearer) > 36) return;
        this.chosen = nearer;
        canvas.setPointerCapture(event.pointerId);
      },
      { signal },
    );
    canvas.addEventListener(
      'pointermove',
      (event) => {
        if (canvas.hasPointerCapture(event.pointerId)) this.turn(this.chosen, turned(angle(event)));
      },
      { signal },
    );
    canvas.addEventListener('keydown', (event) => this.key(event), { signal });
    // The chosen one is marked only while keys would act on it.
    for (const name of ['focus', 'blur']) canvas.addEventListener(name, () => this.figure.invalidate(), { signal });
  }

  private key(event: KeyboardEvent): void {
    if (!this.state || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '1' || event.key === '2') {
      claim(event);
      this.chosen = event.key === '1' ? 'f1' : 'f2';
      this.figure.say([`Feature ${event.key}, ${this.state[this.chosen]} degrees`]);
      this.figure.invalidate();
      return;
    }
    const by = { ArrowLeft: 1, ArrowUp: 1, ArrowRight: -1, ArrowDown: -1 }[event.key];
    if (!by) return;
    claim(event);
    const angle = turned(this.state[this.chosen] + by * (event.shiftKey ? 15 : 1));
    this.turn(this.chosen, angle);
    this.figure.say([`Feature ${this.chosen[1]} at ${angle} degrees`]);
  }

  private at([x, y]: Vec2): { x: number; y: number } {
    return { x: this.centre.x + x * this.radius, y: this.centre.y - y * this.radius };
  }

  private draw({ ctx, width, height, theme }: Surface): void {
    const { state } = this;
    const frame = this.frame();
    if (!state || !frame) return;
    this.centre = { x: width / 2, y: height / 2 };
    this.radius = (Math.min(width, height) / 2 - 10) / REACH;
    ctx.strokeStyle = theme.grid;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(this.centre.x - REACH * this.radius, this.centre.y);
    ctx.lineTo(this.centre.x + REACH * this.radius, this.centre.y);
    ctx.moveTo(this.centre.x, this.centre.y - REACH * this.radius);
    ctx.lineTo(this.centre.x, this.centre.y + REACH * this.radius);
    ctx.stroke();
    ctx.strokeStyle = theme.rule;
    ctx.beginPath();
    ctx.arc(this.centre.x, this.centre.y, this.radius, 0, 2 * Math.PI);
    ctx.stroke();
    this.drawFeatures(ctx, theme, state);
    const style = methodStyle(theme, state.method);
    for (const latent of [0, 1]) {
      this.drawVector(ctx, theme, frame.weights.decoder[latent], style.colour, [5, 4], 'dot', '');
      this.drawVector(ctx, theme, frame.weights.encoder[latent], style.colour, [], 'triangle', String(latent + 1));
    }
  }

  private drawFeatures(ctx: CanvasRenderingContext2D, theme: Theme, state: State): void {
    const heaviest = Math.max(state.m1, state.m2);
    const focused = this.figure.canvas.matches(':focus-visible');
    for (const feature of ['f1', 'f2'] as const) {
      const direction = unit(radians(state[feature]));
      const tip = this.at(direction);
      const mass = feature === 'f1' ? state.m1 : state.m2;
      const anchored = Number(feature[1]) <= state.anchors;
      ctx.strokeStyle = theme.truth;
      ctx.lineWidth = 1.4;
      ctx.beginPath();
      ctx.moveTo(this.centre.x, this.centre.y);
      ctx.lineTo(tip.x, tip.y);
      ctx.stroke();
      ctx.lineWidth = focused && this.chosen === feature ? 3.5 : 2.2;
      ctx.beginPath();
      trace(ctx, anchored ? 'diamond' : 'ring', tip.x, tip.y, 6 + 6 * Math.sqrt(mass / heaviest));
      ctx.stroke();
      const out = this.at([1.24 * direction[0], 1.3 * direction[1]]);
      const align = direction[0] > 0.4 ? 'left' : direction[0] < -0.4 ? 'right' : 'center';
      text(ctx, theme, `feature ${feature[1]}`, out.x, out.y, theme.ink, align);
      if (anchored) text(ctx, theme, 'anchored', out.x, out.y + 15, theme.ink, align);
    }
  }

  private drawVector(
    ctx: CanvasRenderingContext2D,
    theme: Theme,
    vector: Vec2,
    colour: string,
    dash: number[],
    shape: 'dot' | 'triangle',
    name: string,
  ): void {
    const length = Math.hypot(...vector);
    const beyond = length > REACH - 0.06;
    const shrink = beyond ? (REACH - 0.06) / length : 1;
    const tip = this.at([vector[0] * shrink, vector[1] * shrink]);
    ctx.strokeStyle = colour;
    ctx.lineWidth = 2;
    ctx.setLineDash(dash);
    ctx.beginPath();
    ctx.moveTo(this.centre.x, this.centre.y);
    ctx.lineTo(tip.x, tip.y);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.beginPath();
    trace(ctx, beyond ? 'diamond' : shape, tip.x, tip.y, shape === 'dot' ? 5 : 6);
    halo(ctx, theme, 3);
    ctx.fillStyle = shape === 'dot' ? theme.paper : colour;
    ctx.fill();
    ctx.stroke();
    if (!name) return;
    // Beside the arrow, so that a row on a feature does not cover its name.
    const side = length > 0 ? 0.17 / length : 0;
    const at = this.at([0.72 * shrink * vector[0] - side * vector[1], 0.72 * shrink * vector[1] + side * vector[0]]);
    text(ctx, theme, name, at.x, at.y, colour);
  }
}

/** A legend needs variables only. */
const LEGEND_THEME = {} as Theme;

/** The loss as it is, and how much of it a better decoder would take away. */
function gap({ objective, height }: Frame): string {
  const now = short(objective);
  return objective - height < 5e-4
    ? `height ${now}, on the surface.`
    : `height ${now}; with the best decoder it would be ${short(height)}.`;
}

function text(
  ctx: CanvasRenderingContext2D,
  theme: Theme,
  said: string,
  x: number,
  y: number,
  colour: string,
  align: CanvasTextAlign = 'center',
): void {
  ctx.font = `600 12px ${theme.font}`;
  ctx.textAlign = align;
  ctx.textBaseline = 'middle';
  ctx.lineJoin = 'round';
  ctx.strokeStyle = theme.paper;
  ctx.lineWidth = 4;
  ctx.strokeText(said, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(said, x, y);
}
