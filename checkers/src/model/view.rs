//! The state as a transaction sees it: the state before it, and its own changes.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::index::Index;
use super::pair::Pair;
use crate::history::{Bytes, KeyEvent, KeyEventKind, KeyValue, Revision};
use crate::keys::KeyRange;

/// A change of one key: the pair that it became, or its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The key.
    pub key: Bytes,
    /// The pair since then; nothing for a deletion.
    pub pair: Option<Pair>,
}

/// The changes that make a revision, in their order. Most revisions have one, which is
/// then kept in place.
pub type Changes = SmallVec<[Change; 1]>;

impl Change {
    /// The change that a watch event shows.
    pub fn of(event: &KeyEvent) -> Self {
        let pair = match event.kind {
            KeyEventKind::Put => Some(Pair::of(&event.kv)),
            KeyEventKind::Delete => None,
        };
        Self { key: event.kv.key.clone(), pair }
    }

    /// Whether a watch event shows this change.
    pub fn is(&self, event: &KeyEvent) -> bool {
        self.key == event.kv.key
            && match (&self.pair, event.kind) {
                (Some(pair), KeyEventKind::Put) => pair.is(&event.kv),
                (None, KeyEventKind::Delete) => true,
                _ => false,
            }
    }
}

/// The state at a revision, with changes on top that make the next one.
pub(super) struct View<'a> {
    index: &'a Index,
    base: Revision,
    changes: Changes,
    oldest_read: Option<Revision>,
}

impl<'a> View<'a> {
    pub(super) fn new(index: &'a Index, base: Revision) -> Self {
        Self { index, base, changes: Changes::new(), oldest_read: None }
    }

    /// The revision before the transaction.
    pub(super) fn base(&self) -> Revision {
        self.base
    }

    /// The revision that the transaction is at: the next one as soon as it changes.
    pub(super) fn revision(&self) -> Revision {
        if self.changes.is_empty() { self.base } else { self.base.next() }
    }

    /// The state before the transaction.
    pub(super) fn before(&self) -> View<'a> {
        View::new(self.index, self.base)
    }

    /// The index, while nothing is changed on top of it.
    pub(super) fn unchanged(&self) -> Option<&'a Index> {
        self.changes.is_empty().then_some(self.index)
    }

    pub(super) fn get(&self, key: &Bytes) -> Option<&Pair> {
        // A transaction changes few keys: a walk is faster than a map.
        match self.changes.iter().rev().find(|change| change.key == *key) {
            Some(changed) => changed.pair.as_ref(),
            None => self.index.get(key, self.base),
        }
    }

    /// The pairs of a range in the state before the transaction, by key.
    pub(super) fn stored<'b>(
        &'b self,
        range: &'b KeyRange,
    ) -> impl Iterator<Item = (&'b Bytes, &'b Pair)> + 'b {
        self.index.range(range, self.base)
    }

    /// The pairs of a range, by key: now, or at an older revision.
    pub(super) fn range(&self, range: &KeyRange, at: Option<Revision>) -> Vec<KeyValue> {
        if let Some(pair) = self.single(range, at) {
            return pair;
        }
        let stored = self.index.range(range, at.unwrap_or(self.base));
        if at.is_some() || self.changes.is_empty() {
            return stored.map(|(key, pair)| pair.with_key(key)).collect();
        }
        let mut merged: BTreeMap<&Bytes, Option<&Pair>> =
            stored.map(|(key, pair)| (key, Some(pair))).collect();
        let changed = self.changes.iter().filter(|change| range.contains(&change.key));
        merged.extend(changed.map(|change| (&change.key, change.pair.as_ref())));
        merged.into_iter().filter_map(|(key, pair)| Some(pair?.with_key(key))).collect()
    }

    /// A range of one key, without a walk.
    fn single(&self, range: &KeyRange, at: Option<Revision>) -> Option<Vec<KeyValue>> {
        let key = range.single()?;
        let pair = match at {
            Some(at) => self.index.get(key, at),
            None => self.get(key),
        };
        Some(pair.map(|pair| pair.with_key(key)).into_iter().collect())
    }

    pub(super) fn change(&mut self, key: &Bytes, pair: Option<Pair>) {
        self.changes.push(Change { key: key.clone(), pair });
    }

    /// A past revision is read.
    pub(super) fn read_past(&mut self, revision: Revision) {
        self.oldest_read = Some(self.oldest_read.map_or(revision, |oldest| oldest.min(revision)));
    }

    pub(super) fn oldest_read(&self) -> Option<Revision> {
        self.oldest_read
    }

    pub(super) fn into_changes(self) -> Changes {
        self.changes
    }
}
