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
    /// Index of its answer.
    pub(super) ended: u64,
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
    /// How often it was asked for.
    asked: u32,
    /// Invocations of the grants that made it or may still make it: the one that was
    /// acknowledged last, and those that have no answer.
    candidates: BTreeSet<u64>,
    /// The grant that was acknowledged last.
    pub(super) granted: Option<Renewal>,
    /// Changes up to this revision may be those of a lease that had the same ID before.
    pub(super) since: Revision,
    /// The grant and the keepalives, in the order of their answers; the last few.
    pub(super) renewals: VecDeque<Renewal>,
    /// Keepalives under way.
    pub(super) keepalives_open: u32,
    /// Whether a keepalive of unknown outcome may renew it at any time.
    pub(super) doubtful: bool,
    /// Revocations that were asked for and not refused: their invocations, and the
    /// answers of those that have one.
    pub(super) revocations: BTreeMap<u64, Option<u64>>,
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
    /// Whether one grant only can have made it: what is said of it binds.
    pub(super) fn is_plain(&self) -> bool {
        self.is_asked_for() && self.candidates.len() <= 1
    }

    /// Whether anybody has asked for it.
    pub(super) fn is_asked_for(&self) -> bool {
        self.asked > 0
    }

    /// Whether a grant was acknowledged before an event.
    pub(super) fn is_granted_before(&self, index: u64) -> bool {
        self.granted.is_some_and(|grant| grant.ended < index)
    }

    /// A grant is asked for.
    pub(super) fn ask(&mut self, sent: u64) {
        self.asked += 1;
        self.candidates.insert(sent);
    }

    /// A grant was refused, and made nothing.
    pub(super) fn refuse_grant(&mut self, sent: u64) {
        self.candidates.remove(&sent);
    }

    /// The first grant that was sent after an event and may have made another lease of the
    /// same ID.
    pub(super) fn asked_again(&self, after: u64) -> Option<u64> {
        self.candidates.range(after..).next().copied()
    }

    /// What is known of it without anything that a grant sent then can have caused.
    pub(super) fn before(&self, sent: u64) -> Self {
        let mut lease = self.clone();
        lease.candidates.retain(|candidate| *candidate < sent);
        lease.renewals.retain(|renewal| renewal.ended < sent);
        lease
    }

    /// A grant was acknowledged at a revision. A lease that had the same ID is over: a grant
    /// of one that lives is refused.
    pub(super) fn grant(&mut self, grant: Renewal, revision: Option<Revision>) {
        self.asked = self.asked.max(1);
        self.candidates.insert(grant.place.index);
        if let Some(revision) = revision.filter(|_| self.asked > 1) {
            self.begin_anew(grant.place.index, revision);
        }
        self.granted = Some(grant);
        self.renew(grant);
    }

    /// A renewal was acknowledged.
    pub(super) fn renew(&mut self, renewal: Renewal) {
        if self.renewals.len() == RENEWALS {
            self.renewals.pop_front();
        }
        self.renewals.push_back(renewal);
    }

    /// What was there before a grant that was sent then, and acknowledged at a revision, is
    /// over.
    fn begin_anew(&mut self, sent: u64, revision: Revision) {
        if let Some(before) = self.granted.filter(|grant| grant.ended < sent) {
            self.candidates.remove(&before.place.index);
        }
        self.since = revision;
        self.renewals.clear();
        self.revocations.retain(|_, answered| answered.is_none_or(|index| index >= sent));
        // One that was under way meanwhile may be of either.
        self.revoked = None;
        self.expired = self.expired.filter(|expired| expired.revision > revision);
        self.ending = false;
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

    /// Whether a revocation that was sent then may be of a lease that had the same ID before.
    pub(super) fn may_be_of_another(&self, sent: u64) -> bool {
        !self.since.is_zero() && !self.is_granted_before(sent)
    }

    /// Whether somebody may have revoked it before an event.
    pub(super) fn may_be_revoked(&self, before: u64) -> bool {
        self.revocations.first_key_value().is_some_and(|(index, _)| *index < before)
    }

    /// Whether an anomaly is told of it for the first time.
    pub(super) fn tell(&mut self, anomaly: &'static str) -> bool {
        self.told.insert(anomaly)
    }
}

/// All leases, by their IDs.
pub(super) type Leases = BTreeMap<crate::history::LeaseId, Lease>;
