//! The requests of `mixed` and how often each is drawn.

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
