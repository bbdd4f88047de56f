//! The checker: what is known of every lease, event by event.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::attachments::Attachments;
use super::calm::Calm;
use super::doubts::Doubts;
use super::ending::Ending;
use super::floor::Floor;
use super::lease::Leases;
use super::skew::Skew;
use crate::checker::{CheckContext, Checker};
use crate::evidence::{Findings, Operations, StoreLog};
use crate::history::{Body, Environment, Event, Invoke, LeaseId, Nanos, Request, Revision, Sample};
use crate::registry::CheckerEntry;
use crate::verdict::{Status, Verdict};

/// The checker's name.
const NAME: &str = "leases";

/// The checker, as the registry lists it.
pub const ENTRY: CheckerEntry = CheckerEntry {
    name: NAME,
    summary: "leases live as long as promised, end as a whole and for good, and not much later \
              than they should",
    guarantees: &["L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8"],
    anomalies: &[
        "lease-early-expiry",
        "lease-lost",
        "lease-partial-expiry",
        "lease-resurrected",
        "dead-lease-used",
        "lease-double-attachment",
        "lease-late-expiry",
        "lease-short-ttl",
    ],
    needs_revisions: true,
    new: checker,
};

/// Makes the checker.
pub fn checker(context: &CheckContext) -> Box<dyn Checker> {
    let territory = context.preamble.territory();
    let (shared, alone) = (territory.is_shared(), context.preamble.exclusive);
    Box::new(LeasesChecker {
        alone: alone || shared,
        shared,
        revisions: StoreLog::of(territory),
        ..LeasesChecker::default()
    })
}

/// The checker. Its parts that judge are in the files beside this one.
#[derive(Default)]
pub(super) struct LeasesChecker {
    pub(super) findings: Findings,
    pub(super) reasons: BTreeSet<String>,
    /// Whether nobody else uses the keys and leases of the run.
    pub(super) alone: bool,
    /// Whether others have keys and leases of their own in the store.
    pub(super) shared: bool,
    /// Whether members came back with other data: leases may be gone for a reason.
    pub(super) restored: bool,
    /// Whether a lease may exist whose ID the store chose.
    pub(super) anonymous: bool,
    /// Open operations, each with the time at which it was sent.
    pub(super) operations: Operations<Nanos>,
    pub(super) open: BTreeSet<u64>,
    pub(super) leases: Leases,
    pub(super) attachments: Attachments,
    pub(super) revisions: StoreLog,
    pub(super) floor: Floor,
    pub(super) doubts: Doubts,
    pub(super) skew: Skew,
    pub(super) calm: Calm,
    /// Revisions that may be the end of a lease, until that can be decided.
    pub(super) endings: VecDeque<Ending>,
    /// Acknowledged revocations that the log has not reached yet.
    pub(super) revoked_ahead: BTreeMap<Revision, Vec<LeaseId>>,
    pub(super) counts: BTreeMap<&'static str, u64>,
}

impl Checker for LeasesChecker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn observe(&mut self, event: &Arc<Event>) {
        if self.disturbs(event) {
            // What is too late by now cannot be told afterwards.
            self.look_for_late_ones();
        }
        self.calm.observe(event);
        match &event.body {
            Body::Invoke(invoke) => self.invoke(event, invoke),
            Body::Complete(outcome) => {
                if let Some(operation) = self.operations.complete(event) {
                    self.open.remove(&operation.place.index);
                    self.complete(&operation, outcome, event);
                    self.settle();
                }
            }
            Body::Watch(watch) => {
                for shown in self.revisions.frame(event, watch) {
                    self.show(&shown);
                }
            }
            Body::FaultBegin(begin) => self.skew.begin(begin, event.at),
            Body::FaultEnd(end) => self.skew.end(end, event.at),
            Body::Environment(Environment::MemberStarted(life)) if life.data_generation > 1 => {
                self.restored = true;
            }
            _ => {}
        }
    }

    fn so_far(&self) -> Status {
        let unknown = if self.reasons.is_empty() { Status::Valid } else { Status::Unknown };
        unknown.worst(self.findings.status())
    }

    fn finish(mut self: Box<Self>) -> Verdict {
        for operation in std::mem::take(&mut self.operations).still_open() {
            self.never_ended(&operation);
        }
        self.open.clear();
        self.settle();
        self.look_for_late_ones();
        self.explain_gaps();
        let stats = self.counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        self.findings.verdict(&ENTRY, self.reasons.into_iter().collect(), stats)
    }
}

impl LeasesChecker {
    /// Whether something is found of leases at all.
    pub(super) fn judges(&self) -> bool {
        self.alone && !self.restored && self.revisions.torn().is_none()
    }

    pub(super) fn count(&mut self, name: &'static str) {
        *self.counts.entry(name).or_default() += 1;
    }

    fn disturbs(&self, event: &Event) -> bool {
        match &event.body {
            Body::FaultBegin(_) | Body::Environment(_) => true,
            Body::Sample(Sample::Status(_)) => {
                self.calm.quiet().is_some() && self.calm.clone().observe(event)
            }
            _ => false,
        }
    }

    fn invoke(&mut self, event: &Arc<Event>, invoke: &Invoke) {
        self.operations.invoke(event, event.at);
        self.open.insert(event.index);
        match &invoke.request {
            Request::LeaseGrant(grant) if grant.lease.is_none() => self.anonymous = true,
            Request::LeaseGrant(grant) => {
                self.leases.entry(grant.lease).or_default().ask(event.index);
            }
            Request::LeaseRevoke(revoke) => {
                let lease = self.leases.entry(revoke.lease).or_default();
                lease.revocations.insert(event.index, None);
            }
            Request::LeaseKeepAlive(alive) => {
                self.leases.entry(alive.lease).or_default().keepalives_open += 1;
            }
            Request::Lock(lock) if lock.lease.is_none() => self.anonymous = true,
            Request::Campaign(campaign) if campaign.lease.is_none() => self.anonymous = true,
            _ => {}
        }
    }

    /// Why leases were judged less than they should be.
    fn explain_gaps(&mut self) {
        if !self.counts.contains_key("leases granted") {
            return;
        }
        if !self.alone {
            self.reasons.insert(
                "others use the store too, and may have revoked or deleted what vanished; give \
                 the run a store of its own to have its leases judged"
                    .to_owned(),
            );
        } else if self.restored {
            self.reasons.insert(
                "a member came back with other data than it had, so leases may be gone with it"
                    .to_owned(),
            );
        } else if !self.revisions.is_open() {
            self.reasons.insert(
                "no watch over every key was opened, so nobody knows when the keys of leases went"
                    .to_owned(),
            );
        }
        if let Some(revision) = self.revisions.torn() {
            self.reasons.insert(format!(
                "two members showed different changes at revision {revision}, so from there on it \
                 is not one store, and its leases are not judged"
            ));
        }
        if let Some(revision) = self.revisions.gap() {
            self.reasons.insert(format!(
                "no watch showed revision {revision}, so keys of leases are not judged from there"
            ));
        }
    }
}
