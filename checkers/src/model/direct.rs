//! Answers to writes, compared in place: without building the right one beside.

use super::guard::all_hold;
use super::index::Index;
use super::pair::Pair;
use super::plain::{is_plain, shows, shows_all};
use super::view::{Changes, View};
use crate::history::{
    Delete, DeleteResponse, Put, PutResponse, Range, RangeResponse, Request, Response, Revision,
    Txn, TxnOp, TxnResponse,
};

/// What a request changes on the state at a revision, if its answer is certainly right
/// there and no past revision is read. If not, building the right answer tells more: see
/// [`super::evaluate`], which has the rules.
pub fn changes_if_right(
    index: &Index,
    at: Revision,
    request: &Request,
    response: &Response,
) -> Option<Changes> {
    let mut view = View::new(index, at);
    let right = match (request, response) {
        (Request::Put(put), Response::Put(found)) => put_is_right(&mut view, put, found),
        (Request::Delete(delete), Response::Delete(found)) => {
            delete_is_right(&mut view, delete, found)
        }
        (Request::Txn(txn), Response::Txn(found)) => txn_is_right(&mut view, txn, found),
        _ => false,
    };
    right.then(|| view.into_changes())
}

fn put_is_right(view: &mut View<'_>, put: &Put, found: &PutResponse) -> bool {
    // What keeps a part of the pair may also be refused.
    if put.ignore_value || put.ignore_lease {
        return false;
    }
    let old = view.get(&put.key);
    if !shows(&put.key, old.filter(|_| put.prev_kv), found.prev_kv.as_slice()) {
        return false;
    }
    let next = view.base().next();
    let pair = Pair {
        create_revision: old.map_or(next, |old| old.create_revision),
        mod_revision: next,
        version: old.map_or(0, |old| old.version) + 1,
        value: put.value.clone(),
        lease: put.lease,
    };
    view.change(&put.key, Some(pair));
    true
}

fn delete_is_right(view: &mut View<'_>, delete: &Delete, found: &DeleteResponse) -> bool {
    if !delete.range_end.is_empty() {
        return false;
    }
    let old = view.get(&delete.key);
    if found.deleted != i64::from(old.is_some())
        || !shows(&delete.key, old.filter(|_| delete.prev_kv), &found.prev_kvs)
    {
        return false;
    }
    if old.is_some() {
        view.change(&delete.key, None);
    }
    true
}

fn range_is_right(view: &View<'_>, range: &Range, found: &RangeResponse) -> bool {
    if !is_plain(range) || !range.revision.is_zero() {
        return false;
    }
    if range.range_end.is_empty() {
        let pair = view.get(&range.key);
        return !found.more
            && found.count == i64::from(pair.is_some())
            && shows(&range.key, pair, &found.kvs);
    }
    view.unchanged().is_some_and(|index| shows_all(index, view.base(), range, found))
}

fn txn_is_right(view: &mut View<'_>, txn: &Txn, found: &TxnResponse) -> bool {
    if all_hold(view, &txn.compare) != found.succeeded {
        return false;
    }
    let ops = if found.succeeded { &txn.success } else { &txn.failure };
    ops.len() == found.responses.len()
        && ops.iter().zip(&found.responses).all(|(op, found)| match (op, found) {
            (TxnOp::Put(put), Response::Put(found)) => put_is_right(view, put, found),
            (TxnOp::Range(range), Response::Range(found)) => range_is_right(view, range, found),
            (TxnOp::Delete(delete), Response::Delete(found)) => {
                delete_is_right(view, delete, found)
            }
            _ => false,
        })
}
