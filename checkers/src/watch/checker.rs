//! The checker: streams in, findings out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::change_log::ChangeLog;
use super::compactions::{Compactions, Known};
use super::consecutive;
use super::delivery::Delivery;
use super::misorder::Misorder;
use super::settlement::Settlement;
use super::stream::Stream;
use super::writes::Writes;
use crate::checker::{CheckContext, Checker};
use crate::evidence::{Epochs, Findings, Operations, acknowledged, finding};
use crate::history::{Body, Event, Outcome, Territory, WatchEvent, WatchFrame, WatchId};
use crate::registry::CheckerEntry;
use crate::verdict::{Status, Verdict};

/// The checker's name.
const NAME: &str = "watch";

/// The checker, as the registry lists it.
pub const ENTRY: CheckerEntry = CheckerEntry {
    name: NAME,
    summary: "every watch delivers exactly the changes of its range, once, in order, whole, from its \
              start on, and the same on every member",
    guarantees: &["W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W9", "W10", "W11"],
    anomalies: &[
        "watch-gap",
        "watch-diverged",
        "watch-phantom",
        "watch-duplicate",
        "watch-disorder",
        "watch-misordered",
        "watch-split",
        "watch-progress-early",
        "watch-before-start",
        "watch-outside-range",
        "watch-compaction-silent",
        "watch-prev-kv",
        "watch-version",
    ],
    needs_revisions: true,
    new: checker,
};

/// Makes the checker.
pub fn checker(context: &CheckContext) -> Box<dyn Checker> {
    let preamble = &context.preamble;
    let territory = preamble.territory();
    let mut writes = Writes::of(&territory);
    if !preamble.exclusive && !territory.is_shared() {
        writes.allow_others();
    }
    Box::new(WatchChecker {
        alone: preamble.exclusive,
        territory,
        writes,
        streams: BTreeMap::new(),
        silent: BTreeMap::new(),
        log: ChangeLog::default(),
        compactions: Compactions::default(),
        epochs: Epochs::default(),
        operations: Operations::default(),
        findings: Findings::default(),
    })
}

struct WatchChecker {
    territory: Territory,
    /// Whether nobody else uses the store.
    alone: bool,
    streams: BTreeMap<WatchId, Stream>,
    /// Watches that must be cancelled, because their member had compacted their start.
    silent: BTreeMap<WatchId, Known>,
    log: ChangeLog,
    writes: Writes,
    compactions: Compactions,
    epochs: Epochs,
    operations: Operations<u32>,
    findings: Findings,
}

impl Checker for WatchChecker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn observe(&mut self, event: &Arc<Event>) {
        self.epochs.observe(event);
        self.compactions.observe(event, &self.epochs);
        match &event.body {
            Body::Invoke(invoke) => {
                self.writes.ask(&invoke.request);
                let epoch = event.member.map_or(0, |member| self.epochs.of(member));
                self.operations.invoke(event, epoch);
            }
            Body::Complete(outcome) => self.complete(event, outcome),
            Body::Watch(watch) => self.watch(event, watch),
            _ => {}
        }
    }

    fn so_far(&self) -> Status {
        self.findings.status()
    }

    fn finish(mut self: Box<Self>) -> Verdict {
        let mut reasons = Vec::new();
        if self.streams.is_empty() {
            reasons.push("no watch was opened, so nothing about watches was checked".to_owned());
        }
        let (log, writes) = (&self.log, &self.writes);
        Settlement { streams: &self.streams, log, writes, findings: &mut self.findings }.settle();
        Misorder { log: &self.log, writes: &self.writes, findings: &mut self.findings }
            .check(self.streams.values());
        consecutive::Consecutive {
            log: &self.log,
            territory: &self.territory,
            all_compactions_asked: self.alone && self.compactions.all_asked(),
            findings: &mut self.findings,
        }
        .check(self.streams.values());
        let stats = self.stats();
        self.findings.verdict(&ENTRY, reasons, stats)
    }
}

impl WatchChecker {
    fn complete(&mut self, event: &Event, outcome: &Outcome) {
        let Some(operation) = self.operations.complete(event) else { return };
        let epoch = event.member.map_or(0, |member| self.epochs.of(member));
        self.compactions.completed(&operation, outcome, epoch);
        if let Outcome::Ok(response) = outcome
            && let Some(write) = acknowledged(operation.request(), response)
        {
            self.writes.acknowledge(operation.place, write);
        }
    }

    fn watch(&mut self, event: &Event, watch: &WatchEvent) {
        if let WatchFrame::Open(open) = &watch.frame {
            let stream = Stream::open(event, watch.watch, open);
            self.expect_cancellation(event, &stream);
            self.streams.insert(watch.watch, stream);
            return;
        }
        self.silence(event, watch);
        let Some(stream) = self.streams.get_mut(&watch.watch) else { return };
        if !stream.counts(&watch.frame) {
            return;
        }
        let mut delivery = Delivery {
            stream,
            log: &mut self.log,
            findings: &mut self.findings,
            compacted: self.compactions.bound(),
        };
        match &watch.frame {
            WatchFrame::Events(events) => delivery.events(event, events),
            WatchFrame::Progress(header) => delivery.progress(event, header),
            WatchFrame::Cancel {} => stream.cancelling = true,
            _ => {}
        }
        stream.window.observe(&watch.frame);
    }

    /// A watch from before what its own member has compacted must be cancelled.
    fn expect_cancellation(&mut self, event: &Event, stream: &Stream) {
        let Some((member, start)) = event.member.zip(stream.window.start()) else { return };
        let known = self.compactions.known(member, self.epochs.of(member));
        if let Some(known) = known.filter(|known| start < known.revision) {
            self.silent.insert(stream.id, known);
        }
    }

    /// Such a watch goes on as if nothing were missing.
    fn silence(&mut self, event: &Event, watch: &WatchEvent) {
        match &watch.frame {
            WatchFrame::Events(events) if !events.events.is_empty() => {}
            WatchFrame::Progress(_) => {}
            WatchFrame::Canceled(_) | WatchFrame::Broken { .. } => {
                self.silent.remove(&watch.watch);
                return;
            }
            _ => return,
        }
        let Some(known) = self.silent.remove(&watch.watch) else { return };
        let Some(stream) = self.streams.get(&watch.watch) else { return };
        self.findings.add("watch-compaction-silent", || {
            finding(
                ("watch-compaction-silent", "W8"),
                format!(
                    "{} goes on although its start lies before revision {}, which its member had \
                     compacted",
                    stream.name(),
                    known.revision
                ),
                format!(
                    "because {} had compacted revision {} before the watch was opened",
                    known.place.member_name(),
                    known.revision
                ),
                "however the watch was not cancelled with the compact revision",
                vec![
                    known.place.step("compact", format!("revision {}", known.revision)),
                    stream.opened.step(stream.opening(), "no cancellation"),
                    crate::verdict::WitnessStep::of(
                        event,
                        format!("watch {} delivers", stream.id),
                        "a frame that is no cancellation",
                    )
                    .contradicting(),
                ],
            )
        });
    }

    fn stats(&self) -> BTreeMap<String, u64> {
        let delivered: usize = self.streams.values().map(|stream| stream.delivered.len()).sum();
        let numbers = [
            ("watches", self.streams.len()),
            ("changes delivered", delivered),
            ("changes", self.log.changes().len()),
            ("acknowledged writes", self.writes.uncontested().count()),
        ];
        let number = |(name, count): (&str, usize)| (name.to_owned(), count as u64);
        numbers.into_iter().map(number).collect()
    }
}
