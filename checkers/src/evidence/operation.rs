//! Operations: invocations joined with their completions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::sent::Sent;
use crate::history::{Event, MemberIndex, Nanos, ProcessId, Request};
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
    sent: Sent,
    /// The checker's note.
    pub(crate) note: T,
}

impl<T> Operation<T> {
    /// What was asked.
    pub(crate) fn request(&self) -> &Request {
        self.sent.request()
    }
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
    pub(crate) fn invoke(&mut self, event: &Arc<Event>, note: T) {
        if let Some((process, sent)) = event.process.zip(Sent::of(event)) {
            self.open.insert(process, Operation { place: Place::of(event), sent, note });
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
