//! The clients of `set`.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{
    Bytes, CompareTarget, Nanos, Put, Range, Request, Response, Revision, Txn, TxnOp,
};

use super::weights::WEIGHTS;
use crate::plan::Plan;
use crate::trigger;
use crate::workload::actor::{Actor, Role, pinned};
use crate::workload::guard::equal;
use crate::workload::keys_below::keys_below;
use crate::workload::requester::{OneByOne, Requester};
use crate::workload::values::Values;
use crate::workload::weights::Weights;

/// Draws that may find nothing to send.
const DRAWS_MAX: usize = 32;
/// Elements that several clients try to add, for each element that the run has by then.
const CONTESTED: u64 = 4;
/// Elements that a client remembers to ask for.
const REMEMBERED: usize = 256;

/// Clients only.
pub(in crate::workload) fn actors(plan: &Plan, prefix: &str) -> Vec<Actor> {
    pinned(plan, Role::Client, plan.scenario.workload.clients, |number, rng| {
        Box::new(OneByOne::new(Client::new(plan, prefix, number, rng)))
    })
}

struct Client {
    prefix: String,
    sets: u32,
    number: u32,
    rng: ChaCha8Rng,
    weights: Weights,
    values: Values,
    added: u64,
    contested: u64,
    /// Elements that are surely there.
    own: Vec<Bytes>,
}

impl Client {
    fn new(plan: &Plan, prefix: &str, number: u32, rng: ChaCha8Rng) -> Self {
        let spec = &plan.scenario.workload;
        let refused: &[&str] = if plan.avoids(trigger::GUARDED_TXN) { &["add-once"] } else { &[] };
        Self {
            prefix: prefix.to_owned(),
            sets: spec.keys.max(1),
            number,
            rng,
            weights: Weights::new(&WEIGHTS, spec, refused),
            values: Values::new(number, spec.value_size),
            added: 0,
            contested: 0,
            own: Vec::new(),
        }
    }

    /// A set, by the beginning of its elements' keys.
    fn set(&mut self) -> String {
        format!("{}set/{:02}/", self.prefix, self.rng.random_range(0..self.sets))
    }

    fn request(&mut self) -> Option<Request> {
        let name = self.weights.draw(&mut self.rng)?;
        Some(match name {
            "add-once" => self.add_once(),
            "contains" => {
                let count = self.own.len();
                let chosen = (count > 0).then(|| self.rng.random_range(0..count))?;
                Request::Range(Range { key: self.own[chosen].clone(), ..Range::default() })
            }
            "read" | "stale-read" => {
                let (key, range_end) = keys_below(&self.set());
                let serializable = name == "stale-read";
                Request::Range(Range { key, range_end, serializable, ..Range::default() })
            }
            _ => {
                self.added += 1;
                let element = format!("{}{}-{:06}", self.set(), self.number, self.added);
                let value = self.values.next(&mut self.rng);
                Request::Put(Put { key: Bytes::from(element), value, ..Put::default() })
            }
        })
    }

    /// Clients go through the contested elements at about the same pace, and meet.
    fn add_once(&mut self) -> Request {
        self.contested += self.rng.random_range(1..=CONTESTED);
        let set = u64::from(self.sets);
        let (slot, number) = (self.contested % set, self.contested / set);
        let key = Bytes::from(format!("{}set/{slot:02}/once-{number:06}", self.prefix));
        let put =
            Put { key: key.clone(), value: self.values.next(&mut self.rng), ..Put::default() };
        Request::Txn(Txn {
            compare: vec![equal(&key, CompareTarget::CreateRevision(Revision(0)))],
            success: vec![TxnOp::Put(put)],
            failure: vec![TxnOp::Range(Range { key, ..Range::default() })],
        })
    }

    fn there(&mut self, element: &Bytes) {
        if self.own.len() < REMEMBERED {
            self.own.push(element.clone());
        } else {
            let place = self.rng.random_range(0..REMEMBERED);
            self.own[place] = element.clone();
        }
    }
}

impl Requester for Client {
    fn next(&mut self, _now: Nanos) -> Option<Request> {
        (0..DRAWS_MAX).find_map(|_| self.request())
    }

    fn answered(&mut self, request: &Request, answer: &Response) {
        match (request, answer) {
            (Request::Put(put), _) => self.there(&put.key),
            // Added now, or there already.
            (Request::Txn(txn), Response::Txn(_)) => {
                if let Some(TxnOp::Put(put)) = txn.success.first() {
                    self.there(&put.key);
                }
            }
            _ => {}
        }
    }
}
