//! Faults: planned, landed, healed, and what shows that they bit.

use stormglass_checkers::history::Span;

use crate::digest::{Digest, Fault, FaultState};
use crate::text::{length, moment, visible};
use stormglass_checkers::history::Nanos;

/// Faults that the page lists.
pub(crate) const MOST_FAULTS: usize = 200;

/// A fault's row.
#[derive(Debug)]
pub(crate) struct FaultRow {
    /// Its number in the plan.
    pub(crate) id: String,
    /// Its kind.
    pub(crate) kind: String,
    /// Whom the plan wanted to hit, and who it was.
    pub(crate) whom: String,
    /// When the plan wanted it.
    pub(crate) planned: String,
    /// When it held.
    pub(crate) landed: String,
    /// The CSS class of its state.
    pub(crate) class: &'static str,
    /// Its state in words, with a mark.
    pub(crate) state: &'static str,
    /// What shows that it bit: name and value.
    pub(crate) evidence: Vec<(String, String)>,
    /// What went wrong.
    pub(crate) error: String,
}

/// The faults' rows, at most [`MOST_FAULTS`].
pub(crate) fn rows(digest: &Digest) -> Vec<FaultRow> {
    digest.faults.iter().take(MOST_FAULTS).map(row).collect()
}

fn row(fault: &Fault) -> FaultRow {
    let (class, state) = state(fault.state);
    let evidence = fault.evidence.iter().take(8);
    FaultRow {
        id: fault.id.to_string(),
        kind: visible(&fault.kind),
        whom: whom(fault),
        planned: stretch(fault.planned),
        landed: fault.landed.map_or_else(|| "–".to_owned(), stretch),
        class,
        state,
        evidence: evidence.map(|(name, value)| (visible(name), visible(value))).collect(),
        error: fault.error.as_deref().map(visible).unwrap_or_default(),
    }
}

pub(crate) fn whom(fault: &Fault) -> String {
    let members: Vec<_> = fault.members.iter().map(ToString::to_string).collect();
    let (selector, members) = (visible(&fault.selector), members.join(", "));
    match (selector.is_empty(), members.is_empty()) {
        (_, true) => selector,
        (true, false) => members,
        (false, false) if selector == members => members,
        (false, false) => format!("{members} ({selector})"),
    }
}

fn state(state: FaultState) -> (&'static str, &'static str) {
    match state {
        FaultState::Landed => ("valid", "✓ landed, healed"),
        FaultState::HealFailed => ("invalid", "✕ landed, not healed cleanly"),
        FaultState::Open => ("undecided", "? landed, the history ends before its heal"),
        FaultState::Missed => ("undecided", "? did not land"),
        FaultState::NeverBegun => ("undecided", "? never tried"),
    }
}

/// A stretch of time: when it began and how long it lasted.
fn stretch(span: Span) -> String {
    let lasted = Nanos(span.to.0.saturating_sub(span.from.0));
    if lasted.0 == 0 {
        moment(span.from)
    } else {
        format!("{} for {}", moment(span.from), length(lasted))
    }
}
