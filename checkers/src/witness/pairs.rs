//! Every pair that a step shows.

use super::case::Step;
use crate::history::{
    KeyEventKind, KeyValue, Range, Request, Response, Revision, TxnOp, WatchFrame,
};

/// A pair that was shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    pub(super) pair: &'a KeyValue,
    /// Whether its value was asked for.
    pub(super) valued: bool,
    /// The answer's revision.
    pub(super) header: Option<Revision>,
}

/// Every pair that a step shows.
pub(super) fn pairs(step: &Step) -> Vec<Seen<'_>> {
    let mut found = Vec::new();
    if let Some(operation) = step.operation() {
        let header = operation.header();
        if let Some(answer) = operation.answer() {
            answered(&operation.request, answer, header, &mut found);
        }
    } else if let Some((_, WatchFrame::Events(events))) = step.frame() {
        let header = events.header.map(|header| header.revision).filter(|at| at.0 > 0);
        for event in &events.events {
            let after = (event.kind == KeyEventKind::Put).then_some(&event.kv);
            let both = after.into_iter().chain(&event.prev_kv);
            found.extend(both.map(|pair| Seen { pair, valued: true, header }));
        }
    }
    found
}

fn answered<'a>(
    request: &Request,
    answer: &'a Response,
    header: Option<Revision>,
    found: &mut Vec<Seen<'a>>,
) {
    let of = |pair, valued| Seen { pair, valued, header };
    match (request, answer) {
        (Request::Range(range), Response::Range(answer)) => {
            found.extend(answer.kvs.iter().map(|pair| of(pair, valued(range))));
        }
        (_, Response::Put(answer)) => {
            found.extend(answer.prev_kv.iter().map(|pair| of(pair, true)));
        }
        (_, Response::Delete(answer)) => {
            found.extend(answer.prev_kvs.iter().map(|pair| of(pair, true)));
        }
        (Request::Txn(txn), Response::Txn(answer)) => {
            let branch = if answer.succeeded { &txn.success } else { &txn.failure };
            for (op, answer) in branch.iter().zip(&answer.responses) {
                answered(&request_of(op), answer, header, found);
            }
        }
        _ => {}
    }
}

fn valued(range: &Range) -> bool {
    !range.keys_only && !range.count_only
}

/// A part of a transaction as a request of its own.
pub(super) fn request_of(op: &TxnOp) -> Request {
    match op {
        TxnOp::Put(put) => Request::Put(put.clone()),
        TxnOp::Range(range) => Request::Range(range.clone()),
        TxnOp::Delete(delete) => Request::Delete(delete.clone()),
        TxnOp::Txn(txn) => Request::Txn(txn.clone()),
    }
}
