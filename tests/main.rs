//! The integration tests, one binary; this list says what belongs where.

/// The GPU backend's training against the reference; repeatability; a lost device.
mod kernels_gpu;
/// The GPU backend's evaluation and matches against the reference and plain loops.
mod looks_gpu;
/// WGSL without a GPU: everything parses, validates, and agrees with the kernel table and with Rust's structs.
mod shaders;
/// Worlds, models and GPUs for the others.
mod support;
