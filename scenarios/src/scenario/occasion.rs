//! Moments that a fault waits for.

use serde::{Deserialize, Serialize};

/// What a fault waits for once its time has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// Nothing.
    #[default]
    Now,
    /// A write has just been acknowledged.
    Acknowledged,
    /// A compaction has just been asked for.
    Compacting,
    /// A defragmentation has just been asked for.
    Defragmenting,
    /// A transaction with several guards over ranges of keys has just been answered.
    Guarded,
    /// A recorder watch is more than 200 revisions behind what was acknowledged.
    WatchLags,
}

impl Occasion {
    /// Whether there is nothing to wait for.
    pub fn is_now(&self) -> bool {
        *self == Self::Now
    }
}
