//! What keys held at a revision, as the watches of the harness showed it.

use std::collections::{BTreeMap, BTreeSet};

use stormglass_checkers::history::{
    Body, Bytes, Event, KeyEvent, KeyEventKind, Outcome, Request, Response, Revision, TxnOp,
    WatchFrame,
};
use stormglass_checkers::wording;

/// Keys of one operation whose contents are told.
const MOST_KEYS: usize = 4;

/// Every change of some keys that any watch delivered.
#[derive(Debug)]
pub(crate) struct Contents<'a> {
    /// By key, in the order of revisions, each once.
    changes: BTreeMap<Bytes, Vec<&'a KeyEvent>>,
}

/// What a key held before and after an operation, in words.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) key: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

impl<'a> Contents<'a> {
    /// Reads the changes of these keys. Where members disagree, the first word stands: the
    /// findings tell of the others.
    pub(crate) fn of(events: &'a [Event], keys: BTreeSet<Bytes>) -> Self {
        let mut changes: BTreeMap<Bytes, Vec<&KeyEvent>> =
            keys.into_iter().map(|key| (key, Vec::new())).collect();
        let frames = events.iter().filter_map(|event| match &event.body {
            Body::Watch(watch) => match &watch.frame {
                WatchFrame::Events(events) => Some(&events.events),
                _ => None,
            },
            _ => None,
        });
        for change in frames.flatten() {
            if let Some(of_key) = changes.get_mut(&change.kv.key) {
                of_key.push(change);
            }
        }
        for of_key in changes.values_mut() {
            // In the order of events where revisions are equal.
            of_key.sort_by_key(|change| change.kv.mod_revision);
            of_key.dedup_by_key(|change| change.kv.mod_revision);
        }
        Self { changes }
    }

    /// What each key that an answered operation names held before and after it; nothing where no
    /// watch tells.
    pub(crate) fn around(&self, request: &Request, outcome: &Outcome) -> Vec<Change> {
        let Some(revision) = revision(request, outcome) else { return Vec::new() };
        let earlier = if has_written(request, outcome) { revision.previous() } else { revision };
        let change = |key: &Bytes| {
            let (before, after) = self.at(key, earlier).zip(self.at(key, revision))?;
            Some(Change { key: key.to_string(), before, after })
        };
        keys(request).into_iter().filter_map(change).collect()
    }

    /// What a key held once everything up to a revision had happened; nothing where no watch
    /// tells.
    fn at(&self, key: &Bytes, revision: Revision) -> Option<String> {
        let changes = self.changes.get(key).filter(|changes| !changes.is_empty())?;
        let known = changes.partition_point(|change| change.kv.mod_revision <= revision);
        Some(match known.checked_sub(1).map(|last| changes[last]) {
            Some(change) if change.kind == KeyEventKind::Put => wording::pair(&change.kv),
            Some(_) => format!("no key {key}"),
            None => format!("no key {key}, or one that no watch showed"),
        })
    }
}

/// The revision that an answered operation belongs to: that of its reading, or of its answer.
pub(crate) fn revision(request: &Request, outcome: &Outcome) -> Option<Revision> {
    if let Request::Range(range) = request
        && !range.revision.is_zero()
    {
        return Some(range.revision);
    }
    match outcome {
        Outcome::Ok(response) => {
            response.header().map(|header| header.revision).filter(|it| !it.is_zero())
        }
        Outcome::Failed(_) | Outcome::Unknown(_) => None,
    }
}

/// Whether an answered operation made the revision that it was answered with.
fn has_written(request: &Request, outcome: &Outcome) -> bool {
    let Outcome::Ok(response) = outcome else { return false };
    match (request, response) {
        (Request::Put(_), _) => true,
        (Request::Delete(_), Response::Delete(answer)) => answer.deleted > 0,
        (Request::Txn(txn), Response::Txn(answer)) => {
            let branch = if answer.succeeded { &txn.success } else { &txn.failure };
            branch.iter().any(|op| !matches!(op, TxnOp::Range(_)))
        }
        _ => false,
    }
}

/// The single keys that a request names; of ranges of keys only the first is a key.
pub(crate) fn keys(request: &Request) -> Vec<&Bytes> {
    let mut keys = Vec::new();
    match request {
        Request::Put(put) => keys.push(&put.key),
        Request::Range(range) if range.range_end.is_empty() => keys.push(&range.key),
        Request::Delete(delete) if delete.range_end.is_empty() => keys.push(&delete.key),
        Request::Txn(txn) => {
            keys.extend(txn.success.iter().chain(&txn.failure).filter_map(|op| match op {
                TxnOp::Put(put) => Some(&put.key),
                TxnOp::Delete(delete) if delete.range_end.is_empty() => Some(&delete.key),
                TxnOp::Range(range) if range.range_end.is_empty() => Some(&range.key),
                TxnOp::Delete(_) | TxnOp::Range(_) | TxnOp::Txn(_) => None,
            }));
        }
        _ => {}
    }
    let mut seen = BTreeSet::new();
    keys.retain(|key| seen.insert(*key));
    keys.truncate(MOST_KEYS);
    keys
}

#[cfg(test)]
mod tests {
    use stormglass_checkers::history::{KeyValue, Nanos, WatchEvent, WatchEvents, WatchId};

    use super::*;

    fn change(revision: i64, value: Option<&str>) -> Event {
        let kv = KeyValue {
            key: "k".into(),
            mod_revision: Revision(revision),
            value: value.unwrap_or_default().into(),
            ..KeyValue::default()
        };
        let kind = if value.is_some() { KeyEventKind::Put } else { KeyEventKind::Delete };
        let events = vec![KeyEvent { kind, kv, prev_kv: None }];
        let frame = WatchFrame::Events(WatchEvents { events, ..WatchEvents::default() });
        let body = Body::Watch(WatchEvent { watch: WatchId(1), frame });
        Event { index: 0, at: Nanos(0), process: None, member: None, body }
    }

    #[test]
    fn a_key_holds_what_the_last_change_before_made_of_it() {
        let events = [change(5, Some("a")), change(9, None), change(5, Some("another word"))];
        let contents = Contents::of(&events, BTreeSet::from(["k".into()]));
        let at = |revision| contents.at(&"k".into(), Revision(revision)).expect("it is known");
        assert_eq!(at(4), "no key k, or one that no watch showed");
        assert_eq!(at(5), "k = \"a\" of revision 5");
        assert_eq!(at(8), "k = \"a\" of revision 5");
        assert_eq!(at(9), "no key k");
        assert_eq!(contents.at(&"other".into(), Revision(5)), None);
    }
}
