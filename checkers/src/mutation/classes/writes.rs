//! Writes that share, swap, repeat or invent revisions.

use super::super::class::Class;
use super::super::ground::Ground;
use super::super::mutant::Mutant;
use super::super::place::Place;
use super::super::shape::{put, set_revision};
use super::super::tail::forge;
use crate::history::{Bytes, Definite, LeaseId, Outcome, Refusal, Revision};

/// Writes that share, swap, repeat or invent revisions.
pub(in crate::mutation) const WRITES: &[Class] = &[
    Class {
        name: "split-revision",
        summary: "two acknowledged puts get one revision",
        precondition: "two acknowledged puts at neighbouring revisions",
        why: "the later one's answer names the revision of the earlier one, and a revision has \
              one writer (K2)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: split_places,
        plant: |ground, place| {
            let revision = ground.completed_at(place.with)?.header()?.revision;
            let mutant = Mutant::default();
            Some(mutant.answer(ground, place.at, |answer| set_revision(answer, revision)))
        },
    },
    Class {
        name: "time-travel",
        summary: "a put gets a lower revision than one that completed before it was sent",
        precondition: "two acknowledged puts, the second sent after the first had completed",
        why: "their revisions are swapped, so the one that was sent later has the lower one, and \
              revisions follow real time (K1)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: time_travel_places,
        plant: |ground, place| {
            let (first, second) =
                (ground.completed_at(place.with)?, ground.completed_at(place.at)?);
            let (low, high) = (first.header()?.revision, second.header()?.revision);
            Some(
                Mutant::default()
                    .answer(ground, place.at, |answer| set_revision(answer, low))
                    .answer(ground, place.with, |answer| set_revision(answer, high)),
            )
        },
    },
    Class {
        name: "doubled-write",
        summary: "an acknowledged put takes effect a second time, at the end of the run",
        precondition: "an acknowledged put of a value that one request alone has, on a key whose \
                       values nobody keeps; a recorder watch is open at the end",
        why: "a watch shows the value at a revision after all others, while its one request was \
              acknowledged at an earlier one: it took effect twice (K11)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: |ground| unique_puts(ground, |_, _| true),
        plant: |ground, place| {
            let (put, _) = put(ground.completed_at(place.at)?)?;
            forge(ground, &put.key, put.value.clone(), put.lease)
        },
    },
    Class {
        name: "phantom-write",
        summary: "a key changes to a value that nobody was asked to write",
        precondition: "a put of the key was acknowledged; a recorder watch is open at the end",
        why: "a watch shows, at a revision after all others, a value that no request of the whole \
              history has (K3)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: |ground| unique_puts(ground, |_, _| true),
        plant: |ground, place| {
            let (put, _) = put(ground.completed_at(place.at)?)?;
            forge(ground, &put.key, ground.unwritten(), LeaseId(0))
        },
    },
    Class {
        name: "refused-write",
        summary: "a put that was definitely refused takes effect",
        precondition: "an acknowledged put of a value that one request alone has, which watches \
                       show at its revision",
        why: "its outcome becomes a refusal, which promises no effect on any member, ever; but the \
              watches show its effect (K10)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            unique_puts(ground, |key, revision| ground.changes.of_key_at(key, revision).is_some())
        },
        plant: |ground, place| {
            put(ground.completed_at(place.at)?)?;
            let (reason, message) = (Refusal::TooManyRequests, "too many requests".to_owned());
            let refused = Outcome::Failed(Definite { reason, message });
            Some(Mutant::default().outcome(ground, place.at, refused))
        },
    },
];

/// Acknowledged puts: revision, invocation, completion.
fn puts(ground: &Ground<'_>) -> Vec<(Revision, usize, usize)> {
    let puts = ground.operations.iter().filter_map(|operation| {
        put(operation)?;
        Some((operation.wrote()?, operation.invocation, operation.completion))
    });
    let mut puts: Vec<_> = puts.collect();
    puts.sort_unstable();
    puts
}

fn split_places(ground: &Ground<'_>) -> Vec<Place> {
    let puts = puts(ground);
    let neighbours = puts.windows(2).filter_map(|pair| match pair {
        [one, two] if two.0 == one.0.next() => Some(Place::at(two.2).with(one.2)),
        _ => None,
    });
    neighbours.collect()
}

fn time_travel_places(ground: &Ground<'_>) -> Vec<Place> {
    let mut sent = puts(ground);
    sent.sort_unstable_by_key(|(_, invocation, _)| *invocation);
    let places = sent.iter().filter_map(|first| {
        let next = sent.partition_point(|(_, invocation, _)| *invocation < first.2);
        let second = sent.get(next).filter(|second| second.0 > first.0)?;
        Some(Place::at(second.2).with(first.2))
    });
    places.collect()
}

fn unique_puts(ground: &Ground<'_>, fit: impl Fn(&Bytes, Revision) -> bool) -> Vec<Place> {
    if ground.tail().is_none() || !ground.knows(ground.changes.newest()) {
        return Vec::new();
    }
    let fit = ground.operations.iter().filter(|operation| {
        put(operation).zip(operation.wrote()).is_some_and(|((put, _), revision)| {
            !put.ignore_value
                && ground.only_writer(&put.key, &put.value) == Some(operation.invocation)
                && fit(&put.key, revision)
        })
    });
    fit.map(|operation| Place::at(operation.completion)).collect()
}
