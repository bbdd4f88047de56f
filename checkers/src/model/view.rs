//! The state as a transaction sees it: the state before it, and its own changes.

use std::collections::BTreeMap;

use super::index::{Index, Pair};
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

impl Change {
    /// The change that a watch event shows.
    pub fn of(event: &KeyEvent) -> Self {
        let pair = match event.kind {
            KeyEventKind::Put => Some(Pair::of(&event.kv)),
            KeyEventKind::Delete => None,
        };
        Self { key: event.kv.key.clone(), pair }
    }
}

/// The state at a revision, with changes on top that make the next one.
pub(super) struct View<'a> {
    index: &'a Index,
    base: Revision,
    overlay: BTreeMap<Bytes, Option<Pair>>,
    changes: Vec<Change>,
    oldest_read: Option<Revision>,
}

impl<'a> View<'a> {
    pub(super) fn new(index: &'a Index, base: Revision) -> Self {
        let (overlay, changes) = (BTreeMap::new(), Vec::new());
        Self { index, base, overlay, changes, oldest_read: None }
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

    pub(super) fn get(&self, key: &Bytes) -> Option<&Pair> {
        match self.overlay.get(key) {
            Some(changed) => changed.as_ref(),
            None => self.index.get(key, self.base),
        }
    }

    /// The pairs of a range, by key: now, or at an older revision.
    pub(super) fn range(&self, range: &KeyRange, at: Option<Revision>) -> Vec<KeyValue> {
        if let Some(pair) = self.single(range, at) {
            return pair;
        }
        let stored = self.index.range(range, at.unwrap_or(self.base));
        if at.is_some() || self.overlay.is_empty() {
            return stored.map(|(key, pair)| pair.with_key(key)).collect();
        }
        let mut merged: BTreeMap<&Bytes, Option<&Pair>> =
            stored.map(|(key, pair)| (key, Some(pair))).collect();
        let changed = self.overlay.iter().filter(|(key, _)| range.contains(key));
        merged.extend(changed.map(|(key, pair)| (key, pair.as_ref())));
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
        self.overlay.insert(key.clone(), pair.clone());
        self.changes.push(Change { key: key.clone(), pair });
    }

    /// A past revision is read.
    pub(super) fn read_past(&mut self, revision: Revision) {
        self.oldest_read = Some(self.oldest_read.map_or(revision, |oldest| oldest.min(revision)));
    }

    pub(super) fn oldest_read(&self) -> Option<Revision> {
        self.oldest_read
    }

    pub(super) fn into_changes(self) -> Vec<Change> {
        self.changes
    }
}
