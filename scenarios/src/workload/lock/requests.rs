//! The requests of the workload, each from what it needs.

use stormglass_checkers::history::{
    Bytes, Compare, CompareTarget, Delete, LeaseId, Put, Range, Request, Revision, Txn, TxnOp,
};

use crate::workload::guard::equal;

/// A guard: the key has this creation revision; 0 stands for an absent key.
fn created(key: &Bytes, revision: Revision) -> Compare {
    equal(key, CompareTarget::CreateRevision(revision))
}

fn get(key: &Bytes) -> Range {
    Range { key: key.clone(), ..Range::default() }
}

/// A linearizable read.
pub(super) fn read(key: &Bytes) -> Request {
    Request::Range(get(key))
}

/// Creates the lock's key with a lease, or shows whose it is.
pub(super) fn take(key: &Bytes, value: Bytes, lease: LeaseId) -> Request {
    let put = Put { key: key.clone(), value, lease, ..Put::default() };
    Request::Txn(Txn {
        compare: vec![created(key, Revision(0))],
        success: vec![TxnOp::Put(put)],
        failure: vec![TxnOp::Range(get(key))],
    })
}

/// Reads and writes behind the fence, or shows whose the lock is.
pub(super) fn write(key: &Bytes, token: Revision, guarded: &Bytes, value: Bytes) -> Request {
    let put = Put { key: guarded.clone(), value, prev_kv: true, ..Put::default() };
    Request::Txn(Txn {
        compare: vec![created(key, token)],
        success: vec![TxnOp::Range(get(guarded)), TxnOp::Put(put)],
        failure: vec![TxnOp::Range(get(key))],
    })
}

/// Deletes the lock's key, if it is still the holder's.
pub(super) fn give_back(key: &Bytes, token: Revision) -> Request {
    let delete = Delete { key: key.clone(), ..Delete::default() };
    Request::Txn(Txn {
        compare: vec![created(key, token)],
        success: vec![TxnOp::Delete(delete)],
        failure: vec![TxnOp::Range(get(key))],
    })
}
