//! How operations end that are not answered.

use stormglass_checkers::history::{Definite, Doubt, Indefinite, Outcome, Refusal, Request};
use stormglass_checkers::model::can_mutate;

/// Whether an operation cannot change the store, so that its failure is definite.
pub(super) fn only_reads(request: &Request) -> bool {
    match request {
        Request::Range(_)
        | Request::LeaseTimeToLive(_)
        | Request::LeaseList {}
        | Request::HashKv(_)
        | Request::Status {} => true,
        Request::Txn(_) => !can_mutate(request),
        _ => false,
    }
}

/// A refusal in etcd's words.
pub(super) fn refused(reason: Refusal) -> Outcome {
    let message = match reason {
        Refusal::NotConnected => "simulated: connection refused",
        Refusal::KeyNotFound => "etcdserver: key not found",
        Refusal::Compacted => "etcdserver: mvcc: required revision has been compacted",
        Refusal::FutureRevision => "etcdserver: mvcc: required revision is a future revision",
        Refusal::LeaseNotFound => "etcdserver: requested lease not found",
        Refusal::LeaseExists => "etcdserver: lease already exists",
        Refusal::Unimplemented => "simulated: the store does not have this request",
        _ => "simulated: refused",
    };
    Outcome::Failed(Definite { reason, message: message.to_owned() })
}

/// Nobody knows what came of it, unless it only read.
pub(super) fn doubtful(request: &Request, reason: Doubt) -> Outcome {
    let message = match reason {
        Doubt::Timeout => "simulated: the deadline passed",
        _ => "simulated: the connection broke",
    };
    let message = message.to_owned();
    if only_reads(request) {
        return Outcome::Failed(Definite { reason: Refusal::ReadFailed, message });
    }
    Outcome::Unknown(Indefinite { reason, message })
}
