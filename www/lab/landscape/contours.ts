/** Contour lines of the picture, by marching squares inside cells: across a boundary the surface may jump. */
import type { Picture } from './engine';

/** [x, y, x, y] of a segment, in nodes. */
export type Segment = [number, number, number, number];

/** The segments at one height. Squares around the seam of the torus are left out. */
export function contour(picture: Pick<Picture, 'size' | 'heights' | 'cell_of'>, level: number): Segment[] {
  const { size, heights, cell_of } = picture;
  const segments: Segment[] = [];
  for (let y = 0; y + 1 < size; y++) {
    for (let x = 0; x + 1 < size; x++) {
      const corner = y * size + x;
      const nodes = [corner, corner + 1, corner + size + 1, corner + size];
      if (nodes.some((node) => cell_of[node] !== cell_of[corner])) continue;
      const crossings: number[][] = [];
      for (let side = 0; side < 4; side++) {
        const a = heights[nodes[side]] - level;
        const b = heights[nodes[(side + 1) % 4]] - level;
        if (a < 0 === b < 0) continue;
        const share = a / (a - b);
        const [fromX, fromY] = CORNERS[side];
        const [toX, toY] = CORNERS[(side + 1) % 4];
        crossings.push([x + fromX + share * (toX - fromX), y + fromY + share * (toY - fromY)]);
      }
      // A saddle has four: joined in the order found, which is one of two ways that are equally right.
      for (let at = 0; at + 1 < crossings.length; at += 2)
        segments.push([...crossings[at], ...crossings[at + 1]] as Segment);
    }
  }
  return segments;
}

const CORNERS = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

/** About `count` heights strictly between the lowest and the highest. */
export function levels(least: number, most: number, count: number): number[] {
  if (!(most - least > 1e-9)) return [];
  return Array.from({ length: count }, (_, at) => least + ((at + 0.5) / count) * (most - least));
}
