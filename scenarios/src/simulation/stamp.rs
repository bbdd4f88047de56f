//! Headers, as etcd fills them.

use stormglass_checkers::history::{Header, Response, Revision, TxnResponse};
use stormglass_checkers::model::mutated;

/// Puts a header on an answer. An answer of the key space keeps the revision that it
/// was evaluated at, and the answers inside a transaction get theirs.
pub(super) fn stamp(response: &mut Response, header: Header) {
    let evaluated = response.header().map(|own| own.revision).filter(|own| !own.is_zero());
    let own = Some(Header { revision: evaluated.unwrap_or(header.revision), ..header });
    if let (Response::Txn(txn), Some(own)) = (&mut *response, own) {
        let changed = txn.responses.iter().any(mutated);
        let before = if changed { own.revision.previous() } else { own.revision };
        inner(txn, before, &mut false);
    }
    set(response, own);
}

/// Inside a transaction etcd sends the revision only: the next one as soon as something
/// has changed.
fn inner(txn: &mut TxnResponse, before: Revision, changed: &mut bool) {
    for response in &mut txn.responses {
        if let Response::Txn(nested) = response {
            inner(nested, before, changed);
            // The header of an inner transaction is there, and empty.
            nested.header = Some(Header::default());
            continue;
        }
        *changed |= mutated(response);
        let revision = if *changed { before.next() } else { before };
        set(response, Some(Header { revision, ..Header::default() }));
    }
}

fn set(response: &mut Response, header: Option<Header>) {
    match response {
        Response::Put(response) => response.header = header,
        Response::Range(response) => response.header = header,
        Response::Delete(response) => response.header = header,
        Response::Txn(response) => response.header = header,
        Response::LeaseGrant(response) | Response::LeaseKeepAlive(response) => {
            response.header = header;
        }
        Response::LeaseTimeToLive(response) => response.header = header,
        Response::LeaseList(response) => response.header = header,
        Response::HashKv(response) => response.header = header,
        Response::Status(response) => response.header = header,
        Response::Compact(response)
        | Response::LeaseRevoke(response)
        | Response::Defragment(response) => response.header = header,
        // The simulated store does not answer these.
        _ => {}
    }
}
