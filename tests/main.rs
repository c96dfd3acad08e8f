//! The integration tests, one binary; this list says what belongs where.

/// The classical algorithms: what never rises, what they recover, what a run does with them.
mod classical;
/// The command line, by its binary: runs killed and resumed, other programs' files, refusals, links, tables.
mod cli;
/// Bad configs are refused by field, value and remedy.
mod configs;
/// Evaluation and matches of both backends against the reference and plain loops.
mod evaluation;
/// Families, copulas, absorption.
mod families;
/// The reference's gradients against finite differences.
mod gradients;
/// Methods at awkward sizes, among equals, on rows of a file, and over many steps of one submit.
mod kernels;
/// Every method of the table against the reference, on both backends.
mod methods;
/// Metrics against brute force, plain loops and planted weights.
mod metrics;
/// Where runs end: grouping, verdicts, intervals; many seeds; escapes.
mod minima;
/// Identities between methods.
mod properties;
/// Runs: repeatable, resumable, changeable.
mod runs;
/// What changes by rule while a run goes on: p, penalties, thresholds.
mod schedules;
/// WGSL without a GPU: everything parses, validates, and agrees with the kernel table and with Rust's structs.
mod shaders;
/// The classical algorithms' solvers against optimality conditions and brute force.
mod solvers;
/// What crosscoders write to their sources.
mod sources;
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
