/**
 * The configuration of a run: the same JSON as Rust's `Config` (src/config.rs), every field always present.
 *
 * What each field means to a visitor, its bounds and its default stand in the table of controls (`knobs.ts`).
 */

export interface Config {
  version: 1;
  /** Names every random stream of the run (directions, weights, batches, anchors, resampling). 0 … 2³²−1. */
  seed: number;
  source: 'bench' | 'activations';
  bench: Bench;
  activations: {
    /** Name of a shipped data set, or of the file a caller supplied. */
    name: string;
    /** Subtract the mean row first. */
    center: boolean;
    /** Tensors of the file, in order; empty: as the engine finds them for the task. */
    tensors: string[];
  };
  model: Model;
  loss: Loss;
  anchors: {
    /** How many features are anchored (to latents 0, 1, …). */
    count: number;
    /** λ_a; 0 is off. */
    coefficient: number;
  };
  dead: {
    /** A latent that fired for none of the last `window` training samples is dead. */
    window: number;
    treatment: 'none' | 'resample' | 'ghost';
    /** Steps between resamplings. */
    resample_every: number;
    /** No resampling after this step. */
    resample_until: number;
    /** Inputs whose losses decide where dead latents are sent. */
    resample_inputs: number;
    /** Encoder norm given, as a share of the mean norm of the living (Bricken 2023: 0.2). */
    resample_scale: number;
  };
  training: Training;
  scoring: {
    /** τ of M_GT. */
    threshold: number;
    /** Features, from the head of the anchor order, left out of recovery: the larger of A's and B's anchor counts. */
    hold_out: number;
    /** Samples of the fixed evaluation batch. */
    rows: number;
  };
}

interface Bench {
  /** Names the world's own streams (directions, factors, the order of anchors), for runs of many seeds in it; 0: `seed` does. */
  world: number;
  n_features: number;
  n_input: number;
  /** S = Pr(x_d = 0). */
  sparsity: number;
  interference: 'bounded' | 'negative';
  /** M, the largest ⟨w_i, w_j⟩ (i ≠ j) asked for in the bounded setting. */
  max_interference: number;
  /** x_d = magnitude_min + Exp(magnitude_scale) where feature d fires. */
  magnitude_min: number;
  magnitude_scale: number;
  /** n_r: dimensions of a transcoder's target. */
  n_target: number;
  /** m: sources of a crosscoder. */
  n_sources: number;
  /** Share of the features that only one source of a crosscoder has. */
  exclusive: number;
  /** Features 0 … n_parents − 1 have n_children each, which come next; 0: none. */
  n_parents: number;
  n_children: number;
  /** Pr(no child fires | the parent fires). */
  no_child: number;
  exclusive_children: boolean;
  tied_magnitudes: boolean;
  /** Scale of the factors through which features fire together; 0: independent. */
  correlation: number;
  correlation_rank: number;
}

interface Model {
  task: 'autoencoder' | 'transcoder' | 'crosscoder';
  n_latent: number;
  activation: 'relu' | 'jump_relu' | 'top_k' | 'batch_top_k' | 'gated';
  /** Latents kept per sample: whole for Top-k, on average (may be a fraction) for Batch Top-k. */
  k: number;
  /** Top-k and Batch Top-k rank latents by z_i n_i and use z_i. */
  rank_by_norm: boolean;
  /** θ at the start (JumpReLU). */
  theta: number;
  /** ε of JumpReLU's rectangle. */
  bandwidth: number;
  /** x̂ += W_skip x (transcoder). */
  skip: boolean;
  b_enc: boolean;
  b_dec: boolean;
  b_dec_start: 'zero' | 'mean' | 'geometric_median';
  /** Encode x − b_dec instead of x. */
  shift_input: boolean;
  /** Encoder starts as the decoder's transpose. */
  tied_init: boolean;
  /** ‖w_D^i‖ at the start. */
  init_norm: number;
  zero_decoder: boolean;
  unit_norm_decoder: boolean;
  /** Data scaled to E‖x‖ = √d. */
  scale_data: boolean;
}

interface Loss {
  /** λ of Σ (f_i n_i)^p; 0 is off. */
  l1: number;
  /** n_i: 1, or ‖w_D^i‖. */
  l1_weighting: 'plain' | 'decoder_norm';
  /** p falls from 1 to this; 1 is off. */
  p_end: number;
  p_from: number;
  p_until: number;
  p_updates: number;
  /** λ of the L0 penalty (JumpReLU); 0 is off. */
  l0: number;
  /** λ and c of Σ tanh(c f_i n_i); 0 is off. */
  tanh: number;
  tanh_scale: number;
  /** L0 that a controller holds by scaling the penalties; 0 is off. */
  target_l0: number;
  penalty_warm_up: number;
  /** α of AuxK; 0 is off. */
  aux_k: number;
  /** Dead latents that take part in a sample; 0: half of n_target. */
  aux_k_latents: number;
  aux_k_form: 'normalised' | 'plain';
  aux_k_relu: boolean;
  /** Cumulative widths of nested prefixes (n_latent is appended); empty is off. */
  matryoshka: number[];
  /** One a prefix, n_latent's last; empty: equal. */
  matryoshka_weights: number[];
  /** k_1 < k_2 < … below k, which is appended; empty is off. */
  multi_k: number[];
  multi_k_weights: number[];
}

interface Training {
  algorithm: 'adam' | 'alternating' | 'k_svd' | 'online' | 'er_spud' | 'oracle';
  /** Codes of K-SVD and of online dictionary learning are non-negative. */
  non_negative: boolean;
  /** The run stops by itself here. */
  steps: number;
  batch: number;
  learning_rate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Steps of linear warm-up. */
  warm_up: number;
  /** Final steps of linear decay to 0. */
  decay: number;
  /** Largest norm of the whole gradient; 0 is off. */
  clip: number;
}
