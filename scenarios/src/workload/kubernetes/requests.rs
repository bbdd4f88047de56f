//! The transactions of an API server, each from what it needs.

use stormglass_checkers::history::{
    Bytes, Compare, CompareTarget, Delete, LeaseId, Put, Range, Request, Revision, Txn, TxnOp,
};

use crate::workload::guard::equal;

/// A guard: the object is as it was at this revision; 0 stands for an object that is not there.
pub(super) fn unchanged(key: &Bytes, at: Revision) -> Compare {
    equal(key, CompareTarget::ModRevision(at))
}

/// A guard: the key has been written so often.
pub(super) fn written(key: &Bytes, times: i64) -> Compare {
    equal(key, CompareTarget::Version(times))
}

/// Writes the object if the guards hold, or shows it as it is.
pub(super) fn put(key: &Bytes, value: Bytes, lease: LeaseId, compare: Vec<Compare>) -> Request {
    let put = Put { key: key.clone(), value, lease, ..Put::default() };
    guarded(compare, TxnOp::Put(put), key)
}

/// Deletes the object if the guards hold, or shows it as it is.
pub(super) fn delete(key: &Bytes, compare: Vec<Compare>) -> Request {
    guarded(compare, TxnOp::Delete(Delete { key: key.clone(), ..Delete::default() }), key)
}

/// A linearizable read of one object.
pub(super) fn get(key: &Bytes) -> Range {
    Range { key: key.clone(), ..Range::default() }
}

fn guarded(compare: Vec<Compare>, success: TxnOp, key: &Bytes) -> Request {
    let failure = if compare.is_empty() { Vec::new() } else { vec![TxnOp::Range(get(key))] };
    Request::Txn(Txn { compare, success: vec![success], failure })
}
