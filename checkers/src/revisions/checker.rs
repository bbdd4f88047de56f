//! The checker: every header, every pair.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cluster_id::ClusterId;
use super::density::Density;
use super::observations::{Observations, Sight};
use super::order::{Asked, Order};
use crate::checker::{CheckContext, Checker};
use crate::evidence::{Findings, Operation, Operations, Place, acknowledged, each_pair};
use crate::history::{
    Body, Environment, Event, Header, KeyEventKind, Outcome, Response, Revision, Sample,
    WatchEvent, WatchEvents, WatchFrame,
};
use crate::registry::CheckerEntry;
use crate::verdict::{Status, Verdict};

/// The checker's name.
const NAME: &str = "revisions";

/// The checker, as the registry lists it.
pub const ENTRY: CheckerEntry = CheckerEntry {
    name: NAME,
    summary: "revisions never go back and leave nothing out, and the versions and \
              revisions of every key add up",
    guarantees: &["K1", "K2", "K6", "K8"],
    anomalies: &[
        "conflicting-observations",
        "key-arithmetic",
        "revision-went-back",
        "revision-gap",
        "cluster-id-changed",
    ],
    needs_revisions: true,
    new: checker,
};

/// Makes the checker.
pub fn checker(context: &CheckContext) -> Box<dyn Checker> {
    Box::new(RevisionsChecker {
        order: Order::default(),
        observations: Observations::default(),
        density: Density::new(&context.preamble),
        cluster: ClusterId::default(),
        operations: Operations::default(),
        findings: Findings::default(),
        headers: 0,
    })
}

struct RevisionsChecker {
    order: Order,
    observations: Observations,
    density: Density,
    cluster: ClusterId,
    operations: Operations<Asked>,
    findings: Findings,
    headers: u64,
}

impl Checker for RevisionsChecker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn observe(&mut self, event: &Arc<Event>) {
        self.order.observe(event);
        self.cluster.observe(event);
        match &event.body {
            Body::Invoke(_) => {
                let asked = self.order.ask(event.member);
                self.operations.invoke(event, asked);
            }
            Body::Complete(outcome) => {
                if let Some(operation) = self.operations.complete(event)
                    && let Outcome::Ok(response) = outcome
                {
                    self.answer(&operation, response);
                }
            }
            Body::Watch(watch) => self.watch(event, watch),
            Body::Sample(Sample::Status(status)) => {
                self.header(status.header.as_ref(), Place::of(event));
            }
            Body::Environment(Environment::ClusterChanged(cluster)) if cluster.number > 1 => {
                self.density.give_up();
            }
            _ => {}
        }
    }

    fn so_far(&self) -> Status {
        self.findings.status()
    }

    fn finish(mut self: Box<Self>) -> Verdict {
        self.density.finish(&mut self.findings);
        let stats = BTreeMap::from([
            ("headers".to_owned(), self.headers),
            ("pairs".to_owned(), self.observations.count()),
            ("revisions".to_owned(), self.density.count()),
        ]);
        self.findings.verdict(&ENTRY, Vec::new(), stats)
    }
}

impl RevisionsChecker {
    fn answer(&mut self, operation: &Operation<Asked>, response: &Response) {
        let (place, request) = (operation.place, operation.request());
        self.header(response.header(), place);
        self.order.answer(operation.note, (place, request), response, &mut self.findings);
        if let Some(write) = acknowledged(request, response) {
            self.density.claim(write.revision);
        }
        let header = revision_of(response.header());
        each_pair(request, response, &mut |pair, valued| {
            self.observations.see(Sight { pair, valued, header, place }, &mut self.findings);
        });
    }

    fn watch(&mut self, event: &Event, watch: &WatchEvent) {
        self.density.frame(event, watch);
        self.order.frame(event, watch.watch, &watch.frame, &mut self.findings);
        let place = Place::of(event);
        match &watch.frame {
            WatchFrame::Created(frame) | WatchFrame::Progress(frame) => {
                self.header(frame.header.as_ref(), place);
            }
            WatchFrame::Canceled(canceled) => self.header(canceled.header.as_ref(), place),
            WatchFrame::Events(events) => {
                self.header(events.header.as_ref(), place);
                self.events(events, place);
            }
            _ => {}
        }
    }

    fn events(&mut self, events: &WatchEvents, place: Place) {
        let header = revision_of(events.header.as_ref());
        for event in &events.events {
            let after = Some(&event.kv).filter(|_| event.kind == KeyEventKind::Put);
            for pair in after.into_iter().chain(&event.prev_kv) {
                let sight = Sight { pair, valued: true, header, place };
                self.observations.see(sight, &mut self.findings);
            }
        }
    }

    fn header(&mut self, header: Option<&Header>, place: Place) {
        if let Some(header) = header {
            self.headers += 1;
            self.cluster.header(header, place, &mut self.findings);
        }
    }
}

fn revision_of(header: Option<&Header>) -> Revision {
    header.map_or(Revision(0), |header| header.revision)
}
