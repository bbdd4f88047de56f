//! Operations: those that are open, and what the check keeps of those that ended.

use std::collections::VecDeque;
use std::sync::Arc;

use super::floor::{Cause, Floor, Position};
use super::seats::Seats;
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
    pub(super) invoked_at: Nanos,
    pub(super) process: Option<ProcessId>,
    pub(super) member: Option<MemberIndex>,
    pub(super) request: Request,
    /// What had been shown before it was sent.
    pub(super) floor: Position,
    pub(super) end: End,
    pub(super) completion: Option<(u64, Nanos)>,
}

impl Operation {
    /// The operation as a step of a witness.
    pub(super) fn step(&self, shows: Option<String>) -> WitnessStep {
        WitnessStep {
            index: self.invocation,
            completion: self.completion.map(|(index, _)| index),
            from: self.invoked_at,
            to: self.completion.map_or(self.invoked_at, |(_, at)| at),
            process: self.process,
            member: self.member,
            what: wording::request(&self.request),
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
        let what = wording::request(&self.request);
        match self.member {
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
    operation: Op,
    cause: Cause,
}

/// The operations that have not ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Operations {
    open: Seats<Open>,
    /// Operations whose process began another one: a history should not have them.
    lost: Vec<Op>,
    /// Invocations of the open ones that may change the key space, in their order. They
    /// are no more than there are clients, and come in order: a queue is faster than a set.
    writing: VecDeque<u64>,
    /// How many were invoked.
    pub(super) invoked: u64,
}

impl Operations {
    /// A request goes to the wire.
    pub(super) fn invoke(&mut self, event: &Event, request: &Request, floor: &Floor) {
        self.invoked += 1;
        if can_mutate(request)
            && let Err(at) = self.writing.binary_search(&event.index)
        {
            self.writing.insert(at, event.index);
        }
        let operation = Arc::new(Operation {
            invocation: event.index,
            invoked_at: event.at,
            process: event.process,
            member: event.member,
            request: request.clone(),
            floor: floor.position,
            end: End::Open,
            completion: None,
        });
        let open = Open { operation, cause: floor.cause.clone() };
        let process = event.process.unwrap_or(ProcessId(u32::MAX));
        if let Some(lost) = self.open.insert(process, open) {
            self.lost.push(lost.operation);
        }
    }

    /// A process's open operation ends. The operation, and what had raised its floor.
    pub(super) fn complete(&mut self, event: &Event, outcome: &Outcome) -> Option<(Op, Cause)> {
        let Open { operation: mut op, cause } = self.open.remove(event.process?)?;
        // Nobody else has it while it is open, so nothing is copied.
        let operation = Arc::make_mut(&mut op);
        operation.end = match outcome {
            Outcome::Ok(response) => End::Answered(claim(&operation.request, response)),
            Outcome::Failed(_) => End::Refused(wording::outcome(outcome).into()),
            Outcome::Unknown(_) => End::Doubtful(wording::outcome(outcome).into()),
        };
        operation.completion = Some((event.index, event.at));
        if let Ok(at) = self.writing.binary_search(&operation.invocation) {
            self.writing.remove(at);
        }
        Some((op, cause))
    }

    /// Whether every operation that may write and was sent before an event has ended.
    pub(super) fn settled(&self, event: u64) -> bool {
        self.writing.front().is_none_or(|first| *first > event)
    }

    /// The operations that are open.
    pub(super) fn open(&self) -> impl Iterator<Item = &Op> {
        self.open.iter().map(|open| &open.operation).chain(&self.lost)
    }

    /// The history is over: what is open stays in doubt for ever. In the order of their
    /// invocations.
    pub(super) fn give_up_open(&mut self) -> Vec<Op> {
        self.writing.clear();
        let open = std::mem::take(&mut self.open).into_iter().map(|open| open.operation);
        let mut given_up: Vec<Op> = open.chain(std::mem::take(&mut self.lost)).collect();
        for op in &mut given_up {
            Arc::make_mut(op).end = End::Doubtful("never completed".into());
        }
        given_up.sort_by_key(|op| op.invocation);
        given_up
    }
}
