//! What a request answers and changes on a given state.

use super::expected::Expected;
use super::guard::all_hold;
use super::index::Index;
use super::pair::Pair;
use super::select::Selection;
use super::view::{Changes, View};
use crate::history::{
    Bytes, Delete, DeleteResponse, Header, Put, PutResponse, Range, RangeResponse, Refusal,
    Request, Response, Revision, Txn, TxnOp, TxnResponse,
};
use crate::keys::KeyRange;

/// What a request answers and changes.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// What the store may answer.
    pub expected: Expected,
    /// The changes that make the next revision, in their order; none: no revision.
    pub changes: Changes,
    /// The revision after the request.
    pub revision: Revision,
    /// The oldest past revision that it reads; compacted, and the store refuses.
    pub oldest_read: Option<Revision>,
}

impl Evaluation {
    /// One right response; only the outermost header is filled, and only its revision.
    pub fn into_response(self) -> Response {
        let header = Some(Header { revision: self.revision, ..Header::default() });
        match self.expected.into_response() {
            Response::Put(response) => Response::Put(PutResponse { header, ..response }),
            Response::Range(response) => Response::Range(RangeResponse { header, ..response }),
            Response::Delete(response) => Response::Delete(DeleteResponse { header, ..response }),
            Response::Txn(response) => Response::Txn(TxnResponse { header, ..response }),
            other => other,
        }
    }
}

/// Evaluates a request of the key space on the state at a revision. Whether leases
/// exist and what has been compacted is not a matter of that state: see
/// [`super::State::apply`]. Nothing for requests that do not concern the key space.
///
/// # Errors
/// What the store refuses on that state.
pub fn evaluate(
    index: &Index,
    at: Revision,
    request: &Request,
) -> Option<Result<Evaluation, Refusal>> {
    let mut view = View::new(index, at);
    let expected = match request {
        Request::Put(request) => put(&mut view, request),
        Request::Range(request) => range(&mut view, request),
        Request::Delete(request) => Ok(delete(&mut view, request)),
        Request::Txn(request) => txn(&mut view, request),
        _ => return None,
    };
    Some(expected.map(|expected| {
        let revision = view.revision();
        let oldest_read = view.oldest_read();
        Evaluation { expected, changes: view.into_changes(), revision, oldest_read }
    }))
}

fn put(view: &mut View<'_>, put: &Put) -> Result<Expected, Refusal> {
    // etcd checks this on the state before the transaction.
    if (put.ignore_value || put.ignore_lease) && view.before().get(&put.key).is_none() {
        return Err(Refusal::KeyNotFound);
    }
    let old = view.get(&put.key).cloned();
    let revision = view.base().next();
    let (value, lease) = match &old {
        Some(old) => (
            if put.ignore_value { old.value.clone() } else { put.value.clone() },
            if put.ignore_lease { old.lease } else { put.lease },
        ),
        None => (put.value.clone(), put.lease),
    };
    let pair = Pair {
        create_revision: old.as_ref().map_or(revision, |old| old.create_revision),
        mod_revision: revision,
        version: old.as_ref().map_or(0, |old| old.version) + 1,
        value,
        lease,
    };
    view.change(&put.key, Some(pair));
    let prev_kv = old.filter(|_| put.prev_kv).map(|old| old.with_key(&put.key));
    Ok(Expected::Put(PutResponse { header: None, prev_kv }))
}

fn range(view: &mut View<'_>, range: &Range) -> Result<Expected, Refusal> {
    // Inside a writing transaction too, the newest readable revision is the one before.
    if range.revision > view.base() {
        return Err(Refusal::FutureRevision);
    }
    if range.revision.0 > 0 {
        view.read_past(range.revision);
    }
    Ok(Expected::Range(Box::new(Selection::of(view, range))))
}

fn delete(view: &mut View<'_>, delete: &Delete) -> Expected {
    let gone = view.range(&KeyRange::new(&delete.key, &delete.range_end), None);
    for kv in &gone {
        view.change(&kv.key, None);
    }
    let deleted = i64::try_from(gone.len()).unwrap_or(i64::MAX);
    let prev_kvs = if delete.prev_kv { gone } else { Vec::new() };
    Expected::Delete(DeleteResponse { header: None, deleted, prev_kvs })
}

fn txn(view: &mut View<'_>, request: &Txn) -> Result<Expected, Refusal> {
    let succeeded = all_hold(&view.before(), &request.compare);
    let ops = if succeeded { &request.success } else { &request.failure };
    let mut responses = Vec::with_capacity(ops.len());
    for op in ops {
        responses.push(match op {
            TxnOp::Put(request) => put(view, request)?,
            TxnOp::Range(request) => range(view, request)?,
            TxnOp::Delete(request) => delete(view, request),
            TxnOp::Txn(request) => txn(view, request)?,
        });
    }
    Ok(Expected::Txn { succeeded, responses })
}

/// Every key that a request names or whose range it names, for whichever branch.
pub fn touched(request: &Request) -> Vec<KeyRange> {
    let mut ranges = Vec::new();
    match request {
        Request::Put(put) => ranges.push(KeyRange::new(&put.key, &Bytes::default())),
        Request::Range(range) => ranges.push(KeyRange::new(&range.key, &range.range_end)),
        Request::Delete(delete) => ranges.push(KeyRange::new(&delete.key, &delete.range_end)),
        Request::Txn(txn) => touched_by_txn(txn, &mut ranges),
        _ => {}
    }
    ranges
}

fn touched_by_txn(txn: &Txn, ranges: &mut Vec<KeyRange>) {
    ranges.extend(txn.compare.iter().map(|guard| KeyRange::new(&guard.key, &guard.range_end)));
    for op in txn.success.iter().chain(&txn.failure) {
        match op {
            TxnOp::Put(put) => ranges.push(KeyRange::new(&put.key, &Bytes::default())),
            TxnOp::Range(range) => ranges.push(KeyRange::new(&range.key, &range.range_end)),
            TxnOp::Delete(delete) => ranges.push(KeyRange::new(&delete.key, &delete.range_end)),
            TxnOp::Txn(txn) => touched_by_txn(txn, ranges),
        }
    }
}
