//! The checker: the engine behind the interface of all checkers.

use std::sync::Arc;

use super::engine::Engine;
use crate::checker::Checker;
use crate::history::Event;
use crate::registry::CheckerEntry;
use crate::verdict::{Status, Verdict};

/// What the registry knows of it.
pub const ENTRY: CheckerEntry = CheckerEntry {
    name: "linearizability",
    summary: "The whole key space behaves like one store that does one request after the other, \
              in an order that fits real time.",
    guarantees: &["K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8", "K10", "K11", "L6"],
    anomalies: &[
        "split-revision",
        "time-travel",
        "stale-read",
        "doubled-write",
        "refused-write-applied",
        "torn-transaction",
        "phantom-write",
        "phantom-revision",
        "wrong-response",
        "wrong-transaction",
        "wrong-bookkeeping",
        "wrong-past-read",
        "wrong-serializable-read",
        "future-read",
        "wrong-refusal",
        "read-of-compacted",
        "lease-misordered",
        "no-explanation",
        "not-linearizable",
    ],
    needs_revisions: false,
    new: |context| {
        if context.preamble.revisions {
            Box::new(Linearizability { engine: Engine::new(context) })
        } else {
            // Nothing tells the order: it is searched for.
            crate::registers::checker("linearizability", context)
        }
    },
};

/// Strict serializability of the whole key space, by revision.
struct Linearizability {
    engine: Engine,
}

impl Checker for Linearizability {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn observe(&mut self, event: &Arc<Event>) {
        self.engine.observe(event);
    }

    fn so_far(&self) -> Status {
        match (self.engine.findings.is_empty(), self.engine.reasons.is_empty()) {
            (false, _) => Status::Invalid,
            (true, false) => Status::Unknown,
            (true, true) => Status::Valid,
        }
    }

    fn finish(mut self: Box<Self>) -> Verdict {
        self.engine.settle();
        self.engine.doubts();
        let Engine { findings, unattributed, mut reasons, tallies, operations, stopped, .. } =
            self.engine;
        let mut stats = tallies.stats();
        stats.insert("operations".to_owned(), operations.invoked);
        stats.insert("findings".to_owned(), findings.total());
        // Where comparing ended and nothing else says why, nothing is known of the rest.
        let untold = !findings.is_empty() || reasons.is_empty();
        if let Some(why) = stopped.filter(|_| untold) {
            reasons.push(format!("answers were no longer compared with the model {why}"));
        }
        let findings = findings.into_sorted(ENTRY.anomalies);
        Verdict { unattributed, ..Verdict::new(ENTRY.name, findings, reasons, stats) }
    }
}
