/**
 * From many dimensions to the picture of `directions.ts`: axes, projection, turning, and what a pointer is nearest to.
 *
 * Coordinates are [x, y, z] with y up and z towards the viewer, in units of a feature direction's length.
 */

/** Row-major 3 × 3. */
export type Rotation = readonly number[];

export const upright: Rotation = [1, 0, 0, 0, 1, 0, 0, 0, 1];
/** A first look at a sphere from slightly above and aside, so that it reads as one. */
export const aside: Rotation = turn(upright, -0.5, 0.35);

export interface Axes {
  /** [3, dimension], orthonormal rows; those beyond the dimension are zero. */
  axes: Float32Array;
  /** Share of the rows' summed squared length that lies in the span of the axes. */
  share: number;
  /** The space is 2- or 3-dimensional: nothing is lost. */
  exact: boolean;
}

/**
 * Coordinate axes up to three dimensions, else the top three principal axes (about the origin) of the rows.
 *
 * Block power iteration, W ← orth(W RᵀR): as many sweeps as about 2·10⁷ multiplications allow (well under a frame
 * for shown sizes), 60 at most. Near-equal eigenvalues may leave the axes unsettled; `share` is that of the axes
 * returned, so the caption stays true.
 */
export function principalAxes(rows: Float32Array, dimension: number): Axes {
  const axes = new Float32Array(3 * dimension);
  if (dimension <= 3) {
    for (let a = 0; a < dimension; a++) axes[a * dimension + a] = 1;
    return { axes, share: 1, exact: true };
  }
  const n = rows.length / dimension;
  for (let at = 0; at < axes.length; at++) axes[at] = Math.sin(1 + 7.3 * at + 0.11 * at * at);
  orthonormalise(axes, dimension);
  const sweeps = Math.max(3, Math.min(60, Math.floor(2e7 / (6 * rows.length + 1))));
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const coordinates = project(rows, dimension, axes);
    axes.fill(0);
    for (let i = 0; i < n; i++)
      for (let a = 0; a < 3; a++) {
        const weight = coordinates[3 * i + a];
        for (let j = 0; j < dimension; j++) axes[a * dimension + j] += weight * rows[i * dimension + j];
      }
    orthonormalise(axes, dimension);
  }
  const total = squaredLength(rows);
  return { axes, share: total > 0 ? squaredLength(project(rows, dimension, axes)) / total : 0, exact: false };
}

/** [n, 3]: the rows' coordinates along the axes. */
export function project(rows: Float32Array, dimension: number, axes: Float32Array): Float32Array {
  const n = rows.length / dimension;
  const out = new Float32Array(3 * n);
  for (let i = 0; i < n; i++)
    for (let a = 0; a < 3; a++) {
      let sum = 0;
      for (let j = 0; j < dimension; j++) sum += rows[i * dimension + j] * axes[a * dimension + j];
      out[3 * i + a] = sum;
    }
  return out;
}

/** Turned about the vertical by `yaw` and then about the horizontal screen axis by `pitch` (radians). */
export function turn(rotation: Rotation, yaw: number, pitch: number): Rotation {
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  return multiply([1, 0, 0, 0, cp, -sp, 0, sp, cp], multiply([cy, 0, sy, 0, 1, 0, -sy, 0, cy], rotation));
}

export function rotate(points: Float32Array, rotation: Rotation): Float32Array {
  const out = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 3)
    for (let a = 0; a < 3; a++)
      out[i + a] =
        rotation[3 * a] * points[i] + rotation[3 * a + 1] * points[i + 1] + rotation[3 * a + 2] * points[i + 2];
  return out;
}

/** The largest length among the points, 0 for none. */
export function extent(points: Float32Array): number {
  let most = 0;
  for (let i = 0; i < points.length; i += 3) most = Math.max(most, Math.hypot(points[i], points[i + 1], points[i + 2]));
  return most;
}

export interface Spot {
  x: number;
  y: number;
  /** Depth, larger is nearer to the viewer. */
  z: number;
}

/** Index of the spot nearest to (x, y) within `reach` pixels, or −1. Of two about equally near, the one in front. */
export function nearest(spots: readonly Spot[], x: number, y: number, reach: number): number {
  let best = -1;
  let least = reach;
  spots.forEach((spot, i) => {
    const behind = spot.z < 0 ? 4 : 0;
    const distance = Math.hypot(spot.x - x, spot.y - y) + behind;
    if (distance < least) {
      least = distance;
      best = i;
    }
  });
  return best;
}

function multiply(a: Rotation, b: Rotation): number[] {
  return Array.from({ length: 9 }, (_, at) => {
    const [row, column] = [3 * Math.floor(at / 3), at % 3];
    return a[row] * b[column] + a[row + 1] * b[3 + column] + a[row + 2] * b[6 + column];
  });
}

function squaredLength(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

/** Gram–Schmidt on the three rows; a row that vanishes (fewer than three directions to find) stays zero. */
function orthonormalise(axes: Float32Array, dimension: number): void {
  for (let a = 0; a < 3; a++) {
    const row = axes.subarray(a * dimension, (a + 1) * dimension);
    const before = Math.sqrt(squaredLength(row));
    for (let b = 0; b < a; b++) {
      let along = 0;
      for (let j = 0; j < dimension; j++) along += row[j] * axes[b * dimension + j];
      for (let j = 0; j < dimension; j++) row[j] -= along * axes[b * dimension + j];
    }
    const after = Math.sqrt(squaredLength(row));
    const scale = after > 1e-5 * before ? 1 / after : 0;
    for (let j = 0; j < dimension; j++) row[j] *= scale;
  }
}
