//! Faults of members' processes.

use std::time::Duration;

use super::registry::{FaultEntry, ParamEntry, ParamForm, Power};

pub(super) const TERMINATE: FaultEntry = FaultEntry {
    kind: "terminate",
    summary: "SIGTERM the member's process and wait until it has ended; start it again when `for` \
              is over",
    power: Power::Kill,
    duration: Duration::from_secs(1),
    disruptive: true,
    // It takes a while to end.
    settle: Duration::from_secs(3),
    params: &[],
};

pub(super) const KILL_START: FaultEntry = FaultEntry {
    kind: "kill-start",
    summary: "SIGKILL the member, start it, and SIGKILL it again before it serves; start it again \
              when `for` is over",
    params: &[within(
        "500ms",
        "latest time of the second kill after the start; the plan draws one up to it, as the \
         parameter `kill-after`",
    )],
    ..KILLED
};

pub(super) const KILL_COMPACT: FaultEntry = FaultEntry {
    kind: "kill-compact",
    summary: "SIGKILL the member while it works on a compaction; start it again when `for` is over",
    params: &[
        within(
            "100ms",
            "latest time of the kill after the compaction was asked for; the plan draws one up to \
             it, as the parameter `kill-after`",
        ),
        ParamEntry {
            name: "lag",
            default: "100",
            summary: "how far behind the head the compaction is, in revisions",
            form: ParamForm::Count,
        },
    ],
    ..KILLED
};

pub(super) const KILL_SNAPSHOT: FaultEntry = FaultEntry {
    kind: "kill-snapshot",
    summary: "SIGKILL the member while it streams a snapshot to a client; start it again when \
              `for` is over",
    params: &[within(
        "100ms",
        "latest time of the kill after the snapshot was asked for; the plan draws one up to it, \
         as the parameter `kill-after`",
    )],
    ..KILLED
};

pub(super) const STARVE: FaultEntry = FaultEntry {
    kind: "starve",
    summary: "let the member run only for a share of each tenth of a second",
    power: Power::Pause,
    duration: Duration::from_secs(3),
    // A leader that hardly runs may lose its office.
    disruptive: true,
    settle: Duration::from_secs(1),
    params: &[ParamEntry {
        name: "share",
        default: "10",
        summary: "how much of the time it runs, in percent",
        form: ParamForm::Percent,
    }],
};

pub(super) const LIMIT_MEMORY: FaultEntry = FaultEntry {
    kind: "limit-memory",
    summary: "let the member take hardly more memory than it has, so that the kernel may end it; \
              start it again when `for` is over, if it did",
    power: Power::Memory,
    duration: Duration::from_secs(5),
    disruptive: true,
    settle: Duration::from_secs(1),
    params: &[ParamEntry {
        name: "spare",
        default: "0",
        summary: "how much more than it has, in KiB",
        form: ParamForm::Count,
    }],
};

pub(super) const LOSE_DATA: FaultEntry = FaultEntry {
    kind: "lose-data",
    summary: "kill the member and start it on an older copy of its data, or on none; put the \
              newest data back when `for` is over, if the member ended",
    power: Power::Kill,
    duration: Duration::from_secs(3),
    disruptive: true,
    settle: Duration::from_secs(4),
    params: &[
        ParamEntry {
            name: "state",
            default: "stale",
            summary: "what it starts on: an older copy, or nothing",
            form: ParamForm::Word(&["stale", "lost"]),
        },
        ParamEntry {
            name: "age",
            default: "2s",
            summary: "how much older the copy is",
            form: ParamForm::Span,
        },
    ],
};

/// What all kills within some work have in common.
const KILLED: FaultEntry = FaultEntry {
    kind: "",
    summary: "",
    power: Power::Kill,
    duration: Duration::from_secs(1),
    disruptive: true,
    settle: Duration::from_secs(1),
    params: &[],
};

const fn within(default: &'static str, summary: &'static str) -> ParamEntry {
    ParamEntry { name: "within", default, summary, form: ParamForm::Span }
}
