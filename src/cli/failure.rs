//! How a command fails: by bad input, or on the way.

use crate::config::ConfigError;
use crate::train::DeviceLost;
use std::fmt;
use std::path::Path;

pub type Outcome<T = ()> = Result<T, Failure>;

#[derive(Debug)]
pub enum Failure {
    /// What was given cannot be used: field, value and remedy.
    Bad(String),
    /// What was given is good, but the disk, the device or the training is not.
    Failed(String),
    /// The GPU is gone; what goes on without it is for the command to know.
    Lost(String),
}

impl Failure {
    pub fn code(&self) -> u8 {
        match self {
            Self::Bad(_) => 2,
            Self::Failed(_) | Self::Lost(_) => 1,
        }
    }

    /// Bad input in the form of every message: what it is, and what it must be.
    pub fn bad(field: impl fmt::Display, value: impl fmt::Display, expected: impl fmt::Display) -> Self {
        Self::Bad(format!("{field} is {value}: it must be {expected}"))
    }

    /// Bad content of a file.
    pub fn in_file(path: &Path, what: impl fmt::Display) -> Self {
        Self::Bad(format!("{}: {what}", path.display()))
    }

    /// A file that cannot be written.
    pub fn writing(path: &Path, error: &std::io::Error) -> Self {
        Self::Failed(format!("{}: cannot be written ({error})", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bad(text) | Self::Failed(text) | Self::Lost(text) => f.write_str(text),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Bad(error.to_string())
    }
}

impl From<DeviceLost> for Failure {
    fn from(error: DeviceLost) -> Self {
        Self::Lost(error.to_string())
    }
}
