//! Which backend a run uses: chosen, measured, changed, and left when its device is lost.

use super::{Event, Run, Stopped};
use crate::bench::Batch;
use crate::config::Algorithm;
use crate::model::Hyper;
#[cfg(feature = "gpu")]
use crate::train::gpu::GpuBackend;
use crate::train::{AnyBackend, Backend, DeviceLost, State};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackendKind {
    Cpu,
    WebGpu,
}

/// Which backend runs, on what, and why (a sentence for the visitor).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendInfo {
    pub kind: BackendKind,
    pub adapter: String,
    pub reason: String,
}

impl BackendInfo {
    /// Where a run begins, and where all but Adam stays.
    pub(super) fn at_start(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Adam => Self::cpu("the run starts here"),
            other => Self::cpu(format!("{} runs on the CPU", other.name())),
        }
    }

    pub fn cpu(reason: impl Into<String>) -> Self {
        let adapter = if cfg!(target_feature = "simd128") { "wasm, simd128, one thread" } else { "native, one thread" };
        Self { kind: BackendKind::Cpu, adapter: adapter.into(), reason: reason.into() }
    }
}

/// A trial of the GPU that took longer is not repeated.
const LONGEST_TRIAL_MS: f64 = 1_000.0;

impl Run {
    /// Moves the run, state and all, to the other backend. The error is a plain sentence; the run stays where it was.
    ///
    /// From a lost device the way to the CPU is always open: the run goes on from its last checkpoint.
    pub async fn use_backend(&mut self, kind: BackendKind, reason: &str) -> Result<(), String> {
        let algorithm = self.config.training.algorithm;
        if algorithm != Algorithm::Adam && kind == BackendKind::WebGpu {
            return Err(format!("{} runs on the CPU; WebGPU is for Adam.", algorithm.name()));
        }
        let state = match self.backend.state().await {
            Ok(state) => state,
            Err(_) if kind == BackendKind::Cpu => {
                self.fall_back(reason);
                return Ok(());
            }
            Err(lost) => return Err(lost.to_string()),
        };
        (self.backend, self.info) = match kind {
            BackendKind::Cpu => (self.cpu(state.clone()), BackendInfo::cpu(reason)),
            BackendKind::WebGpu => self.gpu(&state, reason).await?,
        };
        self.checkpoint = state;
        Ok(())
    }

    /// Times both backends from the present state, without training, and keeps the faster. `clock` tells milliseconds.
    pub async fn use_faster_backend(&mut self, clock: fn() -> f64) {
        if self.config.training.algorithm != Algorithm::Adam {
            return;
        }
        let Ok(state) = self.backend.state().await else { return };
        let (mut gpu, mut gpu_info) = match self.gpu(&state, "").await {
            Ok(found) => found,
            Err(why) => {
                self.info.reason = why;
                return;
            }
        };
        let mut cpu = self.cpu(state.clone());
        let Ok(on_cpu) = self.rate(&mut cpu, clock).await else { return };
        // The first steps on a GPU pay for what is compiled and allocated once: they count only where a single one
        // already takes so long that another would keep the visitor waiting.
        let start = clock();
        let first = self.rate(&mut gpu, clock).await;
        let on_gpu = if clock() - start > LONGEST_TRIAL_MS { first } else { self.rate(&mut gpu, clock).await };
        if on_gpu.as_ref().is_ok_and(|rate| *rate > on_cpu) && gpu.load(&state).is_ok() {
            gpu_info.reason = format!("{:.1}× the CPU's speed here", on_gpu.map_or(1.0, |rate| rate / on_cpu));
            (self.backend, self.info) = (gpu, gpu_info);
        } else {
            let _ = cpu.load(&state);
            let reason = match on_gpu {
                Ok(rate) => format!("{:.1}× the speed of WebGPU on {} here", on_cpu / rate, gpu_info.adapter),
                Err(why) => why.to_string(),
            };
            (self.backend, self.info) = (cpu, BackendInfo::cpu(reason));
        }
        self.checkpoint = state;
    }

    fn cpu(&self, state: State) -> AnyBackend {
        AnyBackend::on_host(self.problem.clone(), state)
    }

    #[cfg(not(feature = "gpu"))]
    async fn gpu(&self, _: &State, _: &str) -> Result<(AnyBackend, BackendInfo), String> {
        Err("This build of the engine has no WebGPU.".to_owned())
    }

    #[cfg(feature = "gpu")]
    async fn gpu(&self, state: &State, reason: &str) -> Result<(AnyBackend, BackendInfo), String> {
        let gpu = GpuBackend::new(self.problem.clone(), state).await.map_err(|e| e.to_string())?;
        let adapter = gpu.adapter_name().to_owned();
        let info = BackendInfo { kind: BackendKind::WebGpu, adapter, reason: reason.to_owned() };
        Ok((AnyBackend::Gpu(Box::new(gpu)), info))
    }

    /// Makes the backend anew where a live change has outgrown it.
    pub(super) async fn refit(&mut self) -> Result<(), DeviceLost> {
        if std::mem::take(&mut self.outgrown) && self.info.kind == BackendKind::WebGpu {
            let state = self.backend.state().await?;
            let reason = self.info.reason.clone();
            (self.backend, self.info) = self.gpu(&state, &reason).await.map_err(DeviceLost)?;
        }
        Ok(())
    }

    /// Steps a millisecond of a backend that may be trained on for the purpose.
    async fn rate(&self, backend: &mut AnyBackend, clock: fn() -> f64) -> Result<f64, DeviceLost> {
        const ENOUGH_MS: f64 = 40.0;
        let mut steps = 1u64;
        loop {
            let range = self.step..self.step + steps;
            let n_rows = self.config.training.batch as usize;
            let start = clock();
            let batches: Vec<Batch> = range.clone().map(|t| self.world.batch(self.config.seed, t, n_rows)).collect();
            let hyper: Vec<Hyper> = range.map(|t| Hyper::new(&self.config, t)).collect();
            backend.train(&batches, &hyper)?;
            backend.losses().await?;
            let elapsed = clock() - start;
            if elapsed >= ENOUGH_MS || steps >= 1024 {
                return Ok(steps as f64 / elapsed.max(1e-3));
            }
            steps *= 2;
        }
    }

    /// Test aid: loses the device as if the driver had taken it; nothing happens on the CPU.
    pub fn lose_device(&mut self) {
        #[cfg(feature = "gpu")]
        if let AnyBackend::Gpu(gpu) = &self.backend {
            gpu.lose_device();
        }
    }

    /// Leaves a lost device: the run goes on from its last checkpoint on the CPU.
    fn fall_back(&mut self, reason: &str) {
        let state = self.checkpoint.clone();
        self.backend = self.cpu(state.clone());
        self.info = BackendInfo::cpu(reason);
        self.take_position(&state);
        if self.stopped == Stopped::DeviceLost {
            self.stopped = Stopped::No;
        }
        self.events.push(Event::FellBack { step: self.step, reason: reason.to_owned() });
    }
}
