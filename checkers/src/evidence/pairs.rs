//! Every key-value pair that a response shows.

use crate::history::{KeyValue, Range, Request, Response, Txn, TxnOp, TxnResponse};

/// Calls `see` with every pair of a response and whether its value was asked for (a
/// range of keys only leaves values empty).
pub(crate) fn each_pair<'a>(
    request: &Request,
    response: &'a Response,
    see: &mut dyn FnMut(&'a KeyValue, bool),
) {
    match (request, response) {
        (Request::Range(range), _) => range_pairs(range, response, see),
        (Request::Txn(txn), Response::Txn(answer)) => txn_pairs(txn, answer, see),
        (_, Response::Put(answer)) => answer.prev_kv.iter().for_each(|pair| see(pair, true)),
        (_, Response::Delete(answer)) => answer.prev_kvs.iter().for_each(|pair| see(pair, true)),
        (_, Response::ElectionLeader(answer)) => answer.kv.iter().for_each(|pair| see(pair, true)),
        _ => {}
    }
}

fn range_pairs<'a>(range: &Range, response: &'a Response, see: &mut dyn FnMut(&'a KeyValue, bool)) {
    if let Response::Range(answer) = response {
        answer.kvs.iter().for_each(|pair| see(pair, !range.keys_only));
    }
}

fn txn_pairs<'a>(txn: &Txn, answer: &'a TxnResponse, see: &mut dyn FnMut(&'a KeyValue, bool)) {
    let branch = if answer.succeeded { &txn.success } else { &txn.failure };
    for (op, response) in branch.iter().zip(&answer.responses) {
        match (op, response) {
            (TxnOp::Range(range), _) => range_pairs(range, response, see),
            (TxnOp::Txn(inner), Response::Txn(answer)) => txn_pairs(inner, answer, see),
            (_, Response::Put(answer)) => answer.prev_kv.iter().for_each(|pair| see(pair, true)),
            (_, Response::Delete(answer)) => {
                answer.prev_kvs.iter().for_each(|pair| see(pair, true));
            }
            _ => {}
        }
    }
}

/// Calls `see` with every put and delete that a request could make, in whichever branch.
pub(crate) fn changes_of<'a>(request: &'a Request, see: &mut dyn FnMut(&'a TxnOp)) {
    if let Request::Txn(txn) = request {
        txn_changes(txn, see);
    }
}

fn txn_changes<'a>(txn: &'a Txn, see: &mut dyn FnMut(&'a TxnOp)) {
    for op in txn.success.iter().chain(&txn.failure) {
        match op {
            TxnOp::Txn(inner) => txn_changes(inner, see),
            TxnOp::Put(_) | TxnOp::Delete(_) => see(op),
            TxnOp::Range(_) => {}
        }
    }
}
