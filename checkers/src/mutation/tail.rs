//! Events after everything else: what happens there contradicts nothing that follows.

use super::ground::{Ground, Operation};
use super::mutant::{Mutant, like};
use crate::history::{
    Body, Bytes, KeyEvent, KeyEventKind, KeyValue, LeaseId, Revision, WatchEvent, WatchEvents,
    WatchFrame,
};

/// The last revision that anything in the history names.
pub(super) fn last_revision(ground: &Ground<'_>) -> Revision {
    let answers = ground.operations.iter().filter_map(Operation::header);
    let highest = answers.map(|header| header.revision).max().unwrap_or_default();
    highest.max(ground.passed()).max(ground.changes.newest())
}

/// A recorder watch shows one more put after everything else, correct in its numbers.
pub(super) fn forge(
    ground: &Ground<'_>,
    key: &Bytes,
    value: Bytes,
    lease: LeaseId,
) -> Option<Mutant> {
    let (end, watch) = ground.tail()?;
    let (delivery, events) = watch.deliveries().last()?;
    let original = ground.history.events.get(delivery)?;
    let Body::Watch(WatchEvent { watch: id, .. }) = &original.body else { return None };
    let newest = last_revision(ground);
    let revision = newest.next();
    let before = ground.changes.pair(key, newest);
    let kv = KeyValue {
        key: key.clone(),
        create_revision: before.map_or(revision, |pair| pair.create_revision),
        mod_revision: revision,
        version: before.map_or(1, |pair| pair.version + 1),
        value,
        lease,
    };
    let prev_kv = before.filter(|_| watch.request().prev_kv).cloned();
    let event = KeyEvent { kind: KeyEventKind::Put, kv, prev_kv };
    let mut header = events.header;
    if let Some(header) = &mut header {
        header.revision = revision;
    }
    let frame = WatchFrame::Events(WatchEvents { header, fragment: false, events: vec![event] });
    let body = Body::Watch(WatchEvent { watch: *id, frame });
    Some(Mutant::default().insert(end, like(original, body)))
}
