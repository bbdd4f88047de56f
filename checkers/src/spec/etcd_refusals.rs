//! Which refusals are right in which state.

use crate::history::{Put, Refusal, Request, Txn, TxnOp};
use crate::model::{State, is_local};

/// Whether the store, asked now, may refuse a request so. Which of several reasons it
/// gives, where it has several, is left open. A member that answers alone may lag, so it may
/// refuse what others would answer.
pub(super) fn may_refuse(state: &State, request: &Request, refusal: Refusal) -> bool {
    if is_local(request) || !depends_on_state(refusal) {
        return true;
    }
    match state.clone().apply(request) {
        Err(right) if right == refusal => true,
        Err(Refusal::LeaseNotFound) => {
            refusal == Refusal::Compacted && reads_compacted(state, request)
        }
        // What comes behind in a transaction is not evaluated any more.
        Err(Refusal::KeyNotFound | Refusal::FutureRevision) => match (request, refusal) {
            (Request::Compact(_), _) => false,
            (_, Refusal::KeyNotFound | Refusal::FutureRevision) => true,
            (_, Refusal::LeaseNotFound) => lacks_lease(state, request),
            (_, Refusal::Compacted) => !state.compacted().is_zero(),
            _ => false,
        },
        Ok(_) | Err(_) => false,
    }
}

/// Whether the store gives this refusal only in certain states.
fn depends_on_state(refusal: Refusal) -> bool {
    matches!(
        refusal,
        Refusal::KeyNotFound
            | Refusal::Compacted
            | Refusal::FutureRevision
            | Refusal::LeaseNotFound
            | Refusal::LeaseExists
    )
}

/// Whether a request reads a past that is compacted.
fn reads_compacted(state: &State, request: &Request) -> bool {
    let evaluation = state.evaluate(state.revision(), request).and_then(Result::ok);
    let oldest = evaluation.and_then(|evaluation| evaluation.oldest_read);
    oldest.is_some_and(|oldest| oldest < state.compacted())
}

/// Whether a request names a lease that does not exist.
fn lacks_lease(state: &State, request: &Request) -> bool {
    match request {
        Request::Put(put) => lacks_lease_of(state, put),
        Request::Txn(txn) => lacks_lease_within(state, txn),
        _ => false,
    }
}

fn lacks_lease_within(state: &State, txn: &Txn) -> bool {
    txn.success.iter().chain(&txn.failure).any(|op| match op {
        TxnOp::Put(put) => lacks_lease_of(state, put),
        TxnOp::Txn(txn) => lacks_lease_within(state, txn),
        TxnOp::Range(_) | TxnOp::Delete(_) => false,
    })
}

fn lacks_lease_of(state: &State, put: &Put) -> bool {
    !put.lease.is_none() && !state.is_granted(put.lease)
}
