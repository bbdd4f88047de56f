//! What all clients of a run share.

use super::lists::Kind;
use crate::plan::Plan;
use crate::scenario::WorkloadSpec;
use crate::trigger;

/// What all clients of a run share.
pub(super) struct Settings {
    pub(super) spec: WorkloadSpec,
    prefix: String,
    guards: bool,
}

impl Settings {
    pub(super) fn new(plan: &Plan, prefix: &str) -> Self {
        Self {
            spec: plan.scenario.workload.clone(),
            prefix: prefix.to_owned(),
            guards: !plan.avoids(trigger::GUARDED_TXN),
        }
    }

    /// How the list in a slot is kept: every other one in one value, where appends may
    /// be guarded.
    pub(super) fn kind(&self, slot: u32) -> Kind {
        if self.guards && slot.is_multiple_of(2) { Kind::OneValue } else { Kind::ManyKeys }
    }

    /// The key below which all lists are.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }
}
