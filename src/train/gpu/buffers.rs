//! What lies in the device's memory, and the padding of rows on their way in and out.
//!
//! Rows of weights, inputs and targets are padded with zeros to whole vec4s (of a crosscoder, each source's part by
//! itself). They stay zero: their gradients are.

use super::device::Gpu;
use super::readback::{Source, read};
use super::sizes::{STRETCH, Sizes};
use super::step::SLOT_BYTES;
use crate::bench::Samples;
use crate::model::{N_PARTS, Shape, Weights};
use crate::train::{DeviceLost, Problem};
use std::borrow::Cow;

/// Buffers of the shapes of [`Weights`].
pub struct Tensors {
    pub encoder: wgpu::Buffer,
    pub decoder: wgpu::Buffer,
    pub b_enc: wgpu::Buffer,
    pub b_dec: wgpu::Buffer,
    pub theta: wgpu::Buffer,
    /// [3, 4 latent4]: b_gate, b_mag, r_mag.
    pub gates: wgpu::Buffer,
    /// [4 target4, 4 input4].
    pub skip: wgpu::Buffer,
}

/// Everything on the device; shapes in the kernels' heads.
pub struct Buffers {
    pub weights: Tensors,
    pub mean: Tensors,
    pub square: Tensors,
    pub since_fired: wgpu::Buffer,
    pub fire_count: wgpu::Buffer,
    /// What latents are matched with, and what samples are made of.
    pub directions_in: wgpu::Buffer,
    pub directions_out: wgpu::Buffer,
    pub basis_in: wgpu::Buffer,
    pub basis_out: wgpu::Buffer,
    pub anchors_in: wgpu::Buffer,
    pub anchors_out: wgpu::Buffer,
    /// The rows of a data set, if that is where samples come from.
    pub data: Option<wgpu::Buffer>,
    pub data_targets: Option<wgpu::Buffer>,
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
    pub ordered: wgpu::Buffer,
    pub count: wgpu::Buffer,
    pub side_latents: wgpu::Buffer,
    pub side_count: wgpu::Buffer,
    pub batch: wgpu::Buffer,
    pub spread: wgpu::Buffer,
    pub skipped: wgpu::Buffer,
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
    pub gradient: wgpu::Buffer,
    pub squares: wgpu::Buffer,
    pub clip_scale: wgpu::Buffer,
    pub control: wgpu::Buffer,
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
        let submit_rows = s.submit_rows();
        let make = |label: &str, n: usize| storage(gpu, label, n);
        let if_has = |has: bool, n: usize| if has { n } else { 0 };
        let tensors = || Tensors {
            encoder: make("encoder", q * s.input4 * 4),
            decoder: make("decoder", q * s.target4 * 4),
            b_enc: make("b_enc", s.latent4 * 4),
            b_dec: make("b_dec", s.target4 * 4),
            theta: make("theta", if_has(s.shape.has_theta, s.latent4 * 4)),
            gates: make("gates", if_has(s.shape.has_gates, 3 * s.latent4 * 4)),
            skip: make("skip", if_has(s.shape.has_skip, 16 * s.target4 * s.input4)),
        };
        let filled = |label: &str, rows: &[f32], width: usize| {
            let padded = pad(rows, width / s.shape.n_sources);
            let buffer = make(label, padded.len());
            gpu.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(&padded));
            buffer
        };
        let world = &problem.world;
        let (p, r) = (s.shape.n_input, s.shape.n_target);
        let directions_in = filled("directions_in", &world.directions_in, p);
        let same = p == r && world.directions_in == world.directions_out;
        let directions_out =
            if same { directions_in.clone() } else { filled("directions_out", &world.directions_out, r) };
        let basis_in = world.basis.as_ref().map(|b| filled("basis_in", &b.input, p));
        let basis_out = match &world.basis {
            Some(_) if s.shared_rows => basis_in.clone(),
            Some(basis) => Some(filled("basis_out", &basis.target, r)),
            None => None,
        };
        let inputs = make("inputs", submit_rows * s.input4 * 4);
        let targets = if s.shared_rows { inputs.clone() } else { make("targets", submit_rows * s.target4 * 4) };
        let entries = s.entries(problem);
        let responses = if s.with_responses { n } else { 0 };
        let (data, data_targets) = match &world.samples {
            Samples::Rows(rows) => {
                let targets = rows.targets.as_ref().map(|targets| filled("data_targets", targets, r));
                (Some(filled("data", &rows.values, p)), targets)
            }
            Samples::Bench(_) => (None, None),
        };
        let clip_scale = make("clip_scale", 1);
        gpu.queue.write_buffer(&clip_scale, 0, bytemuck::bytes_of(&1.0f32));
        Self {
            weights: tensors(),
            mean: tensors(),
            square: tensors(),
            since_fired: make("since_fired", q),
            fire_count: make("fire_count", q),
            basis_in: basis_in.unwrap_or_else(|| directions_in.clone()),
            basis_out: basis_out.unwrap_or_else(|| directions_out.clone()),
            directions_in,
            directions_out,
            anchors_in: filled("anchors_in", &problem.anchors_in, s.shape.n_input),
            anchors_out: filled("anchors_out", &problem.anchors_out, s.shape.n_target),
            data,
            data_targets,
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
            z: make("z", s.planes() * s.rows * s.latent4 * 4),
            active: make("active", s.rows * s.capacity),
            ordered: make("ordered", if_has(s.by_rank, s.rows * s.capacity)),
            count: make("count", s.rows),
            side_latents: make("side_latents", s.side_entries()),
            side_count: make("side_count", s.rows),
            batch: make("batch", s.batch()),
            spread: make("spread", s.target4 + 1),
            skipped: make("skipped", if_has(s.shape.has_skip, s.rows * s.target4 * 4)),
            mask: make("mask", s.steps * s.n_masks * q * s.mask_words),
            residual: make("residual", s.residual_rows() * s.target4 * 4),
            sse: make("sse", submit_rows),
            recon: make("recon", submit_rows),
            penalty: make("penalty", submit_rows),
            norms: make("norms", s.latent4 * 4),
            dz: make("dz", s.planes() * s.rows * s.latent4 * 4),
            dz_sum: make("dz_sum", q),
            b_dec_before: make("b_dec_before", s.target4 * 4),
            radial: make("radial", q * s.shape.n_sources),
            gradient: make("gradient", 4 * s.gradient.end),
            squares: make("squares", s.gradient.end.div_ceil(STRETCH)),
            clip_scale,
            control: make("control", 8),
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

/// Where a part of [`Weights`] lies: from which element on, and the width of what is padded by itself.
struct Part<'a> {
    buffer: &'a wgpu::Buffer,
    start: usize,
    width: usize,
    length: usize,
}

impl Tensors {
    /// In the order of [`Weights::parts`].
    fn parts(&self, shape: Shape) -> [Part<'_>; N_PARTS] {
        let (q, p, r) = (shape.n_latent, shape.n_input / shape.n_sources, shape.source_width());
        let gate = q.next_multiple_of(4);
        let places = [
            (&self.encoder, 0, p),
            (&self.decoder, 0, r),
            (&self.b_enc, 0, q),
            (&self.b_dec, 0, r),
            (&self.theta, 0, q),
            (&self.gates, 0, q),
            (&self.gates, gate, q),
            (&self.gates, 2 * gate, q),
            (&self.skip, 0, p),
        ];
        let mut lengths = shape.lengths().into_iter();
        places.map(|(buffer, start, width)| Part {
            buffer,
            start,
            width,
            length: lengths.next().expect("one length a part"),
        })
    }

    pub fn write(&self, gpu: &Gpu, values: &Weights, shape: Shape) {
        for (part, (_, values)) in self.parts(shape).into_iter().zip(values.parts()) {
            if !values.is_empty() {
                let padded = pad(values, part.width);
                gpu.queue.write_buffer(part.buffer, 4 * part.start as u64, bytemuck::cast_slice(&padded));
            }
        }
    }

    pub async fn read(&self, gpu: &Gpu, shape: Shape) -> Result<Weights, DeviceLost> {
        let parts = self.parts(shape);
        let sources = parts.each_ref().map(|part| Source {
            start: 4 * part.start as u64,
            ..Source::first(part.buffer, part.length / part.width * part.width.next_multiple_of(4))
        });
        let padded = read::<f32>(gpu, &sources).await?;
        let mut weights = Weights::default();
        for ((padded, part), (_, to)) in padded.into_iter().zip(parts).zip(weights.parts_mut()) {
            *to = unpad(padded, part.width);
        }
        Ok(weights)
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
