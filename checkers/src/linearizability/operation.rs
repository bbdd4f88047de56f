//! Every operation of the history, as far as the checker needs it.

use std::collections::{BTreeMap, BTreeSet};

use super::floor::Floor;
use crate::history::{Event, MemberIndex, Nanos, ProcessId, Request};
use crate::model::{Claim, can_mutate};
use crate::verdict::WitnessStep;
use crate::wording;

/// An operation's place in the table of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OpId(pub(super) usize);

/// How an operation ended.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// Not yet.
    Open,
    /// The store answered.
    Answered(Claim),
    /// Definitely refused: no effect.
    Refused,
    /// Nobody knows.
    Doubtful,
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
    pub(super) floor: Floor,
    pub(super) end: End,
    pub(super) completion: Option<(u64, Nanos)>,
    /// Its outcome in a few words, where it is not an answer.
    pub(super) trouble: Option<String>,
}

impl Operation {
    /// The operation as a step of a witness.
    pub(super) fn step(&self, shows: Option<String>) -> WitnessStep {
        let shows = shows.or_else(|| self.trouble.clone()).unwrap_or_else(|| self.shown());
        WitnessStep {
            index: self.invocation,
            completion: self.completion.map(|(index, _)| index),
            from: self.invoked_at,
            to: self.completion.map_or(self.invoked_at, |(_, at)| at),
            process: self.process,
            member: self.member,
            what: wording::request(&self.request),
            shows,
            contradicts: false,
        }
    }

    fn shown(&self) -> String {
        match self.end {
            End::Open => "never completed".to_owned(),
            End::Answered(claim) => match claim.revision() {
                Some(revision) => format!("ok, revision {revision}"),
                None => "ok".to_owned(),
            },
            End::Refused => "definitely refused".to_owned(),
            End::Doubtful => "unknown".to_owned(),
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
}

/// All operations, and which are open.
#[derive(Clone, Debug, Default)]
pub(super) struct Operations {
    all: Vec<Operation>,
    open: BTreeMap<ProcessId, OpId>,
    /// Invocations of the open ones that may change the key space.
    writing: BTreeSet<u64>,
}

impl Operations {
    pub(super) fn get(&self, id: OpId) -> &Operation {
        &self.all[id.0]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (OpId, &Operation)> {
        self.all.iter().enumerate().map(|(id, operation)| (OpId(id), operation))
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// A request goes to the wire.
    pub(super) fn invoke(&mut self, event: &Event, request: &Request, floor: Floor) -> OpId {
        let id = OpId(self.all.len());
        if can_mutate(request) {
            self.writing.insert(event.index);
        }
        if let Some(process) = event.process {
            self.open.insert(process, id);
        }
        self.all.push(Operation {
            invocation: event.index,
            invoked_at: event.at,
            process: event.process,
            member: event.member,
            request: request.clone(),
            floor,
            end: End::Open,
            completion: None,
            trouble: None,
        });
        id
    }

    /// A process's open operation ends.
    pub(super) fn complete(
        &mut self,
        event: &Event,
        end: impl FnOnce(&Request) -> End,
    ) -> Option<OpId> {
        let id = self.open.remove(&event.process?)?;
        let operation = &mut self.all[id.0];
        operation.end = end(&operation.request);
        operation.completion = Some((event.index, event.at));
        self.writing.remove(&operation.invocation);
        Some(id)
    }

    /// What came back instead of an answer, in words.
    pub(super) fn set_trouble(&mut self, id: OpId, trouble: String) {
        self.all[id.0].trouble = Some(trouble);
    }

    /// Whether every operation that may write and was sent before an event has ended.
    pub(super) fn settled(&self, event: u64) -> bool {
        self.writing.first().is_none_or(|first| *first > event)
    }

    /// The history is over: what is open stays in doubt for ever.
    pub(super) fn give_up_open(&mut self) -> Vec<OpId> {
        self.writing.clear();
        let open: Vec<OpId> = std::mem::take(&mut self.open).into_values().collect();
        for id in &open {
            self.all[id.0].end = End::Doubtful;
            self.all[id.0].trouble = Some("never completed".to_owned());
        }
        open
    }
}
