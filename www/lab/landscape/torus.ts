/** Drawing on the torus of two angles cut open into a square: lines leave on one side and come back on the other. */
import type { Vec2 } from './engine';

const TAU = 2 * Math.PI;

export interface Square {
  left: number;
  top: number;
  side: number;
}

/** Pixels of [θ₁, θ₂]; θ₂ grows upwards. */
export function place(square: Square, [across, up]: Vec2): { x: number; y: number } {
  return {
    x: square.left + ((across + Math.PI) / TAU) * square.side,
    y: square.top + ((Math.PI - up) / TAU) * square.side,
  };
}

/** The angles under a pixel, in [−π, π]; null outside of the square. */
export function anglesAt(square: Square, x: number, y: number): Vec2 | null {
  const across = (x - square.left) / square.side;
  const up = 1 - (y - square.top) / square.side;
  if (across < 0 || across > 1 || up < 0 || up > 1) return null;
  return [across * TAU - Math.PI, up * TAU - Math.PI];
}

/** A walk whose every step is the short way around. */
export function unwrap(points: readonly Vec2[]): Vec2[] {
  const out: Vec2[] = [];
  for (const point of points) {
    const last = out.at(-1);
    out.push(last ? [nearest(point[0], last[0]), nearest(point[1], last[1])] : [point[0], point[1]]);
  }
  return out;
}

const nearest = (angle: number, to: number): number => angle + Math.round((to - angle) / TAU) * TAU;

/** Adds unwrapped lines to the current path, as often as they cross the square. The caller clips to it. */
export function traceLines(ctx: CanvasRenderingContext2D, square: Square, lines: readonly (readonly Vec2[])[]): void {
  for (const line of lines) {
    const [low1, high1] = range(line, 0);
    const [low2, high2] = range(line, 1);
    for (let i = turns(low1); i <= turns(high1); i++)
      for (let j = turns(low2); j <= turns(high2); j++) {
        for (let at = 0; at < line.length; at++) {
          const { x, y } = place(square, [line[at][0] - i * TAU, line[at][1] - j * TAU]);
          if (at === 0) ctx.moveTo(x, y);
          else ctx.lineTo(x, y);
        }
      }
  }
}

/** How many whole turns an angle is away from [−π, π). */
const turns = (angle: number): number => Math.floor((angle + Math.PI) / TAU);

function range(line: readonly Vec2[], axis: 0 | 1): Vec2 {
  const values = line.map((point) => point[axis]);
  return [Math.min(...values), Math.max(...values)];
}
