//! One log of every change that any watch has shown.

use std::collections::BTreeMap;

use crate::evidence::{PairMark, Place};
use crate::history::{Bytes, KeyEvent, KeyEventKind, Revision, WatchId};
use crate::keys::KeyRange;

/// A change as a watch showed it. Two watches that show the same share one.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// Its revision.
    pub(super) revision: Revision,
    /// The key, by its number in the log.
    pub(super) key: usize,
    /// Put or delete.
    pub(super) kind: KeyEventKind,
    /// The pair after it; of a delete it means nothing.
    pub(super) pair: PairMark,
    /// The pair before it, as the first watch that had one showed it.
    pub(super) prev: Option<PairMark>,
    /// That watch, and where.
    pub(super) prev_shown: Option<(WatchId, Place)>,
    /// Which watch showed it first, and where.
    pub(super) watch: WatchId,
    /// The frame.
    pub(super) place: Place,
}

impl Change {
    /// For people: `put "v1" (mod revision …)` or `delete`.
    pub(super) fn text(&self) -> String {
        match self.kind {
            KeyEventKind::Put => format!("put {}", self.pair),
            KeyEventKind::Delete => "delete".to_owned(),
        }
    }

    fn same(&self, kind: KeyEventKind, pair: &PairMark) -> bool {
        self.kind == kind && (kind == KeyEventKind::Delete || self.pair.agrees(pair))
    }
}

/// Every change that any watch has shown, by key and revision.
#[derive(Clone, Debug, Default)]
pub(super) struct ChangeLog {
    changes: Vec<Change>,
    numbers: BTreeMap<Bytes, usize>,
    keys: Vec<Key>,
}

#[derive(Clone, Debug)]
struct Key {
    name: Bytes,
    /// Revision and number of each change, in order of revision.
    changes: Vec<(Revision, usize)>,
}

/// Where a shown change went.
pub(super) struct Entered {
    /// Its number.
    pub(super) change: usize,
    /// A different change of the same key at the same revision, shown before.
    pub(super) conflict: Option<usize>,
}

impl ChangeLog {
    /// Enters a change that a watch shows.
    pub(super) fn enter(&mut self, event: &KeyEvent, watch: WatchId, place: Place) -> Entered {
        let revision = event.kv.mod_revision;
        let key = self.number(&event.kv.key);
        let pair = PairMark::of(&event.kv, true);
        let known = self.at(key, revision);
        if let Some(change) = known
            .iter()
            .map(|(_, change)| *change)
            .find(|change| self.changes[*change].same(event.kind, &pair))
        {
            return Entered { change, conflict: None };
        }
        let conflict = known.first().map(|(_, change)| *change);
        let change = self.changes.len();
        let kind = event.kind;
        self.changes.push(Change {
            revision,
            key,
            kind,
            pair,
            prev: None,
            prev_shown: None,
            watch,
            place,
        });
        let changes = &mut self.keys[key].changes;
        let at = match changes.last() {
            Some((last, _)) if *last > revision => {
                changes.partition_point(|(other, _)| *other <= revision)
            }
            _ => changes.len(),
        };
        changes.insert(at, (revision, change));
        Entered { change, conflict }
    }

    /// Notes what a watch showed as the pair before a change. Whether it is what every
    /// watch so far showed.
    pub(super) fn enter_prev(
        &mut self,
        change: usize,
        prev: &PairMark,
        by: (WatchId, Place),
    ) -> bool {
        let change = &mut self.changes[change];
        if let Some(known) = &change.prev {
            return known == prev;
        }
        change.prev = Some(prev.clone());
        change.prev_shown = Some(by);
        true
    }

    /// A change.
    pub(super) fn change(&self, change: usize) -> &Change {
        &self.changes[change]
    }

    /// All changes, in the order in which they were first shown.
    pub(super) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The name of a key.
    pub(super) fn name(&self, key: usize) -> &Bytes {
        &self.keys[key].name
    }

    /// How many keys there are; their numbers are smaller.
    pub(super) fn key_count(&self) -> usize {
        self.keys.len()
    }

    /// The number of a key that some watch has shown.
    pub(super) fn find(&self, name: &Bytes) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    /// The numbers of the keys of a range.
    pub(super) fn keys_in<'a>(&'a self, range: &'a KeyRange) -> impl Iterator<Item = usize> + 'a {
        self.numbers
            .range(range.first().clone()..)
            .take_while(|(name, _)| range.contains(name))
            .map(|(_, number)| *number)
    }

    /// The changes of a key at a revision: more than one if watches contradict each
    /// other.
    pub(super) fn at(&self, key: usize, revision: Revision) -> &[(Revision, usize)] {
        match self.keys[key].changes.last() {
            // Nearly always it is newer than all others.
            Some((last, _)) if *last < revision => &[],
            _ => self.between(key, revision, revision),
        }
    }

    /// The changes of a key in an interval of revisions, both ends included.
    pub(super) fn between(&self, key: usize, from: Revision, to: Revision) -> &[(Revision, usize)] {
        let changes = &self.keys[key].changes;
        let begin = changes.partition_point(|(revision, _)| *revision < from);
        let end = changes.partition_point(|(revision, _)| *revision <= to);
        changes.get(begin..end).unwrap_or(&[])
    }

    fn number(&mut self, name: &Bytes) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.keys.len();
        self.numbers.insert(name.clone(), number);
        self.keys.push(Key { name: name.clone(), changes: Vec::new() });
        number
    }
}
