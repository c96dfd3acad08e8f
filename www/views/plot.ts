/**
 * A line plot on canvas: axes with ticks and names, lines, dots on them, a vertical rule. Curves over steps and over
 * thresholds are both drawn with it. It is made anew for every drawing: only arithmetic stands in the constructor.
 */
import { ticks } from 'd3-array';
import { runColours, type Theme } from '../theme';
import { logTicks } from './scales';
import { type Curve, thin } from './series';
import type { RunLabel } from './view';

export interface Axis {
  low: number;
  high: number;
  log?: boolean;
  ticks: readonly number[];
  /** What a tick says; nothing where another plot below says it. */
  say?: ((tick: number) => string) | undefined;
}

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Stroke {
  colour: string;
  width: number;
  dash?: number[];
  opacity?: number;
}

export function linearAxis(low: number, high: number, about: number, say?: Axis['say']): Axis {
  return { low, high, ticks: ticks(low, high, about), say };
}

export function logAxis(low: number, high: number, say?: Axis['say']): Axis {
  return { low, high, log: true, ticks: logTicks(low, high), say };
}

/** A is solid and B dashed, so that hue is not all that tells them apart. */
export function strokeOf(theme: Theme, label: RunLabel): Stroke {
  return { colour: runColours(theme, label).mark, width: 2, dash: label === 'A' ? [] : [7, 4] };
}

export class Plot {
  constructor(
    readonly box: Box,
    private readonly across: Axis,
    private readonly up: Axis,
  ) {}

  x(value: number): number {
    return this.box.left + share(this.across, value) * this.box.width;
  }

  y(value: number): number {
    return this.box.top + (1 - share(this.up, value)) * this.box.height;
  }

  /** The position on the (linear) horizontal axis under a pixel, held to the axis. */
  at(pixel: number): number {
    const { low, high } = this.across;
    return low + Math.max(0, Math.min(1, (pixel - this.box.left) / this.box.width)) * (high - low);
  }

  /** Grid lines, ticks and what they say; the name of the horizontal axis below it. */
  drawAxes(ctx: CanvasRenderingContext2D, theme: Theme, name = ''): void {
    const { left, top, width, height } = this.box;
    const bottom = top + height;
    ctx.font = `12px ${theme.font}`;
    ctx.fillStyle = theme.muted;
    ctx.textBaseline = 'middle';
    ctx.lineWidth = 1;
    ctx.strokeStyle = theme.grid;
    ctx.textAlign = 'right';
    ctx.beginPath();
    for (const tick of this.up.ticks) {
      const y = Math.round(this.y(tick)) + 0.5;
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
      ctx.fillText(this.up.say?.(tick) ?? '', left - 6, y);
    }
    ctx.stroke();
    ctx.strokeStyle = theme.rule;
    ctx.textAlign = 'center';
    ctx.beginPath();
    ctx.moveTo(left, Math.round(bottom) + 0.5);
    ctx.lineTo(left + width, Math.round(bottom) + 0.5);
    for (const tick of this.across.ticks) {
      const x = Math.round(this.x(tick)) + 0.5;
      ctx.moveTo(x, bottom);
      ctx.lineTo(x, bottom + 4);
      ctx.fillText(this.across.say?.(tick) ?? '', x, bottom + 13);
    }
    ctx.stroke();
    ctx.fillText(name, left + width / 2, bottom + 30);
  }

  /** The curve, thinned to what its pixels can show. */
  drawLine(ctx: CanvasRenderingContext2D, curve: Curve, { colour, width, dash = [], opacity = 1 }: Stroke): void {
    const { box, across } = this;
    const points = thin(
      curve,
      across.low,
      across.high,
      Math.max(1, Math.round(box.width)),
      this.up.log ? 0 : undefined,
    );
    ctx.save();
    ctx.beginPath();
    // Lines that run along an edge keep their whole width.
    ctx.rect(box.left - width, box.top - width, box.width + 2 * width, box.height + 2 * width);
    ctx.clip();
    ctx.beginPath();
    let broken = true;
    for (let i = 0; i < points.length; i += 2) {
      if (Number.isNaN(points[i])) broken = true;
      else if (broken) {
        ctx.moveTo(this.x(points[i]), this.y(points[i + 1]));
        broken = false;
      } else ctx.lineTo(this.x(points[i]), this.y(points[i + 1]));
    }
    ctx.strokeStyle = colour;
    ctx.globalAlpha = opacity;
    ctx.lineWidth = width;
    // Not miter: noise would grow spikes.
    ctx.lineJoin = 'round';
    ctx.setLineDash(dash);
    ctx.stroke();
    ctx.restore();
  }

  /** A run's value at a position: filled for A, open for B. Nothing where the axis cannot show it. */
  drawDot(ctx: CanvasRenderingContext2D, theme: Theme, label: RunLabel, at: number, value: number | undefined): void {
    if (value === undefined || !Number.isFinite(value) || (this.up.log && value <= 0)) return;
    const { colour, width } = strokeOf(theme, label);
    ctx.beginPath();
    ctx.arc(this.x(at), this.y(value), 4.5, 0, 2 * Math.PI);
    ctx.fillStyle = label === 'A' ? colour : theme.paper;
    ctx.fill();
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.stroke();
  }

  /** A vertical line; `above` pixels of it stand out of (below zero: end short of) the top of the plot. */
  drawRule(
    ctx: CanvasRenderingContext2D,
    at: number,
    { colour, width, dash = [], opacity = 1 }: Stroke,
    above = 0,
  ): void {
    const x = this.x(at);
    ctx.save();
    ctx.globalAlpha = opacity;
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.setLineDash(dash);
    ctx.beginPath();
    ctx.moveTo(x, this.box.top + this.box.height);
    ctx.lineTo(x, this.box.top - above);
    ctx.stroke();
    ctx.restore();
  }
}

function share({ low, high, log }: Axis, value: number): number {
  return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}
