//! What the final reads show when the store has lost, kept or mixed up data.

use super::super::class::Class;
use super::super::ground::{Ground, Operation, Shown};
use super::super::mutant::Mutant;
use super::super::place::Place;
use super::super::shape::{plain_read, replace_read};
use crate::history::{
    Body, Bytes, Environment, HashKvResponse, KeyEventKind, KeyValue, Outcome, RangeResponse,
    Request, Response, Revision,
};

/// What the final reads show when the store has lost, kept or mixed up data.
pub(in crate::mutation) const ENDING: &[Class] = &[
    Class {
        name: "lost-write",
        summary: "an acknowledged write is in no final read",
        precondition: "a key without a lease whose last change is a put at an acknowledged \
                       write's revision, which every final read shows; every revision is shown",
        why: "the key goes from all final reads, though its write was acknowledged before them \
              and no later revision changes the key (K9)",
        caught_by: "durability",
        workload: "mixed",
        waiting: None,
        places: |ground| lasting(ground, |_, shown| acknowledged(ground, shown)),
        plant: |ground, place| {
            let key = key(ground, place)?;
            each_final_read(ground, Mutant::default(), |range| hide(range, &key))
        },
    },
    Class {
        name: "rolled-back-write",
        summary: "every final read shows a key as it was before its last, acknowledged write",
        precondition: "as for lost-write, and the key was there before that write",
        why: "the pair before the write stands in all final reads, though the write was \
              acknowledged before them (K9)",
        caught_by: "durability",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            lasting(ground, |key, shown| {
                acknowledged(ground, shown) && before(ground, key, shown).is_some()
            })
        },
        plant: |ground, place| {
            let key = key(ground, place)?;
            let shown = ground.changes.last(&key, ground.changes.newest())?;
            let old = before(ground, &key, shown)?;
            each_final_read(ground, Mutant::default(), |range| {
                if let Some(pair) = range.kvs.iter_mut().find(|pair| pair.key == key) {
                    pair.clone_from(old);
                }
            })
        },
    },
    Class {
        name: "vanished-read",
        summary: "a write of unknown outcome that a watch has shown is in no final read",
        precondition: "as for lost-write, by a put that watches show",
        why: "the outcome of the put becomes unknown, so it is the watches alone that prove it; \
              what has been shown does not vanish without a later change (K9)",
        caught_by: "durability",
        workload: "mixed",
        waiting: None,
        places: |ground| lasting(ground, |_, shown| last_put(ground, shown).is_some()),
        plant: |ground, place| {
            let key = key(ground, place)?;
            let shown = ground.changes.last(&key, ground.changes.newest())?;
            let put = last_put(ground, shown)?;
            let mutant = Mutant::default().give_up(ground, put.completion);
            each_final_read(ground, mutant, |range| hide(range, &key))
        },
    },
    Class {
        name: "resurrected-key",
        summary: "a deleted key is back in every final read",
        precondition: "a key whose last change is a deletion at an acknowledged write's revision, \
                       and no final read shows it; every revision is shown",
        why: "the pair from before the deletion stands in all final reads, though no put follows \
              the deletion (K9)",
        caught_by: "durability",
        workload: "mixed",
        waiting: None,
        places: deleted_places,
        plant: |ground, place| {
            let key = key(ground, place)?;
            let shown = ground.changes.last(&key, ground.changes.newest())?;
            let old = before(ground, &key, shown)?;
            each_final_read(ground, Mutant::default(), |range| {
                let at = range.kvs.partition_point(|pair| pair.key < key);
                range.kvs.insert(at, old.clone());
                range.count += 1;
            })
        },
    },
    Class {
        name: "revision-lost",
        summary: "a final read answers from before an acknowledged write",
        precondition: "a linearizable final read, and a write that was acknowledged before it",
        why: "the answer is replaced whole, header revision included, by the true state right \
              before that write: the store has gone back (K9)",
        caught_by: "durability",
        workload: "mixed",
        waiting: None,
        places: revision_lost_places,
        plant: |ground, place| {
            let revision = Revision(i64::try_from(place.item).ok()?);
            let reads = ground.final_reads();
            let (_, range, _) = reads.iter().find(|(read, _, _)| read.completion == place.at)?;
            let kvs = ground.read(range, revision);
            let mutant = Mutant::default();
            Some(mutant.answer(ground, place.at, |answer| replace_read(answer, revision, kvs)))
        },
    },
    Class {
        name: "diverged-member",
        summary: "one member's own final state lacks a key that the others have",
        precondition: "a member's last serializable final read, and another member's, both with \
                       the same pair of a key that never changes again",
        why: "the key goes from the one member's read, and no change explains that: at rest all \
              members are equal (K12)",
        caught_by: "convergence",
        workload: "mixed",
        waiting: None,
        places: diverged_places,
        plant: |ground, place| {
            Some(Mutant::default().answer(ground, place.at, |answer| {
                if let Response::Range(range) = answer {
                    range.kvs.remove(place.item);
                    range.count -= 1;
                }
            }))
        },
    },
    Class {
        name: "hash-mismatch",
        summary: "a member's hash of its data differs from another member's",
        precondition: "two members' hashes at one revision that was asked for, with one compact \
                       revision, in a run of one release",
        why: "one hash gets another bit; equal data hash equally, and at rest all members are \
              equal (K12)",
        caught_by: "convergence",
        workload: "mixed",
        waiting: None,
        places: hash_places,
        plant: |ground, place| {
            Some(Mutant::default().answer(ground, place.at, |answer| {
                if let Response::HashKv(hash) = answer {
                    hash.hash ^= 1 << (place.item % 32);
                }
            }))
        },
    },
];

/// Places at keys of the first final read: at the event, which pair.
fn lasting(ground: &Ground<'_>, fit: impl Fn(&Bytes, Shown<'_>) -> bool) -> Vec<Place> {
    let reads = ground.final_reads();
    let Some((first, _, answer)) = reads.first() else { return Vec::new() };
    let newest = ground.changes.newest();
    let headers = reads.iter().filter_map(|(read, _, _)| read.header());
    if !headers.into_iter().all(|header| header.revision == newest) || !ground.knows(newest) {
        return Vec::new();
    }
    let pairs = answer.kvs.iter().enumerate().filter(|(_, pair)| {
        let shown = ground.changes.last(&pair.key, newest);
        pair.lease.is_none() && shown.is_some_and(|shown| fit(&pair.key, shown))
    });
    pairs.map(|(item, _)| Place::at(first.completion).item(item)).collect()
}

fn key(ground: &Ground<'_>, place: Place) -> Option<Bytes> {
    let (_, range) = plain_read(ground.completed_at(place.at)?)?;
    if let Some(pair) = range.kvs.get(place.item) {
        return Some(pair.key.clone());
    }
    // Keys that are gone are counted from the end of what is there.
    deleted(ground).get(place.item - range.kvs.len()).map(|key| (*key).clone())
}

fn acknowledged(ground: &Ground<'_>, shown: Shown<'_>) -> bool {
    writer(ground, shown.revision()).is_some()
}

/// The acknowledged write of a revision, if it is not a final read's contemporary.
fn writer<'g, 'a>(ground: &'g Ground<'a>, revision: Revision) -> Option<&'g Operation<'a>> {
    let begin = ground.phase(crate::history::Phase::Final)?;
    let writer = ground.writer_of(revision)?;
    (writer.completion < begin).then_some(writer)
}

fn last_put<'g, 'a>(ground: &'g Ground<'a>, shown: Shown<'_>) -> Option<&'g Operation<'a>> {
    let put = writer(ground, shown.revision())?;
    matches!(put.request, Request::Put(_)).then_some(put)
}

fn before<'a>(ground: &Ground<'a>, key: &Bytes, shown: Shown<'_>) -> Option<&'a KeyValue> {
    ground.changes.pair(key, shown.revision().previous())
}

fn hide(range: &mut RangeResponse, key: &Bytes) {
    let many = range.kvs.len();
    range.kvs.retain(|pair| pair.key != *key);
    range.count -= i64::try_from(many - range.kvs.len()).unwrap_or(0);
}

fn each_final_read(
    ground: &Ground<'_>,
    mut mutant: Mutant,
    mut change: impl FnMut(&mut RangeResponse),
) -> Option<Mutant> {
    let reads = ground.final_reads();
    reads.first()?;
    for (read, _, _) in reads {
        mutant = mutant.answer(ground, read.completion, |answer| {
            if let Response::Range(range) = answer {
                change(range);
            }
        });
    }
    Some(mutant)
}

/// Keys whose last change is an acknowledged deletion.
fn deleted<'a>(ground: &Ground<'a>) -> Vec<&'a Bytes> {
    let newest = ground.changes.newest();
    let keys = ground.changes.keys().filter(|key| {
        ground.changes.last(key, newest).is_some_and(|shown| {
            shown.event.kind == KeyEventKind::Delete
                && acknowledged(ground, shown)
                && before(ground, key, shown).is_some()
        })
    });
    keys.collect()
}

fn deleted_places(ground: &Ground<'_>) -> Vec<Place> {
    let reads = ground.final_reads();
    let Some((first, _, answer)) = reads.first() else { return Vec::new() };
    let newest = ground.changes.newest();
    let headers = reads.iter().filter_map(|(read, _, _)| read.header());
    if !headers.into_iter().all(|header| header.revision == newest) || !ground.knows(newest) {
        return Vec::new();
    }
    let gone = 0..deleted(ground).len();
    gone.map(|number| Place::at(first.completion).item(answer.kvs.len() + number)).collect()
}

fn revision_lost_places(ground: &Ground<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    for (read, range, _) in ground.final_reads() {
        let acknowledged = ground.acknowledged_before(read.invocation);
        if range.serializable || !ground.knows(acknowledged) {
            continue;
        }
        let older = (1..=40).map(|back| acknowledged.0 - back).filter(|revision| *revision > 0);
        let items = older.filter_map(|revision| usize::try_from(revision).ok());
        places.extend(items.map(|item| Place::at(read.completion).item(item)));
    }
    places
}

fn diverged_places(ground: &Ground<'_>) -> Vec<Place> {
    let reads = ground.final_reads();
    let own: Vec<_> = reads.iter().filter(|(_, range, _)| range.serializable).collect();
    let mut places = Vec::new();
    for (read, _, answer) in &own {
        let last = own.iter().rfind(|(other, _, _)| other.member == read.member);
        let is_last = last.is_some_and(|(last, _, _)| last.completion == read.completion);
        let other = own.iter().find(|(other, _, _)| other.member != read.member);
        let Some((_, _, other)) = other.filter(|_| is_last) else { continue };
        let step = (answer.kvs.len() / 100).max(1);
        let pairs = answer.kvs.iter().enumerate().step_by(step).filter(|(_, pair)| {
            let shown = ground.changes.last(&pair.key, ground.changes.newest());
            other.kvs.contains(pair)
                && shown.is_some_and(|shown| shown.revision() == pair.mod_revision)
        });
        places.extend(pairs.map(|(item, _)| Place::at(read.completion).item(item)));
    }
    places
}

fn hash_places(ground: &Ground<'_>) -> Vec<Place> {
    let hash = |operation: &Operation<'_>| -> Option<(Revision, HashKvResponse)> {
        match (operation.request, operation.outcome) {
            (Request::HashKv(request), Outcome::Ok(Response::HashKv(answer)))
                if !request.revision.is_zero() =>
            {
                Some((request.revision, answer.clone()))
            }
            _ => None,
        }
    };
    let begin = ground.phase(crate::history::Phase::Final).unwrap_or(usize::MAX);
    let late = ground.operations.iter().filter(|one| one.invocation > begin);
    let hashes: Vec<_> = late.filter_map(|one| hash(one).map(|hash| (one, hash))).collect();
    let mut places = Vec::new();
    for (operation, (revision, answer)) in &hashes {
        let twin = hashes.iter().any(|(other, (at, hash))| {
            other.member != operation.member
                && at == revision
                && hash.compact_revision == answer.compact_revision
        });
        let bits = (0..8).filter(|_| twin && of_one_release(ground));
        places.extend(bits.map(|bit| Place::at(operation.completion).item(bit * 4)));
    }
    places
}

/// Releases hash differently, so only members of one release must agree.
fn of_one_release(ground: &Ground<'_>) -> bool {
    let started = ground.history.events.iter().filter_map(|event| match &event.body {
        Body::Environment(Environment::MemberStarted(life)) => Some(&life.version),
        _ => None,
    });
    let members = ground.history.preamble.members.iter().map(|member| &member.version);
    let mut versions = members.chain(started);
    let first = versions.next();
    versions.all(|version| Some(version) == first)
}
