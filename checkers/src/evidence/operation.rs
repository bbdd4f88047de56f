//! Operations: invocations joined with their completions.

use std::collections::BTreeMap;

use crate::history::{Event, Invoke, MemberIndex, Nanos, ProcessId, Request};
use crate::verdict::WitnessStep;

/// Where in the history something stands: an event, or an operation with its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The event's index; of an operation its invocation's.
    pub(crate) index: u64,
    completion: Option<u64>,
    from: Nanos,
    to: Nanos,
    process: Option<ProcessId>,
    /// The member that it concerns.
    pub(crate) member: Option<MemberIndex>,
}

impl Place {
    /// The place of an event.
    pub(crate) fn of(event: &Event) -> Self {
        Self {
            index: event.index,
            completion: None,
            from: event.at,
            to: event.at,
            process: event.process,
            member: event.member,
        }
    }

    /// The place of an operation that has just been invoked.
    pub(crate) fn began(
        index: u64,
        at: Nanos,
        process: Option<ProcessId>,
        member: Option<MemberIndex>,
    ) -> Self {
        Self { index, completion: None, from: at, to: at, process, member }
    }

    /// The place of an operation that began here and ends with the event
    /// `completion`.
    pub(crate) fn until(mut self, completion: u64, at: Nanos) -> Self {
        self.completion = Some(completion);
        self.to = at;
        self
    }

    /// Another event of the same process at the same member.
    pub(crate) fn elsewhere(mut self, index: u64, at: Nanos) -> Self {
        (self.index, self.completion, self.from, self.to) = (index, None, at, at);
        self
    }

    /// The member, for people.
    pub(crate) fn member_name(&self) -> String {
        self.member.map_or_else(|| "no member".to_owned(), |member| member.to_string())
    }

    /// A step of a witness.
    pub(crate) fn step(&self, what: impl Into<String>, shows: impl Into<String>) -> WitnessStep {
        WitnessStep {
            index: self.index,
            completion: self.completion,
            from: self.from,
            to: self.to,
            process: self.process,
            member: self.member,
            what: what.into(),
            shows: shows.into(),
            contradicts: false,
        }
    }
}

/// An operation, with what a checker noted when it was invoked.
#[derive(Clone, Debug)]
pub(crate) struct Operation<T> {
    /// Where it stands.
    pub(crate) place: Place,
    /// What was asked.
    pub(crate) request: Request,
    /// The checker's note.
    pub(crate) note: T,
}

/// The operations that are open, one a process.
#[derive(Clone, Debug)]
pub(crate) struct Operations<T> {
    open: BTreeMap<ProcessId, Operation<T>>,
}

impl<T> Default for Operations<T> {
    fn default() -> Self {
        Self { open: BTreeMap::new() }
    }
}

impl<T> Operations<T> {
    /// An operation begins.
    pub(crate) fn invoke(&mut self, event: &Event, invoke: &Invoke, note: T) {
        if let Some(process) = event.process {
            let request = invoke.request.clone();
            self.open.insert(process, Operation { place: Place::of(event), request, note });
        }
    }

    /// An operation ends: with its whole place.
    pub(crate) fn complete(&mut self, event: &Event) -> Option<Operation<T>> {
        let mut operation = self.open.remove(&event.process?)?;
        operation.place = operation.place.until(event.index, event.at);
        Some(operation)
    }

    /// The operations that never ended.
    pub(crate) fn still_open(self) -> impl Iterator<Item = Operation<T>> {
        self.open.into_values()
    }
}
