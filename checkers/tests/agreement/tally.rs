//! What was compared, by family.

use std::collections::BTreeMap;

use serde::Serialize;
use stormglass_checkers::history::{Body, History, Range, Request, Txn, TxnOp};
use stormglass_checkers::verdict::Status;

use super::engines::Opinions;
use super::runs::{Losses, Run};

/// Counts of histories.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Counts {
    /// All of them.
    pub histories: u64,
    /// An order explains them, by all rules.
    pub valid: u64,
    /// None does.
    pub invalid: u64,
    /// The checker by revision does not know.
    pub unknown: u64,
    /// Invalid by the rules on leases, compaction and refusals alone,
    pub beyond_key_space: u64,
    /// and of these, found by the checker by revision, which judges some of them only.
    pub beyond_key_space_found: u64,
}

/// Counts of all histories, and of those with something in common.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tally {
    /// All of them.
    pub all: Counts,
    /// Those with something in common; a history may be in several families.
    pub families: BTreeMap<&'static str, Counts>,
}

impl Counts {
    fn add(&mut self, opinions: &Opinions) {
        let status = opinions.revisions.status;
        let beyond = !opinions.explained && opinions.key_space_explained;
        self.histories += 1;
        self.valid += u64::from(opinions.explained);
        self.invalid += u64::from(!opinions.explained);
        self.unknown += u64::from(status == Status::Unknown);
        self.beyond_key_space += u64::from(beyond);
        self.beyond_key_space_found += u64::from(beyond && status == Status::Invalid);
    }
}

impl Tally {
    /// Counts a history.
    pub fn add(&mut self, run: &Run, opinions: &Opinions) {
        self.all.add(opinions);
        for family in families(run) {
            self.families.entry(family).or_default().add(opinions);
        }
    }
}

/// Whether a request is of a kind.
type Kind = fn(&Request) -> bool;

/// What is special in a run.
fn families(run: &Run) -> Vec<&'static str> {
    let mut found = vec![match run.losses {
        Losses::None => "unknown-outcomes-none",
        Losses::Spread => "unknown-outcomes-spread",
        Losses::Bursts => "unknown-outcomes-bursts",
    }];
    found.push(if run.watched { "watched" } else { "not-watched" });
    let has = |what: Kind| requests(&run.history).any(what);
    let kinds: [(&str, Kind); 8] = [
        ("deletes", |request| matches!(request, Request::Delete(_))),
        ("transactions", |request| matches!(request, Request::Txn(_))),
        ("nested-transactions", is_nested),
        ("ranges", |request| matches!(request, Request::Range(range) if is_wide(range))),
        ("serializable-reads", |request| {
            matches!(request, Request::Range(Range { serializable: true, .. }))
        }),
        (
            "reads-of-the-past",
            |request| matches!(request, Request::Range(range) if !range.revision.is_zero()),
        ),
        ("leases", |request| matches!(request, Request::LeaseGrant(_) | Request::LeaseRevoke(_))),
        ("compaction", |request| matches!(request, Request::Compact(_))),
    ];
    found.extend(kinds.iter().filter(|(_, is)| has(*is)).map(|(name, _)| *name));
    found
}

fn requests(history: &History) -> impl Iterator<Item = &Request> {
    history.events.iter().filter_map(|event| match &event.body {
        Body::Invoke(invoke) => Some(&invoke.request),
        _ => None,
    })
}

fn is_wide(range: &Range) -> bool {
    !range.range_end.is_empty()
}

fn is_nested(request: &Request) -> bool {
    let Request::Txn(Txn { success, failure, .. }) = request else { return false };
    success.iter().chain(failure).any(|op| matches!(op, TxnOp::Txn(_)))
}
