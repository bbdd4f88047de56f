//! A finding with the events that its witness names.

use super::context::Context;
use super::operation::Operation;
use super::proof::required;
use crate::history::{
    Body, Environment, Event, KeyEvent, MemberIndex, Preamble, Revision, WatchEvent, WatchEvents,
    WatchFrame, WatchId,
};

/// What a step of a witness names.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// An operation.
    Operation(Operation),
    /// A watch from its opening to the frame that says that it was made.
    Opened(Event, Event),
    /// Any other event.
    Event(Event),
}

/// A finding before the validator.
pub(super) struct Case<'a> {
    pub(super) preamble: &'a Preamble,
    pub(super) anomaly: &'a str,
    /// What the steps name, in the witness's order.
    pub(super) steps: Vec<Step>,
    /// What else the rule asked for.
    pub(super) context: &'a Context,
}

impl Step {
    /// The operation, if it is one.
    pub(super) fn operation(&self) -> Option<&Operation> {
        match self {
            Self::Operation(operation) => Some(operation),
            _ => None,
        }
    }

    /// The event, if it is one by itself.
    pub(super) fn event(&self) -> Option<&Event> {
        match self {
            Self::Event(event) => Some(event),
            _ => None,
        }
    }

    /// A watch's frame.
    pub(super) fn frame(&self) -> Option<(WatchId, &WatchFrame)> {
        match self {
            Self::Event(Event { body: Body::Watch(WatchEvent { watch, frame }), .. }) => {
                Some((*watch, frame))
            }
            _ => None,
        }
    }

    /// Events that a watch delivers.
    pub(super) fn delivery(&self) -> Option<(WatchId, &WatchEvents)> {
        match self.frame()? {
            (watch, WatchFrame::Events(events)) => Some((watch, events)),
            _ => None,
        }
    }

    /// The changes that a watch delivers; none for anything else.
    pub(super) fn changes(&self) -> &[KeyEvent] {
        self.delivery().map_or(&[], |(_, events)| &events.events)
    }

    /// What happened around the store.
    pub(super) fn environment(&self) -> Option<&Environment> {
        match &self.event()?.body {
            Body::Environment(environment) => Some(environment),
            _ => None,
        }
    }

    /// Index of the first event.
    pub(super) fn begin(&self) -> u64 {
        match self {
            Self::Operation(operation) => operation.invocation,
            Self::Opened(event, _) | Self::Event(event) => event.index,
        }
    }

    /// Index of the last event.
    pub(super) fn end(&self) -> u64 {
        match self {
            Self::Operation(operation) => operation.ended(),
            Self::Opened(_, event) | Self::Event(event) => event.index,
        }
    }

    /// The member that was asked.
    pub(super) fn member(&self) -> Option<MemberIndex> {
        match self {
            Self::Operation(operation) => operation.member,
            Self::Opened(event, _) | Self::Event(event) => event.member,
        }
    }

    /// A revision that the store certainly had at the step's end.
    pub(super) fn reached(&self) -> Option<Revision> {
        match self {
            Self::Operation(operation) => operation.reached(),
            _ => self.changes().iter().map(|change| change.kv.mod_revision).max(),
        }
    }
}

impl Case<'_> {
    /// Exactly these many steps.
    pub(super) fn exactly<const N: usize>(&self) -> Result<[&Step; N], String> {
        let steps: Vec<&Step> = self.steps.iter().collect();
        <[&Step; N]>::try_from(steps)
            .map_err(|steps| format!("has {} steps where {N} prove it", steps.len()))
    }

    /// Two operations that are not the same.
    pub(super) fn two_operations(&self) -> Result<[&Operation; 2], String> {
        let [one, other] = self.exactly::<2>()?;
        let reason = "names something else than two operations";
        let one = required(one.operation(), reason)?;
        let other = required(other.operation(), reason)?;
        if one.invocation == other.invocation {
            return Err("names one operation twice".to_owned());
        }
        Ok([one, other])
    }

    /// The first step that is an operation, and the first that is a watch's delivery.
    pub(super) fn write_and_delivery(&self) -> Result<(&Operation, &Step), String> {
        let [one, other] = self.exactly::<2>()?;
        let reason = "is not an operation and what a watch delivered";
        match (one.operation(), other.operation()) {
            (Some(operation), None) if other.delivery().is_some() => Ok((operation, other)),
            (None, Some(operation)) if one.delivery().is_some() => Ok((operation, one)),
            _ => Err(reason.to_owned()),
        }
    }
}
