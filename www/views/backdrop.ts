/**
 * What the direction figure's marks stand before: the unit circle, the sphere's great circles, or the axes of a projection.
 */
import type { Theme } from '../theme';
import { type Rotation, rotate } from './geometry';

export interface Place {
  x: number;
  y: number;
  /** Pixels per unit of length. */
  unit: number;
  /** Length that reaches the rim. */
  reach: number;
}

export function drawBackdrop(
  ctx: CanvasRenderingContext2D,
  theme: Theme,
  dimension: number,
  rotation: Rotation,
  place: Place,
): void {
  const { x, y, unit, reach } = place;
  ctx.lineWidth = 1;
  if (dimension > 3) {
    drawAxes(ctx, theme, rotation, place);
    return;
  }
  ctx.strokeStyle = theme.rule;
  ctx.beginPath();
  ctx.arc(x, y, unit, 0, 2 * Math.PI);
  if (dimension === 3) {
    ctx.fillStyle = theme.raised;
    ctx.fill();
  }
  ctx.stroke();
  if (dimension === 3) {
    for (let axis = 0; axis < 3; axis++) drawGreatCircle(ctx, axis, rotation, place);
    return;
  }
  ctx.strokeStyle = theme.grid;
  ctx.beginPath();
  ctx.moveTo(x - reach * unit, y);
  ctx.lineTo(x + reach * unit, y);
  ctx.moveTo(x, y - reach * unit);
  ctx.lineTo(x, y + reach * unit);
  ctx.stroke();
}

/** The great circle about one coordinate axis, its far half fainter. */
function drawGreatCircle(ctx: CanvasRenderingContext2D, axis: number, rotation: Rotation, { x, y, unit }: Place): void {
  const steps = 72;
  const circle = new Float32Array(3 * (steps + 1));
  for (let s = 0; s <= steps; s++) {
    circle[3 * s + ((axis + 1) % 3)] = Math.cos((2 * Math.PI * s) / steps);
    circle[3 * s + ((axis + 2) % 3)] = Math.sin((2 * Math.PI * s) / steps);
  }
  const seen = rotate(circle, rotation);
  for (const front of [false, true]) {
    ctx.globalAlpha = front ? 0.9 : 0.35;
    ctx.beginPath();
    for (let i = 3; i < seen.length; i += 3) {
      if (seen[i + 2] >= 0 !== front) continue;
      ctx.moveTo(x + seen[i - 3] * unit, y - seen[i - 2] * unit);
      ctx.lineTo(x + seen[i] * unit, y - seen[i + 1] * unit);
    }
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}

function drawAxes(ctx: CanvasRenderingContext2D, theme: Theme, rotation: Rotation, place: Place): void {
  const length = place.unit * place.reach;
  ctx.font = `12px ${theme.font}`;
  ctx.fillStyle = theme.muted;
  ctx.strokeStyle = theme.rule;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.beginPath();
  for (let axis = 0; axis < 3; axis++) {
    const [x, y, z] = [rotation[axis] * length, rotation[3 + axis] * length, rotation[6 + axis]];
    ctx.moveTo(place.x - x * 0.9, place.y + y * 0.9);
    ctx.lineTo(place.x + x * 0.9, place.y - y * 0.9);
    // Seen end on, an axis has no room for its name.
    if (Math.hypot(x, y) < 0.35 * length) continue;
    ctx.globalAlpha = z < 0 ? 0.55 : 1;
    ctx.fillText(`axis ${axis + 1}`, place.x + x * 0.98, place.y - y * 0.98);
    ctx.globalAlpha = 1;
  }
  ctx.stroke();
}
