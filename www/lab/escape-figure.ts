/** The share of tries that escape, over the size of the noise, one line an arm: hue, dash and marker tell them apart. */

import { claim, Figure, type Surface } from '../views/figure';
import { type Shape, trace } from '../views/marks';
import { type Axis, linearAxis, Plot } from '../views/plot';
import type { Share } from './answers';
import { ARMS, type Arm } from './arms';
import { percent } from './batch';

const SHAPES: Record<Arm, Shape> = { plain: 'dot', anchored: 'diamond', resampled: 'triangle' };
const DASHES: Record<Arm, number[]> = { plain: [], anchored: [7, 4], resampled: [2, 3] };

export interface EscapeData {
  epsilons: readonly number[];
  /** [arm][ε]. */
  shares: readonly (readonly Share[])[];
}

export class EscapeFigure {
  private readonly figure: Figure;
  private data: EscapeData = { epsilons: [], shares: [] };
  private cursor = 0;

  constructor(root: HTMLElement) {
    this.figure = new Figure(root, {
      title: 'How much noise does it take to get out?',
      height: (width) => Math.max(220, Math.min(340, width * 0.45)),
      draw: (surface) => this.draw(surface),
      keys: 'Left and right arrow keys move from one size of noise to the next.',
    });
    const { canvas, signal, legend } = this.figure;
    canvas.addEventListener('keydown', (event) => this.key(event), { signal });
    canvas.addEventListener('pointermove', (event) => this.point(event), { signal });
    canvas.addEventListener('pointerleave', () => this.figure.showTip(null), { signal });
    for (const arm of ARMS) {
      const item = document.createElement('li');
      item.className = `arm-${arm}`;
      item.textContent = `${{ plain: '● solid', anchored: '◆ dashed', resampled: '▲ dotted' }[arm]}: ${arm}`;
      legend.append(item);
    }
    this.figure.showCaption(
      'Bars are Wilson’s 95 % intervals. An escape is an end in another pattern with at least 5 % less L̃ than where the try began. ε: noise in every row, as a share of the mean norm of the living rows.',
    );
  }

  update(data: EscapeData): void {
    this.data = data;
    this.cursor = Math.min(this.cursor, Math.max(0, data.epsilons.length - 1));
    this.figure.showFinding(this.finding(), data.epsilons.map((_, at) => this.lines(at).join(', ')).join('. '));
    this.figure.invalidate();
  }

  destroy(): void {
    this.figure.destroy();
  }

  private finding(): string {
    const { epsilons, shares } = this.data;
    // Where the arms are furthest apart.
    const gap = (at: number) => {
      const of = shares.map((arm) => rate(arm[at])).filter((value) => value !== undefined);
      return of.length < 2 ? -1 : Math.max(...of) - Math.min(...of);
    };
    const most = epsilons.map((_, at) => at).sort((a, b) => gap(b) - gap(a))[0];
    if (most === undefined || gap(most) < 0) return 'No try yet.';
    if (gap(most) === 0) return 'So far the arms escape alike at every ε.';
    const said = ARMS.map((arm, i) => `${arm} ${percent(rate(shares[i][most]) ?? 0)}`).join(', ');
    return `At ε = ${epsilons[most]}, where the arms differ most, tries escape: ${said}.`;
  }

  private lines(at: number): string[] {
    const { epsilons, shares } = this.data;
    const said = (arm: Arm, { count, of, low, high }: Share) =>
      of === 0 ? `${arm}: no try` : `${arm}: ${count} of ${of} (${percent(low)}–${percent(high)})`;
    return [`ε = ${epsilons[at]}`, ...ARMS.map((arm, i) => said(arm, shares[i][at]))];
  }

  private key(event: KeyboardEvent): void {
    const by = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (by === 0 || this.data.epsilons.length === 0) return;
    claim(event);
    this.cursor = Math.max(0, Math.min(this.data.epsilons.length - 1, this.cursor + by));
    this.figure.say(this.lines(this.cursor));
    this.show();
  }

  private point(event: PointerEvent): void {
    const count = this.data.epsilons.length;
    if (count === 0) return;
    const plot = this.plot(this.figure.canvas.clientWidth, this.figure.canvas.clientHeight);
    this.cursor = Math.max(0, Math.min(count - 1, Math.round(plot.at(event.offsetX))));
    this.show();
  }

  private show(): void {
    const plot = this.plot(this.figure.canvas.clientWidth, this.figure.canvas.clientHeight);
    this.figure.showTip({ x: plot.x(this.cursor), y: plot.y(0.6) }, this.lines(this.cursor));
  }

  private plot(width: number, height: number): Plot {
    const { epsilons } = this.data;
    const across: Axis = {
      low: -0.5,
      high: Math.max(0.5, epsilons.length - 0.5),
      ticks: epsilons.map((_, at) => at),
      say: (at) => String(epsilons[at]),
    };
    const up = linearAxis(0, 1, 5, (share) => percent(share));
    return new Plot({ left: 52, top: 22, width: width - 64, height: height - 66 }, across, up);
  }

  private draw({ ctx, width, height, theme }: Surface): void {
    const { epsilons, shares } = this.data;
    const plot = this.plot(width, height);
    plot.drawAxes(ctx, theme, 'relative size ε of the noise');
    ctx.textAlign = 'left';
    ctx.fillText('share of tries that escape', 4, 8);
    const hues: Record<Arm, string> = { plain: theme.a, anchored: theme.b, resampled: theme.truth };
    ARMS.forEach((arm, i) => {
      const known = epsilons.map((_, at) => at).filter((at) => (shares[i]?.[at]?.of ?? 0) > 0);
      // Side by side, so that no interval hides another.
      const x = (at: number) => plot.x(at + (i - 1) * 0.12);
      ctx.strokeStyle = hues[arm];
      ctx.fillStyle = hues[arm];
      ctx.lineWidth = 2;
      ctx.setLineDash(DASHES[arm]);
      ctx.beginPath();
      known.forEach((at, k) => {
        const y = plot.y(rate(shares[i][at]) ?? 0);
        if (k === 0) ctx.moveTo(x(at), y);
        else ctx.lineTo(x(at), y);
      });
      ctx.stroke();
      ctx.setLineDash([]);
      for (const at of known) {
        const { low, high } = shares[i][at];
        ctx.lineWidth = 1.5;
        ctx.beginPath();
        ctx.moveTo(x(at), plot.y(low));
        ctx.lineTo(x(at), plot.y(high));
        ctx.stroke();
        ctx.beginPath();
        trace(ctx, SHAPES[arm], x(at), plot.y(rate(shares[i][at]) ?? 0), 4.5);
        ctx.fill();
      }
    });
  }
}

const rate = (share: Share | undefined): number | undefined =>
  share && share.of > 0 ? share.count / share.of : undefined;
