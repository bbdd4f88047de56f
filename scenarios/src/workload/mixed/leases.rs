//! The leases of one client.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{LeaseGrant, LeaseId, LeaseRef, Nanos};

use crate::scenario::SecondsRange;

/// Leases that a client has at a time.
const HELD_MAX: usize = 3;
/// Most keepalives before a lease is left to expire.
const KEEPALIVES_MAX: u32 = 8;
/// A new leader may extend a lease once, so an expired one is tried a little longer: a
/// put with a dead lease must have no effect.
const AFTERLIFE: u64 = 1_000_000_000;

/// A lease that the client has asked for.
struct Held {
    lease: LeaseId,
    ttl: u64,
    forget_at: Nanos,
    keepalives_left: u32,
    /// Whether it may be revoked: half of the leases are left to expire.
    revocable: bool,
}

/// The leases of one client: each is kept alive for a while, then left to expire or
/// revoked.
pub(super) struct Leases {
    client: u32,
    counter: u32,
    ttl: SecondsRange,
    held: Vec<Held>,
}

impl Leases {
    pub(super) fn new(client: u32, ttl: SecondsRange) -> Self {
        Self { client, counter: 0, ttl, held: Vec::new() }
    }

    /// A lease with an ID of the client's own, so that a grant with an unknown outcome
    /// is known by it; none where the client has enough.
    pub(super) fn grant(&mut self, now: Nanos, rng: &mut ChaCha8Rng) -> Option<LeaseGrant> {
        self.forget(now);
        if self.held.len() >= HELD_MAX {
            return None;
        }
        self.counter = self.counter.checked_add(1)?;
        let lease = LeaseId((i64::from(self.client) + 1) << 32 | i64::from(self.counter));
        let ttl_seconds = rng.random_range(self.ttl.min..=self.ttl.max);
        let ttl = u64::from(ttl_seconds) * 1_000_000_000;
        let keepalives_left = rng.random_range(0..=KEEPALIVES_MAX);
        let revocable = rng.random_bool(0.5);
        let forget_at = until(now, ttl);
        self.held.push(Held { lease, ttl, forget_at, keepalives_left, revocable });
        Some(LeaseGrant { lease, ttl_seconds: i64::from(ttl_seconds) })
    }

    /// A lease to attach a key to; none where the client has none.
    pub(super) fn any(&mut self, now: Nanos, rng: &mut ChaCha8Rng) -> Option<LeaseId> {
        self.forget(now);
        let index = rng.random_range(0..self.held.len().max(1));
        self.held.get(index).map(|held| held.lease)
    }

    /// A lease to keep alive; none where every one has been kept alive long enough.
    pub(super) fn keep_alive(&mut self, now: Nanos) -> Option<LeaseRef> {
        self.forget(now);
        let held = self.held.iter_mut().filter(|held| held.keepalives_left > 0);
        // The one that expires first is in need.
        let held = held.min_by_key(|held| held.forget_at)?;
        held.keepalives_left -= 1;
        held.forget_at = until(now, held.ttl);
        Some(LeaseRef { lease: held.lease })
    }

    /// A lease to revoke; none where every one of the client's is left to expire.
    pub(super) fn revoke(&mut self, now: Nanos, rng: &mut ChaCha8Rng) -> Option<LeaseRef> {
        self.forget(now);
        let revocable: Vec<usize> =
            (0..self.held.len()).filter(|index| self.held[*index].revocable).collect();
        if revocable.is_empty() {
            return None;
        }
        let held = self.held.swap_remove(revocable[rng.random_range(0..revocable.len())]);
        Some(LeaseRef { lease: held.lease })
    }

    /// A lease that the store does not have.
    pub(super) fn lost(&mut self, lease: LeaseId) {
        self.held.retain(|held| held.lease != lease);
    }

    fn forget(&mut self, now: Nanos) {
        self.held.retain(|held| held.forget_at > now);
    }
}

fn until(now: Nanos, ttl: u64) -> Nanos {
    Nanos(now.0.saturating_add(ttl).saturating_add(AFTERLIFE))
}
