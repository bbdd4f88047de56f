//! Line 1 of a history: what it is a history of.

use serde::{Deserialize, Serialize};

/// The newest version of the format that this code writes, and reads with all older.
pub const SCHEMA: u32 = 1;

/// Line 1 of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preamble {
    /// Version of the format. Unknown fields and newer minor additions are tolerated; a
    /// larger version is refused.
    pub stormglass_history: u32,
    /// Name of the scenario.
    pub scenario: String,
    /// The run's seed.
    pub seed: u64,
    /// Kind of target, such as `local`.
    pub target: String,
    /// Each member at the start, in the order of their indices.
    pub members: Vec<MemberPreamble>,
    /// The prefix under which the run reads and writes, and nobody else; empty: every key.
    #[serde(default)]
    pub prefix: String,
    /// The store's revision before the first operation. Where the store is shared, no key
    /// under the prefix existed at it.
    pub start_revision: super::ids::Revision,
    /// Whether nobody else writes to the store.
    pub exclusive: bool,
    /// Whether the store's revisions mean anything.
    #[serde(default = "meaningful", skip_serializing_if = "Clone::clone")]
    pub revisions: bool,
    /// When the run began, in UTC, for people only.
    #[serde(default)]
    pub started: String,
    /// Version of Stormglass that wrote it.
    #[serde(default)]
    pub written_by: String,
}

/// A history that does not say otherwise is of a store with revisions.
fn meaningful() -> bool {
    true
}

/// A member at the start of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberPreamble {
    /// Its name.
    pub name: String,
    /// Its store, such as `etcd`.
    pub store: String,
    /// Version of its binary.
    pub version: String,
}
