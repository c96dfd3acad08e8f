//! The paper's theory as something that runs: its statements as checks, its constructions as weights, its landscape
//! as numbers (arXiv 2512.05534).
//!
//! [`simplified`] is the loss L̃ of Theorem 3.1 in f64, with gradients and activation patterns: what the statements
//! are about; [`small`] makes worlds for it. A module a statement follows, in the paper's order: [`extreme`] sparsity,
//! the [`planted`] solution, [`zero_loss`] without recovery, [`biconvex`] pieces, patterns and their [`feasibility`],
//! [`spurious`] minima, [`absorption`]. [`cone`] (linear systems with proofs) and [`dense`] are what they compute with.
//!
//! Then what can be seen and tried: [`landscape`] is all of L̃ for two latents in the plane, [`descent`] the ways down
//! there; [`plane`] cuts the loss of real runs along a plane through their weights; [`seeds`] trains many small runs
//! and [`escape`] from built minima on, [`minima`] groups where they end; [`absorption_trial`] trains one run in a world
//! with families and says what it absorbs.
//!
//! [`request`] is the door: plain JSON in, plain JSON out, for the page and for anyone else.

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

pub mod landscape;

pub mod descent;

pub mod plane;

pub mod minima;

pub mod seeds;

pub mod escape;

pub mod absorption_trial;

pub mod request;
