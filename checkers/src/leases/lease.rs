//! What is known of one lease.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::evidence::Place;
use crate::history::{Nanos, Revision};

/// How many acknowledged renewals are kept. Older ones bind less than newer ones.
const RENEWALS: usize = 8;

/// An acknowledged grant or keepalive: the lease lives at least for its time to live from
/// when it was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Renewal {
    /// Where it stands.
    pub(super) place: Place,
    /// When it was sent.
    pub(super) sent: Nanos,
    /// When its answer came.
    pub(super) answered: Nanos,
    /// The time to live, in seconds.
    pub(super) ttl_seconds: i64,
}

impl Renewal {
    /// The time to live.
    pub(super) fn ttl(&self) -> Nanos {
        Nanos(u64::try_from(self.ttl_seconds).unwrap_or(0).saturating_mul(1_000_000_000))
    }
}

/// An acknowledged revocation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Revoked {
    /// Where it stands.
    pub(super) place: Place,
    /// Index of its answer.
    pub(super) answered: u64,
    /// The store's revision when the lease was gone.
    pub(super) revision: Option<Revision>,
}

/// An end without a revocation, from the deletions of the lease's keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expired {
    /// The frame that showed the deletions.
    pub(super) place: Place,
    /// Their revision.
    pub(super) revision: Revision,
}

/// What is known of one lease.
#[derive(Clone, Debug, Default)]
pub(super) struct Lease {
    /// How often it was asked for. What is asked for twice may begin anew, and is judged
    /// no further.
    pub(super) asked: u32,
    /// The acknowledged grant.
    pub(super) granted: Option<Renewal>,
    /// Index of the grant's answer.
    pub(super) granted_by: u64,
    /// The grant and the keepalives, in the order of their answers; the last few.
    pub(super) renewals: VecDeque<Renewal>,
    /// Keepalives under way.
    pub(super) keepalives_open: u32,
    /// Whether a keepalive of unknown outcome may renew it at any time.
    pub(super) doubtful: bool,
    /// Revocations that were asked for and not refused, by their invocation.
    pub(super) revocations: BTreeSet<u64>,
    /// The acknowledged revocation.
    pub(super) revoked: Option<Revoked>,
    /// The end without one.
    pub(super) expired: Option<Expired>,
    /// Whether an end of it is being decided.
    pub(super) ending: bool,
    /// Anomalies that were told already: one of each is enough.
    told: BTreeSet<&'static str>,
}

impl Lease {
    /// Whether it was granted once, and acknowledged: what is said of it binds.
    pub(super) fn is_plain(&self) -> bool {
        self.asked == 1
    }

    /// A renewal was acknowledged.
    pub(super) fn renew(&mut self, renewal: Renewal) {
        if self.renewals.len() == RENEWALS {
            self.renewals.pop_front();
        }
        self.renewals.push_back(renewal);
    }

    /// The renewal that binds most, of those that were sent before an event.
    pub(super) fn binding(&self, before: u64) -> Option<Renewal> {
        let sent = self.renewals.iter().filter(|renewal| renewal.place.index < before);
        sent.copied().max_by_key(|renewal| renewal.sent)
    }

    /// The latest instant at which it can have been renewed.
    pub(super) fn renewed_by(&self) -> Option<Nanos> {
        self.renewals.iter().map(|renewal| renewal.answered).max()
    }

    /// Whether somebody may have revoked it before an event.
    pub(super) fn may_be_revoked(&self, before: u64) -> bool {
        self.revocations.first().is_some_and(|index| *index < before)
    }

    /// Whether an anomaly is told of it for the first time.
    pub(super) fn tell(&mut self, anomaly: &'static str) -> bool {
        self.told.insert(anomaly)
    }
}

/// All leases, by their IDs.
pub(super) type Leases = BTreeMap<crate::history::LeaseId, Lease>;
