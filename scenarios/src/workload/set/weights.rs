//! The requests of `set`.

use crate::workload::registry::WeightEntry;

/// Every request, with the weight that it has where the scenario does not say.
pub(in crate::workload) static WEIGHTS: [WeightEntry; 5] = [
    entry("add", 50, "a put of a new element"),
    entry("add-once", 15, "a transaction that adds an element if nobody has; others try it too"),
    entry("contains", 15, "a linearizable read of one element that the client has added"),
    entry("read", 5, "a linearizable read of a whole set"),
    entry("stale-read", 2, "the same, serializable: the member answers alone"),
];

const fn entry(name: &'static str, default: u32, summary: &'static str) -> WeightEntry {
    WeightEntry { name, default, summary }
}
