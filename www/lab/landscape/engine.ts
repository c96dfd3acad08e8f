/** What the engine is asked about the small landscape, and answers: `src/theory/landscape.rs` and `descent.rs`. */

export type Vec2 = [number, number];

export type Sigma = 'relu' | { top_k: number } | { jump_relu: number };

export interface Scene {
  world: { directions_in: Vec2[]; directions_out: Vec2[]; mass: number[]; sigma: Sigma };
  lengths: Vec2;
  anchors: { count: number; weight: number };
}

/** Features (from 0) that fire each latent. */
export type Pattern = number[][];

export interface Minimum {
  kind: 'point' | 'valley' | 'plateau';
  at: Vec2;
  /** The ends of a valley, unwrapped. */
  line: Vec2[];
  height: number;
  loss: number;
  cell: number;
  pattern: Pattern;
  global: boolean;
  on_boundary: boolean;
}

/** Angles are in radians; arrays over the grid are [θ₂][θ₁]. */
export interface Picture {
  size: number;
  first: Vec2;
  heights: number[];
  cell_of: number[];
  cells: { pattern: Pattern; share: number }[];
  patches: { cell: number; at: Vec2; room: number }[];
  boundaries: Vec2[][];
  ridges: Vec2[][];
  minima: Minimum[];
  least: number;
  most: number;
}

export const METHODS = ['gradient_descent', 'adam', 'alternating_convex_search'] as const;
export type Method = (typeof METHODS)[number];

export interface Schedule {
  method: Method;
  steps: number;
  rate: number;
  decoder: 'tied' | 'best';
  resample_every: number;
}

export interface Frame {
  step: number;
  weights: { encoder: [Vec2, Vec2]; decoder: [Vec2, Vec2] };
  angles: Vec2;
  objective: number;
  height: number;
}

export type Outcome = 'global' | 'spurious' | 'moving';

export interface Path {
  method: Method;
  frames: Frame[];
  resampled: { step: number; latent: number; feature: number }[];
  outcome: Outcome;
  loss: number;
  pattern: Pattern;
}

export interface Ends {
  method: Method;
  size: number;
  first: Vec2;
  outcomes: Outcome[];
  global: number;
  spurious: number;
  moving: number;
}
