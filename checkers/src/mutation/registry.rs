//! Every class there is.

use super::class::Class;
use super::classes::{
    ENDING, LEASES, LOGS, NUMBERS, OTHER_WORKLOADS, READS, REFUSALS, TRANSACTIONS, WATCH_BOUNDS,
    WATCH_CONTENT, WATCH_ORDER, WRITES, WRONG_ANSWERS,
};

/// All classes, those of one subject side by side.
pub fn classes() -> impl Iterator<Item = &'static Class> {
    let families = [
        READS,
        WRONG_ANSWERS,
        WRITES,
        TRANSACTIONS,
        NUMBERS,
        WATCH_ORDER,
        WATCH_CONTENT,
        WATCH_BOUNDS,
        ENDING,
        LOGS,
        LEASES,
        REFUSALS,
        OTHER_WORKLOADS,
    ];
    families.into_iter().flatten()
}
