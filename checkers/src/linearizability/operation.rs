//! Operations: those that are open, and what the check keeps of those that ended.

use std::sync::Arc;

use super::floor::{Cause, Floor, Position};
use super::seats::Seats;
use super::writing::Writing;
use crate::evidence::Sent;
use crate::history::{Event, MemberIndex, Nanos, Outcome, ProcessId, Request};
use crate::model::{Claim, can_mutate, claim};
use crate::verdict::WitnessStep;
use crate::wording;

/// An operation, kept as long as anything can still need it: it is open, in doubt, waits
/// for its revision, made one that is not forgotten, or raised the floor of another.
pub(super) type Op = Arc<Operation>;

/// How an operation ended.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// Not yet.
    Open,
    /// The store answered.
    Answered(Claim),
    /// Definitely refused: no effect. The outcome in a few words.
    Refused(Box<str>),
    /// Nobody knows. The outcome in a few words.
    Doubtful(Box<str>),
}

/// An operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) invocation: u64,
    sent: Sent,
    /// What had been shown before it was sent.
    pub(super) floor: Position,
    pub(super) end: End,
    pub(super) completion: Option<(u64, Nanos)>,
}

impl Operation {
    /// What was asked for.
    pub(super) fn request(&self) -> &Request {
        self.sent.request()
    }

    /// Whom it was sent to.
    pub(super) fn member(&self) -> Option<MemberIndex> {
        self.sent.event().member
    }

    /// The operation as a step of a witness.
    pub(super) fn step(&self, shows: Option<String>) -> WitnessStep {
        WitnessStep {
            index: self.invocation,
            completion: self.completion.map(|(index, _)| index),
            from: self.sent.event().at,
            to: self.completion.map_or(self.sent.event().at, |(_, at)| at),
            process: self.sent.event().process,
            member: self.member(),
            what: wording::request(self.request()),
            shows: shows.unwrap_or_else(|| self.shown()),
            contradicts: false,
        }
    }

    fn shown(&self) -> String {
        match &self.end {
            End::Open => "never completed".to_owned(),
            End::Answered(claim) => match claim.revision() {
                Some(revision) => format!("ok, revision {revision}"),
                None => "ok".to_owned(),
            },
            End::Refused(told) | End::Doubtful(told) => told.to_string(),
        }
    }

    /// The operation in a sentence: `put k1 = "a" on m2`.
    pub(super) fn name(&self) -> String {
        let what = wording::request(self.request());
        match self.member() {
            Some(member) => format!("{what} on {member}"),
            None => what,
        }
    }

    /// Index of the event that ended it; the end of all times while it is open.
    pub(super) fn returned(&self) -> u64 {
        self.completion.map_or(u64::MAX, |(index, _)| index)
    }

    /// Whether it was acknowledged as the writer of a revision.
    pub(super) fn is_acknowledged_write(&self) -> bool {
        matches!(self.end, End::Answered(Claim::Writer(_)))
    }
}

/// An operation that has not ended, and what had raised the floor below it.
#[derive(Clone, Debug)]
struct Open {
    operation: Operation,
    cause: Cause,
}

/// The operations that have not ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Operations {
    open: Seats<Open>,
    /// Operations whose process began another one: a history should not have them.
    lost: Vec<Operation>,
    writing: Writing,
    /// How many were invoked.
    pub(super) invoked: u64,
}

impl Operations {
    /// A request goes to the wire.
    pub(super) fn invoke(&mut self, event: &Arc<Event>, floor: &Floor) {
        let Some(sent) = Sent::of(event) else { return };
        self.invoked += 1;
        if can_mutate(sent.request()) {
            self.writing.begin(event.index);
        }
        let operation = Operation {
            invocation: event.index,
            sent,
            floor: floor.position,
            end: End::Open,
            completion: None,
        };
        let open = Open { operation, cause: floor.cause.clone() };
        let process = event.process.unwrap_or(ProcessId(u32::MAX));
        if let Some(lost) = self.open.insert(process, open) {
            self.lost.push(lost.operation);
        }
    }

    /// A process's open operation ends. The operation, and what had raised its floor.
    pub(super) fn complete(&mut self, event: &Event, outcome: &Outcome) -> Option<(Op, Cause)> {
        let Open { mut operation, cause } = self.open.remove(event.process?)?;
        operation.end = match outcome {
            Outcome::Ok(response) => End::Answered(claim(operation.request(), response)),
            Outcome::Failed(_) => End::Refused(wording::outcome(outcome).into()),
            Outcome::Unknown(_) => End::Doubtful(wording::outcome(outcome).into()),
        };
        operation.completion = Some((event.index, event.at));
        self.writing.end(operation.invocation);
        Some((Arc::new(operation), cause))
    }

    /// Whether every operation that may write and was sent before an event has ended.
    pub(super) fn settled(&self, event: u64) -> bool {
        self.writing.first().is_none_or(|first| first > event)
    }

    /// The operations that are open.
    pub(super) fn open(&self) -> impl Iterator<Item = &Operation> {
        self.open.iter().map(|open| &open.operation).chain(&self.lost)
    }

    /// The history is over: what is open stays in doubt for ever. In the order of their
    /// invocations.
    pub(super) fn give_up_open(&mut self) -> Vec<Op> {
        self.writing = Writing::default();
        let open = std::mem::take(&mut self.open).into_iter().map(|open| open.operation);
        let given_up = open.chain(std::mem::take(&mut self.lost)).map(|mut operation| {
            operation.end = End::Doubtful("never completed".into());
            Arc::new(operation)
        });
        let mut given_up: Vec<Op> = given_up.collect();
        given_up.sort_by_key(|op| op.invocation);
        given_up
    }
}
