//! Triggers of known bugs, which a scenario may leave out by release.

/// The trigger of a known bug of etcd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriggerEntry {
    /// Its name in `avoid`.
    pub name: &'static str,
    /// The issues of `etcd-io/etcd` that describe the bug.
    pub issue: &'static str,
    /// What the traffic contains when it is not left out.
    pub summary: &'static str,
}

/// Ranges at an explicit revision inside a transaction that writes.
pub const TXN_RANGE_REVISION: &str = "txn-range-revision";
/// Watches that start exactly at the compact revision.
pub const WATCH_COMPACTED_START: &str = "watch-compacted-start";
/// Watches that start at a revision that is yet to come.
pub const WATCH_FUTURE_START: &str = "watch-future-start";
/// Progress notifications on request.
pub const PROGRESS_REQUEST: &str = "progress-request";
/// Transactions with guards.
pub const GUARDED_TXN: &str = "guarded-txn";
/// Keepalives in the last two seconds of a lease.
pub const LATE_KEEPALIVE: &str = "late-keepalive";

/// A follower that is sent a snapshot while watches are opened on it.
pub const SNAPSHOT_TO_FOLLOWER: &str = "snapshot-to-follower";

/// Logs shorter than a release's default, which end before what a follower has when it comes back.
pub const SHORT_LOG: &str = "short-log";

/// Every trigger.
pub fn triggers() -> &'static [TriggerEntry] {
    &TRIGGERS
}

static TRIGGERS: [TriggerEntry; 8] = [
    TriggerEntry {
        name: TXN_RANGE_REVISION,
        issue: "#18667",
        summary: "a range at an explicit revision inside a transaction that writes",
    },
    TriggerEntry {
        name: WATCH_COMPACTED_START,
        issue: "#18089, #19179",
        summary: "a watch that starts exactly at the compact revision",
    },
    TriggerEntry {
        name: WATCH_FUTURE_START,
        issue: "#20221",
        summary: "a watch that starts at a revision that its member has yet to learn of",
    },
    TriggerEntry {
        name: PROGRESS_REQUEST,
        issue: "#15220",
        summary: "a progress notification on request, on a watch with events under way",
    },
    TriggerEntry { name: GUARDED_TXN, issue: "#13766", summary: "a transaction with guards" },
    TriggerEntry {
        name: LATE_KEEPALIVE,
        issue: "#15247",
        summary: "a keepalive in the last two seconds of a lease: an old leader that was paused or \
                  cut off meanwhile may still end it",
    },
    TriggerEntry {
        name: SNAPSHOT_TO_FOLLOWER,
        issue: "#15271, #20221",
        summary: "a storm's `force-snapshot`: a watch on a follower, from a revision that it has yet \
                  to learn of, gets older events when the follower is sent a snapshot",
    },
    TriggerEntry {
        name: SHORT_LOG,
        issue: "#15271",
        summary: "the flag `snapshot-count`: a follower that was away while more was written than the \
                  log keeps is sent a snapshot, and its open watches repeat old events",
    },
];
