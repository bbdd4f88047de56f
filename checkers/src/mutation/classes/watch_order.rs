//! Watches that drop, repeat, reorder or split what they deliver.

use super::super::class::Class;
use super::super::ground::{Ground, Operation, Watch, contains, span};
use super::super::mutant::Mutant;
use super::super::place::Place;
use crate::history::{Body, Bytes, Request, Response, Revision, TxnOp, WatchEvents, WatchFrame};

/// Watches that drop, repeat, reorder or split what they deliver.
pub(in crate::mutation) const WATCH_ORDER: &[Class] = &[
    Class {
        name: "dropped-event",
        summary: "a watch leaves one change out",
        precondition: "a response of a watch, no fragment, followed by a response with a later \
                       revision on the same watch; another watch shows the change too",
        why: "the change is taken out of the one watch; that watch asked for it, goes on beyond \
              its revision, and so promises that nothing before was left out (W3)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: |ground| dropped(ground, false),
        plant: drop_one,
    },
    Class {
        name: "torn-transaction",
        summary: "a watch shows one change of a transaction and not the other",
        precondition: "a response of a watch, no fragment, with two changes of one revision, \
                       followed by a response with a later revision; another watch shows both",
        why: "a revision is delivered whole, and what a watch has passed was delivered (W3, W4)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: |ground| dropped(ground, true),
        plant: drop_one,
    },
    Class {
        name: "duplicated-event",
        summary: "a watch delivers a response twice",
        precondition: "a response of a watch that is no fragment",
        why: "no key comes twice at one revision on one watch (W2)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: |ground| pairs(ground, |_, _| true),
        plant: |ground, place| {
            let event = ground.history.events.get(place.at)?;
            Some(Mutant::default().insert(place.at + 1, event.clone()))
        },
    },
    Class {
        name: "reordered-events",
        summary: "a watch delivers two responses in the wrong order",
        precondition: "two responses of one watch, one after the other, neither a fragment, all \
                       revisions of the second above all of the first",
        why: "they are swapped, and the revisions of a watch never fall (W1)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: |ground| pairs(ground, |one, two| span(one).1 < span(two).0),
        plant: |ground, place| {
            let (first, second) = (body(ground, place.at)?, body(ground, place.with)?);
            Some(Mutant::default().edit(ground, place.at, |event| event.body = second).edit(
                ground,
                place.with,
                |event| event.body = first,
            ))
        },
    },
    Class {
        name: "misordered-changes",
        summary: "a watch shows two changes of one transaction in the wrong order",
        precondition: "a response of a watch, no fragment, with two changes of one revision side \
                       by side; the acknowledged transaction that made it, without nested ones, \
                       puts the one key before the other",
        why: "the two are swapped, and the changes of one transaction come in the order of its \
              operations (W1)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: ordered_places,
        plant: |ground, place| {
            Some(Mutant::default().events(ground, place.at, |events| {
                events.events.swap(place.item - 1, place.item);
            }))
        },
    },
    Class {
        name: "split-response",
        summary: "the changes of one revision come in two responses",
        precondition: "a response of a watch, no fragment, with two changes of one revision side \
                       by side",
        why: "it becomes two responses, cut within that revision, and neither announces itself as \
              a fragment: a revision is never split (W4)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            let mut places = pairs(ground, |one, _| twins(one).is_some());
            for place in &mut places {
                place.item = events(ground, place.at).and_then(twins).unwrap_or_default();
            }
            places
        },
        plant: split,
    },
    Class {
        name: "early-event",
        summary: "a watch shows a change before its request is sent",
        precondition: "a response of a watch whose first change is a put of a value that one \
                       request alone has; the watch's frame before it came before that request \
                       was sent",
        why: "the response moves to right before the request's invocation, and a request is in \
              the history before it is on the wire: an effect came before its cause (K1)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: early_places,
        plant: |ground, place| {
            let event = ground.history.events.get(place.at)?;
            Some(Mutant::default().remove(place.at).insert(place.with, event.clone()))
        },
    },
];

/// Responses that are followed by another one on the same watch.
fn pairs(ground: &Ground<'_>, fit: impl Fn(&WatchEvents, &WatchEvents) -> bool) -> Vec<Place> {
    let all = ground.watches.iter().flat_map(Watch::whole_pairs);
    let fit = all.filter(|[one, two]| fit(one.1, two.1));
    fit.map(|[one, two]| Place::at(one.0).with(two.0)).collect()
}

fn dropped(ground: &Ground<'_>, of_twins: bool) -> Vec<Place> {
    let mut places = pairs(ground, |one, two| span(one).1 < span(two).0);
    places.retain_mut(|place| {
        let Some(events) = events(ground, place.at) else { return false };
        let item = if of_twins { twins(events) } else { place.at.checked_rem(events.events.len()) };
        let Some((item, event)) = item.and_then(|item| Some((item, events.events.get(item)?)))
        else {
            return false;
        };
        place.item = item;
        let shown = ground.changes.of_key_at(&event.kv.key, event.kv.mod_revision);
        shown.is_some_and(|shown| shown.watches > 1)
    });
    places
}

fn drop_one(ground: &Ground<'_>, place: Place) -> Option<Mutant> {
    let mutant = Mutant::default();
    Some(match events(ground, place.at)?.events.len() {
        1 => mutant.remove(place.at),
        _ => mutant.events(ground, place.at, |events| {
            events.events.remove(place.item);
        }),
    })
}

/// The second of two changes of one revision.
fn twins(events: &WatchEvents) -> Option<usize> {
    let mut pairs = events.events.windows(2);
    let first = pairs.position(|pair| match pair {
        [one, two] => one.kv.mod_revision == two.kv.mod_revision && one.kv.key != two.kv.key,
        _ => false,
    });
    first.map(|first| first + 1)
}

fn ordered_places(ground: &Ground<'_>) -> Vec<Place> {
    let whole = ground.all_deliveries().filter(|(_, events)| !events.fragment);
    whole
        .filter_map(|(at, events)| {
            let second = twins(events)?;
            let (one, two) = (events.events.get(second - 1)?, events.events.get(second)?);
            let writer = ground.writer_of(one.kv.mod_revision)?;
            let put = |key| put_by(writer, key);
            (put(&one.kv.key)? < put(&two.kv.key)?).then(|| Place { item: second, ..Place::at(at) })
        })
        .collect()
}

/// The number of the one operation of an acknowledged transaction that puts a key; nothing
/// where others touch it, or where the transaction is nested.
fn put_by(writer: &Operation<'_>, key: &Bytes) -> Option<usize> {
    let (Request::Txn(txn), Some(Response::Txn(answer))) = (writer.request, writer.answer()) else {
        return None;
    };
    let ops = if answer.succeeded { &txn.success } else { &txn.failure };
    let touches = |op: &TxnOp| match op {
        TxnOp::Put(put) => put.key == *key,
        TxnOp::Delete(delete) => contains(&delete.key, &delete.range_end, key),
        TxnOp::Range(_) => false,
        TxnOp::Txn(_) => true,
    };
    let mut touching = ops.iter().enumerate().filter(|(_, op)| touches(op));
    let (number, op) = touching.next()?;
    (matches!(op, TxnOp::Put(_)) && touching.next().is_none()).then_some(number)
}

fn split(ground: &Ground<'_>, place: Place) -> Option<Mutant> {
    let mut rest = ground.history.events.get(place.at)?.clone();
    if let Body::Watch(watch) = &mut rest.body
        && let WatchFrame::Events(events) = &mut watch.frame
    {
        events.events.drain(..place.item);
    }
    let mutant = Mutant::default().insert(place.at + 1, rest);
    Some(mutant.events(ground, place.at, |events| events.events.truncate(place.item)))
}

fn early_places(ground: &Ground<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    for watch in &ground.watches {
        for pair in watch.frames.windows(2) {
            let [(before, _), (at, frame)] = pair else { continue };
            let WatchFrame::Events(events) = frame else { continue };
            let Some(kv) = events.events.first().map(|event| &event.kv) else { continue };
            let asked = ground.only_writer(&kv.key, &kv.value);
            if let Some(asked) = asked.filter(|asked| before < asked && asked < at)
                && !events.fragment
                && kv.mod_revision > Revision(0)
            {
                places.push(Place::at(*at).with(asked));
            }
        }
    }
    places
}

fn events<'a>(ground: &Ground<'a>, at: usize) -> Option<&'a WatchEvents> {
    match body_of(ground, at)? {
        Body::Watch(watch) => match &watch.frame {
            WatchFrame::Events(events) => Some(events),
            _ => None,
        },
        _ => None,
    }
}

fn body_of<'a>(ground: &Ground<'a>, at: usize) -> Option<&'a Body> {
    ground.history.events.get(at).map(|event| &event.body)
}

fn body(ground: &Ground<'_>, at: usize) -> Option<Body> {
    body_of(ground, at).cloned()
}
