//! Either backend behind one type, for whoever may change from one to the other; without the feature `gpu` there is
//! only one.

use super::cpu::Cpu;
#[cfg(feature = "gpu")]
use super::gpu::GpuBackend;
use super::{Backend, DeviceLost, Evaluation, Matches, State};
use crate::bench::Batch;
use crate::model::{Hyper, Weights};

pub enum AnyBackend {
    Cpu(Box<Cpu>),
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuBackend>),
}

/// Calls the same method on whichever backend it is.
macro_rules! on {
    ($self:expr, $b:ident => $call:expr) => {
        match $self {
            AnyBackend::Cpu($b) => $call,
            #[cfg(feature = "gpu")]
            AnyBackend::Gpu($b) => $call,
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
