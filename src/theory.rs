//! The paper's theory as something that runs: its statements as checks, its constructions as weights, its landscape
//! as numbers (arXiv 2512.05534).
//!
//! [`absorption_trial`] trains one model in a world with families and says what it absorbs.
//! [`simplified`] is the loss L̃ of Theorem 3.1 in f64, with gradients and activation patterns: what the statements
//! are about. [`extreme`] is how near it is to L_SDL; [`plane`] cuts the loss of real runs along a plane through their
//! weights. [`request`] is the door: plain JSON in, plain JSON out, for the page's theory lab, and for anyone else.

pub mod absorption_trial;
pub mod cone;
pub mod dense;
pub mod extreme;
pub mod extreme;
pub mod feasibility;
pub mod plane;
//! are about. [`landscape`] is all of it for two latents in the plane, [`descent`] the ways down there. [`request`] is
//! the door: plain JSON in, plain JSON out, for the page's theory lab, and for anyone else.

pub mod descent;
pub mod landscape;
//! are about. [`seeds`] trains many runs and [`escape`] from built minima on; [`minima`] groups where they end. [`request`] is the door: plain JSON in, plain JSON out, for the page's
//! theory lab, and for anyone else.

pub mod escape;
//! are about. [`minima`] tells where runs end. [`request`] is the door: plain JSON in, plain JSON out, for the page's
//! theory lab, and for anyone else.

pub mod extreme;
pub mod minima;
pub mod request;
pub mod seeds;
pub mod simplified;
pub mod spurious;
