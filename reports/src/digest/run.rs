//! What a history comes to.

use stormglass_checkers::history::{
    Body, Environment, Event, Nanos, Note, Phase, Sample, Span, WatchFrame, WatchKind,
};

use super::fault::{self, Fault, end_of_run};
use super::member::Members;
use super::operation::{Operation, OutcomeKind, Pairing};
use super::revision::Revisions;
use super::series::Series;
use crate::record::RunRecord;

/// What a history comes to: everything that pages and plots show of the events.
#[derive(Debug, Default)]
pub struct Digest {
    /// The stretch that plots show: from the start of the traffic to the end.
    pub(crate) window: Span,
    /// The traffic itself.
    pub(crate) traffic: Span,
    /// The phases that began, with their times.
    pub(crate) phases: Vec<(Phase, Nanos)>,
    /// Operations in the order of their invocations.
    pub(crate) operations: Vec<Operation>,
    /// Planned faults and what became of them.
    pub(crate) faults: Vec<Fault>,
    /// Each member's revision over time.
    pub(crate) revisions: Revisions,
    /// Measurements over time.
    pub(crate) series: Series,
    /// What happened to the members' processes.
    pub(crate) members: Members,
    /// Faults that could not be injected here, with the reason.
    pub(crate) unavailable: Vec<(String, String)>,
    /// The harness's remarks.
    pub(crate) notes: Vec<(Nanos, String)>,
    /// The harness's own worst timer lag.
    pub(crate) timer_lag: Option<Nanos>,
    /// Watches of the workload that were opened.
    pub(crate) watches: u64,
    /// Events that any watch delivered.
    pub(crate) watch_events: u64,
}

impl Digest {
    /// Reads the record's events once.
    pub(crate) fn of(record: &RunRecord<'_>) -> Self {
        let mut digest = Self::default();
        let mut pairing = Pairing::default();
        for event in record.events {
            pairing.observe(event);
            digest.revisions.observe(event);
            digest.series.observe(event);
            digest.observe(event);
        }
        digest.operations = pairing.finish();
        digest.set_times(record.events);
        digest.faults = fault::collect(&record.plan.faults, record.events, digest.traffic.from);
        digest
    }

    /// How many operations ended so.
    pub(crate) fn count(&self, outcome: OutcomeKind) -> u64 {
        self.operations.iter().filter(|operation| operation.outcome == outcome).count() as u64
    }

    /// The operation whose invocation has this index.
    pub(crate) fn operation(&self, invocation: u64) -> Option<&Operation> {
        let place = self.operations.binary_search_by_key(&invocation, |operation| operation.index);
        place.ok().map(|place| &self.operations[place])
    }

    fn observe(&mut self, event: &Event) {
        match &event.body {
            Body::Environment(Environment::Phase(phase)) => self.phases.push((*phase, event.at)),
            Body::Environment(Environment::FaultUnavailable { kind, reason }) => {
                self.unavailable.push((kind.clone(), reason.clone()));
            }
            Body::Environment(environment) => {
                self.members.observe(event.at, event.member, environment);
            }
            Body::Sample(Sample::TimerLag { lag }) => {
                self.timer_lag = self.timer_lag.max(Some(*lag));
            }
            Body::Note(Note { text }) => self.notes.push((event.at, text.clone())),
            Body::Watch(watch) => match &watch.frame {
                WatchFrame::Open(open) if open.kind == WatchKind::Workload => self.watches += 1,
                WatchFrame::Events(events) => self.watch_events += events.events.len() as u64,
                _ => {}
            },
            _ => {}
        }
    }

    fn set_times(&mut self, events: &[Event]) {
        let end = end_of_run(events);
        let began = |wanted: fn(Phase) -> bool| {
            self.phases.iter().find(|(phase, _)| wanted(*phase)).map(|(_, at)| *at)
        };
        let first = self.operations.iter().map(|operation| operation.intended).min();
        let from = began(|phase| phase == Phase::Traffic).or(first).unwrap_or_default();
        let to = began(|phase| phase >= Phase::Recover).unwrap_or(end);
        self.traffic = Span { from, to: to.max(from) };
        self.window = Span { from, to: end.max(from) };
    }
}
