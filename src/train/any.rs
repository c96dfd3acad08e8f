//! Any backend behind one type, for whoever may change from one to another; without the feature `gpu` there is none of
//! that kind.

#[cfg(feature = "classical")]
use super::classical::Classical;
use super::cpu::Cpu;
#[cfg(feature = "gpu")]
use super::gpu::GpuBackend;
use super::{Backend, DeviceLost, Evaluation, Matches, Problem, State};
use crate::bench::Batch;
use crate::config::Algorithm;
use crate::model::{Hyper, Weights};

pub enum AnyBackend {
    Cpu(Box<Cpu>),
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuBackend>),
    #[cfg(feature = "classical")]
    Classical(Box<Classical>),
}

impl AnyBackend {
    /// What runs the problem's algorithm without a GPU.
    pub fn on_host(problem: Problem, state: State) -> Self {
        match problem.algorithm {
            Algorithm::Adam => Self::Cpu(Box::new(Cpu::new(problem, state))),
            #[cfg(feature = "classical")]
            _ => Self::Classical(Box::new(Classical::new(problem, state))),
            #[cfg(not(feature = "classical"))]
            _ => unreachable!("`Run::new` refuses what this build does not have"),
        }
    }
}

/// Calls the same method on whichever backend it is.
macro_rules! on {
    ($self:expr, $b:ident => $call:expr) => {
        match $self {
            AnyBackend::Cpu($b) => $call,
            #[cfg(feature = "gpu")]
            AnyBackend::Gpu($b) => $call,
            #[cfg(feature = "classical")]
            AnyBackend::Classical($b) => $call,
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
