//! Faults of the cluster's membership and of who leads it: what operators do on a bad day.

use std::time::Duration;

use super::registry::{FaultEntry, ParamEntry, ParamForm, Power};

pub(super) const REPLACE_MEMBER: FaultEntry = FaultEntry {
    kind: "replace-member",
    summary: "remove the member from the cluster; when `for` is over let a new one with an empty \
              data directory join in its place",
    power: Power::Membership,
    duration: Duration::from_secs(2),
    disruptive: true,
    // The new one has to be sent everything.
    settle: Duration::from_secs(3),
    params: &[ParamEntry {
        name: "learner",
        default: "true",
        summary: "whether the new one joins as a learner and is promoted when it has caught up; \
                  releases before 3.4 have no learners",
        form: ParamForm::Flag,
    }],
};

pub(super) const MOVE_LEADER: FaultEntry = FaultEntry {
    kind: "move-leader",
    summary: "have the leader hand over its office to the member; to another one where the member \
              leads already",
    power: Power::Maintenance,
    duration: Duration::ZERO,
    disruptive: false,
    settle: Duration::ZERO,
    params: &[],
};

pub(super) const FORCE_SNAPSHOT: FaultEntry = FaultEntry {
    kind: "force-snapshot",
    summary: "cut the member off its peers until they have dropped what it lacks from their logs, \
              and restart them, so that it has to be sent a snapshot when `for` is over",
    power: Power::Network,
    duration: Duration::from_millis(500),
    disruptive: true,
    settle: Duration::from_secs(3),
    params: &[ParamEntry {
        name: "wait",
        default: "10s",
        summary: "how long at most for the others to take snapshots of their own: the lower \
                  `snapshot-count` is and the more is written, the sooner",
        form: ParamForm::Span,
    }],
};
