//! Which keys are attached to which lease, at the log's head.

use std::collections::BTreeMap;

use crate::history::{Bytes, KeyEvent, KeyEventKind, LeaseId, Revision};

/// Keys and their leases.
#[derive(Clone, Debug, Default)]
pub(super) struct Attachments {
    lease_of: BTreeMap<Bytes, LeaseId>,
    /// Keys of each lease with the revision of their last put.
    keys_of: BTreeMap<LeaseId, BTreeMap<Bytes, Revision>>,
}

impl Attachments {
    /// The lease of a key.
    pub(super) fn lease_of(&self, key: &Bytes) -> Option<LeaseId> {
        self.lease_of.get(key).copied()
    }

    /// The keys of a lease, with the revision of their last put.
    pub(super) fn keys_of(&self, lease: LeaseId) -> impl Iterator<Item = (&Bytes, Revision)> {
        let keys = self.keys_of.get(&lease).into_iter().flatten();
        keys.map(|(key, revision)| (key, *revision))
    }

    /// The leases that have keys.
    pub(super) fn leases(&self) -> impl Iterator<Item = LeaseId> + '_ {
        self.keys_of.keys().copied()
    }

    /// A change takes place.
    pub(super) fn apply(&mut self, change: &KeyEvent) {
        let key = &change.kv.key;
        if let Some(lease) = self.lease_of.remove(key)
            && let Some(keys) = self.keys_of.get_mut(&lease)
        {
            keys.remove(key);
            if keys.is_empty() {
                self.keys_of.remove(&lease);
            }
        }
        let lease = change.kv.lease;
        if change.kind == KeyEventKind::Put && !lease.is_none() {
            self.lease_of.insert(key.clone(), lease);
            let keys = self.keys_of.entry(lease).or_default();
            keys.insert(key.clone(), change.kv.mod_revision);
        }
    }
}
