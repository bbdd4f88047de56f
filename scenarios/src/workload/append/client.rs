//! A client of `append`.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{Body, Event, Outcome, Request, Response, Txn};

use super::requests::Requests;
use super::settings::Settings;
use crate::workload::actor::Workload;
use crate::workload::context::Context;
use crate::workload::step::Step;

/// How long to wait where nothing can be sent.
const NOTHING: Duration = Duration::from_millis(10);

/// A client: one transaction after the other, from what its own answers taught it.
pub(super) struct Client {
    settings: Arc<Settings>,
    requests: Requests,
    open: Option<Txn>,
}

impl Client {
    pub(super) fn new(settings: Arc<Settings>, number: u32, rng: ChaCha8Rng) -> Self {
        let requests = Requests::new(&settings, number, rng);
        Self { settings, requests, open: None }
    }
}

impl Workload for Client {
    fn next(&mut self, _context: &Context) -> Step {
        self.requests.next(&self.settings).map_or(Step::Wait(NOTHING), Step::Invoke)
    }

    fn observe(&mut self, event: &Event) {
        match &event.body {
            Body::Invoke(invoke) => {
                self.open = match &invoke.request {
                    Request::Txn(txn) => Some(txn.clone()),
                    _ => None,
                };
            }
            Body::Complete(outcome) => {
                // Of what is unknown or refused nothing is learnt: a guard that is too
                // old by now does not hold, and the lists are read.
                if let (Some(txn), Outcome::Ok(Response::Txn(answer))) = (self.open.take(), outcome)
                {
                    self.requests.answered(&self.settings, &txn, answer);
                }
            }
            _ => {}
        }
    }
}
