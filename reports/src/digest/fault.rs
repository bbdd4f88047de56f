//! Faults: what the plan wanted and what really happened.

use std::collections::BTreeMap;

use stormglass_checkers::history::{
    Body, Event, FaultBegin, FaultEnd, FaultId, MemberIndex, Nanos, Span,
};
use stormglass_scenarios::plan::PlannedFault;

/// What became of a planned fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultState {
    /// It held, and was healed.
    Landed,
    /// It held, and something went wrong while it was healed.
    HealFailed,
    /// It began, and the history ends before it was healed.
    Open,
    /// It was tried and did not take hold.
    Missed,
    /// It was never tried.
    NeverBegun,
}

/// A planned fault and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// Its number in the plan.
    pub(crate) id: FaultId,
    /// Its kind.
    pub(crate) kind: String,
    /// Whom the plan wanted to hit.
    pub(crate) selector: String,
    /// Whom it hit.
    pub(crate) members: Vec<MemberIndex>,
    /// When the plan wanted it, on the run's clock.
    pub(crate) planned: Span,
    /// When it held; of an open fault up to the history's end.
    pub(crate) landed: Option<Span>,
    /// What became of it.
    pub(crate) state: FaultState,
    /// What shows that it bit.
    pub(crate) evidence: BTreeMap<String, String>,
    /// What went wrong.
    pub(crate) error: Option<String>,
}

impl Fault {
    /// Whether it held at some time.
    pub(crate) fn has_landed(&self) -> bool {
        self.landed.is_some()
    }

    fn planned(fault: &PlannedFault, traffic: Nanos) -> Self {
        let from = Nanos(traffic.0.saturating_add(fault.from.0));
        Self {
            id: fault.id,
            kind: fault.kind.clone(),
            selector: fault.selector.to_string(),
            members: Vec::new(),
            planned: Span { from, to: Nanos(from.0.saturating_add(fault.duration.0)) },
            landed: None,
            state: FaultState::NeverBegun,
            evidence: BTreeMap::new(),
            error: None,
        }
    }

    fn begin(&mut self, at: Nanos, begin: &FaultBegin, end: Nanos) {
        self.kind.clone_from(&begin.fault.kind);
        self.members.clone_from(&begin.fault.members);
        self.planned = begin.planned;
        self.landed = Some(Span { from: at, to: end });
        self.state = FaultState::Open;
    }

    fn end(&mut self, end: &FaultEnd) {
        self.landed = end.landed;
        self.evidence.clone_from(&end.evidence);
        self.error.clone_from(&end.error);
        self.state = match (end.landed, &end.error) {
            (Some(_), None) => FaultState::Landed,
            (Some(_), Some(_)) => FaultState::HealFailed,
            (None, _) => FaultState::Missed,
        };
    }
}

/// When the history ends; zero without events.
pub(crate) fn end_of_run(events: &[Event]) -> Nanos {
    events.last().map(|event| event.at).unwrap_or_default()
}

/// Every fault of the plan with what became of it, and those of the history that the plan
/// does not know (a history from elsewhere), in the order of their planned times.
pub(crate) fn collect(planned: &[PlannedFault], events: &[Event], traffic: Nanos) -> Vec<Fault> {
    let end = end_of_run(events);
    let mut faults: BTreeMap<FaultId, Fault> =
        planned.iter().map(|fault| (fault.id, Fault::planned(fault, traffic))).collect();
    for event in events {
        match &event.body {
            Body::FaultBegin(begin) => faults
                .entry(begin.id)
                .or_insert_with(|| unplanned(begin))
                .begin(event.at, begin, end),
            Body::FaultEnd(fault_end) => {
                if let Some(fault) = faults.get_mut(&fault_end.id) {
                    fault.end(fault_end);
                }
            }
            _ => {}
        }
    }
    let mut faults: Vec<_> = faults.into_values().collect();
    faults.sort_by_key(|fault| (fault.planned.from, fault.id));
    faults
}

/// A fault that only the history knows.
fn unplanned(begin: &FaultBegin) -> Fault {
    Fault {
        id: begin.id,
        kind: begin.fault.kind.clone(),
        selector: "not in the plan".to_owned(),
        members: Vec::new(),
        planned: begin.planned,
        landed: None,
        state: FaultState::NeverBegun,
        evidence: BTreeMap::new(),
        error: None,
    }
}
