//! Who may have made a revision that nobody was acknowledged for: operations whose
//! outcome is in doubt, found by the values that they write and the keys that they
//! delete.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::operation::Op;
use crate::history::{Bytes, Put, Request, Revision, Txn, TxnOp};
use crate::model::{Change, Mixing};

/// Operations in doubt, by something that they have in common.
type Groups = IndexMap<Bytes, Vec<Op>, Mixing>;

/// Operations in doubt that may change the key space.
#[derive(Clone, Debug, Default)]
pub(super) struct Suspects {
    /// All of them, by their invocation.
    all: BTreeMap<u64, Op>,
    /// By the values that they may write.
    by_value: Groups,
    /// By the single keys that they may delete, or put with the value that they have.
    by_key: Groups,
    /// Those that may delete ranges of keys.
    wide: Vec<Op>,
    /// The revisions at which they were recognised, by their invocation.
    recognised: BTreeMap<u64, Revision>,
}

/// What a request may do, in any of its branches.
#[derive(Default)]
struct Means<'a> {
    values: Vec<&'a Bytes>,
    keys: Vec<&'a Bytes>,
    wide: bool,
}

impl Suspects {
    /// An operation's outcome is in doubt.
    pub(super) fn add(&mut self, op: &Op) {
        if !matches!(op.request(), Request::Put(_) | Request::Delete(_) | Request::Txn(_)) {
            return;
        }
        let Means { values, keys, wide } = means(op.request());
        if values.is_empty() && keys.is_empty() && !wide {
            return;
        }
        self.all.insert(op.invocation, op.clone());
        for (groups, names) in [(&mut self.by_value, values), (&mut self.by_key, keys)] {
            for name in names {
                match groups.get_mut(name) {
                    Some(group) => group.push(op.clone()),
                    None => drop(groups.insert(name.clone(), vec![op.clone()])),
                }
            }
        }
        if wide {
            self.wide.push(op.clone());
        }
    }

    /// An operation can make no further revision, and the one that it made is forgotten.
    pub(super) fn forget(&mut self, op: &Op) {
        if self.all.remove(&op.invocation).is_none() {
            return;
        }
        self.recognised.remove(&op.invocation);
        let Means { values, keys, wide } = means(op.request());
        let other = |known: &Op| known.invocation != op.invocation;
        for (groups, names) in [(&mut self.by_value, values), (&mut self.by_key, keys)] {
            for name in names {
                let Some(group) = groups.get_mut(name) else { continue };
                group.retain(other);
                if group.is_empty() {
                    groups.swap_remove(name);
                }
            }
        }
        if wide {
            self.wide.retain(other);
        }
    }

    /// Those that may make such changes, earliest call first.
    pub(super) fn of(&self, changes: &[Change]) -> Vec<Op> {
        let put = changes.iter().find_map(|change| Some((&change.key, change.pair.as_ref()?)));
        let group = |groups: &Groups, name: &Bytes| groups.get(name).cloned().unwrap_or_default();
        let mut found = match (put, changes.first()) {
            (Some((key, pair)), _) => {
                let mut found = group(&self.by_value, &pair.value);
                found.extend(group(&self.by_key, key));
                found
            }
            (None, Some(gone)) => {
                let mut found = group(&self.by_key, &gone.key);
                found.extend(self.wide.iter().cloned());
                found
            }
            (None, None) => Vec::new(),
        };
        found.sort_by_key(|op| op.invocation);
        found.dedup_by_key(|op| op.invocation);
        found
    }

    /// All of them, earliest call first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Op> {
        self.all.values()
    }

    /// The revision that an operation was recognised at.
    pub(super) fn recognised(&self, op: &Op) -> Option<Revision> {
        self.recognised.get(&op.invocation).copied()
    }

    /// Whether any may still make a revision.
    pub(super) fn any_open(&self) -> bool {
        self.recognised.len() < self.all.len()
    }

    /// Whether any operation was recognised.
    pub(super) fn any_recognised(&self) -> bool {
        !self.recognised.is_empty()
    }

    /// An operation is recognised as the maker of a revision.
    pub(super) fn recognise(&mut self, op: &Op, revision: Revision) {
        self.recognised.insert(op.invocation, revision);
    }
}

/// Whether a request may write a value.
pub(super) fn writes(request: &Request, value: &Bytes) -> bool {
    means(request).values.contains(&value)
}

fn means(request: &Request) -> Means<'_> {
    let mut means = Means::default();
    match request {
        Request::Put(put) => put_means(put, &mut means),
        Request::Delete(delete) => delete_means(&delete.key, &delete.range_end, &mut means),
        Request::Txn(txn) => txn_means(txn, &mut means),
        _ => {}
    }
    means
}

fn put_means<'a>(put: &'a Put, means: &mut Means<'a>) {
    if put.ignore_value {
        means.keys.push(&put.key);
    } else {
        means.values.push(&put.value);
    }
}

fn delete_means<'a>(key: &'a Bytes, range_end: &Bytes, means: &mut Means<'a>) {
    if range_end.is_empty() {
        means.keys.push(key);
    } else {
        means.wide = true;
    }
}

fn txn_means<'a>(txn: &'a Txn, means: &mut Means<'a>) {
    for op in txn.success.iter().chain(&txn.failure) {
        match op {
            TxnOp::Put(put) => put_means(put, means),
            TxnOp::Delete(delete) => delete_means(&delete.key, &delete.range_end, means),
            TxnOp::Txn(txn) => txn_means(txn, means),
            TxnOp::Range(_) => {}
        }
    }
}
