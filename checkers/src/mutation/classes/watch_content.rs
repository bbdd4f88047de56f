//! Watches that show changes otherwise than they were.

use std::collections::BTreeMap;

use super::super::class::Class;
use super::super::ground::{Ground, Watch};
use super::super::mutant::Mutant;
use super::super::place::Place;
use crate::history::{Bytes, KeyEvent, KeyEventKind, KeyValue, Request, Revision, WatchEvents};

/// Watches that show changes otherwise than they were.
pub(in crate::mutation) const WATCH_CONTENT: &[Class] = &[
    Class {
        name: "altered-event",
        summary: "a watch shows a put with a value that nobody wrote",
        precondition: "a put on a watch",
        why: "its value becomes one that no request of the whole history has (W3, W11)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: |ground| changes(ground, |_, event| event.kind == KeyEventKind::Put),
        plant: |ground, place| {
            let value = ground.unwritten();
            edit(ground, place, |event| event.kv.value = value)
        },
    },
    Class {
        name: "put-as-delete",
        summary: "a watch shows a put as a deletion",
        precondition: "a put on a watch that wants deletions, which another watch shows too",
        why: "one key at one revision is the same on every watch of every member (W11)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            changes(ground, |watch, event| {
                let shown = ground.changes.of_key_at(&event.kv.key, event.kv.mod_revision);
                event.kind == KeyEventKind::Put
                    && watch.wants(KeyEventKind::Delete)
                    && shown.is_some_and(|shown| shown.watches > 1)
            })
        },
        plant: |ground, place| {
            edit(ground, place, |event| {
                let (key, mod_revision) = (event.kv.key.clone(), event.kv.mod_revision);
                event.kind = KeyEventKind::Delete;
                event.kv = KeyValue { key, mod_revision, ..KeyValue::default() };
            })
        },
    },
    Class {
        name: "wrong-previous-pair",
        summary: "a watch shows a previous pair with a value that nobody wrote",
        precondition: "a change on a watch that comes with its previous pair",
        why: "the previous pair is the key's state one revision before, and its value becomes one \
              that no request of the whole history has (W9)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: |ground| changes(ground, |_, event| event.prev_kv.is_some()),
        plant: |ground, place| {
            let value = ground.unwritten();
            edit(ground, place, |event| {
                if let Some(prev) = &mut event.prev_kv {
                    prev.value = value;
                }
            })
        },
    },
    Class {
        name: "older-previous-pair",
        summary: "a watch shows as the previous pair an older one than that",
        precondition: "a change on a watch that comes with its previous pair, of a key that was \
                       put before that pair too",
        why: "the previous pair is the key's state one revision before: the pair that is shown \
              had been replaced by then, as other watches show (W9)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: |ground| changes(ground, |_, event| older(ground, event).is_some()),
        plant: |ground, place| {
            edit(ground, place, |event| {
                if let Some(older) = older(ground, event).cloned() {
                    event.prev_kv = Some(older);
                }
            })
        },
    },
    Class {
        name: "missing-previous-pair",
        summary: "a watch that asks for previous pairs leaves one out",
        precondition: "a change on a watch that comes with its previous pair; no compaction was \
                       ever asked for, by then, at the revision before the change or above",
        why: "a previous pair is left out only for a creation, or if the revision before is \
              compacted; the pair was there, and nothing can have compacted it (W9)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: missing_places,
        plant: |ground, place| edit(ground, place, |event| event.prev_kv = None),
    },
    Class {
        name: "version-jump",
        summary: "a watch shows a version that does not follow from the one before",
        precondition: "two puts of a key on one watch without filters, one after the other, and \
                       no change of the key between",
        why: "the version of the second becomes one too high, and each put raises it by one (W10)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: version_places,
        plant: |ground, place| edit(ground, place, |event| event.kv.version += 1),
    },
];

/// One change of each response of a watch that has a fitting one.
fn changes(ground: &Ground<'_>, fit: impl Fn(&Watch<'_>, &KeyEvent) -> bool) -> Vec<Place> {
    let mut places = Vec::new();
    for watch in &ground.watches {
        for (at, events) in watch.deliveries() {
            if let Some(item) = events.events.iter().position(|event| fit(watch, event)) {
                places.push(Place::at(at).item(item));
            }
        }
    }
    places
}

fn edit(ground: &Ground<'_>, place: Place, change: impl FnOnce(&mut KeyEvent)) -> Option<Mutant> {
    ground.history.events.get(place.at)?;
    Some(Mutant::default().events(ground, place.at, |events| {
        if let Some(event) = events.events.get_mut(place.item) {
            change(event);
        }
    }))
}

fn older<'a>(ground: &Ground<'a>, event: &KeyEvent) -> Option<&'a KeyValue> {
    let prev = event.prev_kv.as_ref()?;
    ground.changes.pair(&prev.key, prev.mod_revision.previous())
}

fn missing_places(ground: &Ground<'_>) -> Vec<Place> {
    let mut asked: Vec<(usize, Revision)> = Vec::new();
    for (index, event) in ground.history.events.iter().enumerate() {
        if let crate::history::Body::Invoke(invoke) = &event.body
            && let Request::Compact(compact) = &invoke.request
        {
            let before = asked.last().map_or(Revision(0), |(_, revision)| *revision);
            asked.push((index, before.max(compact.revision)));
        }
    }
    let compacted = |at: usize| {
        let count = asked.partition_point(|(index, _)| *index < at);
        count.checked_sub(1).map_or(Revision(0), |last| asked[last].1)
    };
    let mut places = Vec::new();
    for watch in &ground.watches {
        for (at, events) in watch.deliveries() {
            let bound = compacted(at);
            let item = events.events.iter().position(|event| {
                event.prev_kv.is_some() && event.kv.mod_revision.previous() > bound
            });
            places.extend(item.map(|item| Place::at(at).item(item)));
        }
    }
    places
}

fn version_places(ground: &Ground<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    for watch in &ground.watches {
        if !(watch.wants(KeyEventKind::Put) && watch.wants(KeyEventKind::Delete)) {
            continue;
        }
        let mut last: BTreeMap<&Bytes, KeyEventKind> = BTreeMap::new();
        for (at, events) in watch.deliveries() {
            let followers = followers(events, &mut last);
            places.extend(followers.first().map(|item| Place::at(at).item(*item)));
        }
    }
    places
}

/// The puts of a response whose key's last change on this watch was a put.
fn followers<'a>(
    events: &'a WatchEvents,
    last: &mut BTreeMap<&'a Bytes, KeyEventKind>,
) -> Vec<usize> {
    let mut found = Vec::new();
    for (item, event) in events.events.iter().enumerate() {
        let before = last.insert(&event.kv.key, event.kind);
        if event.kind == KeyEventKind::Put && before == Some(KeyEventKind::Put) {
            found.push(item);
        }
    }
    found
}
