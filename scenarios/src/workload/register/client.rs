//! The clients of `register`.

use std::collections::BTreeMap;

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{
    Bytes, CompareTarget, Nanos, Put, Range, Request, Response, Txn, TxnOp,
};

use super::weights::WEIGHTS;
use crate::plan::Plan;
use crate::trigger;
use crate::workload::actor::{Actor, Role, pinned};
use crate::workload::guard::equal;
use crate::workload::requester::{OneByOne, Requester};
use crate::workload::values::Values;
use crate::workload::weights::Weights;

/// Draws that may find nothing to send: a swap needs a value that was seen.
const DRAWS_MAX: usize = 32;

/// Clients only.
pub(in crate::workload) fn actors(plan: &Plan, prefix: &str) -> Vec<Actor> {
    pinned(plan, Role::Client, plan.scenario.workload.clients, |number, rng| {
        Box::new(OneByOne::new(Client::new(plan, prefix, number, rng)))
    })
}

struct Client {
    prefix: String,
    registers: u32,
    rng: ChaCha8Rng,
    weights: Weights,
    values: Values,
    /// The value of each register as the client saw it last.
    seen: BTreeMap<Bytes, Bytes>,
}

impl Client {
    fn new(plan: &Plan, prefix: &str, number: u32, rng: ChaCha8Rng) -> Self {
        let spec = &plan.scenario.workload;
        let refused: &[&str] = if plan.avoids(trigger::GUARDED_TXN) { &["cas"] } else { &[] };
        Self {
            prefix: prefix.to_owned(),
            registers: spec.keys.max(1),
            rng,
            weights: Weights::new(&WEIGHTS, spec, refused),
            values: Values::new(number, spec.value_size),
            seen: BTreeMap::new(),
        }
    }

    fn request(&mut self) -> Option<Request> {
        let name = self.weights.draw(&mut self.rng)?;
        let number = self.rng.random_range(0..self.registers);
        let key = Bytes::from(format!("{}register/{number:03}", self.prefix));
        let serializable = name == "stale-read";
        Some(match name {
            "write" => {
                let value = self.values.next(&mut self.rng);
                Request::Put(Put { key, value, ..Put::default() })
            }
            "cas" => {
                let old = self.seen.get(&key)?.clone();
                let put = Put {
                    key: key.clone(),
                    value: self.values.next(&mut self.rng),
                    ..Put::default()
                };
                Request::Txn(Txn {
                    compare: vec![equal(&key, CompareTarget::Value(old))],
                    success: vec![TxnOp::Put(put)],
                    failure: vec![TxnOp::Range(Range { key, ..Range::default() })],
                })
            }
            _ => Request::Range(Range { key, serializable, ..Range::default() }),
        })
    }

    fn see(&mut self, key: &Bytes, value: Option<&Bytes>) {
        match value {
            Some(value) => self.seen.insert(key.clone(), value.clone()),
            None => self.seen.remove(key),
        };
    }
}

impl Requester for Client {
    fn next(&mut self, _now: Nanos) -> Option<Request> {
        (0..DRAWS_MAX).find_map(|_| self.request())
    }

    fn answered(&mut self, request: &Request, answer: &Response) {
        match (request, answer) {
            (Request::Put(put), _) => self.see(&put.key, Some(&put.value)),
            (Request::Range(range), Response::Range(answer)) => {
                self.see(&range.key, answer.kvs.first().map(|pair| &pair.value));
            }
            (Request::Txn(txn), Response::Txn(answer)) => {
                match (txn.success.first(), answer.responses.first()) {
                    (Some(TxnOp::Put(put)), _) if answer.succeeded => {
                        self.see(&put.key, Some(&put.value));
                    }
                    (Some(TxnOp::Put(put)), Some(Response::Range(read))) => {
                        self.see(&put.key, read.kvs.first().map(|pair| &pair.value));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}
