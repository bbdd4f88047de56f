//! The checker: counts, and says what was not tested.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::expiry::Expiry;
use super::leadership::Leadership;
use super::property::{FAULT, Wanted, known_properties, words};
use super::quorum::Quorum;
use super::watch_options::WatchOptions;
use super::watches::Watches;
use crate::checker::{CheckContext, Checker};
use crate::evidence::{Operation, Operations, acknowledged};
use crate::history::{
    Body, Doubt, Environment, Event, FaultEnd, FaultId, LinkSample, MemberIndex, Outcome, Phase,
    Request, Response, Sample, Territory, WatchFrame, WatchId, WatchKind,
};
use crate::logs::STARVED;
use crate::registry::CheckerEntry;
use crate::verdict::{Property, Status, Verdict};

/// The checker's name.
const NAME: &str = "coverage";

/// The checker, as the registry lists it.
/// It checks none of the store's guarantees, and finds no anomaly: it says whether the run
/// was a test, and what was tested too little is unknown.
pub const ENTRY: CheckerEntry = CheckerEntry {
    name: NAME,
    summary: "everything that the scenario wants to have happened has happened, and the run came to \
              its end",
    guarantees: &[],
    anomalies: &[],
    needs_revisions: false,
    new: checker,
};

/// Evidence of a fault that counts packets.
const PACKETS_DROPPED: &str = "packets-dropped";

/// Makes the checker.
pub fn checker(context: &CheckContext) -> Box<dyn Checker> {
    let territory = context.preamble.territory();
    let quorum = Quorum::of(context.preamble.members.len());
    let mut coverage = CoverageChecker { territory, quorum, ..CoverageChecker::default() };
    for text in &context.sometimes {
        match Wanted::parse(text) {
            Ok(wanted) => coverage.wanted.push(wanted),
            Err(error) => coverage.reasons.push(error.to_string()),
        }
    }
    Box::new(coverage)
}

#[derive(Default)]
struct CoverageChecker {
    wanted: Vec<Wanted>,
    reasons: Vec<String>,
    counts: BTreeMap<String, u64>,
    operations: Operations<()>,
    faults: BTreeMap<FaultId, String>,
    untested: BTreeSet<String>,
    links: BTreeMap<(Option<MemberIndex>, Option<MemberIndex>), u64>,
    dropped_by_faults: u64,
    expiry: Expiry,
    territory: Territory,
    whole: BTreeSet<WatchId>,
    leadership: Leadership,
    quorum: Quorum,
    watches: Watches,
    watch_options: WatchOptions,
    starved_samples: u64,
    worst_lag_ms: u64,
    done: bool,
}

impl Checker for CoverageChecker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn observe(&mut self, event: &Arc<Event>) {
        match &event.body {
            Body::Invoke(invoke) => {
                self.expiry.ask(&invoke.request);
                self.operations.invoke(event, ());
            }
            Body::Complete(outcome) => {
                if let Some(operation) = self.operations.complete(event) {
                    self.complete(&operation, outcome);
                }
            }
            Body::Watch(watch) => {
                self.watches.frame(event, watch);
                self.watch_options.frame(watch);
                if let WatchFrame::Open(open) = &watch.frame
                    && open.kind == WatchKind::Recorder
                    && open.request.prev_kv
                    && self.territory.is_covered_by(&open.request.key, &open.request.range_end)
                {
                    self.whole.insert(watch.watch);
                }
                if self.whole.contains(&watch.watch) {
                    self.expiry.frame(watch);
                }
            }
            Body::FaultBegin(begin) => {
                self.faults.insert(begin.id, begin.fault.kind.clone());
                self.quorum.begin(begin);
            }
            Body::FaultEnd(end) => self.fault(end),
            Body::Environment(environment) => self.environment(environment),
            Body::Sample(sample) => self.sample(sample),
            Body::Note(_) => {}
        }
    }

    /// What is still missing may still happen; nothing is broken before the end.
    fn so_far(&self) -> Status {
        if self.reasons.is_empty() { Status::Valid } else { Status::Unknown }
    }

    fn finish(mut self: Box<Self>) -> Verdict {
        for operation in std::mem::take(&mut self.operations).still_open() {
            self.expiry.doubt(operation.request());
        }
        self.total();
        let properties = self.properties();
        let mut reasons = std::mem::take(&mut self.reasons);
        reasons.extend(properties.iter().filter(|property| !property.met()).map(unmet));
        reasons.extend(std::mem::take(&mut self.untested));
        if !self.done {
            reasons.push("the run did not end by itself: its history stops early".to_owned());
        }
        let stats = BTreeMap::from([
            ("worst timer lag of the harness, ms".to_owned(), self.worst_lag_ms),
            ("samples with a starved harness".to_owned(), self.starved_samples),
        ]);
        let mut verdict = Verdict::new(NAME, Vec::new(), reasons, stats);
        verdict.properties = properties;
        verdict
    }
}

impl CoverageChecker {
    fn count(&mut self, name: &str) {
        self.add(name, 1);
    }

    fn add(&mut self, name: &str, number: u64) {
        *self.counts.entry(name.to_owned()).or_default() += number;
    }

    fn complete(&mut self, operation: &Operation<()>, outcome: &Outcome) {
        if let Some(member) = operation.place.member {
            self.quorum.complete(member, operation.request(), outcome);
        }
        match outcome {
            Outcome::Ok(response) => self.answer(operation.request(), response),
            Outcome::Failed(_) => self.count("definite-failure"),
            Outcome::Unknown(doubt) => {
                self.expiry.doubt(operation.request());
                // An operation that the end of the run cut off tests nothing.
                if doubt.reason != Doubt::NeverCompleted {
                    self.count("unknown-outcome");
                }
            }
        }
    }

    fn answer(&mut self, request: &Request, response: &Response) {
        self.count("operations");
        if let Some(write) = acknowledged(request, response) {
            self.expiry.acknowledge(write.revision);
        }
        match (request, response) {
            (Request::Range(range), _) => {
                if range.serializable {
                    self.count("serializable-read");
                }
                if !range.revision.is_zero() {
                    self.count("history-read");
                }
            }
            (_, Response::Txn(answer)) if answer.succeeded => self.count("txn-succeeded"),
            (_, Response::Txn(_)) => self.count("txn-failed"),
            (_, Response::Compact(_)) => self.count("compaction"),
            (_, Response::LeaseRevoke(_)) => self.count("lease-revoked"),
            (_, Response::Status(status)) => self.leadership.status(status),
            _ => {}
        }
    }

    fn fault(&mut self, end: &FaultEnd) {
        self.quorum.end(end.id);
        let Some(kind) = self.faults.get(&end.id).filter(|_| end.landed.is_some()) else { return };
        let name = format!("{FAULT}{kind}");
        self.count(&name);
        let dropped = end.evidence.get(PACKETS_DROPPED).and_then(|text| text.parse::<u64>().ok());
        self.dropped_by_faults += dropped.unwrap_or(0);
    }

    fn environment(&mut self, environment: &Environment) {
        match environment {
            Environment::Phase(Phase::Done) => self.done = true,
            Environment::MemberStarted(life) if life.number > 1 => self.count("member-restarted"),
            Environment::LeaseExpired { lease } => self.expiry.told(*lease),
            Environment::FaultUnavailable { kind, reason } => {
                self.untested.insert(format!("{kind} was not tested: {reason}"));
            }
            _ => {}
        }
    }

    fn sample(&mut self, sample: &Sample) {
        match sample {
            Sample::TimerLag { lag } => {
                self.worst_lag_ms = self.worst_lag_ms.max(lag.0 / 1_000_000);
                self.starved_samples += u64::from(*lag > STARVED);
            }
            Sample::Status(status) => self.leadership.status(status),
            Sample::Link(LinkSample { from, to, dropped, .. }) => {
                let most = self.links.entry((*from, *to)).or_default();
                *most = (*most).max(*dropped);
            }
            Sample::Process(_) | Sample::Clock { .. } => {}
        }
    }

    /// Counts that are known only at the end.
    fn total(&mut self) {
        let dropped = self.links.values().sum::<u64>().max(self.dropped_by_faults);
        self.add(PACKETS_DROPPED, dropped);
        self.add("lease-expired", self.expiry.count());
        self.add("leader-changed", self.leadership.changes);
        self.add("served-by-majority", self.quorum.served);
        self.add("unserved-by-minority", self.quorum.unserved);
        self.add("watch-resumed", self.watches.resumed);
        self.add("watch-resumed-elsewhere", self.watches.resumed_elsewhere);
        self.add("watch-canceled", self.watches.canceled);
        self.add("watch-compacted", self.watches.compacted);
        for (name, count) in self.watch_options.counts() {
            self.add(name, count);
        }
    }

    /// Every known property, and every kind of fault that was wanted or seen.
    fn properties(&self) -> Vec<Property> {
        let fixed = known_properties().iter().map(|property| property.name);
        let wanted = self.wanted.iter().map(|wanted| wanted.name.as_str());
        let faults: BTreeSet<&str> = wanted
            .chain(self.counts.keys().map(String::as_str))
            .filter(|name| name.starts_with(FAULT))
            .collect();
        let property = |name: &str| {
            let needed = self.wanted.iter().filter(|wanted| wanted.name == name);
            Property {
                name: name.to_owned(),
                count: self.counts.get(name).copied().unwrap_or(0),
                needed: needed.map(|wanted| wanted.needed).max().unwrap_or(0),
            }
        };
        fixed.chain(faults).map(property).collect()
    }
}

fn unmet(property: &Property) -> String {
    let Property { name, count, needed } = property;
    match count {
        0 => format!("`{name}` never happened: the scenario wants {}", words(name)),
        _ => format!(
            "`{name}` happened too rarely: {count} of {needed} ({}); let the run last longer",
            words(name)
        ),
    }
}
