//! What a request of unknown outcome may have deleted.

use crate::history::{Bytes, Put, Txn, TxnOp};
use crate::keys::KeyRange;

/// A put that may have attached its key to a lease: the lease's end deletes the key then.
pub(super) fn end_of_lease(put: &Put) -> Option<KeyRange> {
    (!put.lease.is_none()).then(|| KeyRange::new(&put.key, &Bytes::default()))
}

/// The ranges that a transaction may delete, whichever branch it takes; leases may end, too.
pub(super) fn deletions_of(txn: &Txn, ranges: &mut Vec<KeyRange>) {
    for op in txn.success.iter().chain(&txn.failure) {
        match op {
            TxnOp::Delete(delete) => ranges.push(KeyRange::new(&delete.key, &delete.range_end)),
            TxnOp::Txn(txn) => deletions_of(txn, ranges),
            TxnOp::Put(put) => ranges.extend(end_of_lease(put)),
            TxnOp::Range(_) => {}
        }
    }
}
