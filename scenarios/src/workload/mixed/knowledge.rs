//! What a client has learnt from the answers to its own requests.

use std::collections::BTreeMap;

use stormglass_checkers::history::{
    Bytes, Delete, Header, KeyValue, LeaseId, Put, PutResponse, Range, RangeResponse, Refusal,
    Request, Response, Revision, Txn, TxnOp, TxnResponse,
};

use super::keys::{KeySpace, contains};

/// What a client knows of one key, as far as it was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// 0 where the key is absent.
    pub(super) mod_revision: Revision,
    pub(super) create_revision: Option<Revision>,
    pub(super) version: Option<i64>,
    pub(super) value: Option<Bytes>,
    pub(super) lease: Option<LeaseId>,
}

impl Known {
    fn absent() -> Self {
        let lease = Some(LeaseId::default());
        Self { create_revision: Some(Revision(0)), version: Some(0), lease, ..Self::default() }
    }

    /// Whether the key was absent.
    pub(super) fn is_absent(&self) -> bool {
        self.mod_revision.is_zero()
    }
}

/// What a client has learnt: hints for its next requests, never a claim about the
/// store, which other clients change meanwhile.
#[derive(Default)]
pub(super) struct Knowledge {
    newest: Revision,
    compacted: Revision,
    keys: BTreeMap<Bytes, Known>,
    freshest: Option<Bytes>,
}

impl Knowledge {
    /// The newest revision that any header showed; 0 before the first.
    pub(super) fn newest(&self) -> Revision {
        self.newest
    }

    /// The newest revision that is known to be compacted; 0 for none.
    pub(super) fn compacted(&self) -> Revision {
        self.compacted
    }

    /// What is known of the key.
    pub(super) fn of(&self, key: &Bytes) -> Option<&Known> {
        self.keys.get(key)
    }

    /// The key that was learnt of last.
    pub(super) fn freshest(&self) -> Option<&Bytes> {
        self.freshest.as_ref()
    }

    /// Learns from an answer.
    pub(super) fn answered(&mut self, keys: &KeySpace, request: &Request, response: &Response) {
        let header = response.header().copied().unwrap_or_default();
        self.newest = self.newest.max(header.revision);
        match (request, response) {
            (Request::Put(put), Response::Put(answer)) => self.put(keys, put, answer, header),
            (Request::Range(range), Response::Range(answer)) => self.range(keys, range, answer),
            (Request::Delete(delete), Response::Delete(_)) => self.delete(keys, delete),
            (Request::Txn(txn), Response::Txn(answer)) => self.txn(keys, txn, answer, header),
            (Request::Compact(compact), Response::Compact(_)) => {
                self.compacted = self.compacted.max(compact.revision);
            }
            _ => {}
        }
    }

    /// Learns from a refusal: the revision asked for has been compacted.
    pub(super) fn refused(&mut self, request: &Request, refusal: Refusal) {
        if let (Request::Range(range), Refusal::Compacted) = (request, refusal) {
            self.compacted = self.compacted.max(range.revision);
        }
    }

    fn put(&mut self, keys: &KeySpace, put: &Put, answer: &PutResponse, header: Header) {
        let before = answer.prev_kv.as_ref();
        let known = Known {
            mod_revision: header.revision,
            create_revision: match before {
                Some(before) => Some(before.create_revision),
                None => put.prev_kv.then_some(header.revision),
            },
            version: match before {
                Some(before) => Some(before.version.saturating_add(1)),
                None => put.prev_kv.then_some(1),
            },
            value: match before {
                Some(before) if put.ignore_value => Some(before.value.clone()),
                _ => (!put.ignore_value).then(|| put.value.clone()),
            },
            lease: match before {
                Some(before) if put.ignore_lease => Some(before.lease),
                _ => (!put.ignore_lease).then_some(put.lease),
            },
        };
        self.learn(keys, &put.key, known);
    }

    fn range(&mut self, keys: &KeySpace, range: &Range, answer: &RangeResponse) {
        // A past revision says nothing of the present.
        if !range.revision.is_zero() {
            return;
        }
        if range.range_end.is_empty() && answer.count == 0 {
            self.learn(keys, &range.key, Known::absent());
        }
        for pair in &answer.kvs {
            self.learn(keys, &pair.key, present(pair, range.keys_only));
        }
    }

    fn delete(&mut self, keys: &KeySpace, delete: &Delete) {
        if delete.range_end.is_empty() {
            self.learn(keys, &delete.key, Known::absent());
            return;
        }
        let interval = (delete.key.clone(), delete.range_end.clone());
        for (key, known) in &mut self.keys {
            if contains(&interval, key) {
                *known = Known::absent();
            }
        }
    }

    fn txn(&mut self, keys: &KeySpace, txn: &Txn, answer: &TxnResponse, header: Header) {
        let branch = if answer.succeeded { &txn.success } else { &txn.failure };
        for (operation, response) in branch.iter().zip(&answer.responses) {
            match (operation, response) {
                (TxnOp::Put(put), Response::Put(answer)) => self.put(keys, put, answer, header),
                (TxnOp::Range(range), Response::Range(answer)) => self.range(keys, range, answer),
                (TxnOp::Delete(delete), Response::Delete(_)) => self.delete(keys, delete),
                (TxnOp::Txn(inner), Response::Txn(answer)) => self.txn(keys, inner, answer, header),
                _ => {}
            }
        }
    }

    fn learn(&mut self, keys: &KeySpace, key: &Bytes, known: Known) {
        if keys.remembers(key) {
            self.keys.insert(key.clone(), known);
            self.freshest = Some(key.clone());
        }
    }
}

fn present(pair: &KeyValue, keys_only: bool) -> Known {
    Known {
        mod_revision: pair.mod_revision,
        create_revision: Some(pair.create_revision),
        version: Some(pair.version),
        value: (!keys_only).then(|| pair.value.clone()),
        lease: Some(pair.lease),
    }
}
