//! What answers and refusals say of a lease.

use super::checker::LeasesChecker;
use super::lease::{Renewal, Revoked};
use super::report;
use super::skew::Skew;
use crate::evidence::{Operation, Place};
use crate::history::{
    Event, LeaseGrant, LeaseId, Nanos, Outcome, Refusal, Request, Response, Revision, Txn, TxnOp,
};
use crate::model::{Claim, claim};

/// Rounding and drift of clocks, beside one per cent of the time to live.
const SLACK: u64 = 50_000_000;

/// Whether a lease must be alive at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alive {
    /// On every clock that a leader can have had.
    Certainly,
    /// Its time may be over.
    Perhaps,
    /// It would be, if no clock had been touched in a way that nobody here can read.
    Unreadable,
}

/// Whether a lease that was renewed so must be alive at an instant.
pub(super) fn alive(skew: &Skew, renewal: &Renewal, at: Nanos) -> Alive {
    let ttl = renewal.ttl().0;
    let slack = SLACK + ttl / 100;
    if at.0.saturating_sub(renewal.sent.0).saturating_add(slack) >= ttl {
        return Alive::Perhaps;
    }
    match skew.longest(renewal.sent, at) {
        None => Alive::Unreadable,
        Some(counted) if counted.0.saturating_add(slack) < ttl => Alive::Certainly,
        Some(_) => Alive::Perhaps,
    }
}

type Sent = Operation<Nanos>;

impl LeasesChecker {
    /// An operation has ended.
    pub(super) fn complete(&mut self, operation: &Sent, outcome: &Outcome, event: &Event) {
        let (request, index) = (operation.request(), operation.place.index);
        self.doubts.ended(index, request, outcome);
        if let Request::LeaseKeepAlive(alive) = request {
            let lease = self.leases.entry(alive.lease).or_default();
            lease.keepalives_open = lease.keepalives_open.saturating_sub(1);
        }
        match outcome {
            Outcome::Ok(response) => {
                self.answered(operation, response, event);
                let sent = (operation.note, operation.place);
                match claim(request, response) {
                    Claim::Writer(revision) => self.floor.answered(revision.previous(), sent),
                    Claim::Reader(revision) => self.floor.answered(revision, sent),
                    _ => {}
                }
            }
            Outcome::Failed(definite) => {
                self.failed(index, request);
                if definite.reason == Refusal::LeaseNotFound {
                    if let Some(lease) = named(request) {
                        self.refused(lease, operation, event);
                    }
                } else if definite.reason != Refusal::NotConnected {
                    self.doubt_keepalive(request);
                }
            }
            Outcome::Unknown(_) => self.doubt_keepalive(request),
        }
    }

    /// An operation was refused, and did nothing.
    fn failed(&mut self, index: u64, request: &Request) {
        match request {
            Request::LeaseRevoke(revoke) => {
                self.leases.entry(revoke.lease).or_default().revocations.remove(&index);
            }
            Request::LeaseGrant(grant) if !grant.lease.is_none() => {
                self.leases.entry(grant.lease).or_default().refuse_grant(index);
            }
            _ => {}
        }
    }

    /// An operation is open at the end of the history.
    pub(super) fn never_ended(&mut self, operation: &Sent) {
        self.doubts.doubt(operation.place.index, operation.request());
        self.doubt_keepalive(operation.request());
    }

    fn doubt_keepalive(&mut self, request: &Request) {
        if let Request::LeaseKeepAlive(alive) = request {
            self.leases.entry(alive.lease).or_default().doubtful = true;
        }
    }

    fn answered(&mut self, operation: &Sent, response: &Response, event: &Event) {
        match (operation.request(), response) {
            (Request::LeaseGrant(grant), Response::LeaseGrant(answer)) => {
                let renewal = renewal(operation, event, answer.ttl_seconds);
                let revision = answer.header.map(|header| header.revision);
                let revision = revision.filter(|revision| !revision.is_zero());
                self.granted(grant, answer.lease, renewal, revision);
            }
            (Request::LeaseKeepAlive(_), Response::LeaseKeepAlive(answer)) => {
                if answer.ttl_seconds > 0 {
                    let renewal = renewal(operation, event, answer.ttl_seconds);
                    self.kept_alive(answer.lease, renewal);
                } else {
                    self.refused(answer.lease, operation, event);
                }
            }
            (Request::LeaseRevoke(revoke), Response::LeaseRevoke(answer)) => {
                let revision = answer.header.map(|header| header.revision);
                let revision = revision.filter(|revision| !revision.is_zero());
                let (place, answered) = (operation.place, event.index);
                self.revoked(revoke.lease, Revoked { place, answered, revision });
            }
            (request @ (Request::Put(_) | Request::Txn(_)), _) => {
                self.used(request, response, operation);
            }
            _ => {}
        }
    }

    fn granted(
        &mut self,
        grant: &LeaseGrant,
        id: LeaseId,
        renewal: Renewal,
        revision: Option<Revision>,
    ) {
        self.count("leases granted");
        if renewal.ttl_seconds < grant.ttl_seconds {
            let asked = grant.ttl_seconds;
            self.findings.add("lease-short-ttl", || report::short_ttl(id, asked, &renewal));
        }
        let lease = self.leases.entry(id).or_default();
        if lease.ending && revision.is_some() {
            let sent = renewal.place.index;
            self.endings.iter_mut().for_each(|ending| ending.remember(id, lease, sent));
        }
        lease.grant(renewal, revision);
    }

    fn kept_alive(&mut self, id: LeaseId, renewal: Renewal) {
        self.count("keepalives");
        // Before it is renewed: it was alive when this was sent.
        self.outlived(id, (renewal.sent, renewal.place));
        let judges = self.judges();
        let lease = self.leases.entry(id).or_default();
        let index = renewal.place.index;
        let end = match (lease.revoked, lease.expired) {
            (Some(revoked), _) if revoked.answered < index => Some(report::end_by(&revoked)),
            (_, Some(expired)) if expired.place.index < index => Some(report::end_of(&expired)),
            _ => None,
        };
        if let Some(end) = end.filter(|_| judges && lease.is_plain())
            && lease.tell("lease-resurrected")
        {
            self.findings.add("lease-resurrected", || report::resurrected(id, end, &renewal));
        }
        lease.renew(renewal);
    }

    fn revoked(&mut self, id: LeaseId, revoked: Revoked) {
        self.count("leases revoked");
        let lease = self.leases.entry(id).or_default();
        lease.revocations.insert(revoked.place.index, Some(revoked.answered));
        if lease.revoked.is_some() || lease.may_be_of_another(revoked.place.index) {
            return;
        }
        lease.revoked = Some(revoked);
        match revoked.revision {
            Some(revision) if revision <= self.revisions.head() => self.left_behind(id),
            Some(revision) => self.revoked_ahead.entry(revision).or_default().push(id),
            None => {}
        }
    }

    /// A request was told that a lease does not exist.
    fn refused(&mut self, id: LeaseId, operation: &Sent, event: &Event) {
        let judges = self.judges();
        let Some(lease) = self.leases.get_mut(&id) else { return };
        let known = lease.is_granted_before(operation.place.index);
        let gone = lease.ending || lease.expired.is_some() || lease.may_be_revoked(event.index);
        if !judges || !known || gone {
            return;
        }
        let Some(renewal) = lease.binding(event.index) else { return };
        // However often it was granted: a lease that was alive before this was sent lives on
        // for its time, and until then another grant does nothing.
        if !lease.is_plain() && renewal.ended > operation.place.index {
            return;
        }
        match alive(&self.skew, &renewal, event.at) {
            Alive::Certainly if lease.tell("lease-lost") => {
                let what = crate::wording::request(operation.request());
                let place = operation.place;
                self.findings.add("lease-lost", || report::lost(id, &renewal, place, &what));
            }
            Alive::Unreadable => self.unreadable(id),
            _ => {}
        }
    }

    /// A clock was touched in a way that nobody here can read.
    pub(super) fn unreadable(&mut self, id: LeaseId) {
        self.reasons.insert(format!(
            "whether lease {id} ended in time cannot be said: a fault of the clocks held \
             meanwhile whose effect is not known (docs/checkers/leases.md says what is)"
        ));
    }
}

fn renewal(operation: &Sent, event: &Event, ttl_seconds: i64) -> Renewal {
    let (answered, ended) = (event.at, event.index);
    Renewal { place: operation.place, sent: operation.note, answered, ended, ttl_seconds }
}

/// The one lease that a refusal is about; none where several are named.
fn named(request: &Request) -> Option<LeaseId> {
    match request {
        Request::Put(put) => Some(put.lease),
        Request::LeaseKeepAlive(lease) | Request::LeaseRevoke(lease) => Some(lease.lease),
        Request::Txn(txn) => {
            let mut leases = Vec::new();
            leases_of(txn, &mut leases);
            leases.sort_unstable();
            leases.dedup();
            <[LeaseId; 1]>::try_from(leases).ok().map(|[lease]| lease)
        }
        _ => None,
    }
    .filter(|lease| !lease.is_none())
}

fn leases_of(txn: &Txn, leases: &mut Vec<LeaseId>) {
    for op in txn.success.iter().chain(&txn.failure) {
        match op {
            TxnOp::Put(put) if !put.lease.is_none() => leases.push(put.lease),
            TxnOp::Txn(txn) => leases_of(txn, leases),
            _ => {}
        }
    }
}

/// Where an operation stands, for witnesses of those that were sent at an instant.
pub(super) type Instant = (Nanos, Place);
