//! What operators do to a cluster that goes on serving, and what it must survive like a fault.

use std::time::Duration;

use super::registry::{FaultEntry, ParamEntry, ParamForm, Power};

pub(super) const CHANGE_RELEASE: FaultEntry = FaultEntry {
    kind: "change-release",
    summary: "SIGTERM the member's process and start it with the binary of another release on the \
              same data, one member after the other",
    power: Power::Upgrade,
    duration: Duration::from_secs(2),
    disruptive: true,
    // It takes a while to end.
    settle: Duration::from_secs(3),
    params: &[
        ParamEntry {
            name: "to",
            default: "",
            summary: "the release that the member runs then",
            form: ParamForm::Release,
        },
        ParamEntry {
            name: "back",
            default: "false",
            summary: "whether it goes back to the release that it had when `for` is over",
            form: ParamForm::Flag,
        },
    ],
};

pub(super) const RESTORE: FaultEntry = FaultEntry {
    kind: "restore",
    summary: "save a snapshot of the store; a while later kill all members, restore the cluster \
              from it, and start that when `for` is over",
    power: Power::Kill,
    duration: Duration::from_secs(1),
    disruptive: true,
    settle: Duration::from_secs(4),
    params: &[ParamEntry {
        name: "age",
        default: "2s",
        summary: "how much older the snapshot is than the kill",
        form: ParamForm::Span,
    }],
};
