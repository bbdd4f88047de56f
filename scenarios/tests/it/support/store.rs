//! The store: one member, no history, no lease expiry.

use std::collections::{BTreeMap, BTreeSet};

use stormglass_checkers::history::{
    Bytes, Compare, CompareOperator, CompareTarget, Definite, Delete, DeleteResponse, Empty,
    Header, KeyEvent, KeyEventKind, KeyValue, LeaseListResponse, LeaseTimeToLiveResponse, LeaseTtl,
    Outcome, Put, PutResponse, Range, RangeResponse, Refusal, Request, Response, Revision, Txn,
    TxnOp, TxnResponse,
};

/// The store.
pub(crate) struct Store {
    pairs: BTreeMap<Bytes, KeyValue>,
    leases: BTreeSet<i64>,
    pub(crate) revision: i64,
    pub(crate) compacted: i64,
    pub(crate) log: Vec<KeyEvent>,
}

pub(crate) fn inside(first: &Bytes, end: &Bytes, key: &Bytes) -> bool {
    match end.as_slice() {
        [] => key == first,
        [0] => key >= first,
        _ => key >= first && key < end,
    }
}

impl Default for Store {
    fn default() -> Self {
        let (pairs, leases, log) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        Self { pairs, leases, revision: 1, compacted: 0, log }
    }
}

impl Store {
    pub(crate) fn header(&self) -> Header {
        Header { revision: Revision(self.revision), ..Header::default() }
    }

    pub(crate) fn apply(&mut self, request: &Request) -> Outcome {
        let (at, before) = (self.revision + 1, self.log.len());
        let result = self.answer(request, at);
        if self.log.len() > before {
            self.revision = at;
        }
        match result {
            Ok(mut response) => {
                self.stamp(&mut response);
                Outcome::Ok(response)
            }
            Err(reason) => Outcome::Failed(Definite { reason, message: String::new() }),
        }
    }

    fn answer(&mut self, request: &Request, at: i64) -> Result<Response, Refusal> {
        Ok(match request {
            Request::Put(put) if put.lease.0 != 0 && !self.leases.contains(&put.lease.0) => {
                return Err(Refusal::LeaseNotFound);
            }
            Request::Put(put)
                if (put.ignore_value || put.ignore_lease) && !self.pairs.contains_key(&put.key) =>
            {
                return Err(Refusal::KeyNotFound);
            }
            Request::Put(put) => self.put(put, at),
            Request::Range(range) => self.range(range)?,
            Request::Delete(delete) => self.delete(delete, at),
            Request::Txn(txn) => self.txn(txn, at)?,
            Request::Compact(compact) => {
                assert!(compact.revision.0 <= self.revision, "a compaction in the future");
                self.compacted = compact.revision.0;
                Response::Compact(Empty::default())
            }
            Request::LeaseGrant(grant) => {
                if !self.leases.insert(grant.lease.0) {
                    return Err(Refusal::LeaseExists);
                }
                Response::LeaseGrant(LeaseTtl { lease: grant.lease, ..LeaseTtl::default() })
            }
            Request::LeaseKeepAlive(alive) => {
                let ttl_seconds = if self.leases.contains(&alive.lease.0) { 3 } else { 0 };
                let lease = alive.lease;
                Response::LeaseKeepAlive(LeaseTtl { header: None, lease, ttl_seconds })
            }
            Request::LeaseRevoke(lease) => {
                self.leases.remove(&lease.lease.0);
                Response::LeaseRevoke(Empty::default())
            }
            Request::LeaseTimeToLive(question) => {
                let lease = question.lease;
                Response::LeaseTimeToLive(LeaseTimeToLiveResponse { lease, ..Default::default() })
            }
            Request::LeaseList {} => Response::LeaseList(LeaseListResponse::default()),
            other => panic!("the workload does not send {other:?}"),
        })
    }

    fn stamp(&self, response: &mut Response) {
        let header = Some(self.header());
        match response {
            Response::Put(response) => response.header = header,
            Response::Range(response) => response.header = header,
            Response::Delete(response) => response.header = header,
            Response::Txn(response) => response.header = header,
            Response::LeaseGrant(response) | Response::LeaseKeepAlive(response) => {
                response.header = header;
            }
            Response::Compact(response) | Response::LeaseRevoke(response) => {
                response.header = header;
            }
            _ => {}
        }
    }

    fn put(&mut self, put: &Put, at: i64) -> Response {
        let before = self.pairs.get(&put.key).cloned();
        let pair = KeyValue {
            key: put.key.clone(),
            create_revision: before.as_ref().map_or(Revision(at), |pair| pair.create_revision),
            mod_revision: Revision(at),
            version: before.as_ref().map_or(1, |pair| pair.version + 1),
            value: match &before {
                Some(before) if put.ignore_value => before.value.clone(),
                _ => put.value.clone(),
            },
            lease: match &before {
                Some(before) if put.ignore_lease => before.lease,
                _ => put.lease,
            },
        };
        self.pairs.insert(put.key.clone(), pair.clone());
        self.log.push(KeyEvent { kind: KeyEventKind::Put, kv: pair, prev_kv: None });
        Response::Put(PutResponse { header: None, prev_kv: before.filter(|_| put.prev_kv) })
    }

    fn delete(&mut self, delete: &Delete, at: i64) -> Response {
        let keys = self.pairs.keys().filter(|key| inside(&delete.key, &delete.range_end, key));
        let keys: Vec<Bytes> = keys.cloned().collect();
        let deleted = i64::try_from(keys.len()).expect("few");
        for key in keys {
            self.pairs.remove(&key);
            let kv = KeyValue { key, mod_revision: Revision(at), ..KeyValue::default() };
            self.log.push(KeyEvent { kind: KeyEventKind::Delete, kv, prev_kv: None });
        }
        Response::Delete(DeleteResponse { header: None, deleted, prev_kvs: Vec::new() })
    }

    fn range(&self, range: &Range) -> Result<Response, Refusal> {
        if range.revision.0 > self.revision {
            return Err(Refusal::FutureRevision);
        }
        if range.revision.0 != 0 && range.revision.0 < self.compacted {
            return Err(Refusal::Compacted);
        }
        let pairs = self.pairs.range(range.key.clone()..);
        let kvs = pairs.take_while(|(key, _)| inside(&range.key, &range.range_end, key));
        let kvs: Vec<KeyValue> = kvs.map(|(_, pair)| pair.clone()).collect();
        let count = i64::try_from(kvs.len()).expect("few");
        let limit = usize::try_from(range.limit).ok().filter(|limit| *limit > 0);
        let more = limit.is_some_and(|limit| kvs.len() > limit);
        let most = if range.count_only { 0 } else { limit.unwrap_or(usize::MAX) };
        let kvs = kvs.into_iter().take(most).collect();
        Ok(Response::Range(RangeResponse { header: None, kvs, more, count }))
    }

    fn txn(&mut self, txn: &Txn, at: i64) -> Result<Response, Refusal> {
        let succeeded = txn.compare.iter().all(|guard| holds(self, guard));
        let branch = if succeeded { &txn.success } else { &txn.failure };
        let responses = branch.iter().map(|operation| match operation {
            TxnOp::Put(put) => Ok(self.put(put, at)),
            TxnOp::Range(range) => self.range(range),
            TxnOp::Delete(delete) => Ok(self.delete(delete, at)),
            TxnOp::Txn(txn) => self.txn(txn, at),
        });
        let responses = responses.collect::<Result<_, _>>()?;
        Ok(Response::Txn(TxnResponse { header: None, succeeded, responses }))
    }
}

fn holds(store: &Store, guard: &Compare) -> bool {
    let found = store.pairs.range(guard.key.clone()..);
    let found = found.take_while(|(key, _)| inside(&guard.key, &guard.range_end, key));
    let found: Vec<&KeyValue> = found.map(|(_, pair)| pair).collect();
    if found.is_empty() {
        let value = matches!(guard.target, CompareTarget::Value(_));
        return !value && satisfies(&KeyValue::default(), guard);
    }
    found.into_iter().all(|pair| satisfies(pair, guard))
}

fn satisfies(stored: &KeyValue, guard: &Compare) -> bool {
    let order = match &guard.target {
        CompareTarget::Version(version) => stored.version.cmp(version),
        CompareTarget::CreateRevision(revision) => stored.create_revision.cmp(revision),
        CompareTarget::ModRevision(revision) => stored.mod_revision.cmp(revision),
        CompareTarget::Lease(lease) => stored.lease.cmp(lease),
        CompareTarget::Value(value) => stored.value.cmp(value),
    };
    match guard.operator {
        CompareOperator::Equal => order.is_eq(),
        CompareOperator::NotEqual => order.is_ne(),
        CompareOperator::Greater => order.is_gt(),
        CompareOperator::Less => order.is_lt(),
    }
}
