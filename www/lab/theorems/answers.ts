/** What the theory is asked and answers (`src/theory/request.rs`), as far as the rooms of the theorems need it. */

export type Sigma = 'relu' | { top_k: number } | { jump_relu: number };
export type Pattern = number[][];

export interface World {
  directions_in: number[][];
  directions_out: number[][];
  mass: number[];
  sigma: Sigma;
}

export interface Weights {
  encoder: number[][];
  decoder: number[][];
}

export type Kind =
  | { orthonormal: { n: number } }
  | { fan: { n: number; degrees: number } }
  | { random: { n: number; width: number; interference: number; seed: number } };

export interface MadeWorld {
  world: World;
  interference: number;
}

export interface Reason {
  latent: number | null;
  words: string;
}

/** A point of a pattern, and what holds there. */
export interface At {
  point: Weights;
  loss: number;
  gradient_encoder: number;
  gradient_decoder: number;
  hessian_decoder: number;
  hessian_joint: number | null;
  survives: boolean;
  statement: 'neither' | 'v2' | 'v3';
}

export interface PatternReport {
  answer: { realizable: boolean; touching: [number, number][]; reasons: Reason[] };
  is_partition: boolean;
  is_polysemantic: boolean;
  unheard: number[];
  least_squares: At | null;
  refined: At | null;
  no_refined: string | null;
}

export interface Planted {
  loss: number;
  latents_per_feature: number[];
  interference: number;
  bound: number;
  loose_bound: number;
}

/** Where weights stand between loss and recovery. */
export interface End {
  seed: number;
  point: Weights;
  loss: number;
  is_zero: boolean;
  encoder_cosine: number[];
  decoder_cosine: number[];
  recovered: number;
}

export interface Midpoint {
  excess: number;
  low: number;
  high: number;
}

export interface Line {
  loss: number[];
  region: number[];
  patterns: Pattern[];
  inside: Midpoint | null;
  across: Midpoint | null;
}

export interface Biconvex {
  encoder: Line;
  decoder: Line;
  both: Line;
}

export interface Stage {
  threshold: number;
  products: number[][];
  pattern: Pattern;
  at: At;
}

export interface Absorption {
  reason: Reason | null;
  made: {
    before: Stage;
    after: Stage;
    c: number;
    a_min: number;
    lambda: number;
    c_after: number;
    alpha: number;
    interference: number;
    as_stated: boolean;
  } | null;
}
