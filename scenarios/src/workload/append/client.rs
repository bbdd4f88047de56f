//! A client of `append`.

use std::sync::Arc;

use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{Nanos, Request, Response};

use super::requests::Requests;
use super::settings::Settings;
use crate::workload::requester::Requester;

/// A client. Of what is unknown or refused nothing is learnt: a guard that is too old by now does
/// not hold, and the lists are read.
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
    fn next(&mut self, _now: Nanos) -> Option<Request> {
        self.requests.next(&self.settings)
    }

    fn answered(&mut self, request: &Request, answer: &Response) {
        if let (Request::Txn(txn), Response::Txn(answer)) = (request, answer) {
            self.requests.answered(&self.settings, txn, answer);
        }
    }
}
