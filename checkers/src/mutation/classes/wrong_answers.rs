//! Answers that are not the state's.

use super::super::class::Class;
use super::super::ground::{Ground, Operation, is_plain};
use super::super::mutant::Mutant;
use super::super::place::Place;
use super::super::shape::{plain_get, plain_read, put, read, replace_read};
use crate::history::{Delete, DeleteResponse, KeyValue, Request, Response};

/// Answers that are not the state's.
pub(in crate::mutation) const WRONG_ANSWERS: &[Class] = &[
    Class {
        name: "invented-value",
        summary: "a linearizable read shows a value that nobody wrote",
        precondition: "a plain linearizable read that shows a pair",
        why: "the pair's value becomes one that no request of the whole history has, and a value \
              comes into the store by a request alone (K3)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: |ground| first_pairs(ground, linearizable),
        plant: |ground, place| {
            let value = ground.unwritten();
            Some(Mutant::default().answer(ground, place.at, |answer| {
                pair(answer, place.item, |pair| pair.value = value);
            }))
        },
    },
    Class {
        name: "wrong-count",
        summary: "a read of one key counts one key too many",
        precondition: "a plain linearizable read of one key",
        why: "the count becomes what the answer lists plus one, and a plain range of one key \
              lists all that it counts (K3)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: |ground| operations(ground, |one| linearizable(one) && plain_get(one).is_some()),
        plant: |ground, place| {
            Some(Mutant::default().answer(ground, place.at, |answer| {
                if let Response::Range(range) = answer {
                    range.count += 1;
                }
            }))
        },
    },
    Class {
        name: "hidden-key",
        summary: "a linearizable read of several keys leaves one out",
        precondition: "a plain linearizable read of a range that shows a pair, at a revision up \
                       to which every change is known",
        why: "every revision up to the header's is shown by watches, so the state there is one, \
              and it holds the key that is left out (K3)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            first_pairs(ground, |operation| {
                linearizable(operation)
                    && plain_get(operation).is_none()
                    && operation.header().is_some_and(|header| ground.knows(header.revision))
            })
        },
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
        name: "lost-previous-pair",
        summary: "a put that asks for the pair before it is told that there was none",
        precondition: "an acknowledged put that was answered with the pair before it, at a \
                       revision up to which every change is known",
        why: "the state at the revision before the put's is known from watches and holds the \
              key, so the answer has to show it (K3)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: |ground| operations(ground, |operation| had_previous(ground, operation)),
        plant: |ground, place| {
            Some(Mutant::default().answer(ground, place.at, |answer| {
                if let Response::Put(put) = answer {
                    put.prev_kv = None;
                }
            }))
        },
    },
    Class {
        name: "wrong-deleted-count",
        summary: "a delete of one key says that it deleted two",
        precondition: "an acknowledged delete of one key that was there",
        why: "one key is at most one (K3)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: |ground| operations(ground, |operation| single_delete(operation).is_some()),
        plant: |ground, place| {
            Some(Mutant::default().answer(ground, place.at, |answer| {
                if let Response::Delete(delete) = answer {
                    delete.deleted += 1;
                }
            }))
        },
    },
    Class {
        name: "wrong-history",
        summary: "a read at a past revision shows the state before a change that it covers",
        precondition: "a plain read of one key at a past revision that shows a pair; every change \
                       up to that revision is known",
        why: "the answer becomes the key's state right before the change that it showed, which is \
              not its state at the revision that was asked for: that one is known from watches, \
              and history is read as it was (K7)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: |ground| operations(ground, |operation| older(ground, operation).is_some()),
        plant: |ground, place| {
            let operation = ground.completed_at(place.at)?;
            let (kvs, revision) = (older(ground, operation)?, operation.header()?.revision);
            let mutant = Mutant::default();
            Some(mutant.answer(ground, place.at, |answer| replace_read(answer, revision, kvs)))
        },
    },
];

/// The places of all operations that are fit.
fn operations(ground: &Ground<'_>, fit: impl Fn(&Operation<'_>) -> bool) -> Vec<Place> {
    let fit = ground.operations.iter().filter(|operation| fit(operation));
    fit.map(|operation| Place::at(operation.completion)).collect()
}

/// One pair of each plain read that is fit, each time another one.
fn first_pairs(ground: &Ground<'_>, fit: impl Fn(&Operation<'_>) -> bool) -> Vec<Place> {
    let fit = ground.operations.iter().filter(|operation| fit(operation));
    fit.filter_map(|operation| {
        let (_, answer) = plain_read(operation)?;
        let item = operation.completion.checked_rem(answer.kvs.len())?;
        Some(Place::at(operation.completion).item(item))
    })
    .collect()
}

fn pair(answer: &mut Response, item: usize, change: impl FnOnce(&mut KeyValue)) {
    if let Response::Range(range) = answer
        && let Some(pair) = range.kvs.get_mut(item)
    {
        change(pair);
    }
}

fn linearizable(operation: &Operation<'_>) -> bool {
    plain_read(operation).is_some_and(|(range, _)| !range.serializable)
}

fn had_previous(ground: &Ground<'_>, operation: &Operation<'_>) -> bool {
    put(operation).is_some_and(|(request, answer)| {
        request.prev_kv
            && answer.prev_kv.is_some()
            && operation.header().is_some_and(|header| ground.knows(header.revision))
    })
}

fn single_delete<'a>(operation: &Operation<'a>) -> Option<(&'a Delete, &'a DeleteResponse)> {
    operation.header()?;
    match (operation.request, operation.answer()?) {
        (Request::Delete(delete), Response::Delete(answer))
            if delete.range_end.is_empty() && answer.deleted == 1 =>
        {
            Some((delete, answer))
        }
        _ => None,
    }
}

fn older(ground: &Ground<'_>, operation: &Operation<'_>) -> Option<Vec<KeyValue>> {
    let (range, answer) = read(operation)?;
    let plain = is_plain(range) && range.range_end.is_empty() && !range.revision.is_zero();
    let shown = answer.kvs.first().filter(|_| plain && ground.knows(range.revision))?;
    Some(ground.read_one(&range.key, shown.mod_revision.previous()))
}
