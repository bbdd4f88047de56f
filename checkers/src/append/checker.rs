//! The checker: collects while the history goes on, and judges at its end.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cycle::cycles;
use super::effect::Effects;
use super::explanation;
use super::graph::Graph;
use super::log::Log;
use super::phenomena;
use super::transaction::Fate;
use crate::checker::{CheckContext, Checker};
use crate::evidence::Findings;
use crate::history::Event;
use crate::registry::CheckerEntry;
use crate::verdict::{Status, Verdict};

/// The checker's name.
const NAME: &str = "append";

/// The checker, as the registry lists it.
pub const ENTRY: CheckerEntry = CheckerEntry {
    name: NAME,
    summary: "transactions over lists are strictly serializable: their dependencies, sessions and \
              real time make no cycle",
    guarantees: &["K1", "K2", "K3", "K4", "K5", "K8", "K10", "K11"],
    anomalies: &[
        "lost-update",
        "G1a",
        "G1b",
        "dirty-update",
        "internal",
        "duplicate-elements",
        "phantom-element",
        "incompatible-order",
        "G0",
        "G1c",
        "G-single",
        "G2",
        "G0-process",
        "G1c-process",
        "G-single-process",
        "G2-process",
        "G0-realtime",
        "G1c-realtime",
        "G-single-realtime",
        "G2-realtime",
    ],
    needs_revisions: false,
    new: checker,
};

/// Makes the checker.
pub fn checker(context: &CheckContext) -> Box<dyn Checker> {
    Box::new(AppendChecker {
        log: Log::new(&context.preamble, context.budget.bytes),
        findings: Findings::default(),
        steps: context.budget.steps,
    })
}

struct AppendChecker {
    log: Log,
    findings: Findings,
    steps: u64,
}

impl Checker for AppendChecker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn observe(&mut self, event: &Arc<Event>) {
        self.log.observe(event, &mut self.findings);
    }

    fn so_far(&self) -> Status {
        let undecided =
            if self.log.undecided().is_some() { Status::Unknown } else { Status::Valid };
        self.findings.status().worst(undecided)
    }

    fn finish(self: Box<Self>) -> Verdict {
        let Self { mut log, mut findings, steps } = *self;
        let reasons: Vec<String> = log.undecided().map(str::to_owned).into_iter().collect();
        let mut stats = stats(&log);
        if reasons.is_empty() && log.any_appends() {
            log.place_unseen();
            let effects = Effects::of(&log);
            phenomena::report(&log, &effects, &mut findings);
            let graph = Graph::of(&log, &effects);
            for cycle in cycles(&graph, &log, steps) {
                explanation::report(&log, &cycle, &mut findings);
            }
            let resolved = log.iter().filter(|(number, transaction)| {
                transaction.fate == Fate::Unknown && effects.applied[*number as usize]
            });
            stats.insert("unknown outcomes that took effect".to_owned(), resolved.count() as u64);
            stats.insert("dependencies".to_owned(), graph.dependencies());
        }
        findings.verdict(&ENTRY, reasons, stats)
    }
}

fn stats(log: &Log) -> BTreeMap<String, u64> {
    let mut stats: BTreeMap<String, u64> = BTreeMap::new();
    for name in ["transactions", "appends", "reads"] {
        stats.insert(name.to_owned(), 0);
    }
    let mut add = |name: &str, number: usize| {
        *stats.entry(name.to_owned()).or_default() += number as u64;
    };
    for (_, transaction) in log.iter() {
        let idle = transaction.appends.is_empty() && transaction.reads.is_empty();
        if transaction.answered() && !idle {
            add("transactions", 1);
            add("reads", transaction.reads.len());
        }
        if transaction.fate == Fate::Applied {
            add("appends", transaction.appends.len());
        }
    }
    stats
}
