/** Lines of equal value through a lattice of values: marching squares, straight between the points where they cross. */

/**
 * Segments x₁ y₁ x₂ y₂ … in units of the lattice (column, row) where the value passes `level`. `values` [side, side]; a
 * square with a value that is none has no line, nor has one between two `pieces` [side, side] (their values may jump).
 */
export function contour(values: ArrayLike<number>, side: number, level: number, pieces?: ArrayLike<number>): number[] {
  const out: number[] = [];
  for (let row = 0; row + 1 < side; row++) {
    for (let column = 0; column + 1 < side; column++) {
      const at = row * side + column;
      // Round the square: its corners, each with the edge that follows it.
      const corners = [values[at], values[at + 1], values[at + side + 1], values[at + side]];
      if (corners.some(Number.isNaN)) continue;
      if (pieces && [at + 1, at + side + 1, at + side].some((other) => pieces[other] !== pieces[at])) continue;
      const crossings: number[][] = [];
      for (let edge = 0; edge < 4; edge++) {
        const [from, to] = [corners[edge], corners[(edge + 1) % 4]];
        if (from >= level === to >= level) continue;
        const share = (level - from) / (to - from);
        const [x, y] = CORNERS[edge];
        const [nextX, nextY] = CORNERS[(edge + 1) % 4];
        crossings.push([column + x + share * (nextX - x), row + y + share * (nextY - y)]);
      }
      if (crossings.length === 2) out.push(...crossings[0], ...crossings[1]);
      if (crossings.length === 4) {
        // A saddle: its middle says which corners belong together.
        const middle = (corners[0] + corners[1] + corners[2] + corners[3]) / 4;
        const [a, b, c, d] = crossings;
        if (middle >= level === corners[0] >= level) out.push(...a, ...b, ...c, ...d);
        else out.push(...a, ...d, ...b, ...c);
      }
    }
  }
  return out;
}

const CORNERS = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

/** `count` heights strictly between the lowest and the highest; none where all is flat. */
export function levels(least: number, most: number, count: number): number[] {
  if (!(most - least > 1e-9)) return [];
  return Array.from({ length: count }, (_, at) => least + ((at + 0.5) / count) * (most - least));
}

/** The value at (x, y), in units of the lattice, between its four neighbours; held to the lattice. */
export function interpolate(values: ArrayLike<number>, side: number, x: number, y: number): number {
  const column = Math.max(0, Math.min(side - 2, Math.floor(x)));
  const row = Math.max(0, Math.min(side - 2, Math.floor(y)));
  const [u, v] = [Math.max(0, Math.min(1, x - column)), Math.max(0, Math.min(1, y - row))];
  const at = row * side + column;
  const low = values[at] * (1 - u) + values[at + 1] * u;
  const high = values[at + side] * (1 - u) + values[at + side + 1] * u;
  return low * (1 - v) + high * v;
}
