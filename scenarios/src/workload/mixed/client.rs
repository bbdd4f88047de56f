//! A client of `mixed`.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{Body, Event, Outcome, Request};

use super::requests::Requests;
use super::settings::Settings;
use crate::workload::actor::Workload;
use crate::workload::context::Context;
use crate::workload::step::Step;

/// How long to wait where nothing can be sent.
const NOTHING: Duration = Duration::from_millis(10);

/// A client: one request after the other, from what its own answers taught it.
pub(super) struct Client {
    settings: Arc<Settings>,
    requests: Requests,
    open: Option<Request>,
}

impl Client {
    pub(super) fn new(settings: Arc<Settings>, number: u32, rng: ChaCha8Rng) -> Self {
        let requests = Requests::new(&settings, number, rng);
        Self { settings, requests, open: None }
    }
}

impl Workload for Client {
    fn next(&mut self, context: &Context) -> Step {
        let request = self.requests.next(&self.settings, context.now);
        request.map_or(Step::Wait(NOTHING), Step::Invoke)
    }

    fn observe(&mut self, event: &Event) {
        match &event.body {
            Body::Invoke(invoke) => self.open = Some(invoke.request.clone()),
            Body::Complete(outcome) => {
                let Some(request) = self.open.take() else { return };
                match outcome {
                    Outcome::Ok(answer) => {
                        self.requests.answered(&self.settings, &request, answer);
                    }
                    Outcome::Failed(definite) => self.requests.refused(&request, definite.reason),
                    // It may yet happen: nothing is known.
                    Outcome::Unknown(_) => {}
                }
            }
            _ => {}
        }
    }
}
