//! Leases that a run has asked for.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use stormglass_checkers::history::{Body, Event, LeaseId, Outcome, Request, Response};

/// Leases that the run has asked for, or was given an ID for: on a shared store, all that it may
/// revoke.
#[derive(Debug, Default)]
pub struct Granted {
    leases: Mutex<BTreeSet<LeaseId>>,
}

impl Granted {
    /// An event was recorded.
    pub(super) fn pass(&self, event: &Event) {
        let lease = match &event.body {
            Body::Invoke(invoke) => match &invoke.request {
                Request::LeaseGrant(grant) => grant.lease,
                _ => return,
            },
            Body::Complete(Outcome::Ok(Response::LeaseGrant(granted))) => granted.lease,
            _ => return,
        };
        // 0 asks the store to choose.
        if lease != LeaseId::default() {
            self.leases.lock().unwrap_or_else(PoisonError::into_inner).insert(lease);
        }
    }

    /// Whether this run has asked for a lease.
    pub fn has(&self, lease: LeaseId) -> bool {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner).contains(&lease)
    }
}
