//! The versions of every key: the state at any revision that is still known.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use indexmap::IndexMap;

use super::mixer::Mixing;
use super::pair::Pair;
use crate::history::{Bytes, Revision};
use crate::keys::KeyRange;

/// What a key became at a revision: a pair, or nothing.
#[derive(Clone, Debug)]
struct Version {
    since: Revision,
    pair: Option<Pair>,
}

/// The versions of a key, oldest first; never empty.
type Versions = VecDeque<Version>;

/// The versions of every key, in the order of revisions.
#[derive(Clone, Debug, Default)]
pub struct Index {
    keys: IndexMap<Bytes, Versions, Mixing>,
    /// The same keys in their order, with their places in `keys`.
    order: BTreeMap<Bytes, usize>,
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
        let first = range.first();
        // A range may end before it begins, which an ordered map does not bear.
        let end = match range.end() {
            Bound::Excluded(end) => Bound::Excluded(end.max(first)),
            end => end,
        };
        self.order
            .range::<Bytes, _>((Bound::Included(first), end))
            .filter_map(move |(key, place)| Some((key, newest(&self.keys[*place], at)?)))
    }

    /// What a key becomes at a revision, which is not below any that it has; what it was
    /// before, if it existed.
    pub fn set(&mut self, key: &Bytes, since: Revision, pair: Option<Pair>) -> Option<&Pair> {
        let (place, known) = match self.keys.get_index_of(key) {
            Some(place) => (place, true),
            None => (self.keys.insert_full(key.clone(), Versions::new()).0, false),
        };
        if !known {
            self.order.insert(key.clone(), place);
        }
        let versions = &mut self.keys[place];
        versions.push_back(Version { since, pair });
        let before = versions.len().checked_sub(2)?;
        versions[before].pair.as_ref()
    }

    /// Takes the newest version of a key back, which is of this revision.
    pub(super) fn unset(&mut self, key: &Bytes, since: Revision) {
        let Some(place) = self.keys.get_index_of(key) else { return };
        let versions = &mut self.keys[place];
        if versions.back().is_some_and(|version| version.since == since) {
            versions.pop_back();
        }
        if versions.is_empty() {
            self.drop_key(key, place);
        }
    }

    /// How many keys have versions.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key has a version.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Forgets what every key was before a revision. `known` is told the revisions, up to
    /// this one, of the versions that keys have at it.
    pub(super) fn forget_until(&mut self, oldest: Revision, mut known: impl FnMut(Revision)) {
        let mut over = Vec::new();
        for (key, versions) in &mut self.keys {
            while versions.get(1).is_some_and(|next| next.since <= oldest) {
                versions.pop_front();
            }
            match versions.front() {
                Some(first) if first.since > oldest => {}
                Some(first) if versions.len() == 1 && first.pair.is_none() => {
                    over.push(key.clone());
                }
                Some(first) => known(first.since),
                None => {}
            }
        }
        for key in over {
            if let Some(place) = self.keys.get_index_of(&key) {
                self.drop_key(&key, place);
            }
        }
    }

    fn drop_key(&mut self, key: &Bytes, place: usize) {
        self.keys.swap_remove_index(place);
        self.order.remove(key);
        if let Some((moved, _)) = self.keys.get_index(place)
            && let Some(known) = self.order.get_mut(moved)
        {
            *known = place;
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
        Some(versions.get(end.checked_sub(1)?)?.since)
    }
}

fn newest(versions: &Versions, at: Revision) -> Option<&Pair> {
    let last = versions.back()?;
    if last.since <= at {
        return last.pair.as_ref();
    }
    let end = versions.partition_point(|version| version.since <= at);
    versions.get(end.checked_sub(1)?)?.pair.as_ref()
}
