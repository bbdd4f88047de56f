//! Every checker there is, in the order in which their findings are told.

use crate::checker::{CheckContext, Checker};

/// A checker, as lists and the judge know it.
#[derive(Clone, Copy, Debug)]
pub struct CheckerEntry {
    /// Its name; `docs/checkers/<name>.md` is its page.
    pub name: &'static str,
    /// What it checks, in one sentence.
    pub summary: &'static str,
    /// The guarantees that it checks, by their numbers in `docs/guarantees.md`.
    pub guarantees: &'static [&'static str],
    /// Every anomaly that it can find.
    pub anomalies: &'static [&'static str],
    /// Whether what it checks are revisions, or is known by them: a store without them is not
    /// judged then.
    pub needs_revisions: bool,
    /// Makes one for a history.
    pub new: fn(&CheckContext) -> Box<dyn Checker>,
}

/// All checkers. Lost data is told before everything else.
pub fn checkers() -> &'static [CheckerEntry] {
    CHECKERS
}

const CHECKERS: &[CheckerEntry] = &[
    crate::durability::ENTRY,
    crate::linearizability::ENTRY,
    crate::append::ENTRY,
    crate::convergence::ENTRY,
    crate::revisions::ENTRY,
    crate::watch::ENTRY,
    crate::leases::ENTRY,
    crate::locks::ENTRY,
    crate::availability::ENTRY,
    crate::logs::ENTRY,
    crate::coverage::ENTRY,
];
