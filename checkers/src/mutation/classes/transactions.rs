//! Transactions that take the wrong branch or show in parts.

use std::collections::BTreeMap;

use super::super::class::Class;
use super::super::ground::{Ground, Operation, is_plain};
use super::super::mutant::Mutant;
use super::super::place::Place;
use super::super::shape::plain_read;
use crate::history::{Range, RangeResponse, Request, Response, Revision, Txn, TxnOp, TxnResponse};

/// Transactions that take the wrong branch or show in parts.
pub(in crate::mutation) const TRANSACTIONS: &[Class] = &[
    Class {
        name: "wrong-branch",
        summary: "a transaction that did its writes says that its guards failed",
        precondition: "an acknowledged transaction whose guards held and whose branch put a value \
                       that one request alone has, shown by watches at its revision; its other \
                       branch has plain reads only, which the known state answers",
        why: "it says that the other branch ran, and the answers are those of that branch; but \
              the watches show, at its revision, a value that only the first branch writes (K3)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: |ground| txns(ground, |one| other_branch(ground, one).is_some()),
        plant: |ground, place| {
            let responses = other_branch(ground, ground.completed_at(place.at)?)?;
            Some(Mutant::default().answer(ground, place.at, |answer| {
                if let Response::Txn(txn) = answer {
                    (txn.succeeded, txn.responses) = (false, responses);
                }
            }))
        },
    },
    Class {
        name: "half-seen-transaction",
        summary: "a read shows one key as a transaction left it, and another as it was before",
        precondition: "a plain read with two pairs of one revision, at a revision up to which \
                       every change is known",
        why: "two keys changed at one revision, so one transaction changed both; the state at the \
              read's revision has both, and the answer shows one from before it (K4)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: half_seen_places,
        plant: half_seen,
    },
    Class {
        name: "stale-transaction-read",
        summary: "a read inside a transaction shows its key before the last change of it",
        precondition: "a transaction of plain linearizable reads of single keys alone, answered \
                       after a write at or above the last change of the read key was acknowledged",
        why: "its revision is that of the other reads, the state there is known from watches, and \
              the one pair is older than that state's (K3)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: stale_places,
        plant: stale,
    },
];

fn txn<'a>(operation: &Operation<'a>) -> Option<(&'a Txn, &'a TxnResponse)> {
    operation.header()?;
    match (operation.request, operation.answer()?) {
        (Request::Txn(txn), Response::Txn(answer)) => Some((txn, answer)),
        _ => None,
    }
}

fn txns(ground: &Ground<'_>, fit: impl Fn(&Operation<'_>) -> bool) -> Vec<Place> {
    let fit = ground.operations.iter().filter(|operation| fit(operation));
    fit.map(|operation| Place::at(operation.completion)).collect()
}

fn other_branch(ground: &Ground<'_>, operation: &Operation<'_>) -> Option<Vec<Response>> {
    let (txn, answer) = txn(operation)?;
    let revision = operation.wrote()?;
    let marks = txn.success.iter().any(|op| match op {
        TxnOp::Put(put) => {
            ground.only_writer(&put.key, &put.value) == Some(operation.invocation)
                && ground.changes.of_key_at(&put.key, revision).is_some()
        }
        _ => false,
    });
    if !marks || !answer.succeeded || !ground.knows(revision) {
        return None;
    }
    txn.failure
        .iter()
        .map(|op| match op {
            TxnOp::Range(range) if is_plain(range) && range.revision.is_zero() => {
                Some(answer_to(ground, range, answer, revision))
            }
            _ => None,
        })
        .collect()
}

fn answer_to(ground: &Ground<'_>, range: &Range, txn: &TxnResponse, at: Revision) -> Response {
    let kvs = ground.read(range, at);
    let count = i64::try_from(kvs.len()).unwrap_or(i64::MAX);
    Response::Range(RangeResponse { header: txn.header, kvs, more: false, count })
}

fn half_seen_places(ground: &Ground<'_>) -> Vec<Place> {
    let place = |operation: &Operation<'_>| {
        let (range, answer) = plain_read(operation)?;
        if range.range_end.is_empty() || !ground.knows(operation.header()?.revision) {
            return None;
        }
        let mut last: BTreeMap<Revision, usize> = BTreeMap::new();
        let pairs = answer.kvs.iter().enumerate();
        let twins: Vec<usize> = pairs
            .filter_map(|(item, pair)| {
                last.insert(pair.mod_revision, item)?;
                Some(item)
            })
            .collect();
        let item = *twins.get(operation.completion.checked_rem(twins.len())?)?;
        Some(Place::at(operation.completion).item(item))
    };
    ground.operations.iter().filter_map(place).collect()
}

fn half_seen(ground: &Ground<'_>, place: Place) -> Option<Mutant> {
    let (_, answer) = plain_read(ground.completed_at(place.at)?)?;
    let pair = answer.kvs.get(place.item)?;
    let before = ground.changes.pair(&pair.key, pair.mod_revision.previous());
    Some(Mutant::default().answer(ground, place.at, |answer| {
        if let Response::Range(range) = answer {
            if let Some(before) = before {
                range.kvs[place.item] = before.clone();
            } else {
                range.kvs.remove(place.item);
                range.count -= 1;
            }
        }
    }))
}

/// Reads inside transactions that write nothing.
pub(super) fn stale_places(ground: &Ground<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    for operation in &ground.operations {
        let Some((txn, answer)) = txn(operation) else { continue };
        let Some(header) = operation.header().filter(|header| ground.knows(header.revision)) else {
            continue;
        };
        let ops = if answer.succeeded { &txn.success } else { &txn.failure };
        let reads_only = ops.iter().all(|op| match op {
            TxnOp::Range(range) => {
                is_plain(range)
                    && range.range_end.is_empty()
                    && range.revision.is_zero()
                    && !range.serializable
            }
            _ => false,
        });
        if !reads_only {
            continue;
        }
        let floor = ground.acknowledged_before(operation.invocation);
        for (item, response) in answer.responses.iter().enumerate() {
            if let Response::Range(range) = response
                && let Some(pair) = range.kvs.first()
                && pair.mod_revision <= floor.min(header.revision)
            {
                places.push(Place::at(operation.completion).item(item));
            }
        }
    }
    places
}

/// One of the reads shows the pair before.
pub(super) fn stale(ground: &Ground<'_>, place: Place) -> Option<Mutant> {
    let (_, answer) = txn(ground.completed_at(place.at)?)?;
    let Response::Range(range) = answer.responses.get(place.item)? else { return None };
    let pair = range.kvs.first()?;
    let before = ground.read_one(&pair.key, pair.mod_revision.previous());
    Some(Mutant::default().answer(ground, place.at, |answer| {
        if let Response::Txn(txn) = answer
            && let Some(Response::Range(range)) = txn.responses.get_mut(place.item)
        {
            range.count = i64::try_from(before.len()).unwrap_or(i64::MAX);
            range.kvs = before;
        }
    }))
}
