//! Every version of every key: the state at any revision.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::history::{Bytes, KeyValue, LeaseId, Revision};
use crate::keys::KeyRange;

/// A key's value and bookkeeping, without the key.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// What a key became at a revision: a pair, or nothing.
#[derive(Clone, Debug)]
struct Version {
    since: Revision,
    pair: Option<Pair>,
}

/// Every version of every key, in the order of revisions.
#[derive(Clone, Debug, Default)]
pub struct Index {
    keys: BTreeMap<Bytes, Vec<Version>>,
}

impl Index {
    /// A key's pair at a revision, if it existed.
    pub fn get(&self, key: &Bytes, at: Revision) -> Option<&Pair> {
        newest(self.keys.get(key)?, at)
    }

    /// The pairs of a range at a revision, by key.
    pub fn range<'a>(
        &'a self,
        range: &'a KeyRange,
        at: Revision,
    ) -> impl Iterator<Item = (&'a Bytes, &'a Pair)> + 'a {
        // A range may end before it begins; `contains` cuts, and nothing can panic.
        let from = (Bound::Included(range.first()), Bound::Unbounded);
        self.keys
            .range::<Bytes, _>(from)
            .take_while(|(key, _)| range.contains(key))
            .filter_map(move |(key, versions)| Some((key, newest(versions, at)?)))
    }

    /// What a key becomes at a revision, which is not below any that it has.
    pub fn set(&mut self, key: &Bytes, since: Revision, pair: Option<Pair>) {
        if let Some(versions) = self.keys.get_mut(key) {
            versions.push(Version { since, pair });
        } else {
            self.keys.insert(key.clone(), vec![Version { since, pair }]);
        }
    }

    /// Revision of the first change of a key after a revision, if there is one.
    pub fn next_change(&self, key: &Bytes, after: Revision) -> Option<Revision> {
        let versions = self.keys.get(key)?;
        let at = versions.partition_point(|version| version.since <= after);
        versions.get(at).map(|version| version.since)
    }

    /// Revision of the last change of a key up to a revision, deletions included.
    pub fn last_change(&self, key: &Bytes, at: Revision) -> Option<Revision> {
        let versions = self.keys.get(key)?;
        let end = versions.partition_point(|version| version.since <= at);
        versions[..end].last().map(|version| version.since)
    }
}

fn newest(versions: &[Version], at: Revision) -> Option<&Pair> {
    let end = versions.partition_point(|version| version.since <= at);
    versions[..end].last()?.pair.as_ref()
}
