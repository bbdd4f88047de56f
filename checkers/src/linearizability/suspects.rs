//! Who may have made a revision that nobody was acknowledged for: operations whose
//! outcome is in doubt, found by the values that they write.

use std::collections::BTreeMap;

use super::operation::OpId;
use crate::history::{Bytes, Put, Request, Revision, Txn, TxnOp};
use crate::model::can_mutate;

/// Operations by what they may change.
#[derive(Clone, Debug, Default)]
pub(super) struct Suspects {
    /// Every operation that was asked to write a value, whatever became of it.
    writers: BTreeMap<Bytes, Vec<OpId>>,
    /// Operations in doubt that may change the key space.
    doubtful: Vec<OpId>,
    /// Of these, those that keep a value instead of writing their own.
    keepers: Vec<OpId>,
    /// Of these, those that delete.
    deleters: Vec<OpId>,
    /// The revision that an operation in doubt was recognised at.
    recognised: BTreeMap<OpId, Revision>,
}

/// What a request may do, in any of its branches.
#[derive(Default)]
struct Means {
    values: Vec<Bytes>,
    keeps: bool,
    deletes: bool,
}

impl Suspects {
    /// A request is sent.
    pub(super) fn invoked(&mut self, id: OpId, request: &Request) {
        for value in means(request).values {
            self.writers.entry(value).or_default().push(id);
        }
    }

    /// An operation's outcome is in doubt.
    pub(super) fn doubtful(&mut self, id: OpId, request: &Request) {
        if !can_mutate(request) {
            return;
        }
        let means = means(request);
        self.doubtful.push(id);
        if means.keeps {
            self.keepers.push(id);
        }
        if means.deletes {
            self.deleters.push(id);
        }
    }

    /// Whoever was asked to write a value.
    pub(super) fn writers_of(&self, value: &Bytes) -> &[OpId] {
        self.writers.get(value).map_or(&[], Vec::as_slice)
    }

    /// Operations that keep a value, in doubt.
    pub(super) fn keepers(&self) -> &[OpId] {
        &self.keepers
    }

    /// Operations that delete, in doubt.
    pub(super) fn deleters(&self) -> &[OpId] {
        &self.deleters
    }

    /// All operations in doubt.
    pub(super) fn all_doubtful(&self) -> &[OpId] {
        &self.doubtful
    }

    /// The revision that an operation was recognised at.
    pub(super) fn recognised(&self, id: OpId) -> Option<Revision> {
        self.recognised.get(&id).copied()
    }

    /// An operation is recognised as the maker of a revision.
    pub(super) fn recognise(&mut self, id: OpId, revision: Revision) {
        self.recognised.insert(id, revision);
    }
}

fn means(request: &Request) -> Means {
    let mut means = Means::default();
    match request {
        Request::Put(put) => put_means(put, &mut means),
        Request::Delete(_) => means.deletes = true,
        Request::Txn(txn) => txn_means(txn, &mut means),
        _ => {}
    }
    means
}

fn put_means(put: &Put, means: &mut Means) {
    if put.ignore_value {
        means.keeps = true;
    } else {
        means.values.push(put.value.clone());
    }
}

fn txn_means(txn: &Txn, means: &mut Means) {
    for op in txn.success.iter().chain(&txn.failure) {
        match op {
            TxnOp::Put(put) => put_means(put, means),
            TxnOp::Delete(_) => means.deletes = true,
            TxnOp::Txn(txn) => txn_means(txn, means),
            TxnOp::Range(_) => {}
        }
    }
}
