//! The integration tests, one binary; this list says what belongs where.

/// The command line, by its binary: runs killed and resumed, other programs' files, refusals, links, tables.
mod cli;
/// Bad configs are refused by field, value and remedy.
mod configs;
/// Evaluation and matches of both backends against the reference and plain loops.
mod evaluation;
/// The reference's gradients against finite differences.
mod gradients;
/// Runs: repeatable, resumable, changeable.
mod runs;
/// WGSL without a GPU: everything parses, validates, and agrees with the kernel table and with Rust's structs.
mod shaders;
/// Worlds, models and backends for the others.
mod support;
/// The paper's examples and constructions.
mod theory;
/// Rules of the house: who may know whom, heads, lengths, names.
mod tidy;
/// Training on both backends against the reference and each other; repeatability; a lost device.
mod training;
/// Directions, firing, real data.
mod worlds;
