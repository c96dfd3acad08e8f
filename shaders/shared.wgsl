// What all kernels share: a problem's sizes, a step's numbers and a few helpers. Appended to every kernel's source, which
// declares the step it works on as `now`.
//
// Rows of inputs, targets, weights and pre-activations are padded with zeros to whole vec4s (of a crosscoder, each
// source's part by itself).

/// Invocations of a workgroup wherever a kernel names no other size.
const GROUP: u32 = 64u;

/// Stands in for the norm of a zero row, which has no direction to keep.
const TINY: f32 = 1e-30;

// Sizes of the problem. Constants of the pipeline, so that compilers know the loops' bounds.
override n_latent: u32 = 1u;
/// ⌈n/4⌉ of n_latent, n_input and n_target.
override latent4: u32 = 1u;
override input4: u32 = 1u;
override target4: u32 = 1u;
/// Words of a latent's row mask.
override mask_words: u32 = 1u;
/// Rows that one step, and that one submit, have room for.
override step_rows: u32 = 1u;
override submit_rows: u32 = 1u;
/// Blocks that a row of the target, of a crosscoder also one of the input, is made of; each padded by itself.
override n_sources: u32 = 1u;
/// Levels of the nested loss, and whether they are of ranks.
override n_levels: u32 = 1u;
override by_rank: bool = false;
/// The second reconstruction that there may be, one of the constants below.
override side: u32 = 0u;
const AUX_K: u32 = 1u;
const GHOST: u32 = 2u;
const GATES: u32 = 3u;

// Switches of the model.
override has_b_enc: bool = false;
override has_b_dec: bool = false;
override shift_input: bool = false;
override unit_norm_decoder: bool = false;
override rank_by_norm: bool = false;
override has_skip: bool = false;
/// The gradient is clipped: it is stored before Adam sees it.
override clips: bool = false;

// What tells apart two uses of one kernel: the width (in vec4) of the rows that it works on, whether they are the
// decoder's, whether pre-activations get their offset, whether it is about the second reconstruction's latents or
// about thresholds, and where (in vec4s) its part of the gradient starts.
override width4: u32 = 1u;
override of_decoder: bool = false;
override with_offset: bool = false;
override of_side: bool = false;
override of_theta: bool = false;
override gradient_at: u32 = 0u;
/// Threads that share a row's list.
override lanes: u32 = 1u;

/// The numbers of a step that schedules may change; `model/hyper.rs` has the same struct and says what they mean.
struct Hyper {
    step_size: f32,
    square_scale: f32,
    beta1: f32,
    beta2: f32,
    epsilon: f32,
    clip: f32,
    anchor: f32,
    n_anchors: u32,
    k: f32,
    l1: f32,
    p: f32,
    l0: f32,
    tanh: f32,
    tanh_scale: f32,
    by_norm: u32,
    bandwidth: f32,
    target_l0: f32,
    aux: f32,
    aux_latents: u32,
    aux_normalised: u32,
    aux_relu: u32,
    ghost: u32,
    dead_after: u32,
    n_levels: u32,
    by_rank: u32,
    unused_2: u32,
    unused_3: u32,
    unused_4: u32,
    /// Eight of each.
    level_ends: array<vec4u, 2>,
    level_weights: array<vec4f, 2>,
}

/// What one dispatch works on; `train/gpu/step.rs` has the same struct.
struct Step {
    /// Rows worked on, and where they start in the arrays that hold the rows of a whole submit.
    n_rows: u32,
    first_row: u32,
    /// Which step of the submit this is.
    slot: u32,
    /// Steps of the submit.
    n_steps: u32,
    /// Entries that a row of `active` has room for.
    capacity: u32,
    /// Where the step's loss goes.
    loss_at: u32,
    /// 1 if Batch Top-k selects within the batch whatever the threshold, 0 if by the threshold once there is one.
    training: u32,
    /// What Batch Top-k keeps of the batch.
    kept: u32,
    @align(16) hyper: Hyper,
}

/// A step in a buffer whose steps start at uniform offsets.
struct Slot {
    @size(256) step: Step,
}

/// What the kernels of Batch Top-k tell one another. Begins as zeros.
struct Batch {
    /// The least key that the step before kept: this step's is looked for around it.
    last: f32,
    /// What it will be in the next step.
    next_last: f32,
    /// Bits of the least key kept, and how many of its equals are kept.
    cut: u32,
    equals: u32,
    /// 1 if the equals of every row are counted below, because not all are kept.
    counts_equals: u32,
    /// 1 if the rows' lists have all that is kept.
    by_lists: u32,
    /// Keys above the band around `last` (`band_around`), and in it.
    n_above: atomic<u32>,
    n_band: atomic<u32>,
    /// [step_rows] equals of every row, then bits of the keys in the band, in any order, as far as there is room.
    words: array<u32>,
}

/// Ends of the band: the fewer keys are kept, the further their least moves from batch to batch.
fn band_around(last: f32) -> vec2f {
    let width = clamp(5.5 / sqrt(f32(max(now.kept, 1u))), 0.02, 0.5);
    return last * vec2f(1.0 - width, 1.0 + width);
}

/// What steps leave to the next; `model/hyper.rs` has the same struct and says what the members mean.
struct Control {
    threshold: f32,
    threshold_seen: f32,
    l0_mean: f32,
    l0_rate: f32,
    l0_seen: f32,
    multiplier: f32,
}

/// Number of the invocation in a dispatch of workgroups of GROUP that needed two dimensions.
fn flat(group: vec3u, groups: vec3u, lane: u32) -> u32 {
    return (group.y * groups.x + group.x) * GROUP + lane;
}

// Masks of a step: of the firing latents one (or one a level, where levels are of ranks: a latent has another level in
// every row), then one of the second reconstruction's latents.

fn n_fire_masks() -> u32 {
    return select(1u, n_levels, by_rank);
}

fn n_masks() -> u32 {
    return n_fire_masks() + u32(side != 0u);
}

/// Where the row mask of a latent starts: bit b of word w is row 32 w + b.
fn mask_start(slot: u32, which: u32, latent: u32) -> u32 {
    return ((slot * n_masks() + which) * n_latent + latent) * mask_words;
}

/// Where row b of `z` and `dz` starts. Both have a second plane for the second reconstruction's latents.
fn cells(b: u32) -> u32 {
    return b * 4u * latent4;
}

fn side_cells(b: u32) -> u32 {
    return (step_rows + b) * 4u * latent4;
}

// Rows of `residual` [.., target4]: x̂ − x_r of the whole submit; then, of one step, per level (where there are several)
// half of B times the gradient at the reconstruction that its latents see, the same for the second reconstruction, and
// what the loss pays beside the error, component by component.

/// Row b of what latents of a level pull at; `first_row` is the step's.
fn pull_row(first_row: u32, level: u32, b: u32) -> u32 {
    return select(submit_rows + level * step_rows, first_row, n_levels == 1u) + b;
}

fn side_row(b: u32) -> u32 {
    return submit_rows + select(n_levels, 0u, n_levels == 1u) * step_rows + b;
}

fn extra_row(b: u32) -> u32 {
    return side_row(b) + select(0u, step_rows, side != 0u);
}

/// Whether `residual` has rows of what the loss pays beside the error.
fn has_extra() -> bool {
    return n_levels > 1u || side == GATES;
}

// Lists are read where they are: a copy of the step with an index into it is slow on software adapters.

/// Where a level ends; the last one takes all that is left.
fn level_end(level: u32) -> u32 {
    return select(now.hyper.level_ends[level / 4u][level % 4u], ~0u, level + 1u >= n_levels);
}

/// The level of a latent, or of a rank: the first that ends after it.
fn level_of(place: u32) -> u32 {
    if (n_levels == 1u) {
        return 0u;
    }
    var level = 0u;
    for (var g = 0u; g + 1u < n_levels; g++) {
        level += u32(place >= level_end(g));
    }
    return level;
}

// Penalties of a firing latent, λ₁ ((f n + ε)^p − ε^p) + λ_t tanh(c f n) + λ₀; `model/reference/penalty.rs` has them.

/// ε.
const POWER_FLOOR: f32 = 1e-3;

/// λ f n and nothing else, as most runs have it.
fn is_plain(hyper: Hyper) -> bool {
    return hyper.p == 1.0 && hyper.tanh == 0.0;
}

fn penalty_value(hyper: Hyper, f: f32, n: f32) -> f32 {
    if (is_plain(hyper)) {
        return hyper.l1 * f * n + hyper.l0;
    }
    let power = pow(f * n + POWER_FLOOR, hyper.p) - pow(POWER_FLOOR, hyper.p);
    return hyper.l1 * power + hyper.tanh * bounded_tanh(hyper.tanh_scale * f * n) + hyper.l0;
}

/// The derivative by the product f n.
fn penalty_slope(hyper: Hyper, f: f32, n: f32) -> f32 {
    if (is_plain(hyper)) {
        return hyper.l1;
    }
    let power = hyper.p * pow(f * n + POWER_FLOOR, hyper.p - 1.0);
    let t = bounded_tanh(hyper.tanh_scale * f * n);
    return hyper.l1 * power + hyper.tanh * hyper.tanh_scale * (1.0 - t * t);
}

/// tanh, which WGSL may work out by way of an exponential that overflows.
fn bounded_tanh(x: f32) -> f32 {
    return tanh(clamp(x, -10.0, 10.0));
}

/// How far Adam moves, given the moments after their update.
fn adam_move(hyper: Hyper, mean: vec4f, square: vec4f) -> vec4f {
    return hyper.step_size * mean / (sqrt(square) * hyper.square_scale + hyper.epsilon);
}

/// Whether a penalty's gradient reaches the decoder's norms.
fn pulls_norms(hyper: Hyper) -> bool {
    return side != GATES && hyper.by_norm == 1u && (hyper.l1 != 0.0 || hyper.tanh != 0.0);
}

/// Whether the decoder's gradient has a part along its rows that `radial` works out.
fn has_radial(hyper: Hyper) -> bool {
    return unit_norm_decoder || pulls_norms(hyper);
}
