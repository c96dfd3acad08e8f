/** A chart of lines as SVG: axes with ticks and names, lines that differ by dashes as well as hue, bands, rules, dots. */
import { ticks } from 'd3-array';
import { html, nothing, svg, type TemplateResult } from 'lit';
import { logTicks } from '../../views/scales';
import { number } from './words';

export interface Curve {
  name: string;
  /** A CSS colour. */
  hue: string;
  dash?: string;
  points: readonly (readonly [number, number])[];
  /** Half the height of a band around the line, a value a point. */
  error?: readonly number[];
}

export interface Chart {
  x: { name: string; low: number; high: number; log?: boolean; say?: (tick: number) => string };
  y: { name: string; low: number; high: number; log?: boolean };
  curves: readonly Curve[];
  rules?: readonly { at: number; name: string }[];
  dots?: readonly { x: number; y: number; hue: string; name: string }[];
  /** Drawn over all, with the scales. */
  also?(x: (value: number) => number, y: (value: number) => number): unknown;
  label: string;
}

const LEFT = 58;
const RIGHT = 14;
const TOP = 24;
const BOTTOM = 44;

export function chart({ x, y, curves, rules = [], dots = [], also, label }: Chart, width: number): TemplateResult {
  const height = Math.round(Math.max(220, Math.min(340, width * 0.6)));
  const across = scale(x, LEFT, width - RIGHT);
  const up = scale(y, height - BOTTOM, TOP);
  const held = (value: number) => up(Math.max(Math.min(y.low, y.high), Math.min(Math.max(y.low, y.high), value)));
  const ticksX = x.log ? logTicks(x.low, x.high) : ticks(x.low, x.high, Math.max(3, width / 90));
  const ticksY = y.log ? logTicks(y.low, y.high) : ticks(y.low, y.high, 5);
  const path = (points: Curve['points']) =>
    points.map(([a, b], i) => `${i ? 'L' : 'M'}${across(a).toFixed(1)} ${held(b).toFixed(1)}`).join('');
  const band = ({ points, error }: Curve) => {
    if (!error) return nothing;
    const high = points.map(([a, b], i) => [a, b + error[i]] as const);
    const low = points.map(([a, b], i) => [a, Math.max(y.log ? y.low : -Infinity, b - error[i])] as const).reverse();
    return svg`<path d="${path([...high, ...low])}Z" opacity="0.2"></path>`;
  };
  return html`<svg width=${width} height=${height} role="img" aria-label=${label}>
    ${ticksY.map(
      (tick) => svg`<line x1=${LEFT} x2=${width - RIGHT} y1=${up(tick)} y2=${up(tick)} stroke="var(--sdl-grid)"></line>
        <text x=${LEFT - 6} y=${up(tick)} dy="0.32em" text-anchor="end">${number(tick)}</text>`,
    )}
    ${ticksX.map(
      (
        tick,
      ) => svg`<line x1=${across(tick)} x2=${across(tick)} y1=${height - BOTTOM} y2=${height - BOTTOM + 4} stroke="var(--sdl-rule)"></line>
        <text x=${across(tick)} y=${height - BOTTOM + 17} text-anchor="middle">${(x.say ?? number)(tick)}</text>`,
    )}
    <line x1=${LEFT} x2=${width - RIGHT} y1=${height - BOTTOM} y2=${height - BOTTOM} stroke="var(--sdl-rule)"></line>
    <text x=${(LEFT + width - RIGHT) / 2} y=${height - 8} text-anchor="middle">${x.name}</text>
    <text x="0" y="12">${y.name}</text>
    ${rules.map(
      (
        rule,
      ) => svg`<line x1=${across(rule.at)} x2=${across(rule.at)} y1=${TOP} y2=${height - BOTTOM} stroke="var(--sdl-muted)" stroke-dasharray="2 3"></line>
        <text x=${across(rule.at)} y=${TOP - 4} text-anchor=${anchor(across(rule.at), width)}>${rule.name}</text>`,
    )}
    ${curves.map(
      (curve) => svg`<g fill=${curve.hue}>${band(curve)}</g>
        <path d=${path(curve.points)} fill="none" stroke=${curve.hue} stroke-width="2" stroke-linejoin="round" stroke-dasharray=${curve.dash ?? 'none'}></path>`,
    )}
    ${dots.map(
      (dot) =>
        svg`<circle cx=${across(dot.x)} cy=${held(dot.y)} r="4.5" fill=${dot.hue}><title>${dot.name}</title></circle>`,
    )}
    ${also?.(across, held)}
  </svg>`;
}

/** The sample of a line for a legend. */
export function sample(curve: Pick<Curve, 'hue' | 'dash'>): TemplateResult {
  return html`<svg width="26" height="10" aria-hidden="true">
    <line x1="0" x2="26" y1="5" y2="5" stroke=${curve.hue} stroke-width="2" stroke-dasharray=${curve.dash ?? 'none'}></line>
  </svg>`;
}

function anchor(at: number, width: number): string {
  return at < 0.25 * width ? 'start' : at > 0.75 * width ? 'end' : 'middle';
}

/** Pixels of a value. */
function scale(
  axis: { low: number; high: number; log?: boolean },
  from: number,
  to: number,
): (value: number) => number {
  const place = axis.log ? Math.log : (value: number) => value;
  const low = place(axis.low);
  const span = place(axis.high) - low;
  return (value) => from + ((place(value) - low) / span) * (to - from);
}
