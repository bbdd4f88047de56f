//! Revisions that end a lease: deletions of its keys that no request asked for.

use std::collections::BTreeSet;

use super::checker::LeasesChecker;
use super::lease::{Expired, Lease};
use super::refusals::{Alive, alive};
use super::report;
use crate::evidence::{Place, Shown};
use crate::history::{Bytes, KeyEventKind, LeaseId, Nanos, Revision};

/// A revision that may be the end of a lease. Requests that were open when it was shown
/// may have made it; when they have ended, it can be decided.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    /// The revision.
    pub(super) revision: Revision,
    /// The frame that showed it.
    pub(super) place: Place,
    /// When that came: it happened before.
    pub(super) at: Nanos,
    /// The deleted keys with their leases.
    pub(super) deleted: Vec<(Bytes, Option<LeaseId>)>,
    /// Keys of the lease that were not deleted with the others.
    pub(super) left: Vec<Bytes>,
    /// A later put with the lease.
    pub(super) used: Option<(Place, Bytes, Revision)>,
    /// What was known of the lease before its ID was granted again.
    past: Option<Box<Lease>>,
}

impl Ending {
    /// The leases of the deleted keys.
    fn leases(&self) -> BTreeSet<Option<LeaseId>> {
        self.deleted.iter().map(|(_, lease)| *lease).collect()
    }

    /// Whether it may be the end of the lease of this ID that began at a revision.
    pub(super) fn may_end(&self, lease: LeaseId, since: Revision) -> bool {
        self.past.is_none() && self.revision > since && self.concerns(lease)
    }

    /// Whether keys of this lease are among the deleted.
    fn concerns(&self, lease: LeaseId) -> bool {
        self.deleted.iter().any(|(_, of)| *of == Some(lease))
    }

    /// The ID of a lease is granted again, by a request that was sent then: this end, if it was
    /// shown before, is that of the lease as it is known now.
    pub(super) fn remember(&mut self, id: LeaseId, lease: &Lease, sent: u64) {
        if self.place.index < sent && self.past.is_none() && self.concerns(id) {
            self.past = Some(Box::new(lease.before(sent)));
        }
    }

    /// What is known of the lease that ended here, given what is known by now.
    fn of(&self, now: &Lease) -> Lease {
        let again = now.asked_again(self.place.index).unwrap_or(u64::MAX);
        self.past.as_deref().cloned().unwrap_or_else(|| now.before(again))
    }
}

impl LeasesChecker {
    /// The log goes on by one revision.
    pub(super) fn show(&mut self, shown: &Shown) {
        self.end_of_keys(shown);
        if let Some(ending) = self.ending(shown) {
            for lease in ending.leases().into_iter().flatten() {
                let lease = self.leases.entry(lease).or_default();
                lease.ending |= shown.revision > lease.since;
            }
            self.endings.push_back(ending);
        }
        for change in &shown.changes {
            self.attached(change, shown.place);
            self.attachments.apply(change);
        }
        self.floor.advance(shown.revision);
        while let Some(entry) =
            self.revoked_ahead.first_entry().filter(|entry| *entry.key() <= shown.revision)
        {
            entry.remove().into_iter().for_each(|lease| self.left_behind(lease));
        }
        self.settle();
    }

    /// Keys that lose their lease had it until now.
    fn end_of_keys(&mut self, shown: &Shown) {
        let Some(instant) = self.floor.instant() else { return };
        let leases: BTreeSet<LeaseId> = shown
            .changes
            .iter()
            .filter_map(|change| self.attachments.lease_of(&change.kv.key))
            .collect();
        for lease in leases {
            self.outlived(lease, instant);
        }
    }

    fn ending(&self, shown: &Shown) -> Option<Ending> {
        let deletes = shown.changes.iter().all(|change| change.kind == KeyEventKind::Delete);
        let keys = shown.changes.iter().map(|change| change.kv.key.clone());
        let deleted: Vec<(Bytes, Option<LeaseId>)> =
            keys.map(|key| (key.clone(), self.attachments.lease_of(&key))).collect();
        let lease = deleted.iter().find_map(|(_, lease)| *lease)?;
        if !deletes || self.doubts.made(shown.revision) {
            return None;
        }
        let gone = |key: &Bytes| deleted.iter().any(|(deleted, _)| deleted == key);
        let left = self.attachments.keys_of(lease).map(|(key, _)| key).filter(|key| !gone(key));
        let left = left.cloned().collect();
        let Shown { revision, place, at, .. } = *shown;
        Some(Ending { revision, place, at, deleted, left, used: None, past: None })
    }

    /// Decides on the endings whose possible makers have all ended.
    pub(super) fn settle(&mut self) {
        let open = self.open.first().copied().unwrap_or(u64::MAX);
        while self.endings.front().is_some_and(|ending| ending.place.index < open)
            && let Some(ending) = self.endings.pop_front()
        {
            self.decide(&ending);
        }
        if self.endings.is_empty() {
            self.doubts.forget(self.floor.head());
        }
    }

    fn decide(&mut self, ending: &Ending) {
        let leases = ending.leases();
        for lease in leases.iter().flatten() {
            self.leases.entry(*lease).or_default().ending = false;
        }
        if !self.judges() || self.doubts.made(ending.revision) {
            return;
        }
        let keys: Vec<&Bytes> = ending.deleted.iter().map(|(key, _)| key).collect();
        if self.doubts.may_have_deleted(&keys, ending.place.index) {
            self.count("ends that a request may have caused");
            return;
        }
        if leases.len() > 1 {
            self.findings.add("lease-double-attachment", || report::double(ending));
            return;
        }
        if let Some(lease) = leases.into_iter().flatten().next() {
            self.ended(lease, ending);
        }
    }

    /// A lease has ended, by expiry or by a revocation.
    fn ended(&mut self, id: LeaseId, ending: &Ending) {
        self.count("ends of leases seen");
        let lease = self.leases.entry(id).or_default();
        let known = ending.of(lease);
        if !known.is_plain() || ending.revision <= known.since {
            return;
        }
        if !ending.left.is_empty() && lease.tell("lease-partial-expiry") {
            self.findings.add("lease-partial-expiry", || report::partial(id, ending));
        }
        let expired = Expired { place: ending.place, revision: ending.revision };
        if ending.past.is_none() {
            lease.expired.get_or_insert(expired);
        }
        let index = ending.place.index;
        let renewed_after = known.renewals.iter().find(|renewal| renewal.place.index > index);
        if let Some(renewal) = renewed_after.copied()
            && lease.tell("lease-resurrected")
        {
            let end = report::end_of(&expired);
            self.findings.add("lease-resurrected", || report::resurrected(id, end, &renewal));
        }
        if let Some((place, key, revision)) = &ending.used
            && lease.tell("dead-lease-used")
        {
            let what = format!("put {key} with lease {id} at revision {revision}");
            let end = Some(report::end_of(&expired));
            self.findings.add("dead-lease-used", || report::dead_used(id, end, *place, &what));
        }
        self.early(id, &known, ending);
    }

    fn early(&mut self, id: LeaseId, known: &Lease, ending: &Ending) {
        let Some(lease) = self.leases.get_mut(&id) else { return };
        let index = ending.place.index;
        if known.may_be_revoked(index) {
            return;
        }
        let Some(renewal) = known.binding(index) else { return };
        match alive(&self.skew, &renewal, ending.at) {
            Alive::Certainly if lease.tell("lease-early-expiry") => {
                self.findings.add("lease-early-expiry", || report::early(id, &renewal, ending));
            }
            Alive::Unreadable => self.unreadable(id),
            _ => {}
        }
    }

    /// The log has reached an acknowledged revocation: no key may be left that was there
    /// before.
    pub(super) fn left_behind(&mut self, id: LeaseId) {
        let judges = self.judges();
        let Some(lease) = self.leases.get_mut(&id).filter(|lease| lease.is_plain()) else { return };
        let Some(revoked) = lease.revoked.filter(|_| judges) else { return };
        let Some(end) = revoked.revision else { return };
        let left = self.attachments.keys_of(id).find(|(_, put)| *put <= end);
        if let Some((key, put)) = left.map(|(key, put)| (key.clone(), put))
            && lease.tell("lease-partial-expiry")
        {
            self.findings
                .add("lease-partial-expiry", || report::left_behind(id, &revoked, &key, put));
        }
    }
}
