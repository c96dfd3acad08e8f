//! What lies in the device's memory: sizes, buffers, and the padding of rows on their way in and out.
//!
//! Rows of weights, inputs and targets are padded with zeros to whole vec4s. They stay zero: their gradients are.

use super::device::Gpu;
use super::readback::{Source, read};
use super::step::SLOT_BYTES;
use crate::bench::Samples;
use crate::config::Activation;
use crate::model::{Shape, Weights};
use crate::train::{DeviceLost, Problem};
use std::borrow::Cow;

/// Sizes of a problem on the device.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub shape: Shape,
    pub n_features: usize,
    /// ⌈n/4⌉.
    pub latent4: usize,
    pub input4: usize,
    pub target4: usize,
    /// Rows that one step has room for: whole words of the row masks.
    pub rows: usize,
    pub mask_words: usize,
    /// Entries of a row's list of active latents.
    pub capacity: usize,
    /// Steps of one submit.
    pub steps: usize,
    /// Input and target are the same rows.
    pub shared_rows: bool,
    /// Whether latents' responses to features are kept.
    pub with_responses: bool,
}

/// Multiply-adds after which a submit is cut, so that it stays below about 0.1 s: a weak GPU does 10 G/s, and
/// SwiftShader 0.2 G/s on two cores (measured).
const SUBMIT_WORK: usize = 1_000_000_000;
const SUBMIT_WORK_SOFTWARE: usize = 20_000_000;
/// Most steps of a submit, and most bytes of its inputs.
const SUBMIT_STEPS: usize = 64;
const SUBMIT_BYTES: usize = 16 << 20;

impl Sizes {
    pub fn new(problem: &Problem, is_software: bool) -> Self {
        let shape = problem.shape;
        let world = &problem.world;
        let rows = problem.batch.max(1).next_multiple_of(32);
        let with_responses = problem.by_features(rows);
        let capacity = match problem.model.activation {
            Activation::TopK => problem.needs.k.min(shape.n_latent),
            _ => shape.n_latent,
        };
        // The step's work, by kernel: encode, activation, then decode, backprop and two updates of active latents.
        let products = if with_responses { world.n_features.min(rows) } else { rows };
        let dense = products * shape.n_latent * shape.n_input + 4 * rows * shape.n_latent;
        let active = rows * capacity * (shape.n_input + 3 * shape.n_target);
        let adam = 8 * shape.n_latent * (shape.n_input + shape.n_target);
        let row_bytes = 4 * rows * shape.n_input.max(shape.n_target);
        let work = if is_software { SUBMIT_WORK_SOFTWARE } else { SUBMIT_WORK };
        let steps = (work / (dense + active + adam)).min(SUBMIT_BYTES / row_bytes).clamp(1, SUBMIT_STEPS);
        Self {
            shape,
            n_features: world.n_features,
            latent4: shape.n_latent.div_ceil(4),
            input4: shape.n_input.div_ceil(4),
            target4: shape.n_target.div_ceil(4),
            rows,
            mask_words: rows / 32,
            capacity,
            steps,
            shared_rows: matches!(world.samples, Samples::Rows(_))
                || (shape.n_input == shape.n_target && world.directions_in == world.directions_out),
            with_responses,
        }
    }

    /// Bytes of the largest buffer.
    pub fn largest_buffer(&self, problem: &Problem) -> u64 {
        let data = match &problem.world.samples {
            Samples::Rows(rows) => rows.n_rows * self.input4 * 4,
            Samples::Bench(_) => 0,
        };
        let widest = 4 * self.input4.max(self.target4);
        let largest = [
            data,
            self.shape.n_latent * widest,
            self.n_features * widest,
            self.steps * self.rows * widest,
            self.rows * self.latent4 * 4,
            self.rows * self.capacity,
            self.steps * self.shape.n_latent * self.mask_words,
        ];
        4 * largest.into_iter().max().unwrap_or(0) as u64
    }

    /// Entries of sparse batches that a submit has room for at first: twice what is expected.
    fn entries(&self, problem: &Problem) -> usize {
        let per_row = problem.world.true_l0().unwrap_or(1.0);
        let expected = per_row * (self.steps * self.rows) as f64;
        (2.0 * expected) as usize + self.steps * self.rows + self.n_features
    }
}

/// Buffers of the shapes of [`Weights`].
pub struct Tensors {
    pub encoder: wgpu::Buffer,
    pub decoder: wgpu::Buffer,
    pub b_enc: wgpu::Buffer,
    pub b_dec: wgpu::Buffer,
}

/// Everything on the device; shapes in the kernels' heads.
pub struct Buffers {
    pub weights: Tensors,
    pub mean: Tensors,
    pub square: Tensors,
    pub since_fired: wgpu::Buffer,
    pub fire_count: wgpu::Buffer,
    pub directions_in: wgpu::Buffer,
    pub directions_out: wgpu::Buffer,
    pub anchors_in: wgpu::Buffer,
    pub anchors_out: wgpu::Buffer,
    /// The rows of a data set, if that is where samples come from.
    pub data: Option<wgpu::Buffer>,
    pub steps: wgpu::Buffer,
    pub row_start: wgpu::Buffer,
    pub feature: wgpu::Buffer,
    pub value: wgpu::Buffer,
    pub inputs: wgpu::Buffer,
    pub targets: wgpu::Buffer,
    pub response: wgpu::Buffer,
    pub offset: wgpu::Buffer,
    pub z: wgpu::Buffer,
    pub active: wgpu::Buffer,
    pub count: wgpu::Buffer,
    pub mask: wgpu::Buffer,
    pub residual: wgpu::Buffer,
    pub sse: wgpu::Buffer,
    pub recon: wgpu::Buffer,
    pub penalty: wgpu::Buffer,
    pub norms: wgpu::Buffer,
    pub dz: wgpu::Buffer,
    pub dz_sum: wgpu::Buffer,
    pub b_dec_before: wgpu::Buffer,
    pub radial: wgpu::Buffer,
    pub loss_log: wgpu::Buffer,
    pub match_encoder: wgpu::Buffer,
    pub match_decoder: wgpu::Buffer,
}

/// Losses that may wait to be read before the log grows.
const LOSS_LOG: usize = 4096;

impl Buffers {
    pub fn new(gpu: &Gpu, problem: &Problem, sizes: &Sizes) -> Self {
        let s = sizes;
        let (n, q) = (s.n_features, s.shape.n_latent);
        let submit_rows = s.steps * s.rows;
        let make = |label: &str, n: usize| storage(gpu, label, n);
        let tensors = || Tensors {
            encoder: make("encoder", q * s.input4 * 4),
            decoder: make("decoder", q * s.target4 * 4),
            b_enc: make("b_enc", s.latent4 * 4),
            b_dec: make("b_dec", s.target4 * 4),
        };
        let filled = |label: &str, rows: &[f32], width: usize| {
            let padded = pad(rows, width);
            let buffer = make(label, padded.len());
            gpu.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(&padded));
            buffer
        };
        let world = &problem.world;
        let directions_in = filled("directions_in", world.basis_in(), s.shape.n_input);
        let directions_out = if s.shared_rows {
            directions_in.clone()
        } else {
            filled("directions_out", &world.directions_out, s.shape.n_target)
        };
        let inputs = make("inputs", submit_rows * s.input4 * 4);
        let targets = if s.shared_rows { inputs.clone() } else { make("targets", submit_rows * s.target4 * 4) };
        let entries = s.entries(problem);
        let responses = if s.with_responses { n } else { 0 };
        Self {
            weights: tensors(),
            mean: tensors(),
            square: tensors(),
            since_fired: make("since_fired", q),
            fire_count: make("fire_count", q),
            directions_in,
            directions_out,
            anchors_in: filled("anchors_in", &problem.anchors_in, s.shape.n_input),
            anchors_out: filled("anchors_out", &problem.anchors_out, s.shape.n_target),
            data: match &world.samples {
                Samples::Rows(rows) => Some(filled("data", &rows.values, rows.width)),
                Samples::Bench(_) => None,
            },
            steps: gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("steps"),
                size: (s.steps as u64 + 2) * SLOT_BYTES,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
            row_start: make("row_start", submit_rows + 1),
            feature: make("feature", entries),
            value: make("value", entries),
            inputs,
            targets,
            response: make("response", responses * s.latent4 * 4),
            offset: make("offset", s.latent4 * 4),
            z: make("z", s.rows * s.latent4 * 4),
            active: make("active", s.rows * s.capacity),
            count: make("count", s.rows),
            mask: make("mask", s.steps * q * s.mask_words),
            residual: make("residual", submit_rows * s.target4 * 4),
            sse: make("sse", submit_rows),
            recon: make("recon", submit_rows),
            penalty: make("penalty", submit_rows),
            norms: make("norms", q),
            dz: make("dz", s.rows * s.latent4 * 4),
            dz_sum: make("dz_sum", q),
            b_dec_before: make("b_dec_before", s.target4 * 4),
            radial: make("radial", q),
            loss_log: make("loss_log", LOSS_LOG),
            match_encoder: make("match_encoder", 4 * n),
            match_decoder: make("match_decoder", 4 * n),
        }
    }

    /// Makes room for this many entries of sparse batches; true if buffers are new and must be bound again.
    pub fn fit_entries(&mut self, gpu: &Gpu, entries: usize) -> bool {
        if 4 * entries as u64 <= self.feature.size() {
            return false;
        }
        self.feature = storage(gpu, "feature", entries + entries / 2);
        self.value = storage(gpu, "value", entries + entries / 2);
        true
    }

    /// Makes room for this many unread losses, of which `used` are there; true as in [`Self::fit_entries`].
    pub fn fit_losses(&mut self, gpu: &Gpu, used: usize, losses: usize) -> bool {
        if 4 * losses as u64 <= self.loss_log.size() {
            return false;
        }
        let larger = storage(gpu, "loss_log", 2 * losses);
        let mut copy = gpu.device.create_command_encoder(&Default::default());
        copy.copy_buffer_to_buffer(&self.loss_log, 0, &larger, 0, 4 * used as u64);
        gpu.queue.submit([copy.finish()]);
        self.loss_log = larger;
        true
    }
}

impl Tensors {
    pub fn write(&self, gpu: &Gpu, values: &Weights, shape: Shape) {
        for (buffer, values, width) in [
            (&self.encoder, &values.encoder, shape.n_input),
            (&self.decoder, &values.decoder, shape.n_target),
            (&self.b_enc, &values.b_enc, shape.n_latent),
            (&self.b_dec, &values.b_dec, shape.n_target),
        ] {
            gpu.queue.write_buffer(buffer, 0, bytemuck::cast_slice(&pad(values, width)));
        }
    }

    pub async fn read(&self, gpu: &Gpu, shape: Shape) -> Result<Weights, DeviceLost> {
        let parts = [
            (&self.encoder, shape.n_latent, shape.n_input),
            (&self.decoder, shape.n_latent, shape.n_target),
            (&self.b_enc, 1, shape.n_latent),
            (&self.b_dec, 1, shape.n_target),
        ];
        let sources = parts.map(|(buffer, rows, width)| Source::first(buffer, rows * width.next_multiple_of(4)));
        let padded = read::<f32>(gpu, &sources).await?;
        let mut values = padded.into_iter().zip(parts).map(|(padded, (_, _, width))| unpad(padded, width));
        let mut next = || values.next().expect("one result a source");
        Ok(Weights { encoder: next(), decoder: next(), b_enc: next(), b_dec: next(), ..Weights::default() })
    }
}

/// A storage buffer of `n` elements of four bytes (one vec4 at least: nothing smaller can be bound).
fn storage(gpu: &Gpu, label: &str, n: usize) -> wgpu::Buffer {
    gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: 4 * n.next_multiple_of(4).max(4) as u64,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: false,
    })
}

fn pad(rows: &[f32], width: usize) -> Cow<'_, [f32]> {
    let padded = width.next_multiple_of(4);
    if padded == width {
        return Cow::Borrowed(rows);
    }
    let mut out = vec![0.0; rows.len() / width * padded];
    for (to, from) in out.chunks_exact_mut(padded).zip(rows.chunks_exact(width)) {
        to[..width].copy_from_slice(from);
    }
    Cow::Owned(out)
}

fn unpad(rows: Vec<f32>, width: usize) -> Vec<f32> {
    let padded = width.next_multiple_of(4);
    if padded == width {
        return rows;
    }
    rows.chunks_exact(padded).flat_map(|row| &row[..width]).copied().collect()
}
