/**
 * What each control means: a sentence or two, its formula, where it comes from. Loaded when first asked for
 * (`late.ts`); the table itself (`knobs.ts`) does without.
 */
import type { KnobPath } from './knobs';

export interface Explanation {
  text: string;
  formula?: string;
  source?: string;
}

const PAPER = 'arXiv 2512.05534';
const BRICKEN = 'Bricken et al. 2023, Towards Monosemanticity';
const ADAM = 'Kingma & Ba 2015, Adam';
const GAO = 'Gao et al. 2024, Scaling and evaluating sparse autoencoders';
const GATED = 'Rajamanoharan et al. 2024a, Gated SAEs';
const JUMP = 'Rajamanoharan et al. 2024b, JumpReLU SAEs';
const TEMPLETON = 'Conerly et al. 2024, Update on how we train SAEs';
const ANNEALING = 'Karvonen et al. 2024, p-annealing';
const CROSSCODERS = 'Lindsey et al. 2024, Sparse crosscoders';

// biome-ignore format: an entry a control, its words on one line each
export const EXPLANATIONS: Record<KnobPath, Explanation> = {
  seed: { text: 'Names every random choice: directions, initial weights, batches, anchors. A and B share it, so they differ only where you make them differ.' },
  source: { text: 'The bench draws inputs from directions it knows, so recovery can be measured exactly. Real activations have labels instead; their class means stand in for the truth.' },
  'model.task': { text: 'An autoencoder rebuilds its input. A transcoder predicts another vector (what a block makes of its input). A crosscoder rebuilds several sources at once from one set of latents.', formula: 'x̂_r = W_D σ(W_E x_p);  x_r = x_p, or another vector, or (x¹, …, x^m)', source: `${PAPER}, Table 1; Dunefsky et al. 2024 (transcoders); ${CROSSCODERS}` },
  'bench.world': { text: 'Holds the world fixed while the seed changes: directions and which features are anchored are then this number’s; the seed is left initial weights and samples. 0: the seed names everything.' },
  'bench.n_features': { text: 'Ground-truth features: the directions a good dictionary should find.', formula: 'x_p = W_p x', source: `${PAPER} §2` },
  'bench.n_input': { text: 'Where the features have to fit; of a crosscoder, each source. Fewer dimensions than features is superposition.', formula: 'W_p : n_p × n, unit columns', source: `${PAPER} §2` },
  'bench.n_target': { text: 'Where a transcoder’s target lives. Each feature has a direction there too, drawn independently of the one in the input.', formula: 'x_r = W_r x,  W_r : n_r × n', source: `${PAPER} §2` },
  'bench.n_sources': { text: 'Layers or models read side by side. Each has directions of its own for the same features.', formula: 'x_p = x_r = (W¹ x, …, W^m x)', source: CROSSCODERS },
  'bench.exclusive': { text: 'Share of the features that only one source has, dealt to the sources in turn. A crosscoder should give each of them a latent that writes to that source alone.', source: CROSSCODERS },
  'bench.n_parents': { text: 'The first features are parents: where a child of theirs fires, they do. What a dictionary may then absorb is a parent into its children. 0: no families.', formula: 'x_child > 0 ⇒ x_parent > 0', source: `${PAPER}, Definition 3.7; Chanin et al. 2024, A is for absorption` },
  'bench.n_children': { text: 'Children of every parent; they are the features that come after the parents.', source: `${PAPER}, Definition 3.7` },
  'bench.no_child': { text: 'Chance that a parent that fires does so without any of its children. At 0 parents never fire alone, and nothing tells them from the sum of their families.', formula: 'Pr(no child | parent)' },
  'bench.exclusive_children': { text: 'At most one child of a parent fires at a time; otherwise they fire independently of each other.' },
  'bench.tied_magnitudes': { text: 'A parent is exactly as large as its first active child, so that one latent could stand for both.' },
  'bench.correlation': { text: 'How strongly features fire together, through a few hidden Gaussian factors. Every feature keeps its own rate.', formula: 'x_d > 0 where (L g)_d + ε_d is large,  L : n × r', source: 'SynthSAEBench, arXiv 2602.14687 (low-rank copula)' },
  'bench.correlation_rank': { text: 'Number of hidden factors: the fewer, the larger the groups that fire together.', formula: 'r', source: 'SynthSAEBench, arXiv 2602.14687' },
  'bench.sparsity': { text: 'Chance that a feature is silent in a sample. On average n(1−S) features are active.', formula: 'S = Pr(x_d = 0)', source: `${PAPER} §2` },
  'bench.interference': { text: 'Bounded: no two directions are closer than M. Negative: all products are pushed to 0 or below as far as the dimensions allow.', formula: 'Σ max(0, ⟨w_i,w_j⟩ − M)² + λ Σ max(0, ⟨w_i,w_j⟩)²', source: `${PAPER}, Table 1 and App. C` },
  'bench.max_interference': { text: 'How close two feature directions may come. The world says when this is out of reach.', formula: 'M = max_{i≠j} ⟨w_i, w_j⟩', source: `${PAPER} §2` },
  'bench.magnitude_min': { text: 'An active feature has at least this value.', formula: 'x_d = c_min + Exp(β)', source: `${PAPER}, App. C` },
  'bench.magnitude_scale': { text: 'Mean of the exponential part of an active feature’s value.', formula: 'x_d = c_min + Exp(β)', source: `${PAPER}, App. C` },
  'activations.name': { text: 'all-MiniLM-L6-v2 (384 dimensions) read on WordNet noun glosses under 32 labels: sentence embeddings of 3,894 of them for autoencoders; of 2,048, what goes into and comes out of the MLP of layer 3 for transcoders, and three layers for crosscoders. The task picks the set.', source: 'WordNet 3.0, Princeton University; sentence-transformers/all-MiniLM-L6-v2' },
  'activations.center': { text: 'Activations share a large common direction. Without it the differences between labels come first.', formula: 'x ← x − mean x' },
  'model.scale_data': { text: 'Scales the data, each of input, target and sources by itself, to an average length of √d. Penalties then mean the same from one model to the next.', formula: 'x ← x √d / E‖x‖', source: TEMPLETON },

  'model.n_latent': { text: 'Neurons of the dictionary. More than features leaves room for duplicates and dead neurons.', formula: 'x_q = σ(W_E x_p)', source: `${PAPER}, eq. 1` },
  'model.activation': { text: 'Top-k keeps the k largest latents of a sample, Batch Top-k the k·B largest of a batch. ReLU keeps every positive one and JumpReLU those above a trained threshold: both need a penalty to become sparse. Gated decides by a gate which latents fire and by another scale how much.', formula: 'σ(z)_i ∈ {0, z_i};  gated: 1[π_i > 0] ReLU(e^{r_i} u_i + b_mag,i),  π = u + b_gate', source: `${PAPER}, eq. 5–7; ${GAO}; Bussmann et al. 2024; ${GATED}; ${JUMP}` },
  'model.k': { text: 'Latents kept per sample; for Batch Top-k on average, and it may be a fraction. How far k is from the true L0, n(1−S), drives recovery. Batch Top-k is evaluated by a threshold, the running mean of the smallest value kept.', formula: 'top k of z_i;  Batch Top-k: top ⌊kB⌋ of the batch', source: `${GAO}; Bussmann et al. 2024; ${PAPER}, eq. 7` },
  'model.rank_by_norm': { text: 'Latents compete by how much they would write, not by how large they are. Matters where decoder columns are free in length.', formula: 'rank by z_i ‖w_D^i‖, use z_i', source: 'SAELens, rescale_acts_by_decoder_norm' },
  'model.theta': { text: 'Threshold of every latent at step 0; it is trained from there.', formula: 'σ(z)_i = z_i · 1[z_i > θ_i]', source: JUMP },
  'model.bandwidth': { text: 'The step at θ has no gradient of its own: a rectangle of this width lends it one. It should be as wide as the pre-activations are spread, or no threshold moves.', formula: '∂/∂θ ≈ −(1/ε) K((z − θ)/ε),  K(u) = 1[|u| < ½]', source: JUMP },
  'model.skip': { text: 'A linear way around the latents: they need only explain what no linear map can.', formula: 'x̂ = W_D f + b_D + W_skip x', source: 'Paulo et al. 2025, Transcoders beat sparse autoencoders' },
  'model.b_enc': { text: 'A threshold per latent. The theory leaves it out; the literature uses it.', formula: 'σ(W_E x + b_E)', source: BRICKEN },
  'model.b_dec': { text: 'What is reconstructed when nothing fires: the mean, roughly.', formula: 'x̂ = W_D f + b_D', source: BRICKEN },
  'model.b_dec_start': { text: 'Where the decoder bias begins. The geometric median is the point with the least sum of distances to the targets.', formula: 'argmin_m Σ ‖x_r − m‖', source: `${BRICKEN}; ${GAO}` },
  'model.shift_input': { text: 'The encoder sees the input less the decoder bias.', formula: 'σ(W_E (x − b_D))', source: BRICKEN },
  'model.unit_norm_decoder': { text: 'Columns stay at length 1: the gradient is projected before Adam, the columns renormalised after.', formula: '‖w_D^i‖ = 1', source: BRICKEN },
  'model.tied_init': { text: 'The encoder starts as the decoder’s transpose. Fewer neurons die.', formula: 'W_E(0) = W_D(0)ᵀ', source: GAO },
  'model.init_norm': { text: 'Length of every decoder column and encoder row at step 0; of a crosscoder, of every source’s part.', formula: '‖w_D^i(0)‖', source: TEMPLETON },
  'model.zero_decoder': { text: 'The first steps move the decoder alone: with W_D = 0 the encoder has no gradient. Usual for transcoders.', formula: 'W_D(0) = 0', source: 'EleutherAI, sparsify' },

  'loss.l1': { text: 'Price of activity. It makes codes sparse, shrinks them too, and lets neurons die. A gated model pays it on its gate, and rebuilds by the gate alone beside.', formula: '+ λ Σ_i (f_i n_i)^p;  gated: + λ Σ ReLU(π_i) + ‖x − W_D ReLU(π)‖²', source: `${PAPER}, eq. 5; ${GATED}` },
  'loss.l0': { text: 'Price of each latent that fires, whatever its size: no shrinkage. Its gradient reaches the thresholds through the rectangle.', formula: '+ λ Σ_i 1[z_i > θ_i]', source: `${PAPER}, eq. 6; ${JUMP}` },
  'loss.tanh': { text: 'A price that levels off: small activations pay as for L1, large ones about the same each, so they shrink less.', formula: '+ λ Σ_i tanh(c f_i n_i)', source: 'Anthropic 2025, January update on JumpReLU training' },
  'loss.tanh_scale': { text: 'How soon the price levels off: at activations of about 1/c.', formula: 'tanh(c f_i n_i)', source: 'Anthropic 2025, January update' },
  'loss.l1_weighting': { text: 'Weighting by the decoder norm closes the way out of small activations and long decoder columns. Of a crosscoder the norms of all sources’ parts are added.', formula: 'n_i = ‖w_D^i‖, or Σ_s ‖w_D^{i,s}‖', source: `${TEMPLETON}; ${CROSSCODERS}` },
  'loss.p_end': { text: 'From the linear price towards a count: the exponent of the L1 term falls in steps, and λ is rescaled so that the term keeps its size. 1 leaves it as it is.', formula: 'λ Σ_i f_i^p,  p from 1 down', source: ANNEALING },
  'loss.p_from': { text: 'Step of the first fall of the exponent.', source: ANNEALING },
  'loss.p_until': { text: 'Step of the last fall.', source: ANNEALING },
  'loss.p_updates': { text: 'In how many equal parts the exponent falls.', source: ANNEALING },
  'loss.target_l0': { text: 'Scales the penalties up and down until so many latents fire per sample. 0 leaves them as they are.', formula: 'λ ← λ (1 ± 3·10⁻⁴ tanh(10 |L0 − target| / target))', source: 'Chanin 2026, SynthSAEBench' },
  'loss.penalty_warm_up': { text: 'Penalties rise linearly to their size, so that latents find their directions before they have to pay.', formula: 'λ min(1, t / steps)', source: TEMPLETON },
  'loss.matryoshka': { text: 'Each prefix of the latents must rebuild the target alone, so the first learn what is general and later ones refine it. Cumulative widths; all latents are added as the last.', formula: 'Σ_g w_g ‖x − W_D[:, 1:m_g] f[1:m_g]‖²', source: 'Bussmann et al. 2025, Matryoshka SAEs' },
  'loss.matryoshka_weights': { text: 'Weight of each prefix, the full width last. Empty: equal, 1 in all.', formula: 'w_g', source: 'Bussmann et al. 2025, Matryoshka SAEs' },
  'loss.multi_k': { text: 'The same weights must also rebuild with fewer active latents. k itself is added as the last.', formula: 'Σ_i λ_i ‖x − W_D σ_{top-k_i}(W_E x)‖²', source: `${PAPER}, eq. 9` },
  'loss.multi_k_weights': { text: 'Weight of each k, the largest last. Empty: equal, 1 in all.', formula: 'λ_i', source: `${PAPER}, eq. 9` },

  'training.algorithm': { text: 'Adam descends the gradient. The classical ones solve for parts: alternating convex search for the decoder and then the encoder within its pattern, K-SVD atom by atom, online dictionary learning from running sums, ER-SpUD by linear programmes (complete dictionaries only). Alternating, K-SVD and ER-SpUD work on one fixed batch. The oracle learns nothing: it has the true directions and shows what is possible.', formula: 'min over W_D, codes of ‖X − W_D F‖²', source: 'Kingma & Ba 2015; Gorski et al. 2007; Aharon et al. 2006; Mairal et al. 2009; Spielman et al. 2012' },
  'training.non_negative': { text: 'Codes may not be negative, as features of the bench are not.', formula: 'f ≥ 0', source: 'Aharon et al. 2005, non-negative K-SVD' },
  'training.learning_rate': { text: 'Size of an Adam step. Too large and the run diverges; the page then offers the way back.', formula: 'w ← w − η m̂ / (√v̂ + ε)', source: ADAM },
  'training.batch': { text: 'Samples per step. Losses are means over the batch of sums over dimensions.' },
  'training.steps': { text: 'Both runs stop by themselves here.' },
  'training.warm_up': { text: 'The learning rate rises linearly over the first steps.', formula: 'η min(1, t / steps)' },
  'training.decay': { text: 'The learning rate falls linearly to 0 over the last steps.' },
  'training.clip': { text: 'Longer gradients are shortened to this length, all weights together. 0 is off.', formula: 'g ← g · min(1, c / ‖g‖)', source: 'SAELens and dictionary_learning use 1' },
  'training.beta1': { text: 'Memory of the mean gradient. JumpReLU and gated models are often trained with 0.', formula: 'm ← β_1 m + (1 − β_1) g', source: ADAM },
  'training.beta2': { text: 'Memory of the mean squared gradient.', formula: 'v ← β_2 v + (1 − β_2) g²', source: ADAM },
  'training.epsilon': { text: 'Keeps the division finite where gradients vanish.', formula: '√v̂ + ε', source: ADAM },

  'anchors.count': { text: 'The first latents are drawn to this many known feature directions; where there are families, the parents’ come first. They are left out of the score of both runs.', source: `${PAPER}, eq. 22` },
  'anchors.coefficient': { text: 'Pull of the anchors; 0 switches them off.', formula: 'λ_a (‖W_E[1:k] − W̃_pᵀ‖² + ‖W_D[:,1:k] − W̃_r‖²)', source: `${PAPER}, eq. 22` },

  'dead.window': { text: 'A latent that fired for none of the last so many training samples counts as dead. Its gradient is zero: nothing pulls it back.', source: BRICKEN },
  'dead.treatment': { text: 'Resampling re-aims dead latents at inputs that are reconstructed badly and clears their Adam state. Ghost gradients let the dead rebuild the residual through exp(z), scaled to count as much as the error.', formula: 'resample: Pr(x) ∝ loss(x)²;  ghost: ‖e − s W_D exp(z_dead)‖²', source: `${BRICKEN}; Jermyn & Templeton 2024, Ghost grads` },
  'loss.aux_k': { text: 'The k_aux dead latents with the largest pre-activations rebuild what the living leave, so that they get a gradient again. 0 is off.', formula: '+ α ‖e − ê‖² (/ ‖e − mean e‖²),  ê = Σ over dead top-k_aux z_i w_D^i', source: `${PAPER}, eq. 8; ${GAO} (α = 1/32)` },
  'loss.aux_k_latents': { text: 'Dead latents that take part in a sample; 0: half of the target’s dimensions.', formula: 'k_aux', source: GAO },
  'loss.aux_k_form': { text: 'Normalised by how much the residual varies, the term stays of order 1 whatever the error. Plain is the paper’s.', formula: 'Σ‖e − ê‖² / Σ‖e − mean e‖², or ‖e − ê‖²', source: `${GAO}; ${PAPER}, eq. 8` },
  'loss.aux_k_relu': { text: 'Dead latents take part by ReLU(z), so only those with a positive pre-activation do.', source: GAO },
  'dead.resample_every': { text: 'Steps between two resamplings.', source: BRICKEN },
  'dead.resample_until': { text: 'No scheduled resampling after this step, so that training can settle.', source: BRICKEN },
  'dead.resample_inputs': { text: 'New directions are drawn from so many inputs, in proportion to the square of their loss. Also for “Resample dead”.', source: BRICKEN },
  'dead.resample_scale': { text: 'Norm of a revived encoder row, as a share of the mean norm of the living.', formula: '‖w_E^i‖ = scale · mean ‖w_E‖', source: BRICKEN },

  'scoring.threshold': { text: 'A feature counts as recovered when some latent is at least this similar to it.', formula: 'M_GT(τ) = share of features with max_i s_id > τ', source: `${PAPER} v3, §5.1` },
  'scoring.rows': { text: 'Fixed samples on which loss, explained variance and L0 are measured, the same for A and B.' },
};
