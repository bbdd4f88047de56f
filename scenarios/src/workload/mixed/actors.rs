//! The actors of a run of `mixed`.

use std::sync::Arc;

use super::client::Client;
use super::settings::Settings;
use super::watcher::Watcher;
use crate::plan::Plan;
use crate::workload::actor::{Actor, Role, pinned};
use crate::workload::requester::OneByOne;

/// Clients first, then watchers.
pub(in crate::workload) fn actors(plan: &Plan, prefix: &str) -> Vec<Actor> {
    let settings = Arc::new(Settings::new(plan, prefix));
    let spec = &plan.scenario.workload;
    let mut actors = pinned(plan, Role::Client, spec.clients, |number, rng| {
        Box::new(OneByOne::new(Client::new(Arc::clone(&settings), number, rng)))
    });
    actors.extend(pinned(plan, Role::Watcher, spec.watchers, |_, rng| {
        Box::new(Watcher::new(Arc::clone(&settings), rng))
    }));
    actors
}
