//! The table of kernels: every file of `shaders/` with what it binds, and how one becomes a pipeline.

use super::device::Gpu;
use super::source::wgsl;
use super::step::{SLOT_BYTES, Step};
use std::num::NonZeroU64;

/// Invocations of a workgroup wherever a kernel names no other size (`GROUP` of `shaders/shared.wgsl`).
pub const GROUP: u32 = 64;
/// Rows and latents of a workgroup's tile in `encode_tiled`.
pub const TILE: u32 = 64;
/// Largest k for which `top_k` reads rows once for every four latents; beyond, `top_k_wide` reads them six times.
pub const TOP_K_MOST: usize = 32;

/// What a kernel does with a storage buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    ReadWrite,
}
use Access::{Read, ReadWrite};

/// One kernel: a file, its entry point and its label, all of one name.
#[derive(Debug)]
pub struct Kernel {
    pub name: &'static str,
    /// Its own file, shortened.
    text: &'static str,
    /// Storage buffers at bindings 1, 2, …; binding 0 is always the [`Step`], at a dynamic offset.
    pub bindings: &'static [Access],
    /// Invocations of a workgroup.
    pub group: u32,
}

const SHARED: &str = wgsl!("shared");

impl Kernel {
    /// What the device compiles: the kernel's file, then what all share (declarations may come in any order).
    pub fn source(&self) -> String {
        format!("{}\n{SHARED}", self.text)
    }
}

macro_rules! kernels {
    ($($constant:ident $name:literal $group:expr, [$($access:ident),*];)*) => {
        $(pub const $constant: Kernel = Kernel {
            name: $name,
            text: wgsl!($name),
            bindings: &[$($access),*],
            group: $group,
        };)*

        /// All kernels, in the order of a step.
        pub const TABLE: &[&Kernel] = &[$(&$constant),*];
    };
}

kernels! {
    EXPAND "expand" GROUP, [Read, Read, Read, Read, ReadWrite];
    GATHER_ROWS "gather_rows" GROUP, [Read, Read, ReadWrite];
    OFFSET "offset" GROUP, [Read, Read, Read, ReadWrite];
    ENCODE "encode" GROUP, [Read, Read, Read, ReadWrite];
    ENCODE_TILED "encode_tiled" 128, [Read, Read, Read, ReadWrite];
    SUPERPOSE "superpose" GROUP, [Read, Read, Read, Read, Read, ReadWrite];
    NORMS "norms" GROUP, [Read, ReadWrite];
    RELU "relu" GROUP, [Read, ReadWrite, ReadWrite, ReadWrite];
    JUMP_RELU "jump_relu" GROUP, [Read, Read, ReadWrite, ReadWrite, ReadWrite];
    TOP_K "top_k" GROUP, [Read, Read, ReadWrite, ReadWrite, ReadWrite];
    TOP_K_WIDE "top_k_wide" 256, [Read, Read, ReadWrite, ReadWrite, ReadWrite];
    BATCH_FIND "batch_find" GROUP, [Read, Read, ReadWrite, ReadWrite, ReadWrite];
    BATCH_TOP_K "batch_top_k" 256, [Read, Read, ReadWrite, ReadWrite];
    BATCH_TAKE "batch_take" GROUP, [Read, Read, ReadWrite, Read, ReadWrite, ReadWrite, ReadWrite];
    GATED "gated" GROUP, [ReadWrite, Read, ReadWrite, ReadWrite, ReadWrite, ReadWrite, ReadWrite];
    LEVELS "levels" GROUP, [Read, Read, Read, ReadWrite, ReadWrite];
    DECODE "decode" GROUP, [Read, Read, Read, Read, Read, Read, Read, ReadWrite];
    SIDE_GATES "side_gates" GROUP, [Read, Read, Read, Read, ReadWrite, Read, Read];
    PENALTY "penalty" GROUP, [Read, Read, Read, Read, Read, Read, ReadWrite];
    AUX_K "aux_k" GROUP, [ReadWrite, Read, ReadWrite, ReadWrite, ReadWrite, Read, ReadWrite];
    GHOST "ghost" GROUP, [ReadWrite, Read, ReadWrite, ReadWrite, ReadWrite, ReadWrite];
    SIDE_DEAD "side_dead" GROUP, [Read, Read, Read, Read, ReadWrite, Read, ReadWrite, ReadWrite];
    BACKPROP "backprop" GROUP, [Read, Read, Read, Read, Read, Read, Read, ReadWrite];
    RADIAL "radial" GROUP, [Read, Read, Read, Read, Read, Read, ReadWrite];
    BAND "band" GROUP, [Read, Read, Read, Read, Read, Read, Read, ReadWrite];
    UPDATE_GATES "update_gates" GROUP, [Read, ReadWrite, Read, Read, ReadWrite];
    UPDATE_B_ENC "update_b_enc" GROUP, [Read, Read, ReadWrite, ReadWrite, ReadWrite, ReadWrite];
    UPDATE_B_DEC "update_b_dec" GROUP, [Read, Read, Read, ReadWrite, ReadWrite, ReadWrite, ReadWrite];
    UPDATE_SKIP "update_skip" GROUP, [Read, Read, ReadWrite, ReadWrite, ReadWrite];
    UPDATE "update" GROUP, [ReadWrite, ReadWrite, ReadWrite, Read, Read, Read, Read, Read];
    SUM_SQUARES "sum_squares" GROUP, [Read, ReadWrite];
    CLIP "clip" GROUP, [Read, ReadWrite];
    ADAM "adam" GROUP, [ReadWrite, ReadWrite, ReadWrite, Read, Read];
    NORMALISE "normalise" GROUP, [ReadWrite];
    CONTROL_STEP "control_step" GROUP, [Read, ReadWrite];
    ERRORS "errors" GROUP, [Read, Read, ReadWrite, ReadWrite];
    LOSSES "losses" GROUP, [Read, Read, Read, ReadWrite];
    TALLY "tally" GROUP, [Read, Read, ReadWrite, ReadWrite];
    MATCH_FEATURES "match_features" GROUP, [Read, Read, ReadWrite];
}

/// A kernel compiled for one use.
#[derive(Clone)]
pub struct Pipeline {
    pub pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    kernel: &'static Kernel,
}

impl Pipeline {
    /// Compiles `kernel` with these constants (the `override`s of `shaders/shared.wgsl`).
    pub fn new(gpu: &Gpu, kernel: &'static Kernel, constants: &[(&str, f64)]) -> Self {
        let module = gpu.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(kernel.name),
            source: wgpu::ShaderSource::Wgsl(kernel.source().into()),
        });
        let layout = gpu.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(kernel.name),
            entries: &layout_entries(kernel),
        });
        let pipeline_layout = gpu.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(kernel.name),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = gpu.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(kernel.name),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some(kernel.name),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants,
                // Every kernel writes its workgroup memory before it reads it; browsers clear it regardless.
                zero_initialize_workgroup_memory: false,
            },
            cache: None,
        });
        Self { pipeline, layout, kernel }
    }

    /// Binds the steps' numbers and the kernel's storage buffers, in the order of its bindings.
    ///
    /// # Panics
    /// When there are not as many buffers as bindings.
    pub fn bind(&self, gpu: &Gpu, steps: &wgpu::Buffer, buffers: &[&wgpu::Buffer]) -> wgpu::BindGroup {
        let kernel = self.kernel;
        assert_eq!(buffers.len(), kernel.bindings.len(), "{} binds other buffers", kernel.name);
        let step = wgpu::BindGroupEntry {
            binding: 0,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer: steps,
                offset: 0,
                size: NonZeroU64::new(SLOT_BYTES),
            }),
        };
        let storage = (1..)
            .zip(buffers)
            .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() });
        gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(kernel.name),
            layout: &self.layout,
            entries: &std::iter::once(step).chain(storage).collect::<Vec<_>>(),
        })
    }
}

fn layout_entries(kernel: &Kernel) -> Vec<wgpu::BindGroupLayoutEntry> {
    let buffer = |binding, ty, has_dynamic_offset, min_binding_size| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset, min_binding_size },
        count: None,
    };
    let step = buffer(0, wgpu::BufferBindingType::Uniform, true, NonZeroU64::new(size_of::<Step>() as u64));
    let storage = (1..).zip(kernel.bindings).map(|(binding, access)| {
        let read_only = *access == Read;
        buffer(binding, wgpu::BufferBindingType::Storage { read_only }, false, None)
    });
    std::iter::once(step).chain(storage).collect()
}
