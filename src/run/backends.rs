//! Which backend a run uses: chosen, measured, changed, and left when its device is lost.

use super::{Event, Run, Stopped};
use crate::bench::Batch;
use crate::model::{Hyper, Weights};
use crate::train::cpu::Cpu;
use crate::train::{Backend, DeviceLost, Evaluation, Matches, State};

/// Either backend, for a run that may change from one to the other.
pub enum AnyBackend {
    Cpu(Cpu),
}

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
    pub fn cpu(reason: impl Into<String>) -> Self {
        let adapter = if cfg!(target_feature = "simd128") { "wasm, simd128, one thread" } else { "native, one thread" };
        Self { kind: BackendKind::Cpu, adapter: adapter.into(), reason: reason.into() }
    }
}

/// Calls the same method on whichever backend it is.
macro_rules! on {
    ($self:expr, $b:ident => $call:expr) => {
        match $self {
            AnyBackend::Cpu($b) => $call,
        }
    };
}

impl Backend for AnyBackend {
    fn train(&mut self, batches: &[Batch], hyper: &[Hyper]) -> Result<(), DeviceLost> {
        on!(self, b => b.train(batches, hyper))
    }

    async fn losses(&mut self) -> Result<Vec<f32>, DeviceLost> {
        on!(self, b => b.losses().await)
    }

    async fn evaluate(&mut self, batch: &Batch, hyper: &Hyper, with_pattern: bool) -> Result<Evaluation, DeviceLost> {
        on!(self, b => b.evaluate(batch, hyper, with_pattern).await)
    }

    async fn matches(&mut self) -> Result<Matches, DeviceLost> {
        on!(self, b => b.matches().await)
    }

    async fn weights(&mut self) -> Result<Weights, DeviceLost> {
        on!(self, b => b.weights().await)
    }

    async fn firing(&mut self) -> Result<(Vec<u32>, Vec<u32>), DeviceLost> {
        on!(self, b => b.firing().await)
    }

    async fn state(&mut self) -> Result<State, DeviceLost> {
        on!(self, b => b.state().await)
    }

    fn load(&mut self, state: &State) -> Result<(), DeviceLost> {
        on!(self, b => b.load(state))
    }
}

impl Run {
    /// Moves the run, state and all, to the other backend. The error is a plain sentence; the run stays where it was.
    pub async fn use_backend(&mut self, kind: BackendKind, reason: &str) -> Result<(), String> {
        let state = self.backend.state().await.map_err(|e| e.to_string())?;
        match kind {
            BackendKind::Cpu => {
                self.backend = AnyBackend::Cpu(Cpu::new(self.problem.clone(), state));
                self.info = BackendInfo::cpu(reason);
            }
            BackendKind::WebGpu => return Err("there is no WebGPU here".into()),
        }
        Ok(())
    }

    pub async fn use_faster_backend(&mut self) {}

    pub fn lose_device(&mut self) {}

    /// Leaves a lost device: the run goes on from its last checkpoint on the CPU.
    pub fn fall_back(&mut self, reason: &str) {
        let state = self.checkpoint.clone();
        self.backend = AnyBackend::Cpu(Cpu::new(self.problem.clone(), state.clone()));
        self.info = BackendInfo::cpu(reason);
        self.take_position(&state);
        if self.stopped == Stopped::DeviceLost {
            self.stopped = Stopped::No;
        }
        self.events.push(Event::FellBack { step: self.step, reason: reason.to_owned() });
    }
}
