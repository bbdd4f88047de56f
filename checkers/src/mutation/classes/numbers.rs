//! Revisions, versions and identities that do not add up.

use super::super::class::Class;
use super::super::ground::{Ground, Operation};
use super::super::mutant::Mutant;
use super::super::place::Place;
use super::super::shape::{header_mut, plain_read};
use crate::history::{
    Definite, HexId, KeyEventKind, KeyValue, Outcome, Refusal, Request, Response, WatchKind,
};

/// Revisions, versions and identities that do not add up.
pub(in crate::mutation) const NUMBERS: &[Class] = &[
    Class {
        name: "wrong-version",
        summary: "a read shows a key that was put once as put twice",
        precondition: "a plain read that shows a pair of version 1",
        why: "its version becomes 2 while creation and last modification are one revision, and a \
              put gives a key one version (K6)",
        caught_by: "revisions",
        workload: "mixed",
        waiting: None,
        places: |ground| pairs(ground, |pair| pair.version == 1),
        plant: |ground, place| edit_pair(ground, place, |pair| pair.version = 2),
    },
    Class {
        name: "created-after-modified",
        summary: "a read shows a key that was created after its last modification",
        precondition: "a plain read that shows a pair",
        why: "its creation revision becomes its last modification's plus one (K6)",
        caught_by: "revisions",
        workload: "mixed",
        waiting: None,
        places: |ground| pairs(ground, |_| true),
        plant: |ground, place| {
            edit_pair(ground, place, |pair| pair.create_revision = pair.mod_revision.next())
        },
    },
    Class {
        name: "conflicting-pair",
        summary: "a serializable read shows another value than watches do at the same revision",
        precondition: "a plain serializable read that shows a pair which watches show too",
        why: "its value becomes one that nobody wrote, while a key and the revision of its last \
              put name one value (K6, W11)",
        caught_by: "revisions",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            let mut places = pairs(ground, |pair| {
                ground.changes.of_key_at(&pair.key, pair.mod_revision).is_some()
            });
            places.retain(|place| {
                let read = ground.completed_at(place.at).and_then(plain_read);
                read.is_some_and(|(range, _)| range.serializable)
            });
            places
        },
        plant: |ground, place| {
            let value = ground.unwritten();
            edit_pair(ground, place, |pair| pair.value = value)
        },
    },
    Class {
        name: "revision-gap",
        summary: "a revision changes nothing",
        precondition: "an acknowledged delete of one key, alone at its revision; on every member a \
                       recorder watch delivers that revision, and a later one after it",
        why: "the delete becomes refused, and its event goes from every watch; then nothing \
              changed at a revision that every member's watch of everything has passed, and \
              revisions are dense (K2)",
        caught_by: "revisions",
        workload: "mixed",
        waiting: None,
        places: gap_places,
        plant: gap,
    },
    Class {
        name: "other-cluster",
        summary: "an answer comes from another cluster",
        precondition: "an answered range whose header names its cluster",
        why: "its header names another cluster than every other answer, and the run is on one (K2)",
        caught_by: "revisions",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            let named = ground.operations.iter().filter(|operation| {
                matches!(operation.request, Request::Range(_))
                    && operation.header().is_some_and(|header| header.cluster_id != HexId(0))
            });
            named.map(|operation| Place::at(operation.completion)).collect()
        },
        plant: |ground, place| {
            Some(Mutant::default().answer(ground, place.at, |answer| {
                if let Some(header) = header_mut(answer) {
                    header.cluster_id.0 ^= 1;
                }
            }))
        },
    },
];

fn pairs(ground: &Ground<'_>, fit: impl Fn(&KeyValue) -> bool) -> Vec<Place> {
    let place = |operation: &Operation<'_>| {
        let (_, answer) = plain_read(operation)?;
        let item = answer.kvs.iter().position(&fit)?;
        Some(Place::at(operation.completion).item(item))
    };
    ground.operations.iter().filter_map(place).collect()
}

fn edit_pair(
    ground: &Ground<'_>,
    place: Place,
    change: impl FnOnce(&mut KeyValue),
) -> Option<Mutant> {
    plain_read(ground.completed_at(place.at)?)?.1.kvs.get(place.item)?;
    Some(Mutant::default().answer(ground, place.at, |answer| {
        if let Response::Range(range) = answer
            && let Some(pair) = range.kvs.get_mut(place.item)
        {
            change(pair);
        }
    }))
}

fn gap_places(ground: &Ground<'_>) -> Vec<Place> {
    let fit = |operation: &&Operation<'_>| {
        let Request::Delete(delete) = operation.request else { return false };
        let Some(revision) = operation.wrote() else { return false };
        let alone = matches!(ground.changes.at(revision), [event]
            if event.kind == KeyEventKind::Delete && event.kv.key == delete.key);
        let recorders = ground.watches.iter().filter(|watch| {
            let mut shown = watch.whole_pairs().into_iter();
            watch.open.kind == WatchKind::Recorder
                && shown.any(|[one, _]| {
                    one.1.events.iter().any(|event| event.kv.mod_revision == revision)
                })
        });
        let mut members: Vec<_> = recorders.filter_map(|watch| watch.member).collect();
        members.sort_unstable();
        members.dedup();
        alone
            && delete.range_end.is_empty()
            && members.len() == ground.history.preamble.members.len()
    };
    // Each costs a walk over all watches: a sample is enough.
    let deletes = ground.operations.iter().filter(|operation| {
        matches!(operation.request, Request::Delete(_)) && operation.wrote().is_some()
    });
    let deletes: Vec<_> = deletes.collect();
    let step = (deletes.len() / 60).max(1);
    let sample = deletes.into_iter().step_by(step);
    sample.filter(fit).map(|operation| Place::at(operation.completion)).collect()
}

fn gap(ground: &Ground<'_>, place: Place) -> Option<Mutant> {
    let revision = ground.completed_at(place.at)?.wrote()?;
    let (reason, message) = (Refusal::TooManyRequests, "too many requests".to_owned());
    let refused = Outcome::Failed(Definite { reason, message });
    let mut mutant = Mutant::default().outcome(ground, place.at, refused);
    for (at, events) in ground.all_deliveries() {
        let others = events.events.iter().filter(|event| event.kv.mod_revision != revision).count();
        if others == events.events.len() {
            continue;
        }
        mutant = match others {
            0 => mutant.remove(at),
            _ => mutant.events(ground, at, |events| {
                events.events.retain(|event| event.kv.mod_revision != revision);
            }),
        };
    }
    Some(mutant)
}
