//! The requests of `register`.

use crate::workload::registry::WeightEntry;

/// Every request, with the weight that it has where the scenario does not say.
pub(in crate::workload) static WEIGHTS: [WeightEntry; 4] = [
    entry("read", 45, "a linearizable read of one register"),
    entry("stale-read", 5, "a serializable read: the member answers alone"),
    entry("write", 25, "a put"),
    entry("cas", 25, "a transaction that writes if the value is the one that the client saw last"),
];

const fn entry(name: &'static str, default: u32, summary: &'static str) -> WeightEntry {
    WeightEntry { name, default, summary }
}
