//! What a client knows of objects, from its own answers.

use std::collections::BTreeMap;

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{
    Bytes, KeyValue, RangeResponse, Response, Revision, Txn, TxnOp, TxnResponse,
};

/// The revision of each object that the client has seen; none of those that it saw to be gone.
#[derive(Default)]
pub(super) struct Known {
    objects: BTreeMap<Bytes, Option<Revision>>,
}

impl Known {
    /// Whether an object is there, as far as is known.
    pub(super) fn is_there(&self, key: &Bytes) -> bool {
        self.objects.get(key).is_some_and(Option::is_some)
    }

    /// Some object that is there, with its revision.
    pub(super) fn one(&self, rng: &mut ChaCha8Rng) -> Option<(Bytes, Revision)> {
        let there = || self.objects.iter().filter_map(|(key, at)| Some((key, (*at)?)));
        let count = there().count();
        let chosen = if count == 0 { None } else { there().nth(rng.random_range(0..count)) };
        chosen.map(|(key, revision)| (key.clone(), revision))
    }

    /// Nobody knows what became of what a transaction touches.
    pub(super) fn doubt(&mut self, txn: &Txn) {
        for op in &txn.success {
            if let Some(key) = written(op) {
                self.objects.remove(key);
            }
        }
    }

    /// A transaction on one object was answered.
    pub(super) fn answered(&mut self, txn: &Txn, answer: &TxnResponse) {
        let at = answer.header.as_ref().map(|header| header.revision);
        match (txn.success.first(), answer.succeeded) {
            (Some(TxnOp::Put(put)), true) => {
                self.objects.insert(put.key.clone(), at);
            }
            (Some(TxnOp::Delete(delete)), true) => {
                self.objects.insert(delete.key.clone(), None);
            }
            (Some(op), false) => {
                if let (Some(key), Some(Response::Range(read))) =
                    (written(op), answer.responses.first())
                {
                    self.read(key, read);
                }
            }
            _ => {}
        }
    }

    /// One object was read.
    pub(super) fn read(&mut self, key: &Bytes, answer: &RangeResponse) {
        let at = answer.kvs.first().map(|pair| pair.mod_revision);
        self.objects.insert(key.clone(), at);
    }

    /// Some objects were listed.
    pub(super) fn listed(&mut self, pairs: &[KeyValue]) {
        for pair in pairs {
            self.objects.insert(pair.key.clone(), Some(pair.mod_revision));
        }
    }
}

fn written(op: &TxnOp) -> Option<&Bytes> {
    match op {
        TxnOp::Put(put) => Some(&put.key),
        TxnOp::Delete(delete) => Some(&delete.key),
        TxnOp::Range(_) | TxnOp::Txn(_) => None,
    }
}
