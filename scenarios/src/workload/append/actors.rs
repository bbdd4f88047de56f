//! The actors of a run of `append`.

use std::sync::Arc;

use super::client::Client;
use super::settings::Settings;
use crate::plan::Plan;
use crate::workload::actor::{Actor, Role, pinned};
use crate::workload::requester::OneByOne;

/// Clients only: what lists are is judged from what transactions read.
pub(in crate::workload) fn actors(plan: &Plan, prefix: &str) -> Vec<Actor> {
    let settings = Arc::new(Settings::new(plan, prefix));
    pinned(plan, Role::Client, plan.scenario.workload.clients, |number, rng| {
        Box::new(OneByOne::new(Client::new(Arc::clone(&settings), number, rng)))
    })
}
