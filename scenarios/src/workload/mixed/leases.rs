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
/// How much of a lease's time must be left for a keepalive, where late ones are avoided.
const EARLY: u64 = 2_000_000_000;

/// A lease that the client has asked for.
struct Held {
    lease: LeaseId,
    ttl: u64,
    forget_at: Nanos,
    /// When the last renewal that was acknowledged was sent, and the last one at all.
    renewed: Nanos,
    pinged: Nanos,
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
    /// Whether keepalives are sent late in a lease's time.
    late: bool,
    held: Vec<Held>,
}

impl Leases {
    pub(super) fn new(client: u32, ttl: SecondsRange, late: bool) -> Self {
        Self { client, counter: 0, ttl, late, held: Vec::new() }
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
        let (renewed, pinged) = (now, now);
        self.held.push(Held { lease, ttl, forget_at, renewed, pinged, keepalives_left, revocable });
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
        let late = self.late;
        let early = |held: &Held| held.renewed.0 + held.ttl >= now.0.saturating_add(EARLY);
        let held = self.held.iter_mut();
        let held = held.filter(|held| held.keepalives_left > 0 && (late || early(held)));
        // The one that expires first is in need.
        let held = held.min_by_key(|held| held.forget_at)?;
        held.keepalives_left -= 1;
        held.forget_at = until(now, held.ttl);
        held.pinged = now;
        Some(LeaseRef { lease: held.lease })
    }

    /// The last keepalive of a lease was acknowledged.
    pub(super) fn renewed(&mut self, lease: LeaseId) {
        for held in self.held.iter_mut().filter(|held| held.lease == lease) {
            held.renewed = held.pinged;
        }
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

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    /// Until when, after its grant, a lease of 4 s is kept alive without answers, in
    /// milliseconds.
    fn last_keepalive(late: bool, answered: bool) -> Option<u64> {
        let mut last = None;
        for seed in 0..200 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut leases = Leases::new(0, SecondsRange { min: 4, max: 4 }, late);
            let lease = leases.grant(Nanos(0), &mut rng).expect("a lease").lease;
            for milliseconds in (0..6_000).step_by(700) {
                if leases.keep_alive(Nanos(milliseconds * 1_000_000)).is_some() {
                    last = last.max(Some(milliseconds));
                    if answered {
                        leases.renewed(lease);
                    }
                }
            }
        }
        last
    }

    #[test]
    fn a_keepalive_comes_early_where_late_ones_are_avoided() {
        assert_eq!(last_keepalive(true, false), Some(4_900));
        assert_eq!(last_keepalive(false, false), Some(1_400));
        assert_eq!(last_keepalive(false, true), Some(4_900));
    }
}
