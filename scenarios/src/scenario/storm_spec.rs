//! Faults that the seed composes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::span::Span;

/// Faults that the seed composes of all that etcd promises to survive: `[storm]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct StormSpec {
    /// Mean time from one beginning to the next.
    pub every: Span,
    /// How often each kind is drawn, relative to the others; a kind that is left out keeps
    /// its own weight, and 0 leaves it out of the storm.
    pub weights: BTreeMap<String, u32>,
    /// Whether members' flags are drawn too, from small values that are legal. Flags that
    /// the scenario gives stay as they are.
    pub flags: bool,
}

impl Default for StormSpec {
    fn default() -> Self {
        Self { every: Span::seconds(3), weights: BTreeMap::new(), flags: true }
    }
}
