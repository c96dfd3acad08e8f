//! The engine of sdl-explorer.
pub mod bench;
pub mod config;
pub mod linalg;
pub mod model;
pub mod rng;
pub mod train;
