//! Kernels compiled for a problem's sizes, and stages made of them: a pipeline, its buffers, how much it works on.

use super::buffers::Buffers;
use super::device::Gpu;
use super::kernels::{self as k, Kernel, Pipeline, TILE};
use super::sizes::Sizes;
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

/// Multiply-adds from which a product goes by tiles. Below, a real GPU is bound by the dispatch whatever the kernel;
/// on SwiftShader tiles are slower at any size.
const TILES_FROM: usize = 1 << 26;

/// Pipelines compiled so far; binding again after a buffer grew compiles nothing.
#[derive(Default)]
pub struct Pipelines(HashMap<(&'static str, Use), Pipeline>);

/// What tells apart two uses of a kernel (constants of its pipeline, as `shaders/shared.wgsl` explains them).
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Use {
    /// Of the rows worked on, in vec4s.
    pub width4: usize,
    pub of_decoder: bool,
    pub with_offset: bool,
    pub of_side: bool,
    pub of_theta: bool,
    /// Where its part of the gradient starts, in vec4s.
    pub gradient_at: usize,
    /// Rows of the weights, where they are not the latents: of W_skip.
    pub n_out: Option<usize>,
}

/// What stages are built from.
pub struct Builder<'a> {
    pub gpu: &'a Gpu,
    pub pipelines: &'a mut Pipelines,
    pub problem: &'a Problem,
    pub sizes: &'a Sizes,
    pub buffers: &'a Buffers,
}

impl Builder<'_> {
    pub fn stage(&mut self, kernel: &'static Kernel, of: Use, work: Work, buffers: &[&wgpu::Buffer]) -> Stage {
        let (gpu, sizes, model) = (self.gpu, self.sizes, &self.problem.model);
        let pipeline = self.pipelines.0.entry((kernel.name, of)).or_insert_with(|| {
            let switch = |on: bool| f64::from(u8::from(on));
            let n_out = of.n_out.unwrap_or(sizes.shape.n_latent);
            let is_gated = model.activation == Activation::Gated;
            let ranks = matches!(model.activation, Activation::TopK | Activation::BatchTopK);
            Pipeline::new(
                gpu,
                kernel,
                &[
                    ("n_latent", n_out as f64),
                    ("latent4", n_out.div_ceil(4) as f64),
                    ("input4", sizes.input4 as f64),
                    ("target4", sizes.target4 as f64),
                    ("mask_words", sizes.mask_words as f64),
                    ("step_rows", sizes.rows as f64),
                    ("submit_rows", sizes.submit_rows() as f64),
                    ("n_sources", sizes.shape.n_sources as f64),
                    ("n_levels", sizes.n_levels as f64),
                    ("by_rank", switch(sizes.by_rank)),
                    ("side", f64::from(sizes.side as u8)),
                    ("has_b_enc", switch(model.b_enc && !is_gated)),
                    ("has_b_dec", switch(model.b_dec)),
                    ("shift_input", switch(model.shift_input)),
                    ("unit_norm_decoder", switch(model.unit_norm_decoder)),
                    ("rank_by_norm", switch(model.rank_by_norm && ranks)),
                    ("has_skip", switch(model.skip)),
                    ("clips", switch(self.problem.needs.clip)),
                    ("width4", of.width4 as f64),
                    ("of_decoder", switch(of.of_decoder)),
                    ("with_offset", switch(of.with_offset)),
                    ("of_side", switch(of.of_side)),
                    ("of_theta", switch(of.of_theta)),
                    ("gradient_at", of.gradient_at as f64),
                    ("lanes", sizes.lanes(of.of_side) as f64),
                ],
            )
        });
        let bindings = pipeline.bind(gpu, &self.buffers.steps, buffers);
        Stage { bindings, pipeline: pipeline.pipeline.clone(), work }
    }

    /// z = X Wᵀ by the kernel that suits its size.
    pub fn product(&mut self, of: Use, n_rows: usize, buffers: &[&wgpu::Buffer]) -> Stage {
        let n_out = of.n_out.unwrap_or(self.sizes.shape.n_latent);
        let out4 = n_out.div_ceil(4);
        if n_rows * n_out * 4 * of.width4 < TILES_FROM {
            self.stage(&k::ENCODE, of, Work::FourRows(out4), buffers)
        } else {
            self.stage(&k::ENCODE_TILED, of, Work::Tiles((4 * out4).div_ceil(TILE as usize)), buffers)
        }
    }
}
