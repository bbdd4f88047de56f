//! Every change that any watch shows, by key and by revision.

use std::collections::BTreeMap;

use super::watches::{Watch, span};
use crate::history::{Bytes, KeyEvent, KeyEventKind, KeyValue, Preamble, Revision};

/// A change of one key, as watches show it.
#[derive(Clone, Copy, Debug)]
pub(in crate::mutation) struct Shown<'a> {
    /// The change, as the first watch shows it.
    pub(in crate::mutation) event: &'a KeyEvent,
    /// How many watches show it.
    pub(in crate::mutation) watches: u32,
}

impl<'a> Shown<'a> {
    /// Its revision.
    pub(in crate::mutation) fn revision(&self) -> Revision {
        self.event.kv.mod_revision
    }

    /// The pair after it; nothing after a deletion.
    pub(in crate::mutation) fn after(&self) -> Option<&'a KeyValue> {
        (self.event.kind == KeyEventKind::Put).then_some(&self.event.kv)
    }
}

/// Every change that any watch shows.
#[derive(Clone, Debug, Default)]
pub(in crate::mutation) struct Changes<'a> {
    by_key: BTreeMap<&'a Bytes, BTreeMap<Revision, Shown<'a>>>,
    by_revision: BTreeMap<Revision, Vec<&'a KeyEvent>>,
    /// Every revision up to this one is shown, or is others'.
    known: Revision,
}

impl<'a> Changes<'a> {
    /// Reads them off.
    pub(super) fn of(watches: &[Watch<'a>], preamble: &Preamble) -> Self {
        let (start, territory) = (preamble.start_revision, preamble.territory());
        let mut changes = Self::default();
        let deliveries = watches.iter().flat_map(Watch::deliveries);
        for event in deliveries.flat_map(|(_, events)| &events.events) {
            let revision = event.kv.mod_revision;
            let shown = changes.by_key.entry(&event.kv.key).or_default().entry(revision);
            let shown = shown.or_insert(Shown { event, watches: 0 });
            shown.watches += 1;
            if shown.watches == 1 {
                changes.by_revision.entry(revision).or_default().push(event);
            }
        }
        changes.known = start;
        if territory.is_shared() {
            let whole = watches.iter().filter(|watch| watch.is_whole(&territory));
            let from_start = whole.filter(|watch| watch.request().start_revision <= start.next());
            let last = from_start.flat_map(Watch::deliveries).map(|(_, events)| span(events).1);
            changes.known = last.max().unwrap_or(start);
            return changes;
        }
        for revision in changes.by_revision.range(start.next()..).map(|(revision, _)| *revision) {
            if revision != changes.known.next() {
                break;
            }
            changes.known = revision;
        }
        changes
    }

    /// Every revision up to this one is shown, or is others'.
    pub(in crate::mutation) fn known(&self) -> Revision {
        self.known
    }

    /// The newest revision that is shown.
    pub(in crate::mutation) fn newest(&self) -> Revision {
        self.by_revision.keys().next_back().copied().unwrap_or_default()
    }

    /// Every key that changed.
    pub(in crate::mutation) fn keys(&self) -> impl Iterator<Item = &'a Bytes> + '_ {
        self.by_key.keys().copied()
    }

    /// The changes of one revision.
    pub(in crate::mutation) fn at(&self, revision: Revision) -> &[&'a KeyEvent] {
        self.by_revision.get(&revision).map_or(&[], Vec::as_slice)
    }

    /// The change of a key at a revision.
    pub(in crate::mutation) fn of_key_at(
        &self,
        key: &Bytes,
        revision: Revision,
    ) -> Option<Shown<'a>> {
        self.by_key.get(key)?.get(&revision).copied()
    }

    /// The last change of a key up to a revision.
    pub(in crate::mutation) fn last(&self, key: &Bytes, until: Revision) -> Option<Shown<'a>> {
        self.by_key.get(key)?.range(..=until).next_back().map(|(_, shown)| *shown)
    }

    /// The pair of a key in the state at a revision.
    pub(in crate::mutation) fn pair(&self, key: &Bytes, at: Revision) -> Option<&'a KeyValue> {
        self.last(key, at).and_then(|shown| shown.after())
    }

    /// All changes in an interval of revisions, both ends included.
    pub(in crate::mutation) fn between(
        &self,
        from: Revision,
        to: Revision,
    ) -> impl DoubleEndedIterator<Item = &'a KeyEvent> + '_ {
        let to = to.max(from);
        self.by_revision.range(from..=to).flat_map(|(_, events)| events.iter().copied())
    }
}
