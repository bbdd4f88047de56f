//! The leases of one client.

use std::collections::VecDeque;

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{LeaseGrant, LeaseId, LeaseRef, LeaseTimeToLive, Nanos};

use super::draws::any;
use crate::scenario::SecondsRange;
use crate::workload::lease_ids::LeaseIds;

/// Leases that a client has at a time.
const HELD_MAX: usize = 3;
/// Ended leases that a client remembers.
const ENDED_MAX: usize = 4;
/// Most keepalives before a lease is left to expire.
const KEEPALIVES_MAX: u32 = 8;
/// A new leader may extend a lease once, so an expired one is tried a little longer: a
/// put with a dead lease must have no effect.
const AFTERLIFE: u64 = 1_000_000_000;
/// How much of a lease's time must be left for a keepalive, where late ones are avoided.
const EARLY: u64 = 2_000_000_000;
/// How near to the end of a lease's time a request comes that races with it. A leader
/// looks for expired leases every half second.
const RACE: u64 = 500_000_000;
/// The least that a client may ask for; the server grants its own least, which follows
/// from its election timeout.
const SHORTEST_SECONDS: u32 = 1;
const SECOND: u64 = 1_000_000_000;

/// A lease that the client has asked for.
struct Held {
    lease: LeaseId,
    ttl: u64,
    /// When the last renewal that was acknowledged was sent, and the last one at all.
    renewed: Nanos,
    pinged: Nanos,
    keepalives_left: u32,
    /// Whether it may be revoked: half of the leases are left to expire.
    revocable: bool,
}

impl Held {
    /// When its time is over, as far as the client was told.
    fn end(&self) -> u64 {
        self.renewed.0.saturating_add(self.ttl)
    }

    /// Until when it may live, if a keepalive without an answer has reached the store.
    fn forget_at(&self) -> u64 {
        self.pinged.0.saturating_add(self.ttl).saturating_add(AFTERLIFE)
    }

    fn is_ending(&self, now: Nanos) -> bool {
        self.end().abs_diff(now.0) <= RACE
    }
}

/// The leases of one client: each is kept alive for a while, then left to expire or
/// revoked.
pub(super) struct Leases {
    ids: LeaseIds,
    counter: u32,
    ttl: SecondsRange,
    /// Whether keepalives are sent late in a lease's time.
    late: bool,
    held: Vec<Held>,
    /// Leases that have ended, or soon will have; the last one last.
    ended: VecDeque<LeaseId>,
}

impl Leases {
    pub(super) fn new(ids: LeaseIds, ttl: SecondsRange, late: bool) -> Self {
        Self { ids, counter: 0, ttl, late, held: Vec::new(), ended: VecDeque::new() }
    }

    /// A lease with an ID of the client's own, so that a grant with an unknown outcome
    /// is known by it; none where the client has enough.
    pub(super) fn grant(&mut self, now: Nanos, rng: &mut ChaCha8Rng) -> Option<LeaseGrant> {
        let seconds = rng.random_range(self.ttl.min..=self.ttl.max);
        self.grant_new(seconds, now, rng)
    }

    /// The same, with the shortest time to live that the server grants.
    pub(super) fn grant_short(&mut self, now: Nanos, rng: &mut ChaCha8Rng) -> Option<LeaseGrant> {
        self.grant_new(SHORTEST_SECONDS, now, rng)
    }

    /// A lease with the ID of one that has just ended; none where none has. The store may
    /// have it still.
    pub(super) fn grant_again(&mut self, now: Nanos, rng: &mut ChaCha8Rng) -> Option<LeaseGrant> {
        self.forget(now);
        if let Some(over) = self.held.iter().position(|held| held.end() <= now.0) {
            let lease = self.held.swap_remove(over).lease;
            self.remember(lease);
        }
        if self.held.len() >= HELD_MAX {
            return None;
        }
        let lease = self.ended.pop_back()?;
        let seconds = rng.random_range(self.ttl.min..=self.ttl.max);
        Some(self.hold(lease, seconds, now, rng))
    }

    fn grant_new(&mut self, seconds: u32, now: Nanos, rng: &mut ChaCha8Rng) -> Option<LeaseGrant> {
        self.forget(now);
        if self.held.len() >= HELD_MAX {
            return None;
        }
        self.counter = self.counter.checked_add(1)?;
        let lease = self.ids.numbered(self.counter);
        Some(self.hold(lease, seconds, now, rng))
    }

    fn hold(
        &mut self,
        lease: LeaseId,
        seconds: u32,
        now: Nanos,
        rng: &mut ChaCha8Rng,
    ) -> LeaseGrant {
        let keepalives_left = rng.random_range(0..=KEEPALIVES_MAX);
        let revocable = rng.random_bool(0.5);
        let (ttl, renewed, pinged) = (u64::from(seconds) * SECOND, now, now);
        self.held.push(Held { lease, ttl, renewed, pinged, keepalives_left, revocable });
        LeaseGrant { lease, ttl_seconds: i64::from(seconds) }
    }

    /// A lease was granted; the server may have chosen a longer time to live.
    pub(super) fn granted(&mut self, lease: LeaseId, ttl_seconds: i64) {
        let ttl = u64::try_from(ttl_seconds).unwrap_or(0).saturating_mul(SECOND);
        for held in self.held.iter_mut().filter(|held| held.lease == lease) {
            held.ttl = held.ttl.max(ttl);
        }
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
        let early = |held: &Held| held.end() >= now.0.saturating_add(EARLY);
        let held = self.held.iter_mut();
        let held = held.filter(|held| held.keepalives_left > 0 && (late || early(held)));
        // The one that expires first is in need.
        let held = held.min_by_key(|held| held.forget_at())?;
        held.keepalives_left -= 1;
        held.pinged = now;
        Some(LeaseRef { lease: held.lease })
    }

    /// A lease whose time ends about now, to keep alive all the same.
    pub(super) fn keep_alive_late(&mut self, now: Nanos) -> Option<LeaseRef> {
        self.forget(now);
        let late = self.late;
        let held = self.held.iter_mut().find(|held| late && held.is_ending(now))?;
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
        Some(self.give_up(any(&revocable, rng)))
    }

    /// A lease whose time ends about now, to revoke.
    pub(super) fn revoke_late(&mut self, now: Nanos) -> Option<LeaseRef> {
        self.forget(now);
        let ending = self.held.iter().position(|held| held.is_ending(now))?;
        Some(self.give_up(ending))
    }

    fn give_up(&mut self, index: usize) -> LeaseRef {
        let lease = self.held.swap_remove(index).lease;
        self.remember(lease);
        LeaseRef { lease }
    }

    /// A question for the time that a lease has left, ended ones too.
    pub(super) fn question(&mut self, now: Nanos, rng: &mut ChaCha8Rng) -> Option<LeaseTimeToLive> {
        self.forget(now);
        let held = self.held.iter().map(|held| held.lease);
        let known: Vec<LeaseId> = held.chain(self.ended.iter().copied()).collect();
        if known.is_empty() {
            return None;
        }
        Some(LeaseTimeToLive { lease: any(&known, rng), keys: rng.random_bool(0.5) })
    }

    /// A lease that the store does not have.
    pub(super) fn lost(&mut self, lease: LeaseId) {
        if let Some(index) = self.held.iter().position(|held| held.lease == lease) {
            self.give_up(index);
        }
    }

    fn forget(&mut self, now: Nanos) {
        let gone: Vec<LeaseId> = self
            .held
            .extract_if(.., |held| held.forget_at() <= now.0)
            .map(|held| held.lease)
            .collect();
        for lease in gone {
            self.remember(lease);
        }
    }

    fn remember(&mut self, lease: LeaseId) {
        if self.ended.len() == ENDED_MAX {
            self.ended.pop_front();
        }
        self.ended.push_back(lease);
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    const FOUR: SecondsRange = SecondsRange { min: 4, max: 4 };

    fn at(milliseconds: u64) -> Nanos {
        Nanos(milliseconds * 1_000_000)
    }

    /// Until when, after its grant, a lease of 4 s is kept alive without answers, in
    /// milliseconds.
    fn last_keepalive(late: bool, answered: bool) -> Option<u64> {
        let mut last = None;
        for seed in 0..200 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut leases = Leases::new(LeaseIds::new("", 0), FOUR, late);
            let lease = leases.grant(Nanos(0), &mut rng).expect("a lease").lease;
            for milliseconds in (0..6_000).step_by(700) {
                if leases.keep_alive(at(milliseconds)).is_some() {
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

    #[test]
    fn late_requests_come_about_the_end_that_the_server_chose() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut leases = Leases::new(LeaseIds::new("", 0), FOUR, true);
        let grant = leases.grant_short(Nanos(0), &mut rng).expect("a lease");
        assert_eq!(grant.ttl_seconds, 1);
        leases.granted(grant.lease, 2);
        assert_eq!(leases.keep_alive_late(at(1_400)), None);
        let alive = leases.keep_alive_late(at(1_600)).expect("its end is near");
        assert_eq!(alive.lease, grant.lease);
        leases.renewed(grant.lease);
        assert_eq!(leases.revoke_late(at(2_000)), None);
        assert_eq!(leases.revoke_late(at(3_900)), Some(LeaseRef { lease: grant.lease }));
        let mut never = Leases::new(LeaseIds::new("", 0), FOUR, false);
        never.grant_short(Nanos(0), &mut rng).expect("a lease");
        assert_eq!(never.keep_alive_late(at(900)), None);
    }

    #[test]
    fn an_id_is_granted_again_as_soon_as_its_time_is_over() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut leases = Leases::new(LeaseIds::new("", 0), FOUR, true);
        let first = leases.grant(Nanos(0), &mut rng).expect("a lease").lease;
        assert_eq!(leases.grant_again(at(3_900), &mut rng), None);
        let again = leases.grant_again(at(4_000), &mut rng).expect("it is over");
        assert_eq!((again.lease, again.ttl_seconds), (first, 4));
        assert_eq!(leases.any(at(4_000), &mut rng), Some(first));
    }
}
