//! The requests of `append`.

use crate::workload::registry::WeightEntry;

/// Every request, with the weight that it has where the scenario does not say.
pub(in crate::workload) static WEIGHTS: [WeightEntry; 4] = [
    entry("txn", 50, "a transaction that appends to some lists and reads others"),
    entry("append", 15, "a transaction that appends to one to four lists"),
    entry("read", 25, "a transaction of linearizable reads of two to four lists"),
    entry("local-read", 10, "the same, serializable: the member answers alone"),
];

const fn entry(name: &'static str, default: u32, summary: &'static str) -> WeightEntry {
    WeightEntry { name, default, summary }
}
