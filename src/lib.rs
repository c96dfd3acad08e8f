//! The engine of sdl-explorer: sparse dictionary learning on worlds whose features are known.
//!
//! A [`config::Config`] says everything about a run; [`rng`] turns its seed into named streams. From both comes a
//! [`bench::World`]: true feature directions, and batches of samples that stay sparse. A [`model`] is encoder, decoder
//! and biases with a readable reference of one training step in f64, the judge of the two backends in [`train`]:
//! `cpu`, and `gpu` with a WGSL kernel in `shaders/` for each of its stages. Beside them, `classical` learns without
//! Adam. [`metrics`] turns what a backend answers into recovery, sparsity and activation patterns. A [`run::Run`] owns
//! all of it and does what happens on a schedule: resampling, divergence, changing backends. [`theory`] is the paper's
//! statements as checks and constructions. `wasm` is what a page may do with all of it, `cli` what a terminal may.
//! Without the features `gpu`, `classical` and `theory` there is only Adam on the CPU, and no absorption: that engine is
//! what a page starts with, and [`run::Run::pack`] is how a run gets into the other one.
//!
//! A module uses only what is left of it: config, rng, linalg → bench → model → train → metrics → run → theory → wasm,
//! cli. Only `wasm` knows wasm-bindgen; only `cli` knows files, clap and the terminal; only `train::gpu` knows wgpu;
//! `bench` knows no model, `metrics` no backend (`tests/tidy.rs` holds this).
//!
//! Notation follows arXiv 2512.05534 ("the paper"): x_r ≈ W_D σ(W_E x_p), features d with directions w_p^d and w_r^d,
//! latents i, sparsity S = Pr(x_d = 0). Matrices are row-major; a direction is always a contiguous row.

pub mod config;
pub mod rng;

pub mod linalg;

pub mod bench;

pub mod model;

pub mod train;

pub mod metrics;

pub mod run;

#[cfg(feature = "theory")]
pub mod theory;

#[cfg(target_arch = "wasm32")]
mod wasm;

#[cfg(all(feature = "theory", not(target_arch = "wasm32")))]
pub mod cli;
