//! The keys of locks, at every revision that is still asked about.

use std::collections::BTreeMap;

use crate::evidence::{Place, Shown};
use crate::history::{Bytes, KeyEvent, KeyEventKind, Revision};

/// So many changes of one key are kept; transactions of older states are not judged.
const KEPT: usize = 256;

/// What became of a lock's key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    /// At which revision.
    pub(super) since: Revision,
    /// Its creation revision since then; 0 while it is absent.
    pub(super) created: Revision,
    /// The frame that showed it.
    pub(super) place: Place,
}

/// A creation that did not raise the creation revision.
#[derive(Clone, Debug)]
pub(super) struct Fallen {
    /// The key.
    pub(super) key: Bytes,
    /// The creation before.
    pub(super) before: Turn,
    /// The creation that should be later.
    pub(super) now: Turn,
}

/// The turns of every key that is a lock's, from when a request said so.
#[derive(Clone, Debug, Default)]
pub(super) struct LockKeys {
    turns: BTreeMap<Bytes, Vec<Turn>>,
}

impl LockKeys {
    /// A key is a lock's from here on.
    pub(super) fn follow(&mut self, key: &Bytes) {
        if !self.turns.contains_key(key) {
            self.turns.insert(key.clone(), Vec::new());
        }
    }

    /// Whether a key is a lock's.
    pub(super) fn is_lock(&self, key: &Bytes) -> bool {
        self.turns.contains_key(key)
    }

    /// The log goes on: what is wrong with the creations that it shows.
    pub(super) fn show(&mut self, shown: &Shown) -> Vec<Fallen> {
        shown.changes.iter().filter_map(|change| self.change(change, shown.place)).collect()
    }

    fn change(&mut self, change: &KeyEvent, place: Place) -> Option<Fallen> {
        let turns = self.turns.get_mut(&change.kv.key)?;
        let created = match change.kind {
            KeyEventKind::Put => change.kv.create_revision,
            KeyEventKind::Delete => Revision(0),
        };
        let now = Turn { since: change.kv.mod_revision, created, place };
        if turns.last().is_some_and(|turn| turn.created == created) {
            return None;
        }
        let before = turns.iter().rev().find(|turn| !turn.created.is_zero()).copied();
        if turns.len() == KEPT {
            turns.remove(0);
        }
        turns.push(now);
        let before = before.filter(|before| !created.is_zero() && created <= before.created)?;
        Some(Fallen { key: change.kv.key.clone(), before, now })
    }

    /// The key's turn at a revision: nothing where it had not been seen yet, or too many
    /// came since.
    pub(super) fn at(&self, key: &Bytes, revision: Revision) -> Option<Turn> {
        let turns = self.turns.get(key)?;
        turns.iter().rev().find(|turn| turn.since <= revision).copied()
    }
}
