//! The traffic of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bounds::{ByteRange, SecondsRange};
use super::span::Span;
use super::txn_spec::TxnSpec;
use super::watch_spec::WatchSpec;
use crate::workload::WeightEntry;

/// The traffic of a run: `[workload]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct WorkloadSpec {
    /// The workload, as `list workloads` names it.
    pub kind: String,
    /// Number of clients, each with at most one operation under way.
    pub clients: u32,
    /// Number of watchers beside them.
    pub watchers: u32,
    /// Operations a second over all clients, sent at their times however slow the store
    /// is (open loop); absent: each client sends when its last operation has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<u32>,
    /// Number of keys that all clients share; few keys make many conflicts.
    pub keys: u32,
    /// Number of further keys written before the traffic, with values of `value-size`.
    pub prefill: u32,
    /// Size of values, in bytes; each is drawn between the two.
    pub value_size: ByteRange,
    /// How long a client waits for an operation before its outcome is unknown.
    pub deadline: Span,
    /// Time to live of leases, in seconds; each is drawn between the two.
    pub lease_ttl: SecondsRange,
    /// How far behind the newest revision the workload compacts, in revisions.
    pub compact_lag: u32,
    /// How often each request is drawn, relative to the others; a request that is left
    /// out keeps the workload's own weight, and 0 leaves it out of the traffic.
    pub weights: BTreeMap<String, u32>,
    /// What transactions hold.
    pub txn: TxnSpec,
    /// How watchers watch.
    pub watch: WatchSpec,
}

impl Default for WorkloadSpec {
    fn default() -> Self {
        Self {
            kind: "mixed".to_owned(),
            clients: 8,
            watchers: 4,
            rate: None,
            keys: 12,
            prefill: 0,
            value_size: ByteRange { min: 16, max: 64 },
            deadline: Span::seconds(2),
            lease_ttl: SecondsRange { min: 2, max: 4 },
            compact_lag: 200,
            weights: BTreeMap::new(),
            txn: TxnSpec::default(),
            watch: WatchSpec::default(),
        }
    }
}

impl WorkloadSpec {
    /// The weight of a request: the scenario's, or the workload's own.
    pub fn weight(&self, entry: &WeightEntry) -> u32 {
        self.weights.get(entry.name).copied().unwrap_or(entry.default)
    }
}
