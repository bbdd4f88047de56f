//! Processor time of this process.

use std::fs;

/// Every architecture of Linux counts processor time for programs in this unit.
const TICKS_PER_SECOND: f64 = 100.0;
/// Fields of `/proc/self/stat` behind the program's name, which may hold spaces.
const USER_TIME: usize = 11;
const SYSTEM_TIME: usize = 12;

/// Seconds of processor time that this process has used, over all its threads; zero where
/// the system does not tell.
pub(super) fn seconds_used() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> =
        text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| -> f64 {
        fields.get(field).and_then(|text| text.parse().ok()).unwrap_or(0.0)
    };
    (ticks(USER_TIME) + ticks(SYSTEM_TIME)) / TICKS_PER_SECOND
}
