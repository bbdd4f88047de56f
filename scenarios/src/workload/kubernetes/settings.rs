//! What all actors of a run share.

use super::objects::Objects;
use crate::plan::Plan;
use crate::scenario::WorkloadSpec;
use crate::trigger;

/// What all actors of a run share.
pub(super) struct Settings {
    pub(super) spec: WorkloadSpec,
    pub(super) objects: Objects,
    /// Whether watches may start at a revision that their member has yet to learn of.
    pub(super) future_start: bool,
    /// Whether transactions may have guards.
    pub(super) guards: bool,
}

impl Settings {
    pub(super) fn new(plan: &Plan, prefix: &str) -> Self {
        let spec = plan.scenario.workload.clone();
        Self {
            objects: Objects::new(prefix, spec.keys),
            spec,
            future_start: !plan.avoids(trigger::WATCH_FUTURE_START),
            guards: !plan.avoids(trigger::GUARDED_TXN),
        }
    }
}
