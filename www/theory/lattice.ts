/**
 * The order in which a picture over a square lattice is computed: coarse first, each pass halving the distance between
 * points, no point twice.
 */

/** Points a side of the finest lattice. */
export const SIDE = 65;
/** Distance of the first pass's points: 5 × 5 of them. */
const FIRST_STRIDE = 16;

export interface Pass {
  /** Distance between points once the pass is through. */
  stride: number;
  /** Points a side then. */
  side: number;
  /** New points, a line of the lattice each. */
  lines: { row: number; columns: number[] }[];
  /** How many these are. */
  count: number;
}

export function passes(): Pass[] {
  const out: Pass[] = [];
  for (let stride = FIRST_STRIDE; stride >= 1; stride /= 2) {
    const lines: Pass['lines'] = [];
    for (let row = 0; row < SIDE; row += stride) {
      const known = stride < FIRST_STRIDE && row % (2 * stride) === 0;
      const columns: number[] = [];
      for (let column = known ? stride : 0; column < SIDE; column += known ? 2 * stride : stride) columns.push(column);
      lines.push({ row, columns });
    }
    out.push({
      stride,
      side: (SIDE - 1) / stride + 1,
      lines,
      count: lines.reduce((sum, { columns }) => sum + columns.length, 0),
    });
  }
  return out;
}
