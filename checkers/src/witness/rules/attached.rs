//! Which lease a key had, as watches show it.

use std::collections::BTreeMap;

use super::delivered;
use crate::history::{Bytes, KeyEventKind, LeaseId, Revision};
use crate::witness::case::Case;

/// The leases of keys, revision by revision, in one pass over what watches delivered.
pub(super) struct Attached<'a> {
    of_key: BTreeMap<&'a Bytes, BTreeMap<Revision, LeaseId>>,
}

impl<'a> Attached<'a> {
    /// As all watches show it.
    pub(super) fn of(case: &'a Case<'_>) -> Self {
        let mut of_key: BTreeMap<&Bytes, BTreeMap<Revision, LeaseId>> = BTreeMap::new();
        for change in case.context.watches.iter().flat_map(delivered) {
            let put = change.kind == KeyEventKind::Put;
            let lease = if put { change.kv.lease } else { LeaseId::default() };
            of_key.entry(&change.kv.key).or_default().insert(change.kv.mod_revision, lease);
        }
        Self { of_key }
    }

    /// The lease that watches show a key with last, before a revision.
    pub(super) fn lease(&self, key: &Bytes, before: Revision) -> Option<LeaseId> {
        self.of_key.get(key).and_then(|revisions| last(revisions, before))
    }

    /// The keys that watches show with a lease last, before a revision.
    pub(super) fn keys(&self, lease: LeaseId, before: Revision) -> impl Iterator<Item = &'a Bytes> {
        let all = self.of_key.iter();
        all.filter(move |(_, revisions)| last(revisions, before) == Some(lease))
            .map(|(key, _)| *key)
    }
}

fn last(revisions: &BTreeMap<Revision, LeaseId>, before: Revision) -> Option<LeaseId> {
    let (_, lease) = revisions.range(..before).next_back()?;
    Some(*lease).filter(|lease| !lease.is_none())
}
