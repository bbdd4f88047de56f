//! A request that went to the wire.

use std::sync::Arc;

use super::operation::Place;
use crate::history::{Body, Event, Request};
use crate::verdict::WitnessStep;
use crate::wording;

/// The event of an invocation, shared with whoever made it: requests are not copied.
#[derive(Clone, Debug)]
pub(crate) struct Sent(Arc<Event>);

impl Sent {
    /// An event, if it is an invocation.
    pub(crate) fn of(event: &Arc<Event>) -> Option<Self> {
        matches!(event.body, Body::Invoke(_)).then(|| Self(Arc::clone(event)))
    }

    /// The event.
    pub(crate) fn event(&self) -> &Event {
        &self.0
    }

    /// What was asked for.
    pub(crate) fn request(&self) -> &Request {
        match &self.0.body {
            Body::Invoke(invoke) => &invoke.request,
            _ => unreachable!("it is an invocation"),
        }
    }

    /// Where it stands, with the event that ended it.
    pub(crate) fn place(&self, completion: &Event) -> Place {
        Place::of(&self.0).until(completion.index, completion.at)
    }

    /// As a step of a witness, with what the event that ended it shows.
    pub(crate) fn step(&self, completion: &Event, shows: String) -> WitnessStep {
        self.place(completion).step(wording::request(self.request()), shows)
    }
}
