//! How soon members answered again.

use stormglass_checkers::history::{MemberIndex, Nanos};

use super::fault::{Fault, FaultState};
use super::operation::{Operation, OutcomeKind};

/// A member's first answer after a fault that hit it was healed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstOk {
    /// The member.
    pub(crate) member: MemberIndex,
    /// From the heal to the first answer; none when none came.
    pub(crate) after: Option<Nanos>,
}

/// For each member that a healed fault hit: how long after the heal its first answer came.
pub(crate) fn first_ok_after(fault: &Fault, operations: &[Operation]) -> Vec<FirstOk> {
    let Some(landed) = fault.landed.filter(|_| fault.state == FaultState::Landed) else {
        return Vec::new();
    };
    let answers = |member| {
        let answered = operations.iter().filter(move |operation| {
            operation.outcome == OutcomeKind::Ok && operation.member == Some(member)
        });
        answered.filter_map(|operation| operation.ended).filter(|ended| *ended >= landed.to).min()
    };
    let members = fault.members.iter();
    members
        .map(|&member| FirstOk {
            member,
            after: answers(member).map(|ended| Nanos(ended.0 - landed.to.0)),
        })
        .collect()
}
