//! The requests of `mixed` and how often each is drawn.

use crate::workload::registry::WeightEntry;

/// Every request, with the weight that it has where the scenario does not say.
pub(in crate::workload) static WEIGHTS: [WeightEntry; 25] = [
    entry("put", 20, "a put, sometimes with the previous pair"),
    entry("put-keep", 1, "a put that keeps the value or the lease that the key has"),
    entry("get", 15, "a linearizable read of one key"),
    entry("range", 8, "a linearizable read of several keys: limits, orders, filters, counts"),
    entry("stale-range", 6, "a serializable read of several keys"),
    entry("history-range", 4, "a read at a past revision"),
    entry("refused-range", 1, "a read at a revision that is compacted or yet to come"),
    entry("delete", 8, "a delete of one key"),
    entry("delete-range", 2, "a delete of neighbouring keys"),
    entry("txn", 25, "a transaction that writes, guarded by what the client last saw"),
    entry(
        "wide-txn",
        0,
        "a transaction with five guards over every key, which takes long to apply; only the first \
         client, at most every 700 ms",
    ),
    entry("nested-txn", 2, "a transaction with transactions inside"),
    entry("read-txn", 1, "a transaction of linearizable reads, some at a revision"),
    entry("local-txn", 2, "a transaction of serializable reads, which the member answers alone"),
    entry("lease-grant", 2, "a lease"),
    entry("lease-grant-short", 1, "a lease with the shortest time to live that the server grants"),
    entry("lease-grant-again", 1, "a lease with the ID of one of the client's that has just ended"),
    entry("lease-attach", 4, "a put that attaches a key to one of the client's leases"),
    entry("lease-keepalive", 3, "a keepalive of one of the client's leases"),
    entry("lease-keepalive-late", 1, "a keepalive within half a second of a lease's end"),
    entry("lease-revoke", 1, "a revocation of one of the client's leases"),
    entry("lease-revoke-late", 1, "a revocation within half a second of a lease's end"),
    entry("lease-time-to-live", 1, "a question for the time that a lease has left, and its keys"),
    entry("lease-list", 1, "a list of all leases"),
    entry("compact", 1, "a compaction; only the first client, at most every two seconds"),
];

const fn entry(name: &'static str, default: u32, summary: &'static str) -> WeightEntry {
    WeightEntry { name, default, summary }
}
