//! What transactions hold.

use serde::{Deserialize, Serialize};

/// What the transactions of `mixed` hold: `[workload.txn]`. The numbers say how many of
/// a hundred do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct TxnSpec {
    /// Guards that compare anything with any operator, at or next to what the client saw.
    pub any_guard: u32,
    /// Guarded transactions with one more guard, over several keys.
    pub range_guard: u32,
    /// Writing transactions that write where their guards fail too.
    pub failure_write: u32,
    /// Writing transactions that delete neighbouring keys as well.
    pub delete_range: u32,
    /// Puts inside transactions that attach their key to one of the client's leases.
    pub lease: u32,
    /// Writing transactions with a range at a revision that it names.
    pub range_revision: u32,
    /// Of the ranges at a revision inside transactions, written or not: at one that is
    /// compacted or yet to come.
    pub refused_revision: u32,
}

impl Default for TxnSpec {
    fn default() -> Self {
        Self {
            any_guard: 10,
            range_guard: 4,
            failure_write: 5,
            delete_range: 2,
            lease: 2,
            range_revision: 3,
            refused_revision: 40,
        }
    }
}

impl TxnSpec {
    /// Its shares of a hundred, by their keys.
    pub(super) fn shares(&self) -> [(&'static str, u32); 7] {
        [
            ("any-guard", self.any_guard),
            ("range-guard", self.range_guard),
            ("failure-write", self.failure_write),
            ("delete-range", self.delete_range),
            ("lease", self.lease),
            ("range-revision", self.range_revision),
            ("refused-revision", self.refused_revision),
        ]
    }
}
