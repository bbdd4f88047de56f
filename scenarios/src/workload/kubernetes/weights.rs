//! The requests of `kubernetes`.

use crate::workload::registry::WeightEntry;

/// Every request, with the weight that it has where the scenario does not say.
pub(in crate::workload) static WEIGHTS: [WeightEntry; 9] = [
    entry("create", 12, "a transaction that writes an object which is not there"),
    entry("update", 35, "a transaction that writes an object unless somebody has since"),
    entry(
        "delete",
        10,
        "a transaction that deletes an object unless somebody has written it since",
    ),
    entry("get", 20, "a linearizable read of one object"),
    entry("list", 8, "all objects of a resource at one revision, page by page"),
    entry("stale-list", 3, "the same without pages, serializable: the member answers alone"),
    entry("count", 2, "how many objects a resource has"),
    entry("event", 8, "a transaction that writes an event, with a lease that many events share"),
    entry(
        "compact",
        2,
        "a step of the compaction loop, which three clients share; at most every two seconds",
    ),
];

const fn entry(name: &'static str, default: u32, summary: &'static str) -> WeightEntry {
    WeightEntry { name, default, summary }
}
