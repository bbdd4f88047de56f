//! Classes that belong to other workloads than `mixed`.

use super::super::class::Class;
use super::super::ground::{Ground, Operation};
use super::super::mutant::Mutant;
use super::super::place::Place;
use super::super::tail::last_revision;
use super::transactions::{stale, stale_places};
use crate::history::{
    Body, Compare, CompareOperator, CompareTarget, Definite, Header, Invoke, Outcome, Put,
    PutResponse, Refusal, Request, Response, Revision, Txn, TxnOp, TxnResponse,
};

/// Classes that belong to other workloads than `mixed`.
pub(in crate::mutation) const OTHER_WORKLOADS: &[Class] = &[
    Class {
        name: "stale-list",
        summary: "a transaction reads a list as it was before its last append",
        precondition: "as for stale-transaction-read, in a run of the workload append",
        why: "the read shows a version of the list that was replaced before the revision of the \
              transaction's other reads, which are true (K3; Elle's G-single)",
        caught_by: "append",
        workload: "append",
        waiting: None,
        places: stale_places,
        plant: stale,
    },
    Class {
        name: "aborted-append",
        summary: "an append that was definitely refused is read",
        precondition: "an acknowledged transaction that puts a value which one request alone has, \
                       and a read that shows that value",
        why: "its outcome becomes a refusal, which promises no effect, and its value was read \
              (K10; Elle's G1a)",
        caught_by: "append",
        workload: "append",
        waiting: None,
        places: |ground| {
            let read = values_read(ground);
            let fit = ground.operations.iter().filter(|operation| {
                operation.wrote().is_some()
                    && puts(operation).any(|put| {
                        ground.only_writer(&put.key, &put.value) == Some(operation.invocation)
                            && read.contains(&(&put.key, &put.value))
                    })
            });
            fit.map(|operation| Place::at(operation.completion)).collect()
        },
        plant: |ground, place| {
            let (reason, message) = (Refusal::TooManyRequests, "too many requests".to_owned());
            let refused = Outcome::Failed(Definite { reason, message });
            Some(Mutant::default().outcome(ground, place.at, refused))
        },
    },
    Class {
        name: "stale-fence",
        summary: "a write that is guarded by a lock that is gone is accepted",
        precondition: "a put behind a guard on the creation revision of a key which, at the end of \
                       the run, does not exist or was created anew; a recorder watch is open at \
                       the end",
        why: "after everything else a write with that guard is acknowledged as if the guard held, \
              and the known state at the end says that it does not (K3)",
        caught_by: "locks",
        workload: "lock",
        waiting: None,
        places: fence_places,
        plant: fence,
    },
];

fn puts<'a>(operation: &Operation<'a>) -> impl Iterator<Item = &'a Put> + use<'a> {
    let ops = match (operation.request, operation.answer()) {
        (Request::Txn(txn), Some(Response::Txn(answer))) if answer.succeeded => &txn.success[..],
        (Request::Txn(txn), Some(Response::Txn(_))) => &txn.failure[..],
        _ => &[],
    };
    ops.iter().filter_map(|op| match op {
        TxnOp::Put(put) => Some(put),
        _ => None,
    })
}

type Written<'a> = (&'a crate::history::Bytes, &'a crate::history::Bytes);

fn values_read<'a>(ground: &Ground<'a>) -> std::collections::BTreeSet<Written<'a>> {
    let answers = ground.operations.iter().filter_map(Operation::answer);
    let ranges = answers.flat_map(|answer| match answer {
        Response::Range(range) => vec![range],
        Response::Txn(txn) => txn.responses.iter().filter_map(range_of).collect(),
        _ => Vec::new(),
    });
    ranges.flat_map(|range| range.kvs.iter().map(|pair| (&pair.key, &pair.value))).collect()
}

fn range_of(response: &Response) -> Option<&crate::history::RangeResponse> {
    match response {
        Response::Range(range) => Some(range),
        _ => None,
    }
}

/// The first guard of a transaction on a creation revision that does not hold at the end.
fn broken_guard<'a>(ground: &Ground<'a>, operation: &Operation<'a>) -> Option<&'a Compare> {
    let Request::Txn(txn) = operation.request else { return None };
    let newest = last_revision(ground);
    txn.compare.iter().find(|guard| match guard.target {
        CompareTarget::CreateRevision(revision) => {
            let now = ground.changes.pair(&guard.key, newest);
            guard.operator == CompareOperator::Equal
                && guard.range_end.is_empty()
                && revision > Revision(0)
                && ground.knows(newest)
                && now.is_none_or(|pair| pair.create_revision != revision)
        }
        _ => false,
    })
}

fn fence_places(ground: &Ground<'_>) -> Vec<Place> {
    if ground.tail().is_none() {
        return Vec::new();
    }
    let fit = ground.operations.iter().filter(|one| {
        let guarded = one.member.is_some() && fenced(one).is_some();
        one.header().is_some() && guarded && broken_guard(ground, one).is_some()
    });
    fit.map(|operation| Place::at(operation.completion)).collect()
}

fn fence(ground: &Ground<'_>, place: Place) -> Option<Mutant> {
    let operation = ground.completed_at(place.at)?;
    let guard = broken_guard(ground, operation)?.clone();
    let (end, _) = ground.tail()?;
    let revision = last_revision(ground).next();
    let header = Some(Header { revision, ..*operation.header()? });
    let put = TxnOp::Put(fenced(operation)?);
    let txn = Txn { compare: vec![guard], success: vec![put], failure: Vec::new() };
    let event = ground.history.events.get(place.at)?;
    let intended = ground.history.events.get(end)?.at;
    let invoke = Body::Invoke(Invoke { intended, request: Request::Txn(txn) });
    let responses = vec![Response::Put(PutResponse { header, prev_kv: None })];
    let answer = Response::Txn(TxnResponse { header, succeeded: true, responses });
    let process = ground.fresh_process();
    let complete = Body::Complete(Outcome::Ok(answer));
    let mutant = Mutant::default().insert(end, super::super::mutant::by(event, process, invoke));
    Some(mutant.insert(end, super::super::mutant::by(event, process, complete)))
}

/// The put that the transaction guards, with a value of its own.
fn fenced(operation: &Operation<'_>) -> Option<Put> {
    let Request::Txn(txn) = operation.request else { return None };
    let mut ops = txn.success.iter();
    ops.find_map(|op| match op {
        TxnOp::Put(put) => {
            let value = format!("{}, after the lock was lost", put.value);
            Some(Put { value: value.into(), ..put.clone() })
        }
        _ => None,
    })
}
