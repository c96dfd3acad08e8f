/** How low each method gets, step by step: the height of its weights, and of the surface under them. */
import { Figure, type Surface } from '../../views/figure';
import { showLegend, trace } from '../../views/marks';
import { linearAxis, Plot } from '../../views/plot';
import type { Path } from './engine';
import { methodStyle } from './ramp';
import { STEPS, type State } from './state';
import { SHORT, short } from './words';

const MARGIN = { left: 40, right: 14, top: 26, bottom: 42 };

export class DescentCurves {
  readonly figure: Figure;
  private state: State | null = null;
  private paths: readonly Path[] = [];

  constructor(
    root: HTMLElement,
    private readonly go: (step: number) => void,
  ) {
    this.figure = new Figure(root, {
      title: 'How low does each get?',
      keys: '',
      height: () => 210,
      draw: (surface) => this.draw(surface),
    });
    const { canvas, signal } = this.figure;
    // The slider below the map does the same by key.
    canvas.tabIndex = -1;
    canvas.setAttribute('role', 'img');
    canvas.addEventListener('pointerdown', (event) => this.point(event), { signal });
    canvas.addEventListener('pointermove', (event) => event.buttons === 1 && this.point(event), { signal });
    this.figure.showCaption(
      'Thick: the weights as they are. Thin: the picture’s height below them, which the best decoder would reach at once. ACS makes one alternation every 10 steps. Click to go to a step.',
    );
  }

  update(state: State, paths: readonly Path[]): void {
    this.state = state;
    this.paths = paths;
    const ends = paths.map((path) => `${SHORT[path.method]} ${short(path.frames.at(-1)?.objective ?? 0)}`);
    this.figure.showFinding(`At the end: ${ends.join(', ')}.`);
    this.figure.invalidate();
  }

  private point(event: PointerEvent): void {
    const { width } = this.figure.canvas.getBoundingClientRect();
    const share = (event.offsetX - MARGIN.left) / (width - MARGIN.left - MARGIN.right);
    this.go(Math.round(Math.max(0, Math.min(1, share)) * STEPS));
  }

  private draw({ ctx, width, height, theme }: Surface): void {
    const { state, paths } = this;
    if (!state || paths.length === 0) return;
    const most = Math.max(1e-3, ...paths.map((path) => Math.max(...path.frames.map((frame) => frame.objective))));
    const box = {
      left: MARGIN.left,
      top: MARGIN.top,
      width: width - MARGIN.left - MARGIN.right,
      height: height - MARGIN.top - MARGIN.bottom,
    };
    const plot = new Plot(box, linearAxis(0, STEPS, 4, String), linearAxis(0, 1.04 * most, 4, String));
    plot.drawAxes(ctx, theme, 'step');
    ctx.textAlign = 'left';
    ctx.fillText(state.anchors > 0 ? 'L̃ + λₐ · anchors' : 'L̃', 4, 10);
    plot.drawRule(ctx, state.step, { colour: theme.select, width: 1.4 });
    for (const path of paths) {
      const { colour, dash, shape } = methodStyle(theme, path.method);
      const at = path.frames.map((frame) => frame.step);
      const line = (value: number[], width: number, opacity: number) =>
        plot.drawLine(ctx, { at, value }, { colour, width, dash, opacity });
      line(
        path.frames.map((frame) => frame.height),
        1,
        0.8,
      );
      line(
        path.frames.map((frame) => frame.objective),
        2.2,
        1,
      );
      const now = path.frames.findLast((frame) => frame.step <= state.step);
      if (!now) continue;
      ctx.beginPath();
      trace(ctx, shape, plot.x(now.step), plot.y(now.objective), 4);
      ctx.fillStyle = colour;
      ctx.fill();
    }
    showLegend(
      this.figure.legend,
      paths.map((path) => {
        const { variable, shape } = methodStyle(theme, path.method);
        return { shape, colour: variable, filled: true, text: SHORT[path.method] };
      }),
    );
  }
}
