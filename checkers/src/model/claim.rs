//! Which responses carry a position in the order of operations: the one table.

use crate::history::{LeaseId, Range, Request, Response, Revision, Txn, TxnOp, TxnResponse};

/// What the revision in a response's header says about the operation's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It made this revision.
    Writer(Revision),
    /// It saw the state at this revision and changed nothing.
    Reader(Revision),
    /// It ended a lease when this was the revision, and made it if keys were attached.
    Revoke(Revision),
    /// The member alone answered from its state at this revision, which may be old.
    Local(Revision),
    /// Nothing.
    None,
}

impl Claim {
    /// The revision that the claim names.
    pub fn revision(self) -> Option<Revision> {
        match self {
            Self::Writer(revision)
            | Self::Reader(revision)
            | Self::Revoke(revision)
            | Self::Local(revision) => Some(revision),
            Self::None => None,
        }
    }
}

/// What a response claims. Without a header, or with revision 0, nothing.
///
/// Keepalive answers carry the member's revision before the renewal, time-to-live and
/// lists are local, compaction and maintenance carry the live revision: none of them is
/// a position (etcd's sources; for compaction etcd #17833).
pub fn claim(request: &Request, response: &Response) -> Claim {
    let revision = match response.header() {
        Some(header) if header.revision.0 > 0 => header.revision,
        _ => return Claim::None,
    };
    match (request, response) {
        _ if is_local(request) => Claim::Local(revision),
        (Request::Put(_) | Request::Delete(_) | Request::Txn(_), answer) if mutated(answer) => {
            Claim::Writer(revision)
        }
        // A grant's is set when its entry is applied, so it saw every revision up to it.
        (Request::Delete(_) | Request::Txn(_) | Request::Range(_) | Request::LeaseGrant(_), _) => {
            Claim::Reader(revision)
        }
        (Request::LeaseRevoke(_), _) => Claim::Revoke(revision),
        _ => Claim::None,
    }
}

/// Whether the member that is asked answers alone, from a state that may be old: a
/// serializable range, or a transaction of nothing else. Empty branches count, and its
/// guards are then judged locally too.
pub fn is_local(request: &Request) -> bool {
    match request {
        Request::Range(range) => range.serializable,
        Request::Txn(txn) => txn.success.iter().chain(&txn.failure).all(is_local_op),
        _ => false,
    }
}

fn is_local_op(op: &TxnOp) -> bool {
    matches!(op, TxnOp::Range(Range { serializable: true, .. }))
}

/// Whether a request asks for the state at a revision that it names.
pub fn reads_past(request: &Request) -> bool {
    match request {
        Request::Range(range) => !range.revision.is_zero(),
        Request::Txn(txn) => txn_reads_past(txn),
        _ => false,
    }
}

fn txn_reads_past(txn: &Txn) -> bool {
    txn.success.iter().chain(&txn.failure).any(|op| match op {
        TxnOp::Range(range) => !range.revision.is_zero(),
        TxnOp::Txn(txn) => txn_reads_past(txn),
        TxnOp::Put(_) | TxnOp::Delete(_) => false,
    })
}

/// Whether a response says that the operation changed something.
pub fn mutated(response: &Response) -> bool {
    match response {
        Response::Put(_) => true,
        Response::Delete(response) => response.deleted > 0,
        Response::Txn(TxnResponse { responses, .. }) => responses.iter().any(mutated),
        _ => false,
    }
}

/// Whether an operation may change the key space.
pub fn can_mutate(request: &Request) -> bool {
    match request {
        Request::Put(_)
        | Request::Delete(_)
        | Request::LeaseRevoke(_)
        | Request::Lock(_)
        | Request::Unlock(_)
        | Request::Campaign(_)
        | Request::Proclaim(_)
        | Request::Resign(_) => true,
        Request::Txn(txn) => txn_can_mutate(txn),
        _ => false,
    }
}

fn txn_can_mutate(txn: &Txn) -> bool {
    txn.success.iter().chain(&txn.failure).any(|op| match op {
        TxnOp::Put(_) | TxnOp::Delete(_) => true,
        TxnOp::Txn(txn) => txn_can_mutate(txn),
        TxnOp::Range(_) => false,
    })
}

/// The lease that an operation names: the first, if it puts several keys.
pub fn lease_of(request: &Request) -> Option<LeaseId> {
    let lease = match request {
        Request::Put(put) => Some(put.lease),
        Request::LeaseRevoke(lease) => Some(lease.lease),
        Request::Txn(txn) => lease_of_txn(txn),
        _ => None,
    };
    lease.filter(|lease| !lease.is_none())
}

fn lease_of_txn(txn: &Txn) -> Option<LeaseId> {
    txn.success.iter().chain(&txn.failure).find_map(|op| match op {
        TxnOp::Put(put) if !put.lease.is_none() => Some(put.lease),
        TxnOp::Txn(txn) => lease_of_txn(txn),
        _ => None,
    })
}
