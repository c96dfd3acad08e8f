// What all kernels share: a problem's sizes, a step's numbers and a few helpers. Appended to every kernel's source.
//
// Rows of inputs, targets, weights and pre-activations are padded with zeros to whole vec4s.

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

// Switches of the model.
override has_b_enc: bool = false;
override has_b_dec: bool = false;
override shift_input: bool = false;
override unit_norm_decoder: bool = false;

// What tells apart two uses of one kernel: the width (in vec4) of the rows that it works on, whether they are the
// decoder's, and whether pre-activations get their offset.
override width4: u32 = 1u;
override of_decoder: bool = false;
override with_offset: bool = false;

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
    unused_0: u32,
    unused_1: u32,
    @align(16) hyper: Hyper,
}

/// A step in a buffer whose steps start at uniform offsets.
struct Slot {
    @size(256) step: Step,
}

/// Number of the invocation in a dispatch of workgroups of GROUP that needed two dimensions.
fn flat(group: vec3u, groups: vec3u, lane: u32) -> u32 {
    return (group.y * groups.x + group.x) * GROUP + lane;
}

/// Where the row mask of a latent starts: bit b of word w is row 32 w + b.
fn mask_start(slot: u32, latent: u32) -> u32 {
    return (slot * n_latent + latent) * mask_words;
}

/// How far Adam moves, given the moments after their update.
fn adam(hyper: Hyper, mean: vec4f, square: vec4f) -> vec4f {
    return hyper.step_size * mean / (sqrt(square) * hyper.square_scale + hyper.epsilon);
}

/// Whether the decoder's gradient has a part along its rows that `radial` works out.
fn has_radial(hyper: Hyper) -> bool {
    return unit_norm_decoder || (hyper.by_norm == 1u && hyper.l1 != 0.0);
}
