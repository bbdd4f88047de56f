//! A client's lease, and the lock that it took with it.

use stormglass_checkers::history::{Bytes, LeaseId, Nanos, Revision};

/// How much of a lease's time must be left for a keepalive, where late ones are avoided.
const EARLY: u64 = 2_000_000_000;

/// A lease that the client has asked for.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// Its ID.
    pub(super) lease: LeaseId,
    /// Its time to live, in nanoseconds.
    ttl: u64,
    /// When the last renewal that was acknowledged was sent.
    renewed: Nanos,
    /// Keepalives until it is left to expire.
    keepalives_left: u32,
}

impl Session {
    pub(super) fn new(lease: LeaseId, ttl_seconds: u32, now: Nanos, keepalives: u32) -> Self {
        let ttl = u64::from(ttl_seconds) * 1_000_000_000;
        Self { lease, ttl, renewed: now, keepalives_left: keepalives }
    }

    /// Whether a keepalive is due, or too late where late ones are avoided (#15247).
    pub(super) fn may_keep_alive(&self, now: Nanos, late: bool) -> bool {
        let left = self.renewed.0.saturating_add(self.ttl).saturating_sub(now.0);
        self.keepalives_left > 0 && (late || left >= EARLY)
    }

    /// A keepalive is about to be sent.
    pub(super) fn ping(&mut self) {
        self.keepalives_left = self.keepalives_left.saturating_sub(1);
    }

    /// A keepalive that was sent then was acknowledged.
    pub(super) fn renew(&mut self, sent: Nanos) {
        self.renewed = self.renewed.max(sent);
    }

    /// The store does not have the lease: no more keepalives.
    pub(super) fn lose(&mut self) {
        self.keepalives_left = 0;
    }
}

/// A lock that the client took, or is about to learn the token of.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    /// The lock's key.
    pub(super) key: Bytes,
    /// Its creation revision, which fences off others; unknown until it was read.
    pub(super) token: Option<Revision>,
    /// The key that is written behind the lock.
    pub(super) guarded: Bytes,
    /// Whether the lock service gave it, and takes it back.
    pub(super) service: bool,
    /// Whether it was given back: what is written now must be refused.
    pub(super) released: bool,
}
