//! The paper's theory as something that runs: its statements as checks, its constructions as weights, its landscape
//! as numbers (arXiv 2512.05534).
//!
//! [`simplified`] is the loss L̃ of Theorem 3.1 in f64, with gradients and activation patterns: what the statements
//! are about; [`small`] makes worlds for it. A module a statement follows, in the paper's order: [`extreme`] sparsity,
//! the [`planted`] solution, [`zero_loss`] without recovery, [`biconvex`] pieces, patterns and their [`feasibility`],
//! [`spurious`] minima, [`absorption`]. [`cone`] (linear systems with proofs) and [`dense`] are what they compute with.
//! [`request`] is the door: plain JSON in, plain JSON out, for the page's theory lab, and for anyone else.

pub mod simplified;

pub mod dense;

pub mod cone;

pub mod small;

pub mod extreme;

pub mod planted;

pub mod zero_loss;

pub mod biconvex;

pub mod feasibility;

pub mod spurious;

pub mod absorption;

pub mod request;
