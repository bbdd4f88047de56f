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

/// The versions of a key. Most questions are about the newest, which is at hand.
#[derive(Clone, Debug)]
struct Versions {
    newest: Version,
    /// Those before it, oldest first.
    older: VecDeque<Version>,
}

impl Versions {
    /// The version of a revision, unless the key is younger.
    fn at(&self, at: Revision) -> Option<&Version> {
        if self.newest.since <= at {
            return Some(&self.newest);
        }
        let end = self.older.partition_point(|version| version.since <= at);
        self.older.get(end.checked_sub(1)?)
    }

    /// The first version after a revision.
    fn after(&self, after: Revision) -> Option<&Version> {
        let first = self.older.partition_point(|version| version.since <= after);
        let next = self.older.get(first).unwrap_or(&self.newest);
        (next.since > after).then_some(next)
    }

    fn oldest(&self) -> &Version {
        self.older.front().unwrap_or(&self.newest)
    }

    /// Forgets what is not the version of this revision or a later one.
    fn forget_before(&mut self, oldest: Revision) {
        let newest = &self.newest;
        while !self.older.is_empty() && self.older.get(1).unwrap_or(newest).since <= oldest {
            self.older.pop_front();
        }
    }
}

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
        self.keys.get(key)?.at(at)?.pair.as_ref()
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
            .filter_map(move |(key, place)| Some((key, self.keys[*place].at(at)?.pair.as_ref()?)))
    }

    /// What a key becomes at a revision, which is not below any that it has; what it was
    /// before, if it existed.
    pub fn set(&mut self, key: &Bytes, since: Revision, pair: Option<Pair>) -> Option<&Pair> {
        let newest = Version { since, pair };
        let Some(place) = self.keys.get_index_of(key) else {
            let versions = Versions { newest, older: VecDeque::new() };
            let (place, _) = self.keys.insert_full(key.clone(), versions);
            self.order.insert(key.clone(), place);
            return None;
        };
        let versions = &mut self.keys[place];
        let before = std::mem::replace(&mut versions.newest, newest);
        versions.older.push_back(before);
        versions.older.back()?.pair.as_ref()
    }

    /// Takes the newest version of a key back, which is of this revision.
    pub(super) fn unset(&mut self, key: &Bytes, since: Revision) {
        let Some(place) = self.keys.get_index_of(key) else { return };
        let versions = &mut self.keys[place];
        if versions.newest.since != since {
            return;
        }
        match versions.older.pop_back() {
            Some(before) => versions.newest = before,
            None => self.drop_key(key, place),
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
            versions.forget_before(oldest);
            let first = versions.oldest();
            if versions.older.is_empty() && first.pair.is_none() && first.since <= oldest {
                over.push(key.clone());
            } else if first.since <= oldest {
                known(first.since);
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
        Some(self.keys.get(key)?.after(after)?.since)
    }

    /// Revision of the last change of a key up to a revision, deletions included.
    pub fn last_change(&self, key: &Bytes, at: Revision) -> Option<Revision> {
        Some(self.keys.get(key)?.at(at)?.since)
    }
}
