//! Why a command failed: one sentence and an exit code.

use std::fmt;

use crate::exit::ExitCode;

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CommandError {
    /// How the process ends.
    pub code: ExitCode,
    /// One sentence that says what to do.
    pub message: String,
}

impl CommandError {
    /// Wrong usage, scenario or input.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self { code: ExitCode::Usage, message: message.to_string() }
    }

    /// The machine lacks something.
    pub fn environment(message: impl fmt::Display) -> Self {
        Self { code: ExitCode::Environment, message: message.to_string() }
    }

    /// A bug of ours.
    pub fn bug(message: impl fmt::Display) -> Self {
        Self { code: ExitCode::Bug, message: message.to_string() }
    }
}
