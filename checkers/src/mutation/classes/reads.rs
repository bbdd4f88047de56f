//! Reads that answer from the wrong time.

use std::collections::BTreeMap;

use super::super::class::Class;
use super::super::ground::{Ground, Operation, contains};
use super::super::mutant::Mutant;
use super::super::place::Place;
use super::super::shape::{plain_get, plain_read, replace_read};
use crate::history::{KeyEventKind, KeyValue, MemberIndex, Request, Response, Revision};

/// Reads that answer from the wrong time.
pub(in crate::mutation) const READS: &[Class] = &[
    Class {
        name: "stale-read",
        summary: "a linearizable read answers from before the last change of its key",
        precondition: "a plain linearizable read of one key; after the key's last change that the \
                       read shows, or at it, a write was acknowledged before the read was sent",
        why: "the answer is replaced whole, header revision included, by the state right before \
              that change, so it names a revision below one that was acknowledged before the \
              read was sent, and shows a state that had been replaced: K1 forbids both",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: |ground| of_reads(ground, stale),
        plant: |ground, place| replant(ground, place, stale),
    },
    Class {
        name: "future-read",
        summary: "a serializable read shows a value before anybody has asked for it",
        precondition: "a plain serializable read; a later change of its keys puts a value that one \
                       request alone has, sent after the read had completed",
        why: "the answer becomes the state at that later revision, so it shows a value that was \
              not in the world yet: no order of the operations, however old a serializable \
              answer may be, puts an effect before its cause (K8)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: |ground| of_reads(ground, future),
        plant: |ground, place| replant(ground, place, future),
    },
    Class {
        name: "revision-back",
        summary: "a member answers from an older state than it had shown before",
        precondition: "a plain serializable read; before it was sent the same life of the same \
                       member had completed an answer with a higher revision than the \
                       one that the read is given",
        why: "a member applies one log in its order, so in one life its revision never falls \
              (K8); the answer is the true state at the revision right below what it had shown",
        caught_by: "revisions",
        workload: "mixed",
        waiting: None,
        places: revision_back_places,
        plant: revision_back,
    },
];

/// The revision and the pairs that an answer gets.
type Other = (Revision, Vec<KeyValue>);

/// Finds the revision that the answer of a read is replaced by.
type Find = fn(&Ground<'_>, &Operation<'_>) -> Option<Revision>;

fn of_reads(ground: &Ground<'_>, find: Find) -> Vec<Place> {
    let fit = ground.operations.iter().filter(|operation| find(ground, operation).is_some());
    fit.map(|operation| Place::at(operation.completion)).collect()
}

fn replant(ground: &Ground<'_>, place: Place, find: Find) -> Option<Mutant> {
    let revision = find(ground, ground.completed_at(place.at)?)?;
    answer_from(ground, place, revision)
}

/// A plain read answers with the state at another revision.
fn answer_from(ground: &Ground<'_>, place: Place, at: Revision) -> Option<Mutant> {
    let (range, _) = plain_read(ground.completed_at(place.at)?)?;
    let (revision, kvs): Other = (at, ground.read(range, at));
    Some(Mutant::default().answer(ground, place.at, |answer| replace_read(answer, revision, kvs)))
}

fn stale(ground: &Ground<'_>, operation: &Operation<'_>) -> Option<Revision> {
    let (range, _) = plain_get(operation).filter(|(range, _)| !range.serializable)?;
    let newest = operation.header()?.revision;
    let change = ground.changes.last(&range.key, newest)?.revision();
    let acknowledged = ground.acknowledged_before(operation.invocation);
    let sound = change <= acknowledged && ground.knows(newest) && change > Revision(1);
    sound.then(|| change.previous())
}

/// How many changes after a read are looked at for one that nobody had asked for.
const FUTURE: usize = 400;

fn future(ground: &Ground<'_>, operation: &Operation<'_>) -> Option<Revision> {
    let (range, _) = plain_read(operation).filter(|(range, _)| range.serializable)?;
    let after = operation.header()?.revision.next();
    let later = ground.changes.between(after, ground.changes.newest()).take(FUTURE);
    let mut unasked = later.filter(|event| {
        let asked = ground.only_writer(&event.kv.key, &event.kv.value);
        event.kind == KeyEventKind::Put
            && contains(&range.key, &range.range_end, &event.kv.key)
            && asked.is_some_and(|asked| asked > operation.completion)
    });
    let revision = unasked.next()?.kv.mod_revision;
    (revision >= after && ground.knows(revision)).then_some(revision)
}

fn revision_back_places(ground: &Ground<'_>) -> Vec<Place> {
    let mut shown: BTreeMap<(MemberIndex, usize), Vec<(usize, Revision)>> = BTreeMap::new();
    let mut answered: Vec<&Operation<'_>> =
        ground.operations.iter().filter(|operation| is_position(operation)).collect();
    answered.sort_unstable_by_key(|operation| operation.completion);
    for operation in &answered {
        let Some((member, header)) = operation.member.zip(operation.header()) else { continue };
        let life = ground.life(member, operation.completion);
        let known = shown.entry((member, life)).or_default();
        let highest = known.last().map_or(Revision(0), |(_, revision)| *revision);
        known.push((operation.completion, highest.max(header.revision)));
    }
    let place = |operation: &&Operation<'_>| {
        let (range, _) = plain_read(operation)?;
        let member = operation.member.filter(|_| range.serializable)?;
        let life = ground.life(member, operation.invocation);
        let known = shown.get(&(member, life))?;
        let count = known.partition_point(|(completion, _)| *completion < operation.invocation);
        let (_, floor) = known.get(count.checked_sub(1)?)?;
        let sound = life == ground.life(member, operation.completion)
            && floor.previous() > Revision(0)
            && ground.knows(*floor);
        let floor = usize::try_from(floor.0).ok()?;
        sound.then(|| Place::at(operation.completion).item(floor))
    };
    answered.iter().filter_map(place).collect()
}

/// Whether the header of an answer is what its member had applied.
fn is_position(operation: &Operation<'_>) -> bool {
    operation.header().is_some()
        && matches!(
            (operation.request, operation.answer()),
            (Request::Put(_), Some(Response::Put(_)))
                | (Request::Range(_), Some(Response::Range(_)))
                | (Request::Delete(_), Some(Response::Delete(_)))
                | (Request::Txn(_), Some(Response::Txn(_)))
        )
}

fn revision_back(ground: &Ground<'_>, place: Place) -> Option<Mutant> {
    let floor = Revision(i64::try_from(place.item).ok()?);
    answer_from(ground, place, floor.previous())
}
