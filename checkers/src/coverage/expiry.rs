//! Leases that ended by themselves, inferred from the deletes of their keys.

use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::{RevisionSet, changes_of};
use crate::history::{
    Bytes, Delete, KeyEvent, KeyEventKind, LeaseId, Request, Revision, TxnOp, WatchEvent,
    WatchFrame,
};
use crate::keys::KeyRange;

/// Finds expiries. A revision counts as the end of a lease when all its changes are
/// deletes of keys attached to that one lease, no revocation of it was ever asked for,
/// no acknowledged write made the revision, and no delete of unknown outcome could have.
#[derive(Clone, Debug, Default)]
pub(super) struct Expiry {
    revisions: BTreeMap<Revision, Candidate>,
    acknowledged: RevisionSet,
    revoked: BTreeSet<LeaseId>,
    told: BTreeSet<LeaseId>,
    doubtful: Vec<KeyRange>,
}

#[derive(Clone, Debug)]
struct Candidate {
    lease: LeaseId,
    keys: Vec<Bytes>,
}

impl Expiry {
    /// A request is about to be sent.
    pub(super) fn ask(&mut self, request: &Request) {
        if let Request::LeaseRevoke(lease) = request {
            self.revoked.insert(lease.lease);
        }
    }

    /// A server said that a lease ended.
    pub(super) fn told(&mut self, lease: LeaseId) {
        self.told.insert(lease);
    }

    /// A write made a revision.
    pub(super) fn acknowledge(&mut self, revision: Revision) {
        self.acknowledged.insert(revision);
    }

    /// Nobody knows whether a request took effect.
    pub(super) fn doubt(&mut self, request: &Request) {
        let mut doubt = |delete: &Delete| {
            self.doubtful.push(KeyRange::new(&delete.key, &delete.range_end));
        };
        if let Request::Delete(delete) = request {
            doubt(delete);
        }
        changes_of(request, &mut |op| {
            if let TxnOp::Delete(delete) = op {
                doubt(delete);
            }
        });
    }

    /// A watch of every key, with previous pairs, shows changes.
    pub(super) fn frame(&mut self, watch: &WatchEvent) {
        let WatchFrame::Events(events) = &watch.frame else { return };
        if events.fragment {
            return;
        }
        for changes in
            events.events.chunk_by(|one, other| one.kv.mod_revision == other.kv.mod_revision)
        {
            let revision = changes[0].kv.mod_revision;
            if let Some(candidate) = candidate(changes) {
                self.revisions.entry(revision).or_insert(candidate);
            }
        }
    }

    /// How many leases ended by themselves.
    pub(super) fn count(&self) -> u64 {
        let certain = self.revisions.iter().filter(|(revision, candidate)| {
            !self.acknowledged.contains(**revision)
                && !self.revoked.contains(&candidate.lease)
                && !self
                    .doubtful
                    .iter()
                    .any(|range| candidate.keys.iter().all(|key| range.contains(key)))
        });
        let mut leases = self.told.clone();
        leases.extend(certain.map(|(_, candidate)| candidate.lease));
        leases.len() as u64
    }
}

/// The lease whose keys are deleted by all changes of a revision, if it is one.
fn candidate(changes: &[KeyEvent]) -> Option<Candidate> {
    let lease = changes.first()?.prev_kv.as_ref()?.lease;
    let all = changes.iter().all(|change| {
        change.kind == KeyEventKind::Delete
            && change.prev_kv.as_ref().is_some_and(|prev| prev.lease == lease)
    });
    let keys = changes.iter().map(|change| change.kv.key.clone()).collect();
    (all && !lease.is_none()).then_some(Candidate { lease, keys })
}
