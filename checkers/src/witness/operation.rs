//! An operation with its end, and what its answer says of the order of revisions.

use crate::history::{
    Event, MemberIndex, Nanos, Outcome, ProcessId, Range, Request, Response, Revision, TxnOp,
};

/// An operation of the history.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// Index of the invocation.
    pub(super) invocation: u64,
    pub(super) sent: Nanos,
    pub(super) process: Option<ProcessId>,
    pub(super) member: Option<MemberIndex>,
    pub(super) request: Request,
    /// Index and time of the completion, and the outcome.
    pub(super) end: Option<(u64, Nanos, Outcome)>,
}

impl Operation {
    pub(super) fn new(event: &Event, request: &Request) -> Self {
        let Event { index, at, process, member, .. } = *event;
        let request = request.clone();
        Self { invocation: index, sent: at, process, member, request, end: None }
    }

    /// The answer, if there was one.
    pub(super) fn answer(&self) -> Option<&Response> {
        match &self.end {
            Some((_, _, Outcome::Ok(response))) => Some(response),
            _ => None,
        }
    }

    /// Whether nobody knows if it took effect.
    pub(super) fn in_doubt(&self) -> bool {
        matches!(self.end, None | Some((_, _, Outcome::Unknown(_))))
    }

    /// Whether it was definitely refused.
    pub(super) fn refused(&self) -> bool {
        matches!(self.end, Some((_, _, Outcome::Failed(_))))
    }

    /// Index of the completion; beyond every index while there is none.
    pub(super) fn ended(&self) -> u64 {
        self.end.as_ref().map_or(u64::MAX, |(index, _, _)| *index)
    }

    /// Whether it had ended when another one was sent.
    pub(super) fn precedes(&self, other: &Self) -> bool {
        self.ended() < other.invocation
    }

    /// The revision in the answer's header, if it is one.
    pub(super) fn header(&self) -> Option<Revision> {
        let revision = self.answer()?.header()?.revision;
        (revision.0 > 0).then_some(revision)
    }

    /// Whether the answer says that something was written.
    pub(super) fn wrote(&self) -> bool {
        self.answer().is_some_and(wrote)
    }

    /// The revision that the answer says it made.
    pub(super) fn made(&self) -> Option<Revision> {
        self.header().filter(|_| self.wrote())
    }

    /// Whether the member may have answered alone, from an old state.
    pub(super) fn local(&self) -> bool {
        let alone = |op: &TxnOp| matches!(op, TxnOp::Range(Range { serializable: true, .. }));
        match &self.request {
            Request::Range(range) => range.serializable,
            Request::Txn(txn) => txn.success.iter().chain(&txn.failure).all(alone),
            _ => false,
        }
    }

    /// A revision that the store certainly had when this was answered, by its place in
    /// the order of operations.
    pub(super) fn reached(&self) -> Option<Revision> {
        let placed = matches!(
            self.request,
            Request::Put(_)
                | Request::Range(_)
                | Request::Delete(_)
                | Request::Txn(_)
                | Request::LeaseGrant(_)
                | Request::LeaseRevoke(_)
        );
        self.header().filter(|_| placed && !self.local())
    }

    /// The revision whose state it was decided on: the one before its own, if it wrote.
    pub(super) fn seen(&self) -> Option<Revision> {
        let header = self.header()?;
        Some(if self.wrote() { header.previous() } else { header })
    }
}

fn wrote(response: &Response) -> bool {
    match response {
        Response::Put(_) => true,
        Response::Delete(answer) => answer.deleted > 0,
        Response::Txn(answer) => answer.responses.iter().any(wrote),
        _ => false,
    }
}
