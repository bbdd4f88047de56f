//! The checker: collects what is asked of each key, and searches when all is over.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cell::Cell;
use super::keys::Keys;
use super::report::finding;
use crate::checker::{Budget, CheckContext, Checker};
use crate::findings::FindingSet;
use crate::history::{Body, Event};
use crate::search::{Outcome, check};
use crate::verdict::{Status, Verdict};

/// So many keys that no order explains are told; one is enough.
const TOLD: u64 = 5;

/// Makes the check of linearizability of a store whose revisions mean nothing.
pub(crate) fn checker(name: &'static str, context: &CheckContext) -> Box<dyn Checker> {
    let empty = context.preamble.territory().empty_at().is_some();
    Box::new(Registers { name, empty, keys: Keys::default(), budget: context.budget })
}

/// Linearizability of each key by itself.
struct Registers {
    name: &'static str,
    /// Whether no key was there at the start.
    empty: bool,
    keys: Keys,
    budget: Budget,
}

impl Checker for Registers {
    fn name(&self) -> &'static str {
        self.name
    }

    fn observe(&mut self, event: &Arc<Event>) {
        match &event.body {
            Body::Invoke(invoke) => self.keys.invoke(event, &invoke.request),
            Body::Complete(outcome) => self.keys.complete(event, outcome),
            _ => {}
        }
    }

    /// Nothing is searched before the end.
    fn so_far(&self) -> Status {
        Status::Valid
    }

    fn finish(self: Box<Self>) -> Verdict {
        let mut findings = FindingSet::default();
        let mut reasons = Vec::new();
        let (mut steps, mut operations, mut keys) = (0, 0, 0);
        let searched = self.keys.registers().filter(|_| self.empty);
        for (key, register) in searched {
            if findings.total() >= TOLD {
                break;
            }
            (keys, operations) = (keys + 1, operations + register.operations.len() as u64);
            let budget = Budget { steps: self.budget.steps.saturating_sub(steps), ..self.budget };
            let found = check(&Cell::default(), &register.operations, &budget);
            steps += found.steps;
            match found.outcome {
                Outcome::Linearizable => {}
                Outcome::Unknown(why) => {
                    reasons.extend(why.into_iter().map(|why| format!("of key {key}: {why}")));
                }
                Outcome::Refuted(refuted) => {
                    findings.add("not-linearizable", || finding(key, register, &refuted));
                }
            }
        }
        if !self.empty {
            reasons.push("it is not known what the store held at the start".to_owned());
        } else if keys == 0 {
            reasons.push(
                "no key was used by puts, gets and deletes of it alone, and without revisions \
                 nothing else can be judged"
                    .to_owned(),
            );
        }
        let left_out = self.keys.many() as u64 - keys;
        let stats = BTreeMap::from([
            ("operations".to_owned(), operations),
            ("keys".to_owned(), keys),
            ("keys-left-out".to_owned(), left_out),
            ("requests-left-out".to_owned(), self.keys.left_out),
            ("search-steps".to_owned(), steps),
            ("findings".to_owned(), findings.total()),
        ]);
        let findings = findings.into_sorted(&["not-linearizable"]);
        Verdict::new(self.name, findings, reasons, stats)
    }
}
