/**
 * The shapes that stand for things, the same on canvas and in legends, so that nothing is told by colour alone.
 *
 * ring: a feature; diamond: an anchored feature; triangle: an encoder row; dot: a decoder column (in the strip: a
 * latent that answers to one feature); square: a latent that answers to several; bead: to none; cross: a dead one;
 * left and right: of a feature that only one source of a crosscoder has, towards the side where it belongs.
 */

export type Shape =
  | 'ring'
  | 'diamond'
  | 'triangle'
  | 'dot'
  | 'square'
  | 'bead'
  | 'cross'
  | 'down'
  | 'left'
  | 'right'
  | 'line'
  | 'dashed';

/** What `trace` needs: a canvas context, a Path2D, or the recorder that legends use. */
export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  closePath(): void;
}

/** Adds a shape centred on (x, y) to a path; `r` is the radius of the dot that looks as large. */
export function trace(pen: Pen, shape: Shape, x: number, y: number, r: number): void {
  switch (shape) {
    case 'ring':
    case 'dot':
    case 'bead':
      pen.moveTo(x + r, y);
      // A whole circle is closed as it is; closing it again makes long paths many times slower in Chromium.
      pen.arc(x, y, r, 0, 2 * Math.PI);
      return;
    case 'diamond':
      polygon(pen, [x, y - 1.3 * r, x + 1.3 * r, y, x, y + 1.3 * r, x - 1.3 * r, y]);
      return;
    case 'triangle':
      polygon(pen, [x, y - 1.25 * r, x + 1.15 * r, y + 0.85 * r, x - 1.15 * r, y + 0.85 * r]);
      return;
    case 'down':
      polygon(pen, [x, y + 1.1 * r, x + 1.1 * r, y - 0.9 * r, x - 1.1 * r, y - 0.9 * r]);
      return;
    case 'left':
      polygon(pen, [x - 1.2 * r, y, x + 0.9 * r, y - 1.1 * r, x + 0.9 * r, y + 1.1 * r]);
      return;
    case 'right':
      polygon(pen, [x + 1.2 * r, y, x - 0.9 * r, y - 1.1 * r, x - 0.9 * r, y + 1.1 * r]);
      return;
    case 'square':
      polygon(pen, [x - r, y - r, x + r, y - r, x + r, y + r, x - r, y + r]);
      return;
    case 'cross':
      pen.moveTo(x - r, y - r);
      pen.lineTo(x + r, y + r);
      pen.moveTo(x - r, y + r);
      pen.lineTo(x + r, y - r);
      return;
    case 'line':
    case 'dashed':
      pen.moveTo(x - 1.8 * r, y);
      pen.lineTo(x + 1.8 * r, y);
      return;
    default:
      shape satisfies never;
  }
}

export interface LegendItem {
  shape: Shape;
  /** A colour of the theme by its CSS variable, such as `var(--sdl-a)`. */
  colour: string;
  filled?: boolean;
  text: string;
}

/** Fills a legend list with the given items, after what leads it (a scale), if they differ from what it shows. */
export function showLegend(list: HTMLElement, items: LegendItem[], ...lead: HTMLElement[]): void {
  const key = JSON.stringify(items);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(
    ...lead,
    ...items.map((item) => {
      const entry = document.createElement('li');
      entry.append(icon(item), item.text);
      return entry;
    }),
  );
}

function icon(item: LegendItem): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '-8 -7 16 14');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', shapePath(item.shape, 4.2));
  path.style.fill = item.filled ? item.colour : 'none';
  path.style.stroke = item.colour;
  path.style.strokeWidth = '1.6';
  if (item.shape === 'dashed') path.style.strokeDasharray = '4 3';
  svg.append(path);
  return svg;
}

/** The shape about the origin, as SVG path data. */
export function shapePath(shape: Shape, r: number): string {
  const parts: string[] = [];
  trace(
    {
      moveTo: (x, y) => parts.push(`M${x} ${y}`),
      lineTo: (x, y) => parts.push(`L${x} ${y}`),
      // Only whole circles are traced, and SVG needs two arcs for one.
      arc: (x, y, radius) =>
        parts.push(`A${radius} ${radius} 0 0 1 ${x - radius} ${y}A${radius} ${radius} 0 0 1 ${x + radius} ${y}`),
      closePath: () => parts.push('Z'),
    },
    shape,
    0,
    0,
    r,
  );
  return parts.join('');
}

function polygon(pen: Pen, points: number[]): void {
  pen.moveTo(points[0], points[1]);
  for (let i = 2; i < points.length; i += 2) pen.lineTo(points[i], points[i + 1]);
  pen.closePath();
}
