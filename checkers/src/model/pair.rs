//! A key's value and bookkeeping.

use crate::history::{Bytes, KeyValue, LeaseId, Revision};

/// A key's value and bookkeeping, without the key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// Revision of the put that created the key.
    pub create_revision: Revision,
    /// Revision of the last put.
    pub mod_revision: Revision,
    /// Number of puts since creation.
    pub version: i64,
    /// The value.
    pub value: Bytes,
    /// The lease that the key is attached to.
    pub lease: LeaseId,
}

impl Pair {
    /// With its key, as responses have it.
    pub fn with_key(&self, key: &Bytes) -> KeyValue {
        KeyValue {
            key: key.clone(),
            create_revision: self.create_revision,
            mod_revision: self.mod_revision,
            version: self.version,
            value: self.value.clone(),
            lease: self.lease,
        }
    }

    /// Whether a response shows exactly this pair, whatever its key.
    pub fn is(&self, kv: &KeyValue) -> bool {
        self.mod_revision == kv.mod_revision
            && self.create_revision == kv.create_revision
            && self.version == kv.version
            && self.lease == kv.lease
            && self.value == kv.value
    }

    /// As a response has it, without its key.
    pub fn of(kv: &KeyValue) -> Self {
        Self {
            create_revision: kv.create_revision,
            mod_revision: kv.mod_revision,
            version: kv.version,
            value: kv.value.clone(),
            lease: kv.lease,
        }
    }
}
