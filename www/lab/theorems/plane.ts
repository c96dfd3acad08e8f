/** A picture of the plane: features as hollow points on a circle, a latent's two directions as arrows. */
import { html, nothing, svg, type TemplateResult } from 'lit';

export interface Arrow {
  to: readonly number[];
  /** 'encoder' is a solid arrow, 'decoder' a dashed one. */
  kind: 'encoder' | 'decoder';
  name: string;
  hue?: string;
  /** What dragging or the arrow keys do to its tip. */
  move?(to: [number, number]): void;
}

export interface Plane {
  features: readonly (readonly number[])[];
  names?: readonly string[] | undefined;
  arrows: readonly Arrow[];
  label: string;
  /** Half the width that is shown, in lengths of a feature. */
  reach?: number;
}

/** How far an arrow key moves a tip. */
const NUDGE = 0.05;

export function plane({ features, names, arrows, label, reach = 1.35 }: Plane, width: number): TemplateResult {
  const size = Math.min(width, 380);
  const middle = size / 2;
  const unit = middle / reach;
  const x = (v: readonly number[]) => middle + unit * Math.max(-reach, Math.min(reach, v[0]));
  const y = (v: readonly number[]) => middle - unit * Math.max(-reach, Math.min(reach, v[1]));
  const outside = (v: readonly number[]) => ({ x: middle + unit * 1.16 * v[0], y: middle - unit * 1.16 * v[1] });
  const hue = (arrow: Arrow) => arrow.hue ?? (arrow.kind === 'encoder' ? 'var(--sdl-a)' : 'var(--sdl-b)');
  const drag = (arrow: Arrow) => (down: PointerEvent) => {
    const handle = down.currentTarget as SVGElement;
    handle.setPointerCapture(down.pointerId);
    const box = (handle.ownerSVGElement as SVGSVGElement).getBoundingClientRect();
    const moved = (event: PointerEvent) =>
      arrow.move?.([(event.clientX - box.left - middle) / unit, (middle - (event.clientY - box.top)) / unit]);
    handle.onpointermove = moved;
    handle.onpointerup = handle.onpointercancel = () => {
      handle.onpointermove = null;
    };
  };
  const nudge = (arrow: Arrow) => (event: KeyboardEvent) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!step) return;
    event.preventDefault();
    arrow.move?.([arrow.to[0] + NUDGE * step[0], arrow.to[1] + NUDGE * step[1]]);
  };
  return html`<svg width=${size} height=${size} role=${arrows.some((a) => a.move) ? 'group' : 'img'} aria-label=${label}>
    <circle cx=${middle} cy=${middle} r=${unit} fill="none" stroke="var(--sdl-grid)"></circle>
    <line x1="0" x2=${size} y1=${middle} y2=${middle} stroke="var(--sdl-grid)"></line>
    <line y1="0" y2=${size} x1=${middle} x2=${middle} stroke="var(--sdl-grid)"></line>
    ${features.map((w, d) => {
      const at = outside(w);
      return svg`<line x1=${middle} y1=${middle} x2=${x(w)} y2=${y(w)} stroke="var(--sdl-rule)"></line>
        <circle cx=${x(w)} cy=${y(w)} r="5" fill="var(--sdl-paper)" stroke="var(--sdl-truth)" stroke-width="2"></circle>
        <text x=${at.x} y=${at.y} dy="0.32em" text-anchor="middle">${names?.[d] ?? `w${d + 1}`}</text>`;
    })}
    ${arrows.map((arrow) => {
      const { to } = arrow;
      const far = Math.hypot(to[0], to[1]);
      if (far < 1e-6 && !arrow.move) return nothing;
      const colour = hue(arrow);
      return svg`<line x1=${middle} y1=${middle} x2=${x(to)} y2=${y(to)} stroke=${colour} stroke-width="2.5" stroke-dasharray=${
        arrow.kind === 'decoder' ? '6 4' : 'none'
      }></line>
        ${far >= 1e-6 ? head(x(to), y(to), Math.atan2(to[1], to[0]), colour, arrow.kind) : nothing}
        ${
          arrow.move
            ? svg`<circle class="handle" cx=${x(to)} cy=${y(to)} r="13" fill=${colour} fill-opacity="0.15" stroke=${colour}
              tabindex="0" role="button" aria-label="${arrow.name} at ${to.map((v) => v.toFixed(2)).join(', ')}: drag, or use the arrow keys"
              @pointerdown=${drag(arrow)} @keydown=${nudge(arrow)}></circle>
              <text x=${x(to)} y=${y(to) - 18} text-anchor="middle" pointer-events="none">${arrow.name}</text>`
            : svg`<title>${arrow.name}</title>`
        }`;
    })}
  </svg>`;
}

/** The marks that a legend of this picture needs. */
export const planeKeys = [
  {
    name: 'feature w',
    mark: mark(svg`<circle cx="8" cy="7" r="4.5" fill="none" stroke="var(--sdl-truth)" stroke-width="2"></circle>`),
  },
  {
    name: 'encoder row',
    mark: mark(svg`<line x1="0" x2="16" y1="7" y2="7" stroke="var(--sdl-a)" stroke-width="2.5"></line>`),
  },
  {
    name: 'decoder column',
    mark: mark(
      svg`<line x1="0" x2="16" y1="7" y2="7" stroke="var(--sdl-b)" stroke-width="2.5" stroke-dasharray="5 3"></line>`,
    ),
  },
] as const;

function mark(inner: unknown): TemplateResult {
  return html`<svg width="16" height="14" aria-hidden="true">${inner}</svg>`;
}

/** A filled head for encoders, an open one for decoders. */
function head(x: number, y: number, angle: number, colour: string, kind: Arrow['kind']): unknown {
  const wing = (turn: number) => `${x - 9 * Math.cos(angle + turn)} ${y + 9 * Math.sin(angle + turn)}`;
  return svg`<path d="M${wing(0.45)}L${x} ${y}L${wing(-0.45)}${kind === 'encoder' ? 'Z' : ''}" fill=${
    kind === 'encoder' ? colour : 'none'
  } stroke=${colour} stroke-width="2"></path>`;
}
