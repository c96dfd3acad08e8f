//! The stages of a problem: every kernel it needs, in the order of a step, bound to its buffers.

use super::buffers::Buffers;
use super::device::Gpu;
use super::kernels::{self as k, TOP_K_MOST};
use super::pipelines::{Builder, Pipelines, Stage, Use};
use super::sizes::{STRETCH, Side, Sizes};
use super::step::Work;
use crate::config::Activation;
use crate::train::Problem;

/// Rows beyond which `top_k` leaves a row to a whole workgroup.
const TOP_K_NARROW: usize = 2048;

/// Every stage that a problem may need.
pub struct Stages {
    /// Sparse samples, or rows of the data set, to dense rows: once a submit.
    pub expand: Vec<Stage>,
    pub gather: Vec<Stage>,
    /// The forward pass.
    pub offset: Option<Stage>,
    pub encode: Stage,
    pub respond: Option<[Stage; 2]>,
    /// Decoder norms, where penalties or ranks want them.
    pub norms: Stage,
    pub ranks_by_norm: bool,
    pub activate: Vec<Stage>,
    pub skip: Option<Stage>,
    pub decode: Stage,
    /// What a gated model's open gates rebuild.
    pub gates: Option<Stage>,
    pub penalty: Stage,
    /// Which of the dead take part, in training, and what they do.
    pub dead: Vec<Stage>,
    /// Gradients at the latents, then those of weights: later ones read what earlier ones have not changed.
    pub backprop: Vec<Stage>,
    pub radial: Stage,
    pub updates: Vec<Stage>,
    /// Clipping, and Adam on the gradients that are stored.
    pub adam: Vec<Stage>,
    pub normalise: Option<Stage>,
    pub control: Option<Stage>,
    /// Once a submit (but see `tally`).
    pub errors: Stage,
    pub losses: Stage,
    pub tally: Stage,
    /// Products with the features, norms, best latents; for the encoder's rows and the decoder's.
    pub matches: [[Stage; 3]; 2],
}

impl Stages {
    pub fn new(gpu: &Gpu, pipelines: &mut Pipelines, problem: &Problem, sizes: &Sizes, b: &Buffers) -> Self {
        let build = &mut Builder { gpu, pipelines, problem, sizes, buffers: b };
        let model = &problem.model;
        let is_gated = model.activation == Activation::Gated;
        let latents = Work::Threads(sizes.shape.n_latent);
        let plain = Use::default();
        let wide = |width4: usize| Use { width4, ..plain };
        let (input, target) = (wide(sizes.input4), wide(sizes.target4));
        let per_row = |kernel, build: &mut Builder, of: Use, buffers: &[&wgpu::Buffer]| {
            build.stage(kernel, of, Work::Row(of.width4.max(1)), buffers)
        };

        let sparse = [&b.row_start, &b.feature, &b.value];
        let mut expand =
            vec![per_row(&k::EXPAND, build, input, &[sparse[0], sparse[1], sparse[2], &b.basis_in, &b.inputs])];
        if !sizes.shared_rows {
            let buffers = [sparse[0], sparse[1], sparse[2], &b.basis_out, &b.targets];
            expand.push(per_row(&k::EXPAND, build, target, &buffers));
        }
        let mut gather = vec![];
        if let Some(data) = &b.data {
            gather.push(per_row(&k::GATHER_ROWS, build, input, &[&b.feature, data, &b.inputs]));
        }
        if let Some(data) = &b.data_targets {
            gather.push(per_row(&k::GATHER_ROWS, build, target, &[&b.feature, data, &b.targets]));
        }

        // Without a shift the offset is b_enc itself.
        let with_offset = Use { with_offset: (model.b_enc && !is_gated) || model.shift_input, ..input };
        let offset = if model.shift_input { &b.offset } else { &b.weights.b_enc };
        let respond = sizes.with_responses.then(|| {
            let of_features = [&b.basis_in, &b.weights.encoder, offset, &b.response];
            let quarters = Work::Row(sizes.latent4.div_ceil(4));
            let sums = [sparse[0], sparse[1], sparse[2], &b.response, offset, &b.z];
            [
                build.product(input, sizes.n_features, &of_features),
                build.stage(&k::SUPERPOSE, with_offset, quarters, &sums),
            ]
        });
        let skip = model.skip.then(|| {
            let of = Use { n_out: Some(4 * sizes.target4), ..input };
            build.product(of, problem.batch, &[&b.inputs, &b.weights.skip, offset, &b.skipped])
        });

        let (z, decoder, control) = (&b.z, &b.weights.decoder, &b.control);
        let (active, activate) = activation(build);
        let (list, count) = (active, &b.count);
        let (side_list, side_count) = (&b.side_latents, &b.side_count);
        let of_side = Use { of_side: true, ..plain };
        let mut backprop = vec![build.stage(
            &k::BACKPROP,
            plain,
            Work::Row(sizes.lanes(false)),
            &[list, count, decoder, &b.residual, &b.norms, z, control, &b.dz],
        )];
        if is_gated {
            let buffers = [side_list, side_count, decoder, &b.residual, &b.norms, z, control, &b.dz];
            backprop.push(build.stage(&k::BACKPROP, of_side, Work::Row(sizes.lanes(true)), &buffers));
        }
        let paid = if is_gated { (side_list, side_count, of_side) } else { (list, count, plain) };
        let penalty_buffers = [z, paid.0, paid.1, &b.norms, &b.residual, control, &b.penalty];
        let radial_buffers = [z, &b.dz, &b.mask, decoder, &b.anchors_out, control, &b.radial];

        Self {
            expand,
            gather,
            offset: model.shift_input.then(|| {
                let buffers = [&b.weights.encoder, &b.weights.b_enc, &b.weights.b_dec, &b.offset];
                build.stage(&k::OFFSET, plain, latents, &buffers)
            }),
            encode: build.product(with_offset, problem.batch, &[&b.inputs, &b.weights.encoder, offset, z]),
            respond,
            norms: build.stage(&k::NORMS, Use { of_decoder: true, ..target }, latents, &[decoder, &b.norms]),
            ranks_by_norm: model.rank_by_norm && matches!(model.activation, Activation::TopK | Activation::BatchTopK),
            activate,
            skip,
            decode: build.stage(
                &k::DECODE,
                plain,
                Work::Row(sizes.target4),
                &[z, list, count, decoder, &b.weights.b_dec, &b.targets, &b.skipped, &b.residual],
            ),
            gates: is_gated.then(|| {
                let buffers = [z, side_list, side_count, decoder, &b.residual, &b.weights.b_dec, &b.targets];
                build.stage(&k::SIDE_GATES, plain, Work::Row(sizes.target4), &buffers)
            }),
            penalty: build.stage(&k::PENALTY, paid.2, Work::Row(1), &penalty_buffers),
            dead: dead(build),
            backprop,
            radial: build.stage(&k::RADIAL, plain, latents, &radial_buffers),
            updates: updates(build),
            adam: adam(build),
            normalise: model
                .unit_norm_decoder
                .then(|| build.stage(&k::NORMALISE, plain, latents, &[&b.weights.decoder])),
            control: problem
                .needs
                .steered
                .then(|| build.stage(&k::CONTROL_STEP, plain, Work::Groups(1), &[count, control])),
            errors: build.stage(&k::ERRORS, plain, Work::Row(1), &[&b.residual, &b.targets, &b.sse, &b.recon]),
            losses: build.stage(&k::LOSSES, plain, Work::RowGroup, &[&b.steps, &b.sse, &b.penalty, &b.loss_log]),
            tally: build.stage(&k::TALLY, plain, latents, &[&b.steps, &b.mask, &b.since_fired, &b.fire_count]),
            matches: [
                matcher(build, input, &b.directions_in, &b.weights.encoder, &b.match_encoder),
                matcher(build, target, &b.directions_out, &b.weights.decoder, &b.match_decoder),
            ],
        }
    }
}

/// Which latents fire, and the list of them that later stages read.
fn activation<'a>(build: &mut Builder<'a>) -> (&'a wgpu::Buffer, Vec<Stage>) {
    let (b, sizes, model) = (build.buffers, build.sizes, &build.problem.model);
    let (z, norms, active, count, mask) = (&b.z, &b.norms, &b.active, &b.count, &b.mask);
    let plain = Use::default();
    let mut stages = vec![];
    let n_latent = sizes.shape.n_latent;
    let is_wide = n_latent > TOP_K_NARROW || sizes.capacity > TOP_K_MOST;
    match model.activation {
        Activation::Relu => stages.push(build.stage(&k::RELU, plain, Work::Row(1), &[z, active, count, mask])),
        Activation::JumpRelu => {
            let buffers = [z, &b.weights.theta, active, count, mask];
            stages.push(build.stage(&k::JUMP_RELU, plain, Work::Row(1), &buffers));
        }
        Activation::TopK => {
            let (kernel, work) = if is_wide { (&k::TOP_K_WIDE, Work::RowGroup) } else { (&k::TOP_K, Work::Row(1)) };
            stages.push(build.stage(kernel, plain, work, &[z, norms, active, count, mask]));
        }
        Activation::BatchTopK => {
            let buffers = [z, norms, &b.batch, active, count];
            stages.push(build.stage(&k::BATCH_FIND, plain, Work::Row(1), &buffers));
            let buffers = [z, norms, &b.batch, &b.control];
            stages.push(build.stage(&k::BATCH_TOP_K, plain, Work::Groups(1), &buffers));
            let buffers = [z, norms, &b.batch, &b.control, active, count, mask];
            stages.push(build.stage(&k::BATCH_TAKE, plain, Work::Row(1), &buffers));
        }
        Activation::Gated => {
            let buffers = [z, &b.weights.gates, active, count, &b.side_latents, &b.side_count, mask];
            stages.push(build.stage(&k::GATED, plain, Work::Row(1), &buffers));
        }
    }
    if sizes.by_rank && (is_wide || model.rank_by_norm) {
        stages.push(build.stage(&k::LEVELS, plain, Work::RowGroup, &[z, active, count, &b.ordered, mask]));
        return (&b.ordered, stages);
    }
    (active, stages)
}

/// The second reconstruction by the dead.
fn dead(build: &mut Builder) -> Vec<Stage> {
    let (b, sizes) = (build.buffers, build.sizes);
    let (z, lists, spread) = (&b.z, (&b.side_latents, &b.side_count), &b.spread);
    let select = match sizes.side {
        Side::AuxK => {
            let buffers = [z, &b.since_fired, lists.0, lists.1, &b.mask, &b.residual, spread];
            build.stage(&k::AUX_K, Use::default(), Work::GroupsAndRow(sizes.target4), &buffers)
        }
        Side::Ghost => {
            let buffers = [z, &b.since_fired, lists.0, lists.1, &b.mask, spread];
            build.stage(&k::GHOST, Use::default(), Work::Row(1), &buffers)
        }
        Side::Gates | Side::None => return vec![],
    };
    let of_side = Use { of_side: true, ..Use::default() };
    let buffers = [z, lists.0, lists.1, &b.weights.decoder, &b.residual, spread, &b.dz, &b.penalty];
    vec![select, build.stage(&k::SIDE_DEAD, of_side, Work::Row(sizes.lanes(true)), &buffers)]
}

/// Gradients of the weights, and where nothing is clipped, Adam's steps of all but thresholds and gates.
fn updates(build: &mut Builder) -> Vec<Stage> {
    let (b, sizes, problem) = (build.buffers, build.sizes, build.problem);
    let (model, at) = (&problem.model, sizes.gradient);
    let n_latent = sizes.shape.n_latent;
    let plain = Use::default();
    let latents = Work::Threads(n_latent);
    let (w, v) = (&b.weights, &b.square);
    // A gradient to be clipped goes where the mean would be.
    let mean = |mean: &'_ wgpu::Buffer| if problem.needs.clip { b.gradient.clone() } else { mean.clone() };
    let mut stages = vec![];
    if sizes.shape.has_theta {
        let of = Use { gradient_at: at.theta, ..plain };
        let buffers = [&b.z, &b.dz, &w.theta, &w.decoder, &b.residual, &b.norms, &b.control, &b.gradient];
        stages.push(build.stage(&k::BAND, of, Work::Groups(n_latent), &buffers));
    }
    if sizes.shape.has_gates {
        let of = Use { gradient_at: at.gates, ..plain };
        stages.push(build.stage(&k::UPDATE_GATES, of, latents, &[&b.z, &b.dz, &b.mask, &w.gates, &b.gradient]));
    }
    if (model.b_enc && !sizes.shape.has_gates) || model.shift_input {
        let of = Use { gradient_at: at.b_enc, ..plain };
        let buffers = [&b.dz, &b.mask, &b.dz_sum, &w.b_enc, &mean(&b.mean.b_enc), &v.b_enc];
        stages.push(build.stage(&k::UPDATE_B_ENC, of, latents, &buffers));
    }
    if model.b_dec {
        let of = Use { gradient_at: at.b_dec, ..plain };
        let mean = &mean(&b.mean.b_dec);
        let buffers = [&b.residual, &b.dz_sum, &w.encoder, &w.b_dec, mean, &v.b_dec, &b.b_dec_before];
        stages.push(build.stage(&k::UPDATE_B_DEC, of, Work::Groups(sizes.target4), &buffers));
    }
    if model.skip {
        let of = Use { gradient_at: at.skip, ..plain };
        let buffers = [&b.residual, &b.inputs, &w.skip, &mean(&b.mean.skip), &v.skip];
        stages.push(build.stage(&k::UPDATE_SKIP, of, Work::Threads(sizes.target4 * sizes.input4), &buffers));
    }
    let of = Use { width4: sizes.input4, gradient_at: at.encoder, ..plain };
    let each = Work::Threads(n_latent * sizes.input4.div_ceil(4));
    let mean_of = &mean(&b.mean.encoder);
    let buffers = [&w.encoder, mean_of, &v.encoder, &b.inputs, &b.dz, &b.mask, &b.anchors_in, &b.b_dec_before];
    stages.push(build.stage(&k::UPDATE, of, each, &buffers));
    let of = Use { width4: sizes.target4, gradient_at: at.decoder, of_decoder: true, ..plain };
    let each = Work::Threads(n_latent * sizes.target4.div_ceil(4));
    let mean_of = &mean(&b.mean.decoder);
    let buffers = [&w.decoder, mean_of, &v.decoder, &b.residual, &b.z, &b.mask, &b.anchors_out, &b.radial];
    stages.push(build.stage(&k::UPDATE, of, each, &buffers));
    stages
}

/// Clipping, and Adam's steps by gradients that are stored.
fn adam(build: &mut Builder) -> Vec<Stage> {
    let (b, sizes, problem) = (build.buffers, build.sizes, build.problem);
    let (model, at, shape) = (&problem.model, sizes.gradient, sizes.shape);
    let clips = problem.needs.clip;
    let mut stages = vec![];
    if clips {
        let stretches = at.end.div_ceil(STRETCH);
        let wide = |width4: usize| Use { width4, ..Use::default() };
        stages.push(build.stage(&k::SUM_SQUARES, wide(at.end), Work::Groups(stretches), &[&b.gradient, &b.squares]));
        stages.push(build.stage(&k::CLIP, wide(stretches), Work::Groups(1), &[&b.squares, &b.clip_scale]));
    }
    let (w, m, v) = (&b.weights, &b.mean, &b.square);
    let (q, input4, target4) = (shape.n_latent, sizes.input4, sizes.target4);
    let b_enc = model.b_enc && !shape.has_gates;
    for (learns, gradient_at, width4, [w, m, v]) in [
        (shape.has_theta, at.theta, sizes.latent4, [&w.theta, &m.theta, &v.theta]),
        (shape.has_gates, at.gates, 3 * sizes.latent4, [&w.gates, &m.gates, &v.gates]),
        (clips, at.encoder, q * input4, [&w.encoder, &m.encoder, &v.encoder]),
        (clips, at.decoder, q * target4, [&w.decoder, &m.decoder, &v.decoder]),
        (clips && b_enc, at.b_enc, sizes.latent4, [&w.b_enc, &m.b_enc, &v.b_enc]),
        (clips && model.b_dec, at.b_dec, target4, [&w.b_dec, &m.b_dec, &v.b_dec]),
        (clips && model.skip, at.skip, 4 * target4 * input4, [&w.skip, &m.skip, &v.skip]),
    ] {
        if learns {
            let of_theta = shape.has_theta && gradient_at == at.theta;
            let of = Use { width4, gradient_at, of_theta, ..Use::default() };
            stages.push(build.stage(&k::ADAM, of, Work::Threads(width4), &[w, m, v, &b.gradient, &b.clip_scale]));
        }
    }
    stages
}

fn matcher(
    build: &mut Builder,
    of: Use,
    directions: &wgpu::Buffer,
    weights: &wgpu::Buffer,
    result: &wgpu::Buffer,
) -> [Stage; 3] {
    let (b, sizes) = (build.buffers, build.sizes);
    let latents = Work::Threads(sizes.shape.n_latent);
    [
        build.product(of, sizes.n_features, &[directions, weights, &b.offset, &b.z]),
        build.stage(&k::NORMS, of, latents, &[weights, &b.norms]),
        build.stage(&k::MATCH_FEATURES, Use::default(), Work::RowGroup, &[&b.z, &b.norms, result]),
    ]
}
