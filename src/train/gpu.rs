//! WebGPU backend, natively (Vulkan, Metal, Direct3D 12) and in the browser.
//!
//! A step is a row of dispatches (`gpu/step.rs`), each a kernel of `shaders/`; many steps are one submit, and nothing is
//! read back but where a method waits for it. Weights live on the device, padded to whole vec4s. There are no float
//! atomics and every sum has one order, so that runs repeat bit for bit on a device.

mod buffers;
mod device;
mod evaluate;
pub mod kernels;
mod pipelines;
mod readback;
mod sizes;
mod source;
mod stages;
pub mod step;

use crate::bench::Batch;
use crate::config::Activation;
use crate::model::{Control, Hyper, Weights, kept};
use crate::train::{Backend, DeviceLost, Evaluation, Matches, Problem, State};
use buffers::Buffers;
pub use device::GpuUnavailable;
use device::{Gpu, find_adapter, is_software};
use pipelines::Pipelines;
use readback::{Source, read};
use sizes::Sizes;
use stages::Stages;
use step::{Origin, Recorder, SLOT_BYTES, Step};

/// A problem on a GPU.
pub struct GpuBackend {
    gpu: Gpu,
    problem: Problem,
    sizes: Sizes,
    buffers: Buffers,
    pipelines: Pipelines,
    stages: Stages,
    /// Steps taken and samples seen.
    step: u64,
    samples: u64,
    /// Losses in the log that nobody has read.
    unread: usize,
    /// Of the state, what only the host knows.
    l1_scale: f32,
    memory: Vec<f32>,
}

impl GpuBackend {
    /// Opens a device and brings `state` onto it; the error says what is missing.
    pub async fn new(problem: Problem, state: &State) -> Result<Self, GpuUnavailable> {
        let adapter = find_adapter().await?;
        let sizes = Sizes::new(&problem, is_software(&adapter));
        let gpu = Gpu::open(&adapter, sizes.largest_buffer(&problem)).await?;
        let memory = gpu.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffers = Buffers::new(&gpu, &problem, &sizes);
        if memory.pop().await.is_some() {
            return Err(GpuUnavailable("The GPU has too little free memory for the model.".to_owned()));
        }
        let mut pipelines = Pipelines::default();
        let compilation = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let stages = Stages::new(&gpu, &mut pipelines, &problem, &sizes, &buffers);
        if let Some(error) = compilation.pop().await {
            return Err(GpuUnavailable(format!("The GPU's driver refused a kernel: {error}")));
        }
        let mut backend = Self {
            gpu,
            problem,
            sizes,
            buffers,
            pipelines,
            stages,
            step: 0,
            samples: 0,
            unread: 0,
            l1_scale: 1.0,
            memory: vec![],
        };
        let started = match backend.load(state) {
            // A first readback: what does not work at all must be known now.
            Ok(()) => backend.firing().await.map(|_| ()),
            lost => lost,
        };
        started.map_err(|DeviceLost(reason)| GpuUnavailable(format!("The GPU could not be set up: {reason}.")))?;
        Ok(backend)
    }

    /// For the page: which GPU this is.
    pub fn adapter_name(&self) -> &str {
        &self.gpu.adapter_name
    }

    /// Loses the device, as a crashed driver would: for tests of what happens then. Browsers tell of it a moment
    /// later; until then work is still taken (and goes nowhere), but nothing that waits for an answer gets one.
    pub fn lose_device(&self) {
        self.gpu.device.destroy();
    }

    /// Uploads the batches, one after the other, and what their steps (and the submit as a whole) are about.
    fn upload(&mut self, batches: &[Batch], steps: &[Step]) -> Submit {
        let (mut row_start, mut feature, mut value) = (vec![0u32], Vec::new(), Vec::new());
        let mut submit = Submit { origin: Origin::Sparse, n_rows: 0 };
        for batch in batches {
            submit.n_rows += batch.n_rows();
            match batch {
                Batch::Sparse(s) => {
                    let before = feature.len() as u32;
                    row_start.extend(s.row_start[1..].iter().map(|at| at + before));
                    feature.extend_from_slice(&s.feature);
                    value.extend_from_slice(&s.value);
                }
                Batch::Rows(ix) => {
                    submit.origin = Origin::Rows;
                    feature.extend_from_slice(ix);
                }
            }
        }
        if self.buffers.fit_entries(&self.gpu, feature.len()) {
            self.bind();
        }
        let mut slots = vec![0u8; (self.sizes.steps + 2) * SLOT_BYTES as usize];
        let mut put = |slot: usize, step: &Step| {
            let at = slot * SLOT_BYTES as usize;
            slots[at..at + size_of::<Step>()].copy_from_slice(bytemuck::bytes_of(step));
        };
        for (slot, step) in steps.iter().enumerate() {
            put(slot, step);
        }
        let whole = Step { first_row: 0, n_steps: steps.len() as u32, ..steps[0] };
        let rows = |n: usize| Step { n_rows: n as u32, ..whole };
        put(self.submit_slot(), &rows(submit.n_rows));
        put(self.features_slot(), &rows(self.sizes.n_features));
        for (buffer, bytes) in [
            (&self.buffers.row_start, bytemuck::cast_slice(&row_start)),
            (&self.buffers.feature, bytemuck::cast_slice(&feature)),
            (&self.buffers.value, bytemuck::cast_slice::<f32, u8>(&value)),
            (&self.buffers.steps, &slots),
        ] {
            self.gpu.queue.write_buffer(buffer, 0, bytes);
        }
        submit
    }

    /// Records one compute pass and hands it to the device.
    fn submit(&self, record: impl FnOnce(&mut Recorder)) {
        let mut commands = self.gpu.device.create_command_encoder(&Default::default());
        // Masks are filled bit by bit; penalties are written only where there are some.
        commands.clear_buffer(&self.buffers.mask, 0, None);
        commands.clear_buffer(&self.buffers.penalty, 0, None);
        let mut recorder = Recorder {
            pass: commands.begin_compute_pass(&Default::default()),
            stages: &self.stages,
            sizes: &self.sizes,
        };
        record(&mut recorder);
        drop(recorder);
        self.gpu.queue.submit([commands.finish()]);
    }

    /// Trains on batches that fit one submit.
    fn train_once(&mut self, batches: &[Batch], hypers: &[Hyper]) {
        let log_needed = self.unread + batches.len();
        if self.buffers.fit_losses(&self.gpu, self.unread, log_needed) {
            self.bind();
        }
        let mut first_row = 0;
        let mut steps = Vec::with_capacity(batches.len());
        for (slot, (batch, hyper)) in batches.iter().zip(hypers).enumerate() {
            steps.push(self.step_of(batch.n_rows(), first_row, slot, hyper, true));
            first_row += batch.n_rows();
        }
        let submit = self.upload(batches, &steps);
        let whole = self.submit_slot();
        self.submit(|recorder| {
            recorder.fill_rows(submit.origin, whole, submit.n_rows);
            for (slot, (batch, hyper)) in batches.iter().zip(hypers).enumerate() {
                let n_rows = batch.n_rows();
                recorder.forward(slot, n_rows, hyper, self.by_features(batch), true);
                recorder.learn(slot, n_rows, hyper);
            }
            recorder.errors(whole, submit.n_rows);
            recorder.losses_and_tally(whole, batches.len());
        });
        self.unread += batches.len();
        self.step += batches.len() as u64;
        self.samples += first_row as u64;
    }

    fn step_of(&self, n_rows: usize, first_row: usize, slot: usize, hyper: &Hyper, training: bool) -> Step {
        let shape = self.sizes.shape;
        let capacity = match self.problem.model.activation {
            Activation::TopK => hyper.k as usize,
            _ => self.sizes.capacity,
        };
        assert!(
            n_rows <= self.sizes.rows && capacity <= self.sizes.capacity,
            "{n_rows} rows with {capacity} latents each do not fit the {} × {} that the problem was made for",
            self.sizes.rows,
            self.sizes.capacity
        );
        Step {
            n_rows: n_rows as u32,
            first_row: first_row as u32,
            slot: slot as u32,
            n_steps: 1,
            capacity: capacity as u32,
            loss_at: (self.unread + slot) as u32,
            training: u32::from(training),
            kept: kept(hyper.k, n_rows) as u32,
            // As `aux_k` takes it: how many it is, not how many were asked for.
            hyper: Hyper { aux_latents: hyper.aux_count(shape.n_target, shape.n_latent) as u32, ..*hyper },
        }
    }

    /// The slot of the responses' step, if this batch goes that way.
    fn by_features(&self, batch: &Batch) -> Option<usize> {
        let worth = self.sizes.with_responses && self.problem.by_features(batch.n_rows());
        (worth && matches!(batch, Batch::Sparse(_))).then(|| self.features_slot())
    }

    fn submit_slot(&self) -> usize {
        self.sizes.steps
    }

    fn features_slot(&self) -> usize {
        self.sizes.steps + 1
    }

    /// Binds the stages to the buffers as they are now.
    fn bind(&mut self) {
        self.stages = Stages::new(&self.gpu, &mut self.pipelines, &self.problem, &self.sizes, &self.buffers);
    }
}

/// What an upload brought.
struct Submit {
    origin: Origin,
    n_rows: usize,
}

impl Backend for GpuBackend {
    fn train(&mut self, batches: &[Batch], hyper: &[Hyper]) -> Result<(), DeviceLost> {
        assert_eq!(batches.len(), hyper.len(), "one Hyper a batch");
        let most = self.sizes.steps;
        for (batches, hyper) in batches.chunks(most).zip(hyper.chunks(most)) {
            self.gpu.health.check()?;
            self.train_once(batches, hyper);
        }
        self.gpu.health.check()
    }

    async fn losses(&mut self) -> Result<Vec<f32>, DeviceLost> {
        let log = [Source::first(&self.buffers.loss_log, self.unread)];
        let mut losses = read::<f32>(&self.gpu, &log).await?;
        self.unread = 0;
        Ok(losses.remove(0))
    }

    async fn evaluate(&mut self, batch: &Batch, hyper: &Hyper, with_pattern: bool) -> Result<Evaluation, DeviceLost> {
        evaluate::evaluate(self, batch, hyper, with_pattern).await
    }

    async fn matches(&mut self) -> Result<Matches, DeviceLost> {
        evaluate::matches(self).await
    }

    async fn weights(&mut self) -> Result<Weights, DeviceLost> {
        self.buffers.weights.read(&self.gpu, self.sizes.shape).await
    }

    async fn firing(&mut self) -> Result<(Vec<u32>, Vec<u32>), DeviceLost> {
        let n = self.sizes.shape.n_latent;
        let sources = [Source::first(&self.buffers.since_fired, n), Source::first(&self.buffers.fire_count, n)];
        let mut counts = read::<u32>(&self.gpu, &sources).await?.into_iter();
        let mut next = || counts.next().expect("one result a source");
        Ok((next(), next()))
    }

    async fn state(&mut self) -> Result<State, DeviceLost> {
        let shape = self.sizes.shape;
        let (since_fired, fire_count) = self.firing().await?;
        let of_control = Source::first(&self.buffers.control, size_of::<Control>() / 4);
        let control = read::<Control>(&self.gpu, &[of_control]).await?[0][0];
        Ok(State {
            step: self.step,
            samples: self.samples,
            weights: self.weights().await?,
            mean: self.buffers.mean.read(&self.gpu, shape).await?,
            square: self.buffers.square.read(&self.gpu, shape).await?,
            since_fired,
            fire_count,
            control,
            l1_scale: self.l1_scale,
            memory: self.memory.clone(),
        })
    }

    fn load(&mut self, state: &State) -> Result<(), DeviceLost> {
        let (gpu, b, shape) = (&self.gpu, &self.buffers, self.sizes.shape);
        b.weights.write(gpu, &state.weights, shape);
        b.mean.write(gpu, &state.mean, shape);
        b.square.write(gpu, &state.square, shape);
        for (buffer, values) in [(&b.since_fired, &state.since_fired), (&b.fire_count, &state.fire_count)] {
            gpu.queue.write_buffer(buffer, 0, bytemuck::cast_slice(values));
        }
        gpu.queue.write_buffer(&b.control, 0, bytemuck::bytes_of(&state.control));
        (self.l1_scale, self.memory) = (state.l1_scale, state.memory.clone());
        (self.step, self.samples, self.unread) = (state.step, state.samples, 0);
        self.gpu.health.check()
    }
}
