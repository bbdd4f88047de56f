//! The changes of the whole store, in order, from the recorder's watches.

use std::collections::BTreeMap;

use super::fingerprint::Fingerprint;
use super::operation::Place;
use super::revision_map::RevisionMap;
use crate::history::{
    Bytes, Event, KeyEvent, KeyEventKind, KeyValue, Nanos, Revision, Territory, WatchEvent,
    WatchFrame, WatchHeader, WatchId, WatchKind,
};

/// All changes of one revision, as the first watch showed them.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// The revision.
    pub(crate) revision: Revision,
    /// Its changes, without values and previous pairs.
    pub(crate) changes: Vec<KeyEvent>,
    /// The frame that showed it.
    pub(crate) place: Place,
    /// When that came.
    pub(crate) at: Nanos,
}

/// Puts what the recorder's watches show into one order without gaps.
#[derive(Clone, Debug, Default)]
pub(crate) struct StoreLog {
    head: Option<Revision>,
    territory: Territory,
    /// Watches of every key of the run's, each with the first revision that it has not
    /// passed.
    whole: BTreeMap<WatchId, Revision>,
    fragments: BTreeMap<WatchId, Vec<KeyEvent>>,
    /// Revisions before which some are missing, each with the first from which on its watch
    /// shows everything.
    waiting: BTreeMap<Revision, (Revision, Shown)>,
    /// Fingerprints of the last revisions, to compare the members' watches by.
    seen: RevisionMap<u64>,
    torn: Option<Revision>,
}

/// So many revisions are compared between the members; one that lags further is not.
const COMPARED: usize = 50_000;

impl StoreLog {
    /// Of the keys that are the run's own.
    pub(crate) fn of(territory: Territory) -> Self {
        Self { territory, ..Self::default() }
    }

    /// The last revision in order; nothing before the first watch.
    pub(crate) fn head(&self) -> Revision {
        self.head.unwrap_or_default()
    }

    /// Whether a watch over everything was ever opened.
    pub(crate) fn is_open(&self) -> bool {
        self.head.is_some()
    }

    /// The first revision that nobody showed although later ones were.
    pub(crate) fn gap(&self) -> Option<Revision> {
        (!self.waiting.is_empty()).then(|| self.head().next())
    }

    /// The first revision of which two members' watches showed different changes: from
    /// there on there is no one store whose leases could be judged.
    pub(crate) fn torn(&self) -> Option<Revision> {
        self.torn
    }

    /// A frame of any watch: what comes next in order, one after the other.
    pub(crate) fn frame(&mut self, event: &Event, watch: &WatchEvent) -> Vec<Shown> {
        match &watch.frame {
            WatchFrame::Open(open) => {
                let request = &open.request;
                let all = self.territory.is_covered_by(&request.key, &request.range_end);
                let start = request.start_revision;
                let filtered = request.no_put || request.no_delete;
                if open.kind == WatchKind::Recorder && all && !start.is_zero() && !filtered {
                    self.whole.insert(watch.watch, start);
                    self.head.get_or_insert(start.previous());
                }
            }
            WatchFrame::Progress(WatchHeader { header: Some(header) })
                if self.territory.is_shared() =>
            {
                return self.pass(watch.watch, header.revision);
            }
            WatchFrame::Events(frame) if self.whole.contains_key(&watch.watch) => {
                let begun = self.fragments.remove(&watch.watch);
                if begun.is_none() && !frame.fragment {
                    return self.enter(event, watch.watch, &frame.events);
                }
                let mut events = begun.unwrap_or_default();
                events.extend(frame.events.iter().cloned());
                if frame.fragment {
                    self.fragments.insert(watch.watch, events);
                } else {
                    return self.enter(event, watch.watch, &events);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn enter(&mut self, event: &Event, watch: WatchId, events: &[KeyEvent]) -> Vec<Shown> {
        let mut next = Vec::new();
        for changes in events.chunk_by(|one, other| one.kv.mod_revision == other.kv.mod_revision) {
            let revision = changes[0].kv.mod_revision;
            let from = self.shows_from(watch, revision);
            if !changes.iter().any(|change| self.territory.owns(&change.kv.key)) {
                continue;
            }
            self.compare(revision, changes);
            if revision <= self.head() {
                continue;
            }
            let shown = || Shown {
                revision,
                changes: changes.iter().map(light).collect(),
                place: Place::of(event),
                at: event.at,
            };
            // Nearly always it is what comes next.
            if from <= self.head().next() && self.waiting.is_empty() {
                self.head = Some(revision);
                next.push(shown());
                continue;
            }
            let (first, _) = self.waiting.entry(revision).or_insert_with(|| (from, shown()));
            *first = from.min(*first);
        }
        self.catch_up(&mut next);
        next
    }

    /// From which revision on a watch that shows one shows everything: this one, or on
    /// shared ground the first one that it had not passed.
    fn shows_from(&mut self, watch: WatchId, revision: Revision) -> Revision {
        if !self.territory.is_shared() {
            return revision;
        }
        let Some(next) = self.whole.get_mut(&watch) else { return revision };
        let from = revision.min(*next);
        *next = revision.next().max(*next);
        from
    }

    /// A watch went past a revision without a change.
    fn pass(&mut self, watch: WatchId, revision: Revision) -> Vec<Shown> {
        let mut next = Vec::new();
        if self.whole.contains_key(&watch) {
            let from = self.shows_from(watch, revision);
            self.catch_up(&mut next);
            if from <= self.head().next() && self.waiting.is_empty() {
                self.head = Some(revision.max(self.head()));
            }
        }
        next
    }

    /// What waits and comes next.
    fn catch_up(&mut self, next: &mut Vec<Shown>) {
        while let Some((revision, (from, _))) = self.waiting.first_key_value() {
            let (revision, from, head) = (*revision, *from, self.head());
            if revision > head && from > head.next() {
                return;
            }
            let Some((_, (_, shown))) = self.waiting.pop_first() else { return };
            if revision > head {
                self.head = Some(revision);
                next.push(shown);
            }
        }
    }

    fn compare(&mut self, revision: Revision, changes: &[KeyEvent]) {
        let mark = fingerprint(changes);
        // Another watch went past it without showing it.
        let passed = self.territory.is_shared()
            && revision <= self.head()
            && self.seen.get(revision).is_none()
            && self.seen.before(revision).is_some();
        if passed || *self.seen.entry(revision, || mark).0 != mark {
            self.torn.get_or_insert(revision);
        }
        self.seen.keep_newest(COMPARED);
    }
}

/// A change without values and previous pairs, which nobody asks this log for.
fn light(change: &KeyEvent) -> KeyEvent {
    let KeyValue { create_revision, mod_revision, version, lease, .. } = change.kv;
    let (key, value) = (change.kv.key.clone(), Bytes::default());
    let kv = KeyValue { key, create_revision, mod_revision, version, value, lease };
    KeyEvent { kind: change.kind, kv, prev_kv: None }
}

/// Keys, kinds, values and leases of changes in one number; differing numbers prove
/// differing changes.
fn fingerprint(changes: &[KeyEvent]) -> u64 {
    let mut fingerprint = Fingerprint::default();
    for change in changes {
        fingerprint.word(u64::from(change.kind == KeyEventKind::Put));
        fingerprint.bytes(change.kv.key.as_slice());
        fingerprint.bytes(change.kv.value.as_slice());
        fingerprint.word(change.kv.lease.0.cast_unsigned());
    }
    fingerprint.number()
}
