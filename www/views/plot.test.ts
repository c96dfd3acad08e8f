/** Where a plot puts values, and the path it draws. */
import { describe, expect, it } from 'vitest';
import { light, type Theme } from '../theme';
import { linearAxis, logAxis, Plot, strokeOf } from './plot';

const box = { left: 50, top: 20, width: 200, height: 100 };
const theme: Theme = { ...light, dark: false, font: 'sans-serif' };

/** A context that writes down what it is told to do. */
function recorder(): { ctx: CanvasRenderingContext2D; calls: string[] } {
  const calls: string[] = [];
  const ctx = new Proxy({} as Record<string, unknown>, {
    get:
      (_, name: string) =>
      (...args: unknown[]) => {
        calls.push(`${name}(${args.join()})`);
      },
    set: (_, name: string, value) => calls.push(`${name}=${value}`) > 0,
  });
  return { ctx: ctx as unknown as CanvasRenderingContext2D, calls };
}

describe('scales', () => {
  const plot = new Plot(box, linearAxis(0, 1000, 4), logAxis(1e-2, 1e2));
  it('puts the ends of the axes at the edges, low values at the bottom', () => {
    expect([plot.x(0), plot.x(1000), plot.y(1e-2), plot.y(1e2)]).toEqual([50, 250, 120, 20]);
  });
  it('is linear across and logarithmic up', () => {
    expect(plot.x(250)).toBeCloseTo(100, 9);
    expect(plot.y(1)).toBeCloseTo(70, 9);
  });
  it('reads positions back, held to the axis', () => {
    expect([plot.at(50), plot.at(100), plot.at(-5), plot.at(999)]).toEqual([0, 250, 0, 1000]);
  });
  it('has round ticks', () => expect(linearAxis(0, 1000, 4).ticks).toEqual([0, 200, 400, 600, 800, 1000]));
});

describe('lines', () => {
  it('break where a value is missing', () => {
    const { ctx, calls } = recorder();
    const plot = new Plot(box, linearAxis(0, 10, 5), linearAxis(0, 1, 5));
    plot.drawLine(ctx, { at: [0, 5, 6, 10], value: [0, 1, Number.NaN, 0.5] }, { colour: 'red', width: 2 });
    expect(calls.filter((call) => /^(move|line)To/.test(call))).toEqual([
      'moveTo(50,120)',
      'lineTo(150,20)',
      'moveTo(250,70)',
    ]);
  });
  it('on a log axis leave out zero', () => {
    const { ctx, calls } = recorder();
    const plot = new Plot(box, linearAxis(0, 10, 5), logAxis(0.1, 10));
    plot.drawLine(ctx, { at: [0, 5, 10], value: [10, 0, 1] }, { colour: 'red', width: 2 });
    expect(calls.filter((call) => /^(move|line)To/.test(call))).toEqual(['moveTo(50,20)', 'moveTo(250,70)']);
  });
  it('stay short however long the curve is', () => {
    const { ctx, calls } = recorder();
    const at = Float64Array.from({ length: 50_000 }, (_, i) => i);
    const plot = new Plot(box, linearAxis(0, 50_000, 5), linearAxis(-1, 1, 5));
    plot.drawLine(ctx, { at, value: at.map(Math.sin) }, { colour: 'red', width: 1 });
    expect(calls.filter((call) => /^(move|line)To/.test(call)).length).toBe(2 * box.width);
  });
  it('tell A from B without hue', () => expect(strokeOf(theme, 'A').dash).not.toEqual(strokeOf(theme, 'B').dash));
});

describe('dots', () => {
  const plot = new Plot(box, linearAxis(0, 10, 5), logAxis(0.1, 10));
  it.each([undefined, 0, Number.NaN, Number.POSITIVE_INFINITY])('are left out at %s', (value) => {
    const { ctx, calls } = recorder();
    plot.drawDot(ctx, theme, 'A', 5, value);
    expect(calls).toEqual([]);
  });
  it('are filled for A and open for B', () => {
    const fills = (['A', 'B'] as const).map((label) => {
      const { ctx, calls } = recorder();
      plot.drawDot(ctx, theme, label, 5, 1);
      return calls.find((call) => call.startsWith('fillStyle'));
    });
    expect(fills).toEqual([`fillStyle=${theme.a}`, `fillStyle=${theme.paper}`]);
  });
});
