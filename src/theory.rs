//! The paper's theory as something that runs: its statements as checks, its constructions as weights, its landscape
//! as numbers (arXiv 2512.05534).
//!
//! [`simplified`] is the loss L̃ of Theorem 3.1 in f64, with gradients and activation patterns: what the statements
//! are about. [`minima`] tells where runs end. [`request`] is the door: plain JSON in, plain JSON out, for the page's
//! theory lab, and for anyone else.

pub mod extreme;
pub mod minima;
pub mod request;
pub mod simplified;
