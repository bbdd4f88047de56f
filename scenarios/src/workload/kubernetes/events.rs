//! Leases on events: many events share one, as API servers save leases.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{LeaseGrant, LeaseId, Nanos, Request};

use crate::scenario::SecondsRange;
use crate::workload::lease_ids::LeaseIds;

/// The lease that a client's events get.
pub(super) struct EventLease {
    ids: LeaseIds,
    ttl: SecondsRange,
    granted: u32,
    /// The lease, and until when events get it; the rest of its time is theirs.
    lease: Option<(LeaseId, Nanos)>,
}

impl EventLease {
    pub(super) fn new(ids: LeaseIds, ttl: SecondsRange) -> Self {
        Self { ids, ttl, granted: 0, lease: None }
    }

    /// The lease for an event now.
    pub(super) fn now(&self, now: Nanos) -> Option<LeaseId> {
        self.lease.filter(|(_, until)| now < *until).map(|(lease, _)| lease)
    }

    /// Asks for a new one.
    pub(super) fn grant(&mut self, rng: &mut ChaCha8Rng) -> Request {
        self.granted += 1;
        let lease = self.ids.numbered(self.granted);
        let ttl_seconds = i64::from(rng.random_range(self.ttl.min..=self.ttl.max));
        Request::LeaseGrant(LeaseGrant { lease, ttl_seconds })
    }

    /// It was granted: the first half of its time is for new events.
    pub(super) fn granted(&mut self, lease: LeaseId, ttl_seconds: i64, now: Nanos) {
        let half = u64::try_from(ttl_seconds).unwrap_or(0).saturating_mul(500_000_000);
        self.lease = Some((lease, Nanos(now.0.saturating_add(half))));
    }

    /// The store does not have it.
    pub(super) fn lost(&mut self) {
        self.lease = None;
    }
}
