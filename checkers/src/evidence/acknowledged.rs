//! What an acknowledgement proves about the revision that it names.

use crate::history::{
    Bytes, Delete, DeleteResponse, LeaseId, Put, Request, Response, Revision, Txn, TxnOp,
    TxnResponse,
};

/// A write that the store acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    /// The revision that it made.
    pub(crate) revision: Revision,
    /// Changes that it certainly made.
    pub(crate) effects: Vec<Effect>,
    /// Whether these are all; a range delete does not always say which keys it hit.
    pub(crate) complete: bool,
    /// Whether a transaction inside the transaction made some: no order of its operations
    /// is promised.
    pub(crate) nested: bool,
}

/// One change of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Effect {
    /// The key.
    pub(crate) key: Bytes,
    /// What became of it.
    pub(crate) change: Change,
    /// Which operation of the request made it, counted from 0.
    pub(crate) operation: usize,
}

/// What became of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It was put; value and lease where the request says them.
    Put {
        /// The value, unless the old one was kept.
        value: Option<Bytes>,
        /// The lease, unless the old one was kept.
        lease: Option<LeaseId>,
    },
    /// It was deleted.
    Delete,
}

/// What an answer proves to have changed; nothing when the operation changed nothing,
/// the answer does not say, or there is no header.
pub(crate) fn acknowledged(request: &Request, response: &Response) -> Option<Acknowledged> {
    let revision = response.header()?.revision;
    let mut write = Acknowledged { revision, effects: Vec::new(), complete: true, nested: false };
    match (request, response) {
        (Request::Put(put), Response::Put(_)) => write.put(put, 0),
        (Request::Delete(delete), Response::Delete(answer)) => write.delete(delete, answer, 0),
        (Request::Txn(txn), Response::Txn(answer)) => write.txn(txn, answer),
        _ => return None,
    }
    let changed = !write.effects.is_empty() || !write.complete;
    (changed && !revision.is_zero()).then_some(write)
}

/// The revision that an answered request may have made, where its answer leaves it open
/// (a revoked lease may have had keys; locks and elections write behind the scenes).
pub(crate) fn may_have_written(response: &Response) -> Option<Revision> {
    match response {
        Response::LeaseRevoke(_)
        | Response::Lock(_)
        | Response::Unlock(_)
        | Response::Campaign(_)
        | Response::Proclaim(_)
        | Response::Resign(_) => response.header().map(|header| header.revision),
        _ => None,
    }
}

impl Acknowledged {
    fn put(&mut self, put: &Put, operation: usize) {
        let value = (!put.ignore_value).then(|| put.value.clone());
        let lease = (!put.ignore_lease).then_some(put.lease);
        let change = Change::Put { value, lease };
        self.effects.push(Effect { key: put.key.clone(), change, operation });
    }

    fn delete(&mut self, delete: &Delete, answer: &DeleteResponse, operation: usize) {
        let mut gone = |key: &Bytes| {
            self.effects.push(Effect { key: key.clone(), change: Change::Delete, operation });
        };
        match (answer.deleted, delete.range_end.is_empty(), delete.prev_kv) {
            (0, _, _) => {}
            (1, true, _) => gone(&delete.key),
            (_, _, true) => answer.prev_kvs.iter().for_each(|pair| gone(&pair.key)),
            (_, _, false) => self.complete = false,
        }
    }

    fn txn(&mut self, txn: &Txn, answer: &TxnResponse) {
        let branch = if answer.succeeded { &txn.success } else { &txn.failure };
        self.complete &= branch.len() == answer.responses.len();
        for (number, (op, response)) in branch.iter().zip(&answer.responses).enumerate() {
            match (op, response) {
                (TxnOp::Put(put), Response::Put(_)) => self.put(put, number),
                (TxnOp::Delete(delete), Response::Delete(answer)) => {
                    self.delete(delete, answer, number);
                }
                (TxnOp::Txn(inner), Response::Txn(answer)) => {
                    self.nested = true;
                    self.txn(inner, answer);
                }
                (TxnOp::Range(_), _) => {}
                _ => self.complete = false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Empty, Header, PutResponse, RangeResponse};

    fn header(revision: i64) -> Header {
        Header { revision: Revision(revision), ..Header::default() }
    }

    #[test]
    fn an_acknowledged_put_proves_its_key_and_value() {
        let put = Put { key: "k".into(), value: "v".into(), ..Put::default() };
        let answer = PutResponse { header: Some(header(7)), prev_kv: None };
        let write = acknowledged(&Request::Put(put), &Response::Put(answer)).expect("a write");
        assert_eq!(write.revision, Revision(7));
        assert!(write.complete);
        let change = Change::Put { value: Some("v".into()), lease: Some(LeaseId(0)) };
        assert_eq!(write.effects, [Effect { key: "k".into(), change, operation: 0 }]);
    }

    #[test]
    fn a_delete_of_nothing_and_a_failed_branch_of_reads_prove_no_change() {
        let delete = Delete { key: "k".into(), ..Delete::default() };
        let answer = DeleteResponse { header: Some(header(7)), ..DeleteResponse::default() };
        let request = Request::Delete(delete.clone());
        assert_eq!(acknowledged(&request, &Response::Delete(answer)), None);
        let txn = Txn { success: vec![TxnOp::Delete(delete)], ..Txn::default() };
        let answer = TxnResponse { header: Some(header(7)), ..TxnResponse::default() };
        assert_eq!(acknowledged(&Request::Txn(txn), &Response::Txn(answer)), None);
        let range =
            Response::Range(RangeResponse { header: Some(header(7)), ..Default::default() });
        assert_eq!(acknowledged(&Request::Range(crate::history::Range::default()), &range), None);
    }

    #[test]
    fn a_range_delete_without_previous_pairs_leaves_the_keys_open() {
        let delete = Delete { key: "a".into(), range_end: "z".into(), prev_kv: false };
        let answer = DeleteResponse { header: Some(header(7)), deleted: 2, prev_kvs: Vec::new() };
        let write = acknowledged(&Request::Delete(delete), &Response::Delete(answer));
        let write = write.expect("a write");
        assert!(write.effects.is_empty() && !write.complete);
        let revoke = Response::LeaseRevoke(Empty { header: Some(header(9)) });
        assert_eq!(may_have_written(&revoke), Some(Revision(9)));
    }
}
