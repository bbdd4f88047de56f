//! What must come before what, although no revision says so: a lease is granted before
//! it is used, and used before it ends; the past is read before it is compacted.

use std::collections::BTreeMap;

use super::engine::Engine;
use super::operation::Op;
use crate::history::{LeaseId, Outcome, Put, Refusal, Request, Response, Revision, Txn, TxnOp};
use crate::model::Change;

/// So many leases, and compactions, are remembered.
const REMEMBERED: usize = 65_536;

/// What is known of one lease.
#[derive(Clone, Debug, Default)]
struct Lease {
    /// Grants that were not refused. With more than one it may live again.
    grants: u32,
    /// When a grant was acknowledged.
    granted: Option<u64>,
    /// The operation that shows that it had ended: a revocation, or a refusal since it
    /// did not exist any more.
    ended: Option<Op>,
}

/// Leases and compactions, as far as their order is certain.
#[derive(Clone, Debug, Default)]
pub(super) struct Lifetimes {
    leases: BTreeMap<LeaseId, Lease>,
    /// Whether leases were dropped, so that one that is not known may exist.
    dropped: bool,
    /// Acknowledged compactions.
    compactions: Vec<Op>,
}

impl Lifetimes {
    /// A lease is asked for.
    pub(super) fn asked(&mut self, request: &Request) {
        let Request::LeaseGrant(grant) = request else { return };
        if grant.lease.is_none() {
            // The server chooses the lease, so any may exist.
            self.dropped = true;
        }
        self.leases.entry(grant.lease).or_default().grants += 1;
        if self.leases.len() > REMEMBERED {
            self.leases.pop_first();
            self.dropped = true;
        }
    }
}

impl Engine {
    /// An operation ended; its outcome may begin or end a lifetime.
    pub(super) fn lifetimes(&mut self, op: &Op, outcome: &Outcome) {
        match (op.request(), outcome) {
            (Request::LeaseGrant(grant), Outcome::Ok(Response::LeaseGrant(_))) => {
                if let Some(lease) = self.lifetimes.leases.get_mut(&grant.lease) {
                    lease.granted.get_or_insert(op.returned());
                }
            }
            (Request::LeaseGrant(grant), Outcome::Failed(_)) => {
                if let Some(lease) = self.lifetimes.leases.get_mut(&grant.lease) {
                    lease.grants = lease.grants.saturating_sub(1);
                }
            }
            (Request::LeaseRevoke(revoke), Outcome::Ok(_)) => {
                self.lease_used(op, revoke.lease);
                self.lease_ended(op, revoke.lease);
            }
            (request, Outcome::Failed(definite)) if definite.reason == Refusal::LeaseNotFound => {
                for lease in leases(request) {
                    self.lease_ended(op, lease);
                }
            }
            (Request::Compact(_), Outcome::Ok(_)) => {
                self.lifetimes.compactions.push(op.clone());
                if self.lifetimes.compactions.len() > REMEMBERED {
                    self.lifetimes.compactions.remove(0);
                }
            }
            (Request::Compact(_), Outcome::Failed(_)) => {
                self.refusals.no_compaction(op.invocation);
            }
            _ => {}
        }
    }

    /// An operation shows that a lease does not exist (any more).
    fn lease_ended(&mut self, op: &Op, lease: LeaseId) {
        let Some(known) = self.lifetimes.leases.get_mut(&lease) else { return };
        let revoked = matches!(op.request(), Request::LeaseRevoke(_))
            && matches!(op.end, super::operation::End::Answered(_));
        let begun = revoked || known.granted.is_some_and(|granted| granted < op.invocation);
        // A transaction that names several leases does not say which one was missing.
        if begun && leases(op.request()).len() == 1 && known.ended.is_none() {
            known.ended = Some(op.clone());
        }
    }

    /// An acknowledged operation needed a lease.
    fn lease_used(&mut self, op: &Op, lease: LeaseId) {
        if self.stopped.is_some() || self.foreign_writes {
            return;
        }
        let known = self.lifetimes.leases.get(&lease);
        let Some(known) = known.filter(|known| known.grants > 0) else {
            // On shared ground it may be somebody else's.
            if !self.lifetimes.dropped && !self.territory.is_shared() {
                self.dead_lease(op, lease, None);
            }
            return;
        };
        let Some(ended) = known.ended.clone().filter(|_| known.grants == 1) else { return };
        if ended.returned() < op.invocation {
            self.dead_lease(op, lease, Some(&ended));
        }
    }

    /// An acknowledged write attached keys to leases.
    pub(super) fn leases_used(&mut self, op: &Op, changes: &[Change]) {
        let attached = changes.iter().filter_map(|change| change.pair.as_ref());
        let mut used: Vec<LeaseId> =
            attached.map(|pair| pair.lease).filter(|lease| !lease.is_none()).collect();
        if used.is_empty() {
            return;
        }
        // A put may also keep a lease that the key has: that needs none to exist anew.
        let named = leases(op.request());
        used.retain(|lease| named.contains(lease));
        used.sort_unstable();
        used.dedup();
        for lease in used {
            self.lease_used(op, lease);
        }
    }

    /// An answered operation read the past at a revision.
    pub(super) fn past_read(&mut self, op: &Op, read: Revision) {
        let before = |compaction: &&Op| {
            compaction.returned() < op.invocation
                && matches!(compaction.request(),
                    Request::Compact(compact) if compact.revision > read)
        };
        if let Some(compaction) = self.lifetimes.compactions.iter().rev().find(before).cloned() {
            self.read_of_compacted(op, read, &compaction);
        }
    }
}

/// The leases that a request names, each once.
fn leases(request: &Request) -> Vec<LeaseId> {
    let mut found = Vec::new();
    match request {
        Request::Put(put) => found.extend(lease_of(put)),
        Request::Txn(txn) => leases_of_txn(txn, &mut found),
        Request::LeaseRevoke(revoke) => found.push(revoke.lease),
        _ => {}
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn lease_of(put: &Put) -> Option<LeaseId> {
    Some(put.lease).filter(|lease| !lease.is_none())
}

fn leases_of_txn(txn: &Txn, found: &mut Vec<LeaseId>) {
    for op in txn.success.iter().chain(&txn.failure) {
        match op {
            TxnOp::Put(put) => found.extend(lease_of(put)),
            TxnOp::Txn(txn) => leases_of_txn(txn, found),
            TxnOp::Range(_) | TxnOp::Delete(_) => {}
        }
    }
}
