/** What is written on the map: cells by their patterns, minima by shape, the places where each row is a feature. */
import type { Theme } from '../../theme';
import { trace } from '../../views/marks';
import type { Minimum, Picture, Vec2 } from './engine';
import type { MapData } from './map';
import { radians, turned } from './state';
import { place, type Square, traceLines } from './torus';
import { patternName, short } from './words';

/** Strokes the current path with paper, so that what is drawn on it stands off the picture. */
export function halo(ctx: CanvasRenderingContext2D, theme: Theme, width: number): void {
  ctx.save();
  ctx.strokeStyle = theme.paper;
  ctx.globalAlpha = 0.9;
  ctx.lineWidth = width;
  ctx.lineJoin = 'round';
  ctx.stroke();
  ctx.restore();
}

/** Each piece of a cell that has the room carries its pattern, and where it is flat, its height. */
export function drawNames(ctx: CanvasRenderingContext2D, theme: Theme, square: Square, picture: Picture): void {
  const flat = new Map<number, Minimum>();
  for (const minimum of picture.minima) if (minimum.kind === 'plateau') flat.set(minimum.cell, minimum);
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.lineJoin = 'round';
  for (const { cell, at, room } of picture.patches) {
    const pixels = (room / (2 * Math.PI)) * square.side;
    if (pixels < 15) continue;
    const { x, y: middle } = place(square, at);
    const marked = picture.minima.some((minimum) => {
      const mark = place(square, minimum.at);
      return minimum.kind !== 'plateau' && Math.abs(mark.x - x) < 40 && Math.abs(mark.y - middle) < 16;
    });
    const y = middle + (marked ? 22 : 0);
    const minimum = flat.get(cell);
    const name = patternName(picture.cells[cell].pattern).replaceAll(', ', pixels < 40 ? ',' : ', ');
    const two = minimum && pixels > 17;
    write(ctx, theme, `600 ${pixels < 26 ? 10 : 12}px ${theme.font}`, name, x, y - (two ? 7 : 0));
    if (two) {
      const mark = minimum.global ? '◆ ' : '▽ ';
      write(ctx, theme, `${pixels < 26 ? 10 : 11}px ${theme.font}`, mark + short(minimum.height), x, y + 8);
    }
  }
}

function write(ctx: CanvasRenderingContext2D, theme: Theme, font: string, text: string, x: number, y: number): void {
  ctx.font = font;
  ctx.strokeStyle = theme.paper;
  ctx.globalAlpha = 0.8;
  ctx.lineWidth = 3.5;
  ctx.strokeText(text, x, y);
  ctx.globalAlpha = 1;
  ctx.fillStyle = theme.ink;
  ctx.fillText(text, x, y);
}

/** Valleys and points; plateaus are named with their cells. Rings: where row 1 is one feature and row 2 the other. */
export function drawMarks(
  ctx: CanvasRenderingContext2D,
  theme: Theme,
  square: Square,
  { picture, state }: MapData,
): void {
  const [f1, f2] = [radians(turned(state.f1)), radians(turned(state.f2))];
  ctx.strokeStyle = theme.truth;
  ctx.lineWidth = 1.6;
  for (const at of [
    [f1, f2],
    [f2, f1],
  ] as Vec2[]) {
    const { x, y } = place(square, at);
    ctx.beginPath();
    trace(ctx, 'ring', x, y, 5);
    halo(ctx, theme, 4);
    ctx.stroke();
  }
  for (const minimum of picture.minima) {
    if (minimum.kind === 'valley') {
      ctx.beginPath();
      traceLines(ctx, square, [minimum.line]);
      halo(ctx, theme, 6);
      ctx.strokeStyle = theme.ink;
      ctx.lineWidth = 2.4;
      ctx.setLineDash(minimum.global ? [] : [6, 3]);
      ctx.stroke();
      ctx.setLineDash([]);
    }
    if (minimum.kind !== 'plateau') drawMinimum(ctx, theme, square, minimum);
  }
}

function drawMinimum(ctx: CanvasRenderingContext2D, theme: Theme, square: Square, minimum: Minimum): void {
  const { x, y } = place(square, minimum.at);
  ctx.beginPath();
  trace(ctx, minimum.global ? 'diamond' : 'down', x, y, 6);
  halo(ctx, theme, 5);
  ctx.fillStyle = minimum.global ? theme.ink : theme.paper;
  ctx.strokeStyle = theme.ink;
  ctx.lineWidth = 1.8;
  ctx.fill();
  ctx.stroke();
  if (minimum.on_boundary) {
    ctx.beginPath();
    trace(ctx, 'ring', x, y, 10);
    ctx.setLineDash([2, 2]);
    ctx.lineWidth = 1.2;
    ctx.stroke();
    ctx.setLineDash([]);
  }
}
