//! The requests of `mixed` and how often each is drawn.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;

use crate::scenario::WorkloadSpec;
use crate::workload::registry::WeightEntry;

/// Every request, with the weight that it has where the scenario does not say.
pub(in crate::workload) static WEIGHTS: [WeightEntry; 14] = [
    entry("put", 20, "a put, sometimes with the previous pair"),
    entry("get", 15, "a linearizable read of one key"),
    entry("range", 8, "a linearizable read of several keys: limits, orders, filters, counts"),
    entry("stale-range", 6, "a serializable read of several keys"),
    entry("history-range", 4, "a read at a past revision"),
    entry("delete", 8, "a delete of one key"),
    entry("delete-range", 2, "a delete of neighbouring keys"),
    entry("txn", 25, "a transaction that writes, guarded by what the client last saw"),
    entry("local-txn", 2, "a transaction of serializable reads, which the member answers alone"),
    entry("lease-grant", 2, "a lease"),
    entry("lease-attach", 4, "a put that attaches a key to one of the client's leases"),
    entry("lease-keepalive", 3, "a keepalive of one of the client's leases"),
    entry("lease-revoke", 1, "a revocation of one of the client's leases"),
    entry("compact", 1, "a compaction; only the first client, at most every two seconds"),
];

const fn entry(name: &'static str, default: u32, summary: &'static str) -> WeightEntry {
    WeightEntry { name, default, summary }
}

/// The weights of one scenario, ready to draw from.
pub(super) struct Weights {
    /// Names with the sums of all weights up to them.
    sums: Vec<(&'static str, u64)>,
}

impl Weights {
    /// The scenario's weights over the workload's own. Requests of weight 0, and those
    /// that `refused` names, are never drawn.
    pub(super) fn new(spec: &WorkloadSpec, refused: &[&str]) -> Self {
        let mut sum = 0;
        let drawn = WEIGHTS.iter().filter(|entry| !refused.contains(&entry.name));
        let positive = drawn.filter(|entry| spec.weight(entry) > 0);
        let sums = positive.map(|entry| {
            sum += u64::from(spec.weight(entry));
            (entry.name, sum)
        });
        Self { sums: sums.collect() }
    }

    /// A request's name; none where every weight is 0.
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> Option<&'static str> {
        let (_, total) = self.sums.last()?;
        let point = rng.random_range(0..*total);
        self.sums.iter().find(|(_, sum)| point < *sum).map(|(name, _)| *name)
    }
}
