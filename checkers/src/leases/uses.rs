//! Keys that are attached to leases: they need one that lives, and live no longer.

use super::checker::LeasesChecker;
use super::refusals::Instant;
use super::report;
use crate::evidence::{Acknowledged, Change, Operation, acknowledged};
use crate::history::{KeyEvent, KeyEventKind, LeaseId, Nanos, Request, Response};

/// etcd looks for expired leases twice a second, and a revocation takes a round of the
/// cluster: generously.
const REVOCATION: u64 = 3_500_000_000;
/// A new leader gives every lease its time to live and one election timeout more. The
/// timeout is a flag of the store that is not known here; its default is one second.
const ELECTION: u64 = 5_000_000_000;
/// etcd ends at most a thousand leases a second; half of that is assumed.
const ENDS_PER_SECOND: u64 = 500;

impl LeasesChecker {
    /// A write that names leases was acknowledged.
    pub(super) fn used(
        &mut self,
        request: &Request,
        response: &Response,
        operation: &Operation<Nanos>,
    ) {
        let Some(Acknowledged { effects, .. }) = acknowledged(request, response) else { return };
        for effect in effects {
            if let Change::Put { lease: Some(lease), .. } = effect.change
                && !lease.is_none()
            {
                self.outlived(lease, (operation.note, operation.place));
                self.used_by(lease, operation);
            }
        }
    }

    fn used_by(&mut self, id: LeaseId, operation: &Operation<Nanos>) {
        if !self.judges() {
            return;
        }
        let anonymous = self.anonymous;
        let lease = self.leases.entry(id).or_default();
        let index = operation.place.index;
        let end = match (lease.revoked, lease.expired) {
            (Some(revoked), _) if revoked.answered < index => Some(report::end_by(&revoked)),
            (_, Some(expired)) if expired.place.index < index => Some(report::end_of(&expired)),
            // Nobody has asked for it yet, so nobody can have got it.
            _ if !lease.is_asked_for() && !anonymous && !self.shared => None,
            _ => return,
        };
        if (lease.is_plain() || !lease.is_asked_for()) && lease.tell("dead-lease-used") {
            let what = crate::wording::request(operation.request());
            let place = operation.place;
            self.findings.add("dead-lease-used", || report::dead_used(id, end, place, &what));
        }
    }

    /// The log shows that a key was attached to a lease.
    pub(super) fn attached(&mut self, change: &KeyEvent, place: crate::evidence::Place) {
        let id = change.kv.lease;
        if change.kind != KeyEventKind::Put || id.is_none() || !self.judges() {
            return;
        }
        let Some(lease) = self.leases.get_mut(&id).filter(|lease| lease.is_plain()) else { return };
        let revision = change.kv.mod_revision;
        let end = match (lease.revoked, lease.expired) {
            (Some(revoked), _) if revoked.revision.is_some_and(|end| end < revision) => {
                Some(report::end_by(&revoked))
            }
            (_, Some(expired)) if expired.revision < revision => Some(report::end_of(&expired)),
            _ => None,
        };
        if end.is_none() && lease.ending {
            let since = lease.since;
            for ending in self.endings.iter_mut().filter(|ending| ending.may_end(id, since)) {
                ending.used.get_or_insert((place, change.kv.key.clone(), revision));
            }
        }
        if end.is_some() && lease.tell("dead-lease-used") {
            let what = format!("put {} with lease {id} at revision {revision}", change.kv.key);
            self.findings.add("dead-lease-used", || report::dead_used(id, end, place, &what));
        }
    }

    /// A lease was certainly alive at an instant: whether that is too late.
    pub(super) fn outlived(&mut self, id: LeaseId, (at, shown): Instant) {
        // Whether the leader has changed since is known up to the members' last report.
        let at = at.min(self.calm.reported());
        let granted = self.counts.get("leases granted").copied().unwrap_or(0);
        // How many leases of others end at the same time, nobody here knows.
        let judges = self.judges() && !self.shared;
        let Some(quiet) = self.calm.quiet().filter(|_| judges) else { return };
        let Some(lease) = self.leases.get_mut(&id).filter(|lease| lease.is_plain()) else { return };
        let unsure = lease.granted.is_none() || lease.doubtful || lease.keepalives_open > 0;
        let (Some(renewed), Some(binding)) = (lease.renewed_by(), lease.binding(u64::MAX)) else {
            return;
        };
        if unsure {
            return;
        }
        let crowd = granted / ENDS_PER_SECOND * 1_000_000_000;
        let allowed = binding.ttl().0 + ELECTION + REVOCATION + crowd + binding.ttl().0 / 100;
        let late = |from: Nanos| {
            at.0.saturating_sub(from.0) > allowed
                && self.skew.shortest(from, at).is_none_or(|counted| counted.0 > allowed)
        };
        let from = renewed.max(quiet);
        if !late(from) {
            return;
        }
        if self.skew.shortest(from, at).is_none() {
            self.unreadable(id);
        } else if !late(from.max(self.calm.starved())) {
            self.reasons.insert(format!(
                "lease {id} seems to have outlived its time, but the harness itself was starved \
                 meanwhile; repeat the run on a quieter machine"
            ));
        } else if lease.tell("lease-late-expiry") {
            let instant = (at, shown);
            self.findings
                .add("lease-late-expiry", || report::late(id, &binding, from, allowed, instant));
        }
    }

    /// Leases that still have keys, although they should be over.
    pub(super) fn look_for_late_ones(&mut self) {
        let Some(instant) = self.floor.instant() else { return };
        let leases: Vec<LeaseId> = self.attachments.leases().collect();
        for lease in leases {
            self.outlived(lease, instant);
        }
    }
}
