//! Faults of members' disks.

use std::time::Duration;

use super::registry::{FaultEntry, ParamEntry, ParamForm, Power};

pub(super) const POWER_FAILURE: FaultEntry = FaultEntry {
    kind: "power-failure",
    summary: "kill the member and lose what it had not synced; start it again when `for` is over",
    power: Power::Disk,
    duration: Duration::from_secs(1),
    disruptive: true,
    settle: Duration::from_secs(1),
    params: &[LOST],
};

pub(super) const SLOW_DISK: FaultEntry = FaultEntry {
    kind: "slow-disk",
    summary: "delay every sync of the member; a long delay is a stall",
    power: Power::Disk,
    duration: Duration::from_secs(3),
    disruptive: true,
    settle: Duration::from_secs(1),
    params: &[
        ParamEntry {
            name: "delay",
            default: "100ms",
            summary: "how long every sync takes",
            form: ParamForm::Span,
        },
        ParamEntry {
            name: "spread",
            default: "0s",
            summary: "how much longer it may take, at random",
            form: ParamForm::Span,
        },
    ],
};

pub(super) const DISK_FULL: FaultEntry = FaultEntry {
    kind: "disk-full",
    summary: "refuse all that the member writes, for want of space; start it again if it ended",
    power: Power::Disk,
    duration: Duration::from_secs(1),
    disruptive: true,
    settle: Duration::from_secs(1),
    params: &[],
};

pub(super) const DISK_ERROR: FaultEntry = FaultEntry {
    kind: "disk-error",
    summary: "fail what the member syncs or writes; start it again if it ended",
    power: Power::Disk,
    duration: Duration::from_secs(1),
    disruptive: true,
    settle: Duration::from_secs(1),
    params: &[
        ParamEntry {
            name: "on",
            default: "sync",
            summary: "what fails",
            form: ParamForm::Word(&["sync", "write"]),
        },
        ParamEntry {
            name: "times",
            default: "1",
            summary: "how many of them fail; 0: all until `for` is over",
            form: ParamForm::Count,
        },
    ],
};

pub(super) const LYING_DISK: FaultEntry = FaultEntry {
    kind: "lying-disk",
    summary: "answer syncs without carrying them out, then fail the power of all members that it \
              hits at once; no store can survive that",
    power: Power::Disk,
    duration: Duration::from_secs(3),
    disruptive: true,
    settle: Duration::from_secs(1),
    params: &[],
};

pub(super) const CORRUPT: FaultEntry = FaultEntry {
    kind: "corrupt",
    summary: "spoil a file of the member while it is down; put it back when `for` is over, if the \
              member refused it",
    power: Power::Kill,
    duration: Duration::from_secs(3),
    disruptive: true,
    settle: Duration::from_secs(1),
    params: &[
        ParamEntry {
            name: "file",
            default: "wal",
            summary: "which file, the newest of its sort",
            form: ParamForm::Word(&["wal", "snapshot", "database"]),
        },
        ParamEntry {
            name: "damage",
            default: "flip",
            summary: "flip a bit of it, or cut it at a sector",
            form: ParamForm::Word(&["flip", "cut"]),
        },
    ],
};

const LOST: ParamEntry = ParamEntry {
    name: "lost",
    default: "all",
    summary: "what is lost of what was not synced: all, all from some operation on, or sectors \
              here and there",
    form: ParamForm::Word(&["all", "prefix", "torn"]),
};
