//! The stages of a problem: every kernel it may need, compiled for its sizes and bound to its buffers.

use super::buffers::{Buffers, Sizes};
use super::device::Gpu;
use super::kernels::{self as k, Kernel, Pipeline, TILE, TOP_K_MOST};
use super::step::Work;
use crate::config::Activation;
use crate::train::Problem;
use std::collections::HashMap;

/// A dispatch, ready but for its step.
pub struct Stage {
    pub pipeline: wgpu::ComputePipeline,
    pub bindings: wgpu::BindGroup,
    pub work: Work,
}

/// Rows beyond which `top_k` leaves a row to a whole workgroup.
const TOP_K_NARROW: usize = 2048;

/// Multiply-adds from which a product goes by tiles. Below, a real GPU is bound by the dispatch whatever the kernel;
/// on SwiftShader tiles are slower at any size.
const TILES_FROM: usize = 1 << 26;

/// Every stage that a problem may need.
pub struct Stages {
    /// Sparse samples, or rows of the data set, to dense rows: once a submit.
    pub expand: Vec<Stage>,
    pub gather: Option<Stage>,
    /// The forward pass.
    pub offset: Option<Stage>,
    pub encode: Stage,
    pub respond: Option<[Stage; 2]>,
    pub activate: Stage,
    pub decode: Stage,
    /// The penalty and its gradient's weights, where they are wanted.
    pub norms: Stage,
    pub penalty: Stage,
    pub backprop: Stage,
    /// Biases, then the encoder: later ones read what earlier ones have not changed.
    pub updates: Vec<Stage>,
    pub radial: Stage,
    pub update_decoder: Stage,
    pub normalise: Option<Stage>,
    /// Once a submit.
    pub errors: Stage,
    pub losses: Stage,
    pub tally: Stage,
    /// Products with the features, norms, best latents; for the encoder's rows and the decoder's.
    pub matches: [[Stage; 3]; 2],
}

/// Pipelines compiled so far; binding again after a buffer grew compiles nothing.
#[derive(Default)]
pub struct Pipelines(HashMap<(&'static str, Use), Pipeline>);

/// What tells apart two uses of a kernel (constants of its pipeline).
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Use {
    /// Of the rows worked on, in vec4s.
    width4: usize,
    of_decoder: bool,
    with_offset: bool,
}

/// What stages are built from.
struct Builder<'a> {
    gpu: &'a Gpu,
    pipelines: &'a mut Pipelines,
    problem: &'a Problem,
    sizes: &'a Sizes,
    steps: &'a wgpu::Buffer,
}

impl Builder<'_> {
    fn stage(&mut self, kernel: &'static Kernel, of: Use, work: Work, buffers: &[&wgpu::Buffer]) -> Stage {
        let (gpu, sizes, model) = (self.gpu, self.sizes, &self.problem.model);
        let pipeline = self.pipelines.0.entry((kernel.name, of)).or_insert_with(|| {
            let switch = |on: bool| f64::from(u8::from(on));
            Pipeline::new(
                gpu,
                kernel,
                &[
                    ("n_latent", sizes.shape.n_latent as f64),
                    ("latent4", sizes.latent4 as f64),
                    ("input4", sizes.input4 as f64),
                    ("target4", sizes.target4 as f64),
                    ("mask_words", sizes.mask_words as f64),
                    ("has_b_enc", switch(model.b_enc)),
                    ("has_b_dec", switch(model.b_dec)),
                    ("shift_input", switch(model.shift_input)),
                    ("unit_norm_decoder", switch(model.unit_norm_decoder)),
                    ("width4", of.width4 as f64),
                    ("of_decoder", switch(of.of_decoder)),
                    ("with_offset", switch(of.with_offset)),
                ],
            )
        });
        Stage { bindings: pipeline.bind(gpu, self.steps, buffers), pipeline: pipeline.pipeline.clone(), work }
    }
}

impl Builder<'_> {
    /// z = X Wᵀ by the kernel that suits its size.
    fn product(&mut self, of: Use, n_rows: usize, buffers: &[&wgpu::Buffer]) -> Stage {
        let latent4 = self.sizes.latent4;
        if n_rows * self.sizes.shape.n_latent * 4 * of.width4 < TILES_FROM {
            self.stage(&k::ENCODE, of, Work::FourRows(latent4), buffers)
        } else {
            let across = (4 * latent4).div_ceil(TILE as usize);
            self.stage(&k::ENCODE_TILED, of, Work::Tiles(across), buffers)
        }
    }
}

impl Stages {
    pub fn new(gpu: &Gpu, pipelines: &mut Pipelines, problem: &Problem, sizes: &Sizes, b: &Buffers) -> Self {
        let mut build = Builder { gpu, pipelines, problem, sizes, steps: &b.steps };
        let model = &problem.model;
        let n_latent = sizes.shape.n_latent;
        let latents = Work::Threads(n_latent);
        let plain = Use::default();
        let wide = |width4: usize| Use { width4, ..plain };
        let (input, target) = (wide(sizes.input4), wide(sizes.target4));
        let of_decoder = Use { of_decoder: true, ..target };
        // Without a shift the offset is b_enc itself.
        let with_offset = Use { with_offset: model.b_enc || model.shift_input, ..input };
        let offset = if model.shift_input { &b.offset } else { &b.weights.b_enc };

        let mut expand = vec![build.stage(
            &k::EXPAND,
            input,
            Work::Row(sizes.input4),
            &[&b.row_start, &b.feature, &b.value, &b.directions_in, &b.inputs],
        )];
        if !sizes.shared_rows {
            expand.push(build.stage(
                &k::EXPAND,
                target,
                Work::Row(sizes.target4),
                &[&b.row_start, &b.feature, &b.value, &b.directions_out, &b.targets],
            ));
        }
        let gather = b.data.as_ref().map(|data| {
            let work = Work::Row(sizes.input4);
            build.stage(&k::GATHER_ROWS, input, work, &[&b.feature, data, &b.inputs])
        });
        let respond = sizes.with_responses.then(|| {
            let of_features = [&b.directions_in, &b.weights.encoder, offset, &b.response];
            let quarters = Work::Row(sizes.latent4.div_ceil(4));
            let sums = [&b.row_start, &b.feature, &b.value, &b.response, offset, &b.z];
            [
                build.product(input, sizes.n_features, &of_features),
                build.stage(&k::SUPERPOSE, with_offset, quarters, &sums),
            ]
        });
        let (activation, work) = match model.activation {
            Activation::Relu => (&k::RELU, Work::Row(1)),
            Activation::TopK if n_latent > TOP_K_NARROW || sizes.capacity > TOP_K_MOST => {
                (&k::TOP_K_WIDE, Work::RowGroup)
            }
            Activation::TopK => (&k::TOP_K, Work::Row(1)),
            _ => todo!(),
        };

        let mut updates = Vec::new();
        if model.b_enc || model.shift_input {
            let (w, m, v) = (&b.weights.b_enc, &b.mean.b_enc, &b.square.b_enc);
            let buffers = [&b.dz, &b.mask, &b.dz_sum, w, m, v];
            updates.push(build.stage(&k::UPDATE_B_ENC, plain, latents, &buffers));
        }
        if model.b_dec {
            let (w, m, v) = (&b.weights.b_dec, &b.mean.b_dec, &b.square.b_dec);
            let encoder = &b.weights.encoder;
            let buffers = [&b.residual, &b.dz_sum, encoder, w, m, v, &b.b_dec_before];
            updates.push(build.stage(&k::UPDATE_B_DEC, plain, Work::Groups(sizes.target4), &buffers));
        }
        let (w, m, v) = (&b.weights.encoder, &b.mean.encoder, &b.square.encoder);
        let buffers = [w, m, v, &b.inputs, &b.dz, &b.mask, &b.anchors_in, &b.b_dec_before];
        let each = Work::Threads(n_latent * sizes.input4.div_ceil(4));
        updates.push(build.stage(&k::UPDATE, input, each, &buffers));
        let (w, m, v) = (&b.weights.decoder, &b.mean.decoder, &b.square.decoder);
        let radial = build.stage(&k::RADIAL, plain, latents, &[&b.z, &b.dz, &b.mask, w, &b.anchors_out, &b.radial]);
        let buffers = [w, m, v, &b.residual, &b.z, &b.mask, &b.anchors_out, &b.radial];
        let each = Work::Threads(n_latent * sizes.target4.div_ceil(4));
        let update_decoder = build.stage(&k::UPDATE, of_decoder, each, &buffers);
        let normalise = model.unit_norm_decoder.then(|| build.stage(&k::NORMALISE, plain, latents, &[w]));

        let mut matcher = |of: Use, directions, weights, result| {
            let plus = &b.offset;
            [
                build.product(of, sizes.n_features, &[directions, weights, plus, &b.z]),
                build.stage(&k::NORMS, of, latents, &[weights, &b.norms]),
                build.stage(&k::MATCH_FEATURES, plain, Work::RowGroup, &[&b.z, &b.norms, result]),
            ]
        };
        let matches = [
            matcher(input, &b.directions_in, &b.weights.encoder, &b.match_encoder),
            matcher(target, &b.directions_out, &b.weights.decoder, &b.match_decoder),
        ];
        let (z, active, count) = (&b.z, &b.active, &b.count);
        let (decoder, b_dec) = (&b.weights.decoder, &b.weights.b_dec);
        Self {
            expand,
            gather,
            offset: model.shift_input.then(|| {
                let buffers = [&b.weights.encoder, &b.weights.b_enc, b_dec, &b.offset];
                build.stage(&k::OFFSET, plain, latents, &buffers)
            }),
            encode: build.product(with_offset, problem.batch, &[&b.inputs, &b.weights.encoder, offset, z]),
            respond,
            activate: build.stage(activation, plain, work, &[z, active, count, &b.mask]),
            decode: build.stage(
                &k::DECODE,
                plain,
                Work::Row(sizes.target4),
                &[z, active, count, decoder, b_dec, &b.targets, &b.residual],
            ),
            norms: build.stage(&k::NORMS, target, latents, &[decoder, &b.norms]),
            penalty: build.stage(&k::PENALTY, plain, Work::Row(1), &[z, active, count, &b.norms, &b.penalty]),
            backprop: build.stage(
                &k::BACKPROP,
                plain,
                Work::Row(sizes.capacity),
                &[active, count, decoder, &b.residual, &b.norms, &b.dz],
            ),
            updates,
            radial,
            update_decoder,
            normalise,
            errors: build.stage(&k::ERRORS, plain, Work::Row(1), &[&b.residual, &b.targets, &b.sse, &b.recon]),
            losses: build.stage(&k::LOSSES, plain, Work::RowGroup, &[&b.steps, &b.sse, &b.penalty, &b.loss_log]),
            tally: build.stage(&k::TALLY, plain, latents, &[&b.steps, &b.mask, &b.since_fired, &b.fire_count]),
            matches,
        }
    }
}
