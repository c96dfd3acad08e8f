//! Other programs' files.

pub mod crosscoder;
pub mod npy;
pub mod saelens;
pub mod safetensors;
