//! The engine of sdl-explorer.
pub mod bench;
pub mod config;
pub mod linalg;
pub mod metrics;
pub mod model;
pub mod rng;
pub mod run;
pub mod train;
#[cfg(target_arch = "wasm32")]
pub mod wasm;
