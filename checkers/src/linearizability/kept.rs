//! Answers that wait: shared with whoever made them, not copied.

use std::sync::Arc;

use crate::history::{Body, Event, Outcome, Response};

/// The event of an answer.
#[derive(Clone, Debug)]
pub(super) struct Answer(Arc<Event>);

impl Answer {
    /// What was answered.
    pub(super) fn response(&self) -> &Response {
        match &self.0.body {
            Body::Complete(Outcome::Ok(response)) => response,
            _ => unreachable!("only an answer is kept as one"),
        }
    }
}

/// An answer that is looked at, and kept if it has to wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answering<'a> {
    pub(super) event: &'a Arc<Event>,
    /// The event's response.
    pub(super) response: &'a Response,
}

impl Answering<'_> {
    /// Keeps it.
    pub(super) fn keep(self) -> Answer {
        Answer(Arc::clone(self.event))
    }
}
