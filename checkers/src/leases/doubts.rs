//! Which revisions are the doing of a request, or may be.

use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::may_have_written;
use crate::history::{Bytes, Delete, Outcome, Request, Response, Revision, TxnOp};
use crate::keys::KeyRange;
use crate::model::{Claim, claim};

/// Revisions that requests made, and deletions that they may have made.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubts {
    /// Revisions beyond the settled ones that an answered request made.
    made: BTreeSet<Revision>,
    /// What requests of open outcome may have done, where that is nothing but deletions.
    deletions: Vec<Deletions>,
    /// Those of them that name a key by itself.
    of_key: BTreeMap<Bytes, Vec<usize>>,
    /// Those of them that name ranges.
    of_ranges: Vec<usize>,
}

/// What one request may have deleted in one revision.
#[derive(Clone, Debug, Default)]
struct Deletions {
    /// The request's invocation.
    index: u64,
    ranges: Vec<KeyRange>,
}

impl Deletions {
    fn may_be_of(&self, key: &Bytes) -> bool {
        self.ranges.iter().any(|range| range.contains(key))
    }
}

impl Doubts {
    /// An operation that was invoked at an index has ended.
    pub(super) fn ended(&mut self, index: u64, request: &Request, outcome: &Outcome) {
        match outcome {
            Outcome::Ok(response) => {
                self.made.extend(may_have_written(response).filter(|_| !revokes(response)));
                if let Claim::Writer(revision) = claim(request, response) {
                    self.made.insert(revision);
                }
                // Without a revision nobody knows which one it made.
                let nameless = claim(request, response) == Claim::None;
                if nameless || matches!(request, Request::Unlock(_) | Request::Resign(_)) {
                    self.doubt(index, request);
                }
            }
            Outcome::Unknown(_) => self.doubt(index, request),
            // A lock that is given up deletes its key behind the scenes.
            Outcome::Failed(_) => {
                if let Request::Lock(_) | Request::Campaign(_) = request {
                    self.doubt(index, request);
                }
            }
        }
    }

    /// Nobody knows whether a request took effect.
    pub(super) fn doubt(&mut self, index: u64, request: &Request) {
        let key = |key: Bytes| KeyRange::new(&key, &Bytes::default());
        match request {
            Request::Delete(delete) => self.may_delete(index, vec![range(delete)]),
            Request::Unlock(unlock) => self.may_delete(index, vec![key(unlock.key.clone())]),
            Request::Resign(leader) => self.may_delete(index, vec![key(leader.key.clone())]),
            Request::Lock(lock) => {
                self.may_delete(index, vec![key(owned(&lock.name, lock.lease.0))]);
            }
            Request::Campaign(campaign) => {
                self.may_delete(index, vec![key(owned(&campaign.name, campaign.lease.0))]);
            }
            Request::Txn(txn) => {
                for branch in [&txn.success, &txn.failure] {
                    // A branch that puts makes no revision that only deletes.
                    if !branch.iter().any(|op| matches!(op, TxnOp::Put(_))) {
                        let mut ranges = Vec::new();
                        for op in branch {
                            deletions(op, &mut ranges);
                        }
                        self.may_delete(index, ranges);
                    }
                }
            }
            _ => {}
        }
    }

    fn may_delete(&mut self, index: u64, ranges: Vec<KeyRange>) {
        if ranges.is_empty() {
            return;
        }
        let at = self.deletions.len();
        for range in &ranges {
            match range.single() {
                Some(key) => self.of_key.entry(key.clone()).or_default().push(at),
                None => self.of_ranges.push(at),
            }
        }
        self.deletions.push(Deletions { index, ranges });
    }

    /// Whether an answered request made a revision.
    pub(super) fn made(&self, revision: Revision) -> bool {
        self.made.contains(&revision)
    }

    /// Whether one request that was invoked before an index may have deleted these keys, and
    /// done nothing else, in one revision.
    pub(super) fn may_have_deleted(&self, keys: &[&Bytes], before: u64) -> bool {
        let Some(first) = keys.first() else { return false };
        let named = self.of_key.get(*first).into_iter().flatten();
        let mut candidates = named.chain(&self.of_ranges).filter_map(|at| self.deletions.get(*at));
        candidates.any(|deletions| {
            deletions.index < before && keys.iter().all(|key| deletions.may_be_of(key))
        })
    }

    /// Nothing up to this revision will be asked about any more.
    pub(super) fn forget(&mut self, settled: Revision) {
        self.made = self.made.split_off(&settled.next());
    }
}

fn range(delete: &Delete) -> KeyRange {
    KeyRange::new(&delete.key, &delete.range_end)
}

/// What an operation of a transaction may delete, whatever its guards say.
fn deletions(op: &TxnOp, ranges: &mut Vec<KeyRange>) {
    match op {
        TxnOp::Delete(delete) => ranges.push(range(delete)),
        TxnOp::Txn(txn) => {
            for op in txn.success.iter().chain(&txn.failure) {
                deletions(op, ranges);
            }
        }
        TxnOp::Put(_) | TxnOp::Range(_) => {}
    }
}

/// Revocations are no request's doing here: they are ends of leases.
fn revokes(response: &Response) -> bool {
    matches!(response, Response::LeaseRevoke(_))
}

/// The key that etcd's lock and election services make for a lease: `NAME/LEASE`.
fn owned(name: &Bytes, lease: i64) -> Bytes {
    let mut key = name.as_slice().to_vec();
    key.extend_from_slice(format!("/{lease:x}").as_bytes());
    Bytes::from(key)
}
