//! What all actors of a run share.

use super::keys::KeySpace;
use crate::plan::Plan;
use crate::scenario::WorkloadSpec;
use crate::trigger;

/// What all actors of a run share.
pub(super) struct Settings {
    pub(super) spec: WorkloadSpec,
    pub(super) keys: KeySpace,
    pub(super) triggers: Triggers,
}

/// Which triggers of known bugs the traffic may contain.
#[derive(Clone, Copy)]
pub(super) struct Triggers {
    pub(super) txn_range_revision: bool,
    pub(super) watch_compacted_start: bool,
    pub(super) watch_future_start: bool,
    pub(super) progress_request: bool,
    pub(super) guarded_txn: bool,
    pub(super) late_keepalive: bool,
}

impl Settings {
    pub(super) fn new(plan: &Plan, prefix: &str) -> Self {
        let spec = plan.scenario.workload.clone();
        Self {
            keys: KeySpace::new(prefix, spec.keys),
            spec,
            triggers: Triggers {
                txn_range_revision: !plan.avoids(trigger::TXN_RANGE_REVISION),
                watch_compacted_start: !plan.avoids(trigger::WATCH_COMPACTED_START),
                watch_future_start: !plan.avoids(trigger::WATCH_FUTURE_START),
                progress_request: !plan.avoids(trigger::PROGRESS_REQUEST),
                guarded_txn: !plan.avoids(trigger::GUARDED_TXN),
                late_keepalive: !plan.avoids(trigger::LATE_KEEPALIVE),
            },
        }
    }
}
