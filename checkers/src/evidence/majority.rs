//! Who takes no part in a majority, and what needs one.

use crate::history::{FaultRecord, Request};
use crate::model::is_local;

/// While such a fault holds, its members take no part in a majority: their process is
/// gone or stopped, or no packet passes between them and any peer.
pub(crate) fn removes(fault: &FaultRecord) -> bool {
    matches!(fault.kind.as_str(), "kill" | "kill-defragment" | "pause" | "isolate")
}

/// Whether the store must ask a majority before it acknowledges a request. Keepalives are
/// the leader's alone, and locks and elections wait for others.
pub(crate) fn needs_majority(request: &Request) -> bool {
    match request {
        Request::Put(_)
        | Request::Delete(_)
        | Request::Compact(_)
        | Request::LeaseGrant(_)
        | Request::LeaseRevoke(_) => true,
        Request::Range(_) | Request::Txn(_) => !is_local(request),
        _ => false,
    }
}
