//! A store of numbered keys that does one request after the other.

use std::collections::{BTreeMap, BTreeSet};

use super::dice::Dice;
use crate::history::{
    Bytes, Compare, CompareTarget, Delete, DeleteResponse, Empty, Header, KeyEvent, KeyEventKind,
    KeyValue, LeaseId, LeaseTtl, Put, PutResponse, Range, RangeResponse, Refusal, Request,
    Response, Revision, Txn, TxnOp, TxnResponse,
};

/// The store.
#[derive(Clone, Debug)]
pub(super) struct Store {
    names: Vec<Bytes>,
    pairs: Vec<Option<KeyValue>>,
    revision: Revision,
    /// Leases, and the keys attached to each.
    attached: BTreeMap<LeaseId, BTreeSet<usize>>,
    /// The same leases, to draw one from.
    list: Vec<LeaseId>,
}

impl Store {
    pub(super) fn new(keys: usize) -> Self {
        Self {
            names: (0..keys.max(2)).map(|key| format!("k{key:07}").into()).collect(),
            pairs: vec![None; keys.max(2)],
            revision: Revision(1),
            attached: BTreeMap::new(),
            list: Vec::new(),
        }
    }

    pub(super) fn size(&self) -> usize {
        self.names.len()
    }

    pub(super) fn key(&self, at: usize) -> Bytes {
        self.names[at].clone()
    }

    pub(super) fn leases(&self) -> usize {
        self.list.len()
    }

    pub(super) fn some_lease(&self, dice: &mut Dice) -> LeaseId {
        if self.list.is_empty() { LeaseId(0) } else { self.list[dice.place(self.list.len())] }
    }

    /// A key's revision of last modification; 0 if it does not exist.
    pub(super) fn mod_revision(&self, at: usize) -> Revision {
        self.pairs[at].as_ref().map(|pair| pair.mod_revision).unwrap_or_default()
    }

    /// A key's pair.
    pub(super) fn pair(&self, key: &Bytes) -> Option<&KeyValue> {
        self.pairs[place(key)].as_ref()
    }

    /// A request takes effect. What it changes is appended to `changes`, all at one
    /// revision.
    ///
    /// # Errors
    /// When it is refused, without effect.
    pub(super) fn apply(
        &mut self,
        request: &Request,
        changes: &mut Vec<KeyEvent>,
    ) -> Result<Response, Refusal> {
        if !self.leases_exist(request) {
            return Err(Refusal::LeaseNotFound);
        }
        let next = self.revision.next();
        let mut response = match request {
            Request::Put(put) => Response::Put(self.put(put, next, changes)),
            Request::Range(range) => Response::Range(self.range(range)),
            Request::Delete(delete) => Response::Delete(self.delete(delete, next, changes)),
            Request::Txn(txn) => Response::Txn(self.txn(txn, next, changes)),
            Request::LeaseGrant(grant) => {
                self.attached.insert(grant.lease, BTreeSet::new());
                self.list.push(grant.lease);
                let (lease, ttl_seconds) = (grant.lease, grant.ttl_seconds);
                Response::LeaseGrant(LeaseTtl { header: None, lease, ttl_seconds })
            }
            Request::LeaseRevoke(lease) => {
                self.revoke(lease.lease, next, changes);
                Response::LeaseRevoke(Empty::default())
            }
            Request::LeaseKeepAlive(lease) => Response::LeaseKeepAlive(LeaseTtl {
                header: None,
                lease: lease.lease,
                ttl_seconds: 30,
            }),
            _ => return Err(Refusal::Unimplemented),
        };
        if !changes.is_empty() {
            self.revision = next;
        }
        set_header(&mut response, self.revision);
        Ok(response)
    }

    fn leases_exist(&self, request: &Request) -> bool {
        let exists = |lease: &LeaseId| lease.is_none() || self.attached.contains_key(lease);
        match request {
            Request::Put(put) => exists(&put.lease),
            Request::LeaseRevoke(lease) | Request::LeaseKeepAlive(lease) => exists(&lease.lease),
            Request::Txn(txn) if self.holds(txn) => txn.success.iter().all(|op| match op {
                TxnOp::Put(put) => exists(&put.lease),
                _ => true,
            }),
            _ => true,
        }
    }

    fn put(&mut self, put: &Put, next: Revision, changes: &mut Vec<KeyEvent>) -> PutResponse {
        let at = place(&put.key);
        let old = self.pairs[at].take();
        let kv = KeyValue {
            key: put.key.clone(),
            create_revision: old.as_ref().map_or(next, |old| old.create_revision),
            mod_revision: next,
            version: old.as_ref().map_or(1, |old| old.version + 1),
            value: put.value.clone(),
            lease: put.lease,
        };
        self.move_lease(at, old.as_ref().map(|old| old.lease), Some(put.lease));
        self.pairs[at] = Some(kv.clone());
        let prev_kv = if put.prev_kv { old.clone() } else { None };
        changes.push(KeyEvent { kind: KeyEventKind::Put, kv, prev_kv: old });
        PutResponse { header: None, prev_kv }
    }

    fn move_lease(&mut self, at: usize, from: Option<LeaseId>, to: Option<LeaseId>) {
        if let Some(keys) = from.and_then(|lease| self.attached.get_mut(&lease)) {
            keys.remove(&at);
        }
        if let Some(keys) = to.and_then(|lease| self.attached.get_mut(&lease)) {
            keys.insert(at);
        }
    }

    fn remove(&mut self, at: usize, next: Revision, changes: &mut Vec<KeyEvent>) {
        let Some(old) = self.pairs[at].take() else { return };
        self.move_lease(at, Some(old.lease), None);
        let kv = KeyValue { key: old.key.clone(), mod_revision: next, ..KeyValue::default() };
        changes.push(KeyEvent { kind: KeyEventKind::Delete, kv, prev_kv: Some(old) });
    }

    fn delete(
        &mut self,
        delete: &Delete,
        next: Revision,
        changes: &mut Vec<KeyEvent>,
    ) -> DeleteResponse {
        let before = changes.len();
        self.remove(place(&delete.key), next, changes);
        let gone = &changes[before..];
        let deleted = i64::try_from(gone.len()).unwrap_or(i64::MAX);
        let shown = gone.iter().filter(|_| delete.prev_kv);
        let prev_kvs = shown.filter_map(|change| change.prev_kv.clone()).collect();
        DeleteResponse { header: None, deleted, prev_kvs }
    }

    fn range(&self, range: &Range) -> RangeResponse {
        let from = place(&range.key);
        let to = if range.range_end.is_empty() { from + 1 } else { place(&range.range_end) };
        let kvs: Vec<KeyValue> = self.pairs[from..to].iter().filter_map(Clone::clone).collect();
        let count = i64::try_from(kvs.len()).unwrap_or(i64::MAX);
        RangeResponse { header: None, kvs, more: false, count }
    }

    fn holds(&self, txn: &Txn) -> bool {
        txn.compare.iter().all(|Compare { key, target, .. }| {
            matches!(target, CompareTarget::ModRevision(wanted)
                if *wanted == self.mod_revision(place(key)))
        })
    }

    fn txn(&mut self, txn: &Txn, next: Revision, changes: &mut Vec<KeyEvent>) -> TxnResponse {
        let succeeded = self.holds(txn);
        let ops = if succeeded { &txn.success } else { &txn.failure };
        let mut responses = Vec::with_capacity(ops.len());
        for op in ops {
            responses.push(match op {
                TxnOp::Put(put) => Response::Put(self.put(put, next, changes)),
                TxnOp::Range(range) => Response::Range(self.range(range)),
                TxnOp::Delete(delete) => Response::Delete(self.delete(delete, next, changes)),
                TxnOp::Txn(txn) => Response::Txn(self.txn(txn, next, changes)),
            });
        }
        TxnResponse { header: None, succeeded, responses }
    }

    fn revoke(&mut self, lease: LeaseId, next: Revision, changes: &mut Vec<KeyEvent>) {
        for at in self.attached.remove(&lease).unwrap_or_default() {
            self.remove(at, next, changes);
        }
        self.list.retain(|other| *other != lease);
    }
}

/// The place of a key, by the number in its name.
fn place(key: &Bytes) -> usize {
    key.as_slice()[1..].iter().fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}

fn set_header(response: &mut Response, revision: Revision) {
    let filled = Some(Header { revision, ..Header::default() });
    match response {
        Response::Put(response) => response.header = filled,
        Response::Range(response) => response.header = filled,
        Response::Delete(response) => response.header = filled,
        Response::Txn(response) => response.header = filled,
        Response::LeaseGrant(response) | Response::LeaseKeepAlive(response) => {
            response.header = filled;
        }
        Response::LeaseRevoke(response) => response.header = filled,
        _ => {}
    }
}
