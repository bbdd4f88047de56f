//! How many members faults may take out of service at once.

use serde::{Deserialize, Serialize};

/// Whether faults that take members out of service may hold at the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overlap {
    /// One after the other.
    #[default]
    Never,
    /// While a majority of the members is left alone.
    Minority,
    /// Without a limit.
    Any,
}

impl Overlap {
    /// Whether one waits for the other.
    pub fn is_never(&self) -> bool {
        *self == Self::Never
    }
}
