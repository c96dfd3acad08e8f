//! The integration tests, one binary; this list says what belongs where.

/// Bad configs are refused by field, value and remedy.
mod configs;
/// The reference's gradients against finite differences.
mod gradients;
/// The GPU backend's whole step, evaluation and matches against the reference; repeatability; a lost device.
mod kernels_gpu;
/// Runs: repeatable, resumable, changeable.
mod runs;
/// WGSL without a GPU: everything parses, validates, and agrees with the kernel table and with Rust's structs.
mod shaders;
/// Worlds, models and GPUs for the others.
mod support;
/// The paper's examples and constructions.
mod theory;
/// Rules of the house: who may know whom, heads, lengths, names.
mod tidy;
/// Directions, firing, real data.
mod worlds;
