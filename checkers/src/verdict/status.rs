//! The three-valued outcome of checking.

use serde::{Deserialize, Serialize};

/// The outcome of checking one guarantee, or all. The worst wins:
/// invalid > unknown > valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The guarantee held, and the run tested it.
    Valid,
    /// It could not be decided; a verdict says why.
    Unknown,
    /// It was broken; a finding proves it.
    Invalid,
}

impl Status {
    /// The worse of two.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        self.max(other)
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Valid => "valid",
            Self::Unknown => "unknown",
            Self::Invalid => "invalid",
        })
    }
}
