//! The changes of the whole store, in order, from the recorder's watches.

use std::collections::{BTreeMap, BTreeSet};

use super::operation::Place;
use crate::history::{
    Bytes, Event, KeyEvent, KeyEventKind, KeyValue, Nanos, Revision, WatchEvent, WatchFrame,
    WatchId, WatchKind,
};
use crate::keys::KeyRange;

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
    whole: BTreeSet<WatchId>,
    fragments: BTreeMap<WatchId, Vec<KeyEvent>>,
    waiting: BTreeMap<Revision, Shown>,
    /// Fingerprints of the last revisions, to compare the members' watches by.
    seen: BTreeMap<Revision, u64>,
    torn: Option<Revision>,
}

/// So many revisions are compared between the members; one that lags further is not.
const COMPARED: usize = 50_000;
/// 64-bit FNV-1a.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

impl StoreLog {
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
                let range = KeyRange::new(&request.key, &request.range_end);
                let start = request.start_revision;
                let filtered = request.no_put || request.no_delete;
                if open.kind == WatchKind::Recorder
                    && range.is_everything()
                    && !start.is_zero()
                    && !filtered
                {
                    self.whole.insert(watch.watch);
                    self.head.get_or_insert(start.previous());
                }
            }
            WatchFrame::Events(frame) if self.whole.contains(&watch.watch) => {
                let mut events = self.fragments.remove(&watch.watch).unwrap_or_default();
                events.extend(frame.events.iter().cloned());
                if frame.fragment {
                    self.fragments.insert(watch.watch, events);
                } else {
                    return self.enter(event, &events);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn enter(&mut self, event: &Event, events: &[KeyEvent]) -> Vec<Shown> {
        for changes in events.chunk_by(|one, other| one.kv.mod_revision == other.kv.mod_revision) {
            let revision = changes[0].kv.mod_revision;
            self.compare(revision, changes);
            if revision > self.head() {
                let shown = || Shown {
                    revision,
                    changes: changes.iter().map(light).collect(),
                    place: Place::of(event),
                    at: event.at,
                };
                self.waiting.entry(revision).or_insert_with(shown);
            }
        }
        let mut next = Vec::new();
        while let Some(shown) = self.waiting.remove(&self.head().next()) {
            self.head = Some(shown.revision);
            next.push(shown);
        }
        next
    }

    fn compare(&mut self, revision: Revision, changes: &[KeyEvent]) {
        let mark = fingerprint(changes);
        if *self.seen.entry(revision).or_insert(mark) != mark {
            self.torn.get_or_insert(revision);
        }
        if self.seen.len() > COMPARED {
            self.seen.pop_first();
        }
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
    let mut hash = FNV_OFFSET;
    let mut take = |bytes: &[u8]| {
        for byte in bytes.len().to_le_bytes().iter().chain(bytes) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME);
        }
    };
    for change in changes {
        take(&[u8::from(change.kind == KeyEventKind::Put)]);
        take(change.kv.key.as_slice());
        take(change.kv.value.as_slice());
        take(&change.kv.lease.0.to_le_bytes());
    }
    hash
}
