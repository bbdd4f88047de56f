//! Short ways to write requests.

use stormglass_checkers::history::{
    Bytes, Compare, CompareOperator, CompareTarget, Delete, LeaseGrant, LeaseId, LeaseRef, Put,
    Range, Request, Revision, Txn, TxnOp,
};

/// Every key.
pub fn everything() -> Range {
    Range { key: Bytes::from(&b"\0"[..]), range_end: Bytes::from(&b"\0"[..]), ..Range::default() }
}

/// A put.
pub fn put(key: &str, value: &str) -> Request {
    Request::Put(Put { key: key.into(), value: value.into(), ..Put::default() })
}

/// A put that attaches the key to a lease.
pub fn put_with_lease(key: &str, value: &str, lease: i64) -> Request {
    let lease = LeaseId(lease);
    Request::Put(Put { key: key.into(), value: value.into(), lease, ..Put::default() })
}

/// A linearizable read of one key.
pub fn get(key: &str) -> Request {
    Request::Range(Range { key: key.into(), ..Range::default() })
}

/// A serializable read of one key.
pub fn get_serializable(key: &str) -> Request {
    Request::Range(Range { key: key.into(), serializable: true, ..Range::default() })
}

/// A linearizable read of one key at a revision.
pub fn get_at(key: &str, revision: i64) -> Request {
    let revision = Revision(revision);
    Request::Range(Range { key: key.into(), revision, ..Range::default() })
}

/// A delete of one key.
pub fn delete(key: &str) -> Request {
    Request::Delete(Delete { key: key.into(), ..Delete::default() })
}

/// A delete of the keys in `from..to`.
pub fn delete_range(from: &str, to: &str) -> Request {
    Request::Delete(Delete { key: from.into(), range_end: to.into(), prev_kv: false })
}

/// A lease grant.
pub fn grant(lease: i64, ttl_seconds: i64) -> Request {
    Request::LeaseGrant(LeaseGrant { lease: LeaseId(lease), ttl_seconds })
}

/// A lease revocation.
pub fn revoke(lease: i64) -> Request {
    Request::LeaseRevoke(LeaseRef { lease: LeaseId(lease) })
}

/// A guard: the key's revision of last modification equals the given one.
pub fn if_mod_revision(key: &str, revision: i64) -> Compare {
    Compare {
        key: key.into(),
        range_end: Bytes::default(),
        operator: CompareOperator::Equal,
        target: CompareTarget::ModRevision(Revision(revision)),
    }
}

/// A guard: the key's value equals the given one.
pub fn if_value(key: &str, value: &str) -> Compare {
    Compare {
        key: key.into(),
        range_end: Bytes::default(),
        operator: CompareOperator::Equal,
        target: CompareTarget::Value(value.into()),
    }
}

/// A transaction.
pub fn txn(compare: Vec<Compare>, success: Vec<Request>, failure: Vec<Request>) -> Request {
    let ops = |requests: Vec<Request>| requests.into_iter().filter_map(txn_op).collect();
    Request::Txn(Txn { compare, success: ops(success), failure: ops(failure) })
}

/// A request as an operation of a transaction, if it can be one.
pub fn txn_op(request: Request) -> Option<TxnOp> {
    match request {
        Request::Put(put) => Some(TxnOp::Put(put)),
        Request::Range(range) => Some(TxnOp::Range(range)),
        Request::Delete(delete) => Some(TxnOp::Delete(delete)),
        Request::Txn(txn) => Some(TxnOp::Txn(txn)),
        _ => None,
    }
}
