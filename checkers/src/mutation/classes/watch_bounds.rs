//! Watches that deliver what they must not, or say that they are further than they are.

use super::super::class::Class;
use super::super::ground::{Ground, Watch, contains, span};
use super::super::mutant::{Mutant, like};
use super::super::place::Place;
use crate::history::{
    Body, Header, KeyEvent, Request, Response, Revision, WatchEvent, WatchEvents, WatchFrame,
    WatchHeader, WatchRequest,
};

/// Watches that deliver what they must not, or say that they are further than they are.
pub(in crate::mutation) const WATCH_BOUNDS: &[Class] = &[
    Class {
        name: "event-before-start",
        summary: "a watch delivers a change from before its start",
        precondition: "a watch with a start revision that was created; a change of its range and \
                       kind from before that revision",
        why: "that change comes right after the created frame, though it is older than the start \
              that was asked for (W7)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: before_start_places,
        plant: |ground, place| {
            let watch = watch_opened_at(ground, place.with)?;
            let event = before_start(ground, watch)?;
            insert_events(ground, watch, place.at + 1, event)
        },
    },
    Class {
        name: "event-outside-range",
        summary: "a watch delivers a change of a key outside its range",
        precondition: "a watch of less than everything; a change of another key between two \
                       responses of the watch, neither a fragment",
        why: "that change comes between the two, in the order of revisions, though its key was \
              not asked for (W7)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: |ground| between_places(ground, outside),
        plant: |ground, place| plant_between(ground, place, outside),
    },
    Class {
        name: "filtered-event",
        summary: "a watch delivers a change of a kind that it filters out",
        precondition: "a watch with a filter; a change of its range that is filtered out, between \
                       two responses of the watch, neither a fragment",
        why: "that change comes between the two, in the order of revisions, though its kind was \
              to be left out (W7)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: |ground| between_places(ground, filtered),
        plant: |ground, place| plant_between(ground, place, filtered),
    },
    Class {
        name: "early-progress",
        summary: "a progress notification comes before a change that it covers",
        precondition: "a response of a watch that asked for progress notifications",
        why: "a notification of that response's first revision comes right before it, and after \
              a notification nothing up to its revision comes any more (W6)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            let notified = ground.watches.iter().filter(|watch| watch.request().progress_notify);
            let pairs = notified.flat_map(|watch| {
                watch.whole_pairs().into_iter().map(|[_, two]| (watch.opened, two.0))
            });
            pairs.map(|(opened, at)| Place::at(at).with(opened)).collect()
        },
        plant: |ground, place| {
            let (_, events) = response(ground, place)?;
            progress(ground, Mutant::default(), place.at, (place.at, span(events).0))
        },
    },
    Class {
        name: "progress-back",
        summary: "a progress notification is older than the one before it",
        precondition: "a response of a watch that asked for progress notifications, no fragment, \
                       with a revision above 2",
        why: "after it come a notification of its last revision, which is true, and one of the \
              revision before: what is complete stays complete (W6)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            let notified = ground.watches.iter().filter(|watch| watch.request().progress_notify);
            let responses = notified.flat_map(|watch| {
                let whole = watch.whole_pairs().into_iter();
                let late = whole.filter(|[one, _]| span(one.1).1 > Revision(2));
                late.map(|[one, _]| Place::at(one.0).with(watch.opened))
            });
            responses.collect()
        },
        plant: |ground, place| {
            let (_, events) = response(ground, place)?;
            let last = span(events).1;
            let mutant = progress(ground, Mutant::default(), place.at + 1, (place.at, last))?;
            progress(ground, mutant, place.at + 1, (place.at, last.previous()))
        },
    },
    Class {
        name: "silent-compaction",
        summary: "a watch from a compacted revision goes on as if nothing were missing",
        precondition: "a compaction that the watch's member had acknowledged in the same life \
                       before the watch was opened; the watch was created and delivered something",
        why: "its start becomes a revision below the compacted one, and such a watch is cancelled \
              with the compacted revision, never left to go on (W8)",
        caught_by: "watch",
        workload: "mixed",
        waiting: None,
        places: silent_places,
        plant: |ground, place| {
            let start = Revision(i64::try_from(place.item).ok()?);
            Some(Mutant::default().edit(ground, place.at, |event| {
                if let Body::Watch(watch) = &mut event.body
                    && let WatchFrame::Open(open) = &mut watch.frame
                {
                    open.request.start_revision = start;
                }
            }))
        },
    },
];

fn watch_opened_at<'g, 'a>(ground: &'g Ground<'a>, opened: usize) -> Option<&'g Watch<'a>> {
    ground.watches.iter().find(|watch| watch.opened == opened)
}

fn response<'a>(ground: &Ground<'a>, place: Place) -> Option<(usize, &'a WatchEvents)> {
    let watch = watch_opened_at(ground, place.with)?;
    watch.deliveries().find(|(at, _)| *at == place.at)
}

fn before_start_places(ground: &Ground<'_>) -> Vec<Place> {
    let watches = ground.watches.iter().filter(|watch| before_start(ground, watch).is_some());
    let places = watches.filter_map(|watch| Some(Place::at(watch.created()?).with(watch.opened)));
    places.collect()
}

fn before_start<'a>(ground: &Ground<'a>, watch: &Watch<'_>) -> Option<&'a KeyEvent> {
    let request = watch.request();
    let before = ground.changes.between(Revision(1), request.start_revision.previous());
    let mut before = before.rev().take(2_000);
    if request.start_revision <= Revision(1) {
        return None;
    }
    before.find(|event| in_range(request, event) && watch.wants(event.kind))
}

fn in_range(request: &WatchRequest, event: &KeyEvent) -> bool {
    contains(&request.key, &request.range_end, &event.kv.key)
}

fn outside(watch: &Watch<'_>, event: &KeyEvent) -> bool {
    !in_range(watch.request(), event) && watch.wants(event.kind)
}

fn filtered(watch: &Watch<'_>, event: &KeyEvent) -> bool {
    in_range(watch.request(), event) && !watch.wants(event.kind)
}

type Fit = fn(&Watch<'_>, &KeyEvent) -> bool;

/// The first fitting change between two responses.
fn between<'a>(
    ground: &Ground<'a>,
    watch: &Watch<'_>,
    [one, two]: [(usize, &WatchEvents); 2],
    fit: Fit,
) -> Option<&'a KeyEvent> {
    let (from, to) = (span(one.1).1.next(), span(two.1).0.previous());
    if from > to {
        return None;
    }
    ground.changes.between(from, to).take(200).find(|event| fit(watch, event))
}

fn between_places(ground: &Ground<'_>, fit: Fit) -> Vec<Place> {
    let mut places = Vec::new();
    let territory = ground.history.preamble.territory();
    for watch in &ground.watches {
        let selective = !watch.is_whole(&territory);
        for pair in watch.whole_pairs().into_iter().filter(|_| selective) {
            if between(ground, watch, pair, fit).is_some() {
                places.push(Place::at(pair[0].0).with(watch.opened));
            }
        }
    }
    places
}

fn plant_between(ground: &Ground<'_>, place: Place, fit: Fit) -> Option<Mutant> {
    let watch = watch_opened_at(ground, place.with)?;
    let pair = watch.whole_pairs().into_iter().find(|pair| pair[0].0 == place.at)?;
    let event = between(ground, watch, pair, fit)?;
    insert_events(ground, watch, pair[1].0, event)
}

/// A response with one change, right before an event.
fn insert_events(
    ground: &Ground<'_>,
    watch: &Watch<'_>,
    before: usize,
    event: &KeyEvent,
) -> Option<Mutant> {
    let opened = ground.history.events.get(watch.opened)?;
    let Body::Watch(WatchEvent { watch: id, .. }) = &opened.body else { return None };
    let (_, sample) = watch.frames.iter().find_map(|(at, frame)| Some((at, header_of(frame)?)))?;
    let header = Some(Header { revision: sample.revision.max(event.kv.mod_revision), ..sample });
    let mut event = event.clone();
    event.prev_kv = event.prev_kv.filter(|_| watch.request().prev_kv);
    let frame = WatchFrame::Events(WatchEvents { header, fragment: false, events: vec![event] });
    let body = Body::Watch(WatchEvent { watch: *id, frame });
    Some(Mutant::default().insert(before, like(opened, body)))
}

fn header_of(frame: &WatchFrame) -> Option<Header> {
    match frame {
        WatchFrame::Created(frame) | WatchFrame::Progress(frame) => frame.header,
        WatchFrame::Events(events) => events.header,
        _ => None,
    }
}

/// A progress notification right before an event, on the watch of a response.
fn progress(
    ground: &Ground<'_>,
    mutant: Mutant,
    before: usize,
    (response, revision): (usize, Revision),
) -> Option<Mutant> {
    let original = ground.history.events.get(response)?;
    let Body::Watch(watch) = &original.body else { return None };
    let header = header_of(&watch.frame).map(|header| Header { revision, ..header });
    let frame = WatchFrame::Progress(WatchHeader { header });
    let body = Body::Watch(WatchEvent { watch: watch.watch, frame });
    Some(mutant.insert(before, like(original, body)))
}

fn silent_places(ground: &Ground<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    let acknowledged = ground.operations.iter().filter_map(|operation| {
        match (operation.request, operation.answer()?) {
            (Request::Compact(compact), Response::Compact(_)) => {
                Some((operation.completion, operation.member?, compact.revision))
            }
            _ => None,
        }
    });
    let acknowledged: Vec<_> = acknowledged.collect();
    for watch in &ground.watches {
        let Some(member) = watch.member else { continue };
        let Some((delivered, _)) = watch.deliveries().next() else { continue };
        let life = ground.life(member, delivered);
        let compacted = acknowledged.iter().filter(|(completion, who, _)| {
            *who == member && *completion < watch.opened && ground.life(member, *completion) == life
        });
        let highest = compacted.map(|(_, _, revision)| revision.previous()).max();
        let created = watch.created().is_some();
        let start = highest.filter(|start| created && *start > Revision(0));
        let item = start.and_then(|start| usize::try_from(start.0).ok());
        places.extend(item.map(|item| Place::at(watch.opened).item(item)));
    }
    places
}
