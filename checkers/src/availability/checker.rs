//! The checker: who is healthy, who serves, and who must not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::health::Health;
use super::loss::{Acknowledgement, Impossible, Losses};
use super::report;
use super::service::{Service, Silences, service};
use crate::checker::{CheckContext, Checker};
use crate::evidence::{Findings, Operation, Operations, needs_majority};
use crate::history::{Body, Event, MemberIndex, Nanos, Outcome, Sample, Span};
use crate::logs::STARVED;
use crate::registry::CheckerEntry;
use crate::verdict::{Status, Verdict};

/// The checker's name.
const NAME: &str = "availability";

/// The checker, as the registry lists it.
pub const ENTRY: CheckerEntry = CheckerEntry {
    name: NAME,
    summary: "a majority of members that is up and connected serves, and without a majority \
              nothing is acknowledged",
    guarantees: &["A4", "A5"],
    anomalies: &["minority-served", "no-progress"],
    needs_revisions: false,
    new: checker,
};

/// So long a majority must have been healthy, and so long a member of it may not serve:
/// elections take a second or two, TCP may back off for seven after a partition.
pub(super) const LIMIT: Nanos = Nanos(15_000_000_000);

/// Makes the checker.
pub fn checker(context: &CheckContext) -> Box<dyn Checker> {
    Box::new(AvailabilityChecker {
        findings: Findings::default(),
        reasons: BTreeSet::new(),
        operations: Operations::default(),
        alone: context.preamble.exclusive,
        health: Health::new(context.preamble.members.len()),
        silences: Silences::default(),
        losses: Losses::default(),
        starved: None,
        served: 0,
    })
}

struct AvailabilityChecker {
    findings: Findings,
    reasons: BTreeSet<String>,
    operations: Operations<Nanos>,
    /// Whether nobody else uses the store, nor stops its members.
    alone: bool,
    health: Health,
    silences: Silences,
    losses: Losses,
    /// When the harness was starved last.
    starved: Option<Nanos>,
    served: u64,
}

impl Checker for AvailabilityChecker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn observe(&mut self, event: &Arc<Event>) {
        if self.health.observe(event) {
            self.silences.forget();
        }
        match &event.body {
            Body::Invoke(_) => self.operations.invoke(event, event.at),
            Body::Complete(outcome) => {
                if let Some(operation) = self.operations.complete(event) {
                    self.complete(&operation, outcome, event.at);
                }
            }
            Body::FaultBegin(begin) => self.losses.begin(event, begin),
            Body::FaultEnd(end) => {
                let impossible = self.losses.end(end, self.enough());
                self.tell(impossible);
            }
            Body::Sample(Sample::TimerLag { lag }) if *lag > STARVED => {
                self.starved = Some(event.at);
            }
            _ => {}
        }
    }

    fn so_far(&self) -> Status {
        let unknown = if self.reasons.is_empty() { Status::Valid } else { Status::Unknown };
        unknown.worst(self.findings.status())
    }

    fn finish(mut self: Box<Self>) -> Verdict {
        let impossible = self.losses.judge(self.enough());
        self.tell(impossible);
        let stats = BTreeMap::from([
            ("requests served by a majority".to_owned(), self.served),
            ("losses of the majority".to_owned(), self.losses.complete),
        ]);
        self.findings.verdict(&ENTRY, self.reasons.into_iter().collect(), stats)
    }
}

impl AvailabilityChecker {
    /// How many members must be gone for the rest to be no majority.
    fn enough(&self) -> u16 {
        self.health.members() - self.health.quorum() + 1
    }

    fn complete(&mut self, operation: &Operation<Nanos>, outcome: &Outcome, at: Nanos) {
        let request = operation.request();
        let Some(member) = operation.place.member.filter(|_| needs_majority(request)) else {
            return;
        };
        let sent = operation.note;
        if let Outcome::Ok(_) = outcome {
            self.served += 1;
            if self.losses.may_be_complete(self.enough()) {
                let what = crate::wording::request(request);
                let span = Span { from: sent, to: at };
                let place = operation.place;
                self.losses.acknowledged(Acknowledgement { place, what, span });
            }
        }
        let took = Nanos(at.0.saturating_sub(sent.0));
        match service(outcome, took) {
            Service::Open => {}
            Service::Served => self.silences.served(member),
            Service::Unserved => self.unserved(member, operation, at),
        }
    }

    fn unserved(&mut self, member: MemberIndex, operation: &Operation<Nanos>, at: Nanos) {
        let Some(since) = self.health.majority_since(member) else { return };
        let sent = operation.note;
        if sent.0.saturating_sub(since.0) <= LIMIT.0 {
            return;
        }
        let what = crate::wording::request(operation.request());
        let first = (sent, operation.place, what);
        let Some(silence) = self.silences.unserved(member, first, at, LIMIT) else { return };
        if self.starved.is_some_and(|starved| starved >= since) {
            self.reasons.insert(format!(
                "{member} served nothing for a while although a majority was healthy, but the \
                 harness itself was starved meanwhile; repeat the run on a quieter machine"
            ));
            return;
        }
        if !self.alone {
            self.reasons.insert(format!(
                "{member} served nothing for a while, but the store is shared, and others may \
                 have stopped its members"
            ));
            return;
        }
        self.findings.add("no-progress", || report::no_progress(member, &silence, since));
    }

    fn tell(&mut self, impossible: Vec<Impossible>) {
        // A single member is a majority however it is cut off; who votes after a change of
        // the membership is not known here.
        if self.health.changed || self.health.members() < 2 {
            return;
        }
        let members = self.health.members();
        for impossible in impossible {
            self.findings.add("minority-served", || report::minority(&impossible, members));
        }
    }
}
