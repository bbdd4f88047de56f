//! Which revisions are the doing of a request, or may be.

use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::{changes_of, may_have_written};
use crate::history::{Bytes, Delete, Outcome, Request, Response, Revision, TxnOp};
use crate::keys::KeyRange;
use crate::model::{Claim, claim};

/// Revisions that requests made, and deletions that they may have made.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubts {
    /// Revisions beyond the settled ones that an answered request made.
    made: BTreeSet<Revision>,
    /// Keys that a request of open outcome may have deleted, with the first such
    /// request's invocation.
    keys: BTreeMap<Bytes, u64>,
    ranges: Vec<(KeyRange, u64)>,
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
        let mut delete = |delete: &Delete| {
            if delete.range_end.is_empty() {
                let first = self.keys.entry(delete.key.clone()).or_insert(index);
                *first = (*first).min(index);
            } else {
                self.ranges.push((KeyRange::new(&delete.key, &delete.range_end), index));
            }
        };
        let mut key = |key: Bytes| delete(&Delete { key, ..Delete::default() });
        match request {
            Request::Delete(request) => delete(request),
            Request::Unlock(unlock) => key(unlock.key.clone()),
            Request::Resign(leader) => key(leader.key.clone()),
            Request::Lock(lock) => key(owned(&lock.name, lock.lease.0)),
            Request::Campaign(campaign) => key(owned(&campaign.name, campaign.lease.0)),
            _ => changes_of(request, &mut |op| {
                if let TxnOp::Delete(request) = op {
                    delete(request);
                }
            }),
        }
    }

    /// Whether an answered request made a revision.
    pub(super) fn made(&self, revision: Revision) -> bool {
        self.made.contains(&revision)
    }

    /// Whether a request that was invoked before an index may have deleted a key.
    pub(super) fn may_have_deleted(&self, key: &Bytes, before: u64) -> bool {
        self.keys.get(key).is_some_and(|index| *index < before)
            || self.ranges.iter().any(|(range, index)| *index < before && range.contains(key))
    }

    /// Nothing up to this revision will be asked about any more.
    pub(super) fn forget(&mut self, settled: Revision) {
        self.made = self.made.split_off(&settled.next());
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
