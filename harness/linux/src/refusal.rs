//! The refusal of namespaces, in one sentence that says what to do.

use thiserror::Error;

/// Namespaces are not to be had here. The process is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("namespaces are refused: {cause}; {remedy}")]
pub struct IsolationRefused {
    cause: String,
    remedy: String,
}

impl IsolationRefused {
    pub(crate) fn new(cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { cause: cause.into(), remedy: remedy.into() }
    }

    /// What was refused, and by what.
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// How to allow it.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}
