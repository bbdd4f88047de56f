//! A client of `mixed`.

use std::sync::Arc;

use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{Nanos, Refusal, Request, Response};

use super::requests::Requests;
use super::settings::Settings;
use crate::workload::requester::Requester;

/// A client: its requests, and what all clients share. Of a request that nobody knows the outcome
/// of, nothing is learnt: it may yet happen.
pub(super) struct Client {
    settings: Arc<Settings>,
    requests: Requests,
}

impl Client {
    pub(super) fn new(settings: Arc<Settings>, number: u32, rng: ChaCha8Rng) -> Self {
        let requests = Requests::new(&settings, number, rng);
        Self { settings, requests }
    }
}

impl Requester for Client {
    fn next(&mut self, now: Nanos) -> Option<Request> {
        self.requests.next(&self.settings, now)
    }

    fn answered(&mut self, request: &Request, answer: &Response) {
        self.requests.answered(&self.settings, request, answer);
    }

    fn refused(&mut self, request: &Request, refusal: Refusal) {
        self.requests.refused(request, refusal);
    }
}
