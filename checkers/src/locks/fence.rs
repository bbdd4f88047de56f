//! Fences: guards of transactions that name a key's creation revision.

use crate::evidence::Place;
use crate::history::{
    Bytes, Compare, CompareOperator, CompareTarget, LeaseId, Request, Revision, Txn, TxnOp,
};

/// A guard that a key has a creation revision; 0 stands for an absent key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fence {
    /// The lock's key.
    pub(super) key: Bytes,
    /// The creation revision: the holder's token.
    pub(super) token: Revision,
}

/// The fences of a transaction: its guards on one key's creation revision.
pub(super) fn fences(txn: &Txn) -> Vec<Fence> {
    let fence = |guard: &Compare| match (guard.operator, &guard.target) {
        (CompareOperator::Equal, CompareTarget::CreateRevision(token))
            if guard.range_end.is_empty() =>
        {
            Some(Fence { key: guard.key.clone(), token: *token })
        }
        _ => None,
    };
    txn.compare.iter().filter_map(fence).collect()
}

/// The key and the lease of a transaction that takes a lock: it creates a key with a
/// lease, if the key is not there.
pub(super) fn acquisition(request: &Request) -> Option<(Bytes, LeaseId)> {
    let Request::Txn(txn) = request else { return None };
    let free = fences(txn).into_iter().find(|fence| fence.token.is_zero())?;
    txn.success.iter().find_map(|op| match op {
        TxnOp::Put(put) if put.key == free.key && !put.lease.is_none() => {
            Some((put.key.clone(), put.lease))
        }
        _ => None,
    })
}

/// A transaction with fences that was answered: the store said whether they held in the
/// state at a revision.
#[derive(Clone, Debug)]
pub(super) struct Fenced {
    /// Where it stands.
    pub(super) place: Place,
    /// What it was, for people.
    pub(super) what: String,
    /// Its fences.
    pub(super) fences: Vec<Fence>,
    /// Whether these are all its guards.
    pub(super) alone: bool,
    /// Whether the store said that all guards held.
    pub(super) accepted: bool,
    /// The revision whose state the guards saw.
    pub(super) seen: Revision,
}
