//! The actors of a run of `lock`.

use super::client::Client;
use crate::plan::Plan;
use crate::workload::actor::{Actor, Role, pinned};
use crate::workload::requester::OneByOne;

/// Clients only: the recorder's watches show what becomes of the locks.
pub(in crate::workload) fn actors(plan: &Plan, prefix: &str) -> Vec<Actor> {
    pinned(plan, Role::Client, plan.scenario.workload.clients, |number, rng| {
        Box::new(OneByOne::new(Client::new(plan, prefix, number, rng)))
    })
}
