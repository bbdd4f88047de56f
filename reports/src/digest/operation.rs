//! Operations: an invocation with its completion.

use std::collections::BTreeMap;

use stormglass_checkers::history::{
    Body, Event, MemberIndex, Nanos, Outcome, ProcessId, Request, Revision,
};

/// How an operation ended, without what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OutcomeKind {
    /// Answered.
    Ok,
    /// Refused: no effect.
    Failed,
    /// Nobody knows; also an operation that was still open when the history ended.
    Unknown,
}

impl OutcomeKind {
    /// All of them, in the order in which they are shown.
    pub(crate) const ALL: [Self; 3] = [Self::Ok, Self::Failed, Self::Unknown];

    /// The outcome's kind.
    pub(crate) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Ok(_) => Self::Ok,
            Outcome::Failed(_) => Self::Failed,
            Outcome::Unknown(_) => Self::Unknown,
        }
    }
}

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// Index of its invocation.
    pub(crate) index: u64,
    /// Index of its completion, unless the history ended first.
    pub(crate) completion: Option<u64>,
    /// Whose it is.
    pub(crate) process: ProcessId,
    /// What was asked, in a word.
    pub(crate) kind: &'static str,
    /// The member that was asked.
    pub(crate) member: Option<MemberIndex>,
    /// When it was meant to be sent.
    pub(crate) intended: Nanos,
    /// When it was sent.
    pub(crate) sent: Nanos,
    /// When it ended, unless the history ended first.
    pub(crate) ended: Option<Nanos>,
    /// How it ended.
    pub(crate) outcome: OutcomeKind,
}

impl Operation {
    /// The latency from the intended send time, so that a stalled harness or store
    /// cannot hide its delay; none for an operation that never ended.
    pub(crate) fn latency(&self) -> Option<Nanos> {
        self.ended.map(|ended| Nanos(ended.0.saturating_sub(self.intended.0)))
    }
}

/// Pairs invocations with completions as they come.
#[derive(Default)]
pub(crate) struct Pairing {
    operations: Vec<Operation>,
    open: BTreeMap<ProcessId, usize>,
}

impl Pairing {
    /// Takes the next event.
    pub(crate) fn observe(&mut self, event: &Event) {
        let Some(process) = event.process else { return };
        match &event.body {
            Body::Invoke(invoke) => {
                self.open.insert(process, self.operations.len());
                self.operations.push(Operation {
                    index: event.index,
                    completion: None,
                    process,
                    kind: kind(&invoke.request),
                    member: event.member,
                    intended: invoke.intended,
                    sent: event.at,
                    ended: None,
                    outcome: OutcomeKind::Unknown,
                });
            }
            Body::Complete(outcome) => {
                let Some(place) = self.open.remove(&process) else { return };
                let operation = &mut self.operations[place];
                operation.ended = Some(event.at);
                operation.completion = Some(event.index);
                operation.outcome = OutcomeKind::of(outcome);
            }
            _ => {}
        }
    }

    /// The operations in the order of their invocations.
    pub(crate) fn finish(self) -> Vec<Operation> {
        self.operations
    }
}

/// The event of an index. Events are numbered densely, in a whole history from 0.
pub(crate) fn event(events: &[Event], index: u64) -> Option<&Event> {
    let place = events.binary_search_by_key(&index, |event| event.index).ok()?;
    events.get(place)
}

/// What etcd's API has for clients, in the words of [`kind`]; what changes or inspects members is
/// left to faults.
pub(crate) const ASKED_BY_CLIENTS: [&str; 20] = [
    "put",
    "range",
    "range, serializable",
    "range at a revision",
    "delete",
    "transaction",
    "compact",
    "lease grant",
    "lease revoke",
    "lease keepalive",
    "lease time-to-live",
    "lease list",
    "lock",
    "unlock",
    "campaign",
    "proclaim",
    "election leader",
    "resign",
    "hash",
    "status",
];

/// The request's kind in a word or three.
fn kind(request: &Request) -> &'static str {
    match request {
        Request::Put(_) => "put",
        Request::Range(range) if range.revision != Revision(0) => "range at a revision",
        Request::Range(range) if range.serializable => "range, serializable",
        Request::Range(_) => "range",
        Request::Delete(_) => "delete",
        Request::Txn(_) => "transaction",
        Request::Compact(_) => "compact",
        Request::LeaseGrant(_) => "lease grant",
        Request::LeaseRevoke(_) => "lease revoke",
        Request::LeaseKeepAlive(_) => "lease keepalive",
        Request::LeaseTimeToLive(_) => "lease time-to-live",
        Request::LeaseList {} => "lease list",
        Request::Lock(_) => "lock",
        Request::Unlock(_) => "unlock",
        Request::Campaign(_) => "campaign",
        Request::Proclaim(_) => "proclaim",
        Request::ElectionLeader(_) => "election leader",
        Request::Resign(_) => "resign",
        Request::MemberAdd(_) => "member add",
        Request::MemberRemove(_) => "member remove",
        Request::MemberPromote(_) => "member promote",
        Request::MemberUpdate(_) => "member update",
        Request::MemberList { .. } => "member list",
        Request::Defragment {} => "defragment",
        Request::Snapshot {} => "snapshot",
        Request::Alarm(_) => "alarm",
        Request::HashKv(_) => "hash",
        Request::Status {} => "status",
        Request::MoveLeader(_) => "move leader",
    }
}
