//! Ranges from which sizes and times are drawn.

use serde::{Deserialize, Serialize};

/// A range of sizes in bytes, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ByteRange {
    /// Smallest, in bytes.
    pub min: u32,
    /// Largest, in bytes.
    pub max: u32,
}

/// A range of times in whole seconds, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SecondsRange {
    /// Shortest, in seconds.
    pub min: u32,
    /// Longest, in seconds.
    pub max: u32,
}
