//! The cluster under test.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::span::Span;

/// The cluster under test: `[cluster]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Cluster {
    /// Number of members, 1 to 7.
    pub members: u16,
    /// The release of etcd; absent: what the command line says, or the default release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etcd: Option<String>,
    /// Where the members keep their data.
    pub storage: Storage,
    /// etcd's heartbeat interval.
    pub heartbeat: Span,
    /// etcd's election timeout; at least five heartbeats.
    pub election: Span,
    /// Flags of every member, without the leading dashes.
    pub flags: BTreeMap<String, String>,
    /// Further flags by member name (`m1`, `m2`, …); they win over `flags`.
    pub member: BTreeMap<String, BTreeMap<String, String>>,
}

impl Cluster {
    /// Leaves a flag to the release's default, on every member.
    pub(crate) fn forget_flag(&mut self, name: &str) {
        self.flags.remove(name);
        for flags in self.member.values_mut() {
            flags.remove(name);
        }
    }
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            members: 3,
            etcd: None,
            storage: Storage::Memory,
            heartbeat: Span::milliseconds(100),
            election: Span::seconds(1),
            flags: BTreeMap::new(),
            member: BTreeMap::new(),
        }
    }
}

/// Where the members keep their data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Storage {
    /// On a memory file system: fast, and it survives the death of a process.
    #[default]
    Memory,
    /// In the run directory.
    Disk,
}
