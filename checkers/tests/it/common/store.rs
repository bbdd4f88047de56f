//! A store that is right by being naive: whole maps, copied; a log replayed from the
//! start for every read of the past. It shares no code with the model that it tests.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use stormglass_checkers::history::{
    Bytes, Compare, CompareOperator, CompareTarget, Delete, DeleteResponse, Empty, Header,
    KeyEvent, KeyEventKind, KeyValue, LeaseId, LeaseTtl, Put, PutResponse, Range, RangeResponse,
    Refusal, Request, Response, Revision, SortOrder, SortTarget, Txn, TxnOp, TxnResponse,
};

type Pairs = BTreeMap<Bytes, KeyValue>;

/// The reference store.
#[derive(Clone, Debug, Default)]
pub struct Store {
    log: Vec<Vec<KeyEvent>>,
    pairs: Pairs,
    leases: BTreeSet<LeaseId>,
    compacted: i64,
}

/// A transaction under way: the pairs as they are inside it, and its changes so far.
struct Work {
    base: i64,
    pairs: Pairs,
    events: Vec<KeyEvent>,
}

impl Work {
    fn revision(&self) -> i64 {
        self.base + i64::from(!self.events.is_empty())
    }
}

impl Store {
    /// The current revision.
    pub fn revision(&self) -> i64 {
        1 + i64::try_from(self.log.len()).unwrap_or(i64::MAX - 1)
    }

    /// The changes of a revision.
    pub fn changes(&self, revision: i64) -> &[KeyEvent] {
        usize::try_from(revision - 2).ok().and_then(|at| self.log.get(at)).map_or(&[], |e| e)
    }

    /// The pairs at a revision.
    pub fn at(&self, revision: i64) -> Pairs {
        if revision >= self.revision() {
            return self.pairs.clone();
        }
        let mut pairs = Pairs::new();
        for past in 2..=revision {
            for event in self.changes(past) {
                match event.kind {
                    KeyEventKind::Put => pairs.insert(event.kv.key.clone(), event.kv.clone()),
                    KeyEventKind::Delete => pairs.remove(&event.kv.key),
                };
            }
        }
        pairs
    }

    /// A request takes effect.
    ///
    /// # Errors
    /// What the store refuses, it refuses without effect.
    pub fn apply(&mut self, request: &Request) -> Result<Response, Refusal> {
        match request {
            Request::Put(_) | Request::Range(_) | Request::Delete(_) => {
                let op = super::requests::txn_op(request.clone()).ok_or(Refusal::Other)?;
                let txn = Txn { success: vec![op], ..Txn::default() };
                let response = self.transact(&txn)?;
                response.responses.into_iter().next().ok_or(Refusal::Other)
            }
            Request::Txn(txn) => self.transact(txn).map(Response::Txn),
            Request::Compact(compact) => self.compact(compact.revision.0),
            Request::LeaseGrant(grant) if self.leases.insert(grant.lease) => {
                let ttl_seconds = grant.ttl_seconds;
                let header = Some(self.header());
                Ok(Response::LeaseGrant(LeaseTtl { header, lease: grant.lease, ttl_seconds }))
            }
            Request::LeaseGrant(_) => Err(Refusal::LeaseExists),
            Request::LeaseRevoke(lease) if self.end_lease(lease.lease) => {
                Ok(Response::LeaseRevoke(Empty { header: Some(self.header()) }))
            }
            Request::LeaseRevoke(_) => Err(Refusal::LeaseNotFound),
            _ => Err(Refusal::Unimplemented),
        }
    }

    /// A serializable request is answered from the state at an older revision.
    ///
    /// # Errors
    /// What that member would refuse.
    pub fn read_old(&self, request: &Request, revision: i64) -> Result<Response, Refusal> {
        let mut old = self.clone();
        old.log.truncate(usize::try_from(revision - 1).unwrap_or(0));
        old.pairs = self.at(revision);
        old.apply(request)
    }

    /// A lease ends; its keys go. Whether it existed.
    pub fn end_lease(&mut self, lease: LeaseId) -> bool {
        let base = self.revision();
        let mut work = Work { base, pairs: self.pairs.clone(), events: Vec::new() };
        let attached = self.pairs.values().filter(|pair| pair.lease == lease);
        for key in attached.map(|pair| pair.key.clone()).collect::<Vec<_>>() {
            delete_key(&mut work, &key);
        }
        self.commit(work);
        self.leases.remove(&lease)
    }

    fn header(&self) -> Header {
        header(self.revision())
    }

    fn compact(&mut self, revision: i64) -> Result<Response, Refusal> {
        match revision {
            old if old <= self.compacted => Err(Refusal::Compacted),
            new if new > self.revision() => Err(Refusal::FutureRevision),
            _ => {
                self.compacted = revision;
                Ok(Response::Compact(Empty { header: Some(self.header()) }))
            }
        }
    }

    fn transact(&mut self, txn: &Txn) -> Result<TxnResponse, Refusal> {
        let base = self.revision();
        let mut work = Work { base, pairs: self.pairs.clone(), events: Vec::new() };
        let before = self.pairs.clone();
        let mut response = self.branch(&before, &mut work, txn)?;
        response.header = Some(header(work.revision()));
        self.commit(work);
        Ok(response)
    }

    fn commit(&mut self, work: Work) {
        if !work.events.is_empty() {
            self.pairs = work.pairs;
            self.log.push(work.events);
        }
    }

    fn branch(&self, before: &Pairs, work: &mut Work, txn: &Txn) -> Result<TxnResponse, Refusal> {
        let succeeded = txn.compare.iter().all(|guard| holds(before, guard));
        let ops = if succeeded { &txn.success } else { &txn.failure };
        let mut responses = Vec::new();
        for op in ops {
            responses.push(match op {
                TxnOp::Put(request) => Response::Put(self.put(before, work, request)?),
                TxnOp::Range(request) => Response::Range(self.range(work, request)?),
                TxnOp::Delete(request) => Response::Delete(delete(work, request)),
                TxnOp::Txn(request) => Response::Txn(self.branch(before, work, request)?),
            });
        }
        Ok(TxnResponse { header: Some(header(0)), succeeded, responses })
    }

    fn put(&self, before: &Pairs, work: &mut Work, put: &Put) -> Result<PutResponse, Refusal> {
        if (put.ignore_value || put.ignore_lease) && !before.contains_key(&put.key) {
            return Err(Refusal::KeyNotFound);
        }
        if !put.lease.is_none() && !self.leases.contains(&put.lease) {
            return Err(Refusal::LeaseNotFound);
        }
        let old = work.pairs.get(&put.key).cloned();
        let revision = Revision(work.base + 1);
        let known = old.clone().unwrap_or_default();
        let pair = KeyValue {
            key: put.key.clone(),
            create_revision: old.as_ref().map_or(revision, |pair| pair.create_revision),
            mod_revision: revision,
            version: known.version + 1,
            value: if put.ignore_value { known.value } else { put.value.clone() },
            lease: if put.ignore_lease { known.lease } else { put.lease },
        };
        work.pairs.insert(put.key.clone(), pair.clone());
        let prev_kv = old.clone();
        work.events.push(KeyEvent { kind: KeyEventKind::Put, kv: pair, prev_kv });
        let prev_kv = if put.prev_kv { old } else { None };
        Ok(PutResponse { header: Some(header(work.revision())), prev_kv })
    }

    fn range(&self, work: &Work, range: &Range) -> Result<RangeResponse, Refusal> {
        if range.revision.0 > work.base {
            return Err(Refusal::FutureRevision);
        }
        if range.revision.0 != 0 && range.revision.0 < self.compacted {
            return Err(Refusal::Compacted);
        }
        let pairs =
            if range.revision.0 == 0 { work.pairs.clone() } else { self.at(range.revision.0) };
        let mut kvs: Vec<KeyValue> = pairs
            .into_values()
            .filter(|pair| within(&pair.key, &range.key, &range.range_end))
            .collect();
        let header = Some(header(work.revision()));
        let count = i64::try_from(kvs.len()).unwrap_or(i64::MAX);
        if range.count_only {
            return Ok(RangeResponse { header, count, ..RangeResponse::default() });
        }
        let limit = usize::try_from(range.limit).unwrap_or(0);
        if limit > 0 && range.sort.order == SortOrder::None && !filtered(range) {
            kvs.truncate(limit + 1);
        }
        kvs.retain(|pair| passes(range, pair));
        sort(&mut kvs, range);
        let more = limit > 0 && kvs.len() > limit;
        if more {
            kvs.truncate(limit);
        }
        if range.keys_only {
            for pair in &mut kvs {
                pair.value = Bytes::default();
            }
        }
        Ok(RangeResponse { header, kvs, more, count })
    }
}

fn header(revision: i64) -> Header {
    Header { revision: Revision(revision), ..Header::default() }
}

/// Whether a key lies in a range as etcd writes it.
pub fn within(key: &Bytes, from: &Bytes, to: &Bytes) -> bool {
    match to.as_slice() {
        b"" => key == from,
        b"\0" => key >= from,
        _ => key >= from && key < to,
    }
}

fn delete(work: &mut Work, request: &Delete) -> DeleteResponse {
    let keys: Vec<Bytes> = work
        .pairs
        .keys()
        .filter(|key| within(key, &request.key, &request.range_end))
        .cloned()
        .collect();
    let gone: Vec<KeyValue> = keys.iter().filter_map(|key| delete_key(work, key)).collect();
    let deleted = i64::try_from(gone.len()).unwrap_or(i64::MAX);
    let prev_kvs = if request.prev_kv { gone } else { Vec::new() };
    DeleteResponse { header: Some(header(work.revision())), deleted, prev_kvs }
}

fn delete_key(work: &mut Work, key: &Bytes) -> Option<KeyValue> {
    let gone = work.pairs.remove(key)?;
    let mod_revision = Revision(work.base + 1);
    let kv = KeyValue { key: key.clone(), mod_revision, ..KeyValue::default() };
    let prev_kv = Some(gone.clone());
    work.events.push(KeyEvent { kind: KeyEventKind::Delete, kv, prev_kv });
    Some(gone)
}

fn filtered(range: &Range) -> bool {
    [
        range.min_mod_revision,
        range.max_mod_revision,
        range.min_create_revision,
        range.max_create_revision,
    ]
    .iter()
    .any(|bound| !bound.is_zero())
}

fn passes(range: &Range, pair: &KeyValue) -> bool {
    let low = |bound: Revision, found: Revision| bound.is_zero() || found >= bound;
    let high = |bound: Revision, found: Revision| bound.is_zero() || found <= bound;
    low(range.min_mod_revision, pair.mod_revision)
        && high(range.max_mod_revision, pair.mod_revision)
        && low(range.min_create_revision, pair.create_revision)
        && high(range.max_create_revision, pair.create_revision)
}

fn sort(kvs: &mut [KeyValue], range: &Range) {
    let by = |one: &KeyValue, other: &KeyValue| match range.sort.target {
        SortTarget::Key => one.key.cmp(&other.key),
        SortTarget::Version => one.version.cmp(&other.version),
        SortTarget::CreateRevision => one.create_revision.cmp(&other.create_revision),
        SortTarget::ModRevision => one.mod_revision.cmp(&other.mod_revision),
        SortTarget::Value => one.value.cmp(&other.value),
    };
    match range.sort.order {
        SortOrder::Descend => kvs.sort_by(|one, other| by(other, one)),
        SortOrder::None | SortOrder::Ascend => kvs.sort_by(by),
    }
}

fn holds(pairs: &Pairs, guard: &Compare) -> bool {
    let found: Vec<&KeyValue> =
        pairs.values().filter(|p| within(&p.key, &guard.key, &guard.range_end)).collect();
    let absent = KeyValue::default();
    match (found.is_empty(), &guard.target) {
        (true, CompareTarget::Value(_)) => false,
        (true, _) => satisfies(&absent, guard),
        (false, _) => found.iter().all(|pair| satisfies(pair, guard)),
    }
}

fn satisfies(pair: &KeyValue, guard: &Compare) -> bool {
    let order = match &guard.target {
        CompareTarget::Version(version) => pair.version.cmp(version),
        CompareTarget::CreateRevision(revision) => pair.create_revision.cmp(revision),
        CompareTarget::ModRevision(revision) => pair.mod_revision.cmp(revision),
        CompareTarget::Value(value) => pair.value.cmp(value),
        CompareTarget::Lease(lease) => pair.lease.cmp(lease),
    };
    match guard.operator {
        CompareOperator::Equal => order == Ordering::Equal,
        CompareOperator::NotEqual => order != Ordering::Equal,
        CompareOperator::Greater => order == Ordering::Greater,
        CompareOperator::Less => order == Ordering::Less,
    }
}
