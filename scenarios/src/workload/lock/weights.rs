//! The requests of `lock` and how often each is drawn.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;

use crate::scenario::WorkloadSpec;
use crate::workload::registry::WeightEntry;

/// Every request, with the weight that it has where the scenario does not say.
pub(in crate::workload) static WEIGHTS: [WeightEntry; 7] = [
    entry(
        "lock",
        10,
        "a transaction that creates a lock's key with the client's lease, if it is free",
    ),
    entry(
        "lock-service",
        0,
        "a request to etcd's lock service, which waits until the lock is free",
    ),
    entry("write", 30, "a write that is guarded by the creation revision of the held lock's key"),
    entry("read", 4, "a linearizable read of the held lock's key"),
    entry("keepalive", 10, "a keepalive of the client's lease"),
    entry("unlock", 4, "a deletion of the held lock's key, with the same guard"),
    entry("revoke", 1, "a revocation of the lease, which gives the lock back too"),
];

const fn entry(name: &'static str, default: u32, summary: &'static str) -> WeightEntry {
    WeightEntry { name, default, summary }
}

/// Draws one of some requests by the scenario's weights; none where all have weight 0.
pub(super) fn draw(
    spec: &WorkloadSpec,
    possible: &[&str],
    rng: &mut ChaCha8Rng,
) -> Option<&'static str> {
    let entries = || WEIGHTS.iter().filter(|entry| possible.contains(&entry.name));
    let total: u64 = entries().map(|entry| u64::from(spec.weight(entry))).sum();
    if total == 0 {
        return None;
    }
    let mut point = rng.random_range(0..total);
    entries()
        .find(|entry| {
            let weight = u64::from(spec.weight(entry));
            let drawn = point < weight;
            point = point.saturating_sub(weight);
            drawn
        })
        .map(|entry| entry.name)
}
