//! Clients that send one request after the other, from what their own answers taught them.

use std::time::Duration;

use stormglass_checkers::history::{Body, Event, Nanos, Outcome, Refusal, Request, Response};

use super::actor::Workload;
use super::context::Context;
use super::step::Step;

/// How long to wait where nothing can be sent.
const NOTHING: Duration = Duration::from_millis(10);

/// What a client asks, and what it learns.
pub(super) trait Requester: Send {
    /// The next request; none where there is nothing to send now.
    fn next(&mut self, now: Nanos) -> Option<Request>;

    /// A request was answered.
    fn answered(&mut self, request: &Request, answer: &Response);

    /// A request was refused.
    fn refused(&mut self, _request: &Request, _refusal: Refusal) {}

    /// Nobody knows what a request did.
    fn doubted(&mut self, _request: &Request) {}
}

/// A client of a requester.
pub(super) struct OneByOne<R> {
    requester: R,
    open: Option<Request>,
}

impl<R: Requester> OneByOne<R> {
    pub(super) fn new(requester: R) -> Self {
        Self { requester, open: None }
    }
}

impl<R: Requester> Workload for OneByOne<R> {
    fn next(&mut self, context: &Context) -> Step {
        self.requester.next(context.now).map_or(Step::Wait(NOTHING), Step::Invoke)
    }

    fn observe(&mut self, event: &Event) {
        match &event.body {
            Body::Invoke(invoke) => self.open = Some(invoke.request.clone()),
            Body::Complete(outcome) => {
                let Some(request) = self.open.take() else { return };
                match outcome {
                    Outcome::Ok(answer) => self.requester.answered(&request, answer),
                    Outcome::Failed(definite) => self.requester.refused(&request, definite.reason),
                    Outcome::Unknown(_) => self.requester.doubted(&request),
                }
            }
            _ => {}
        }
    }
}
