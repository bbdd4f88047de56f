//! The actors of a run of `kubernetes`.

use std::sync::Arc;

use super::client::Client;
use super::reflector::Reflector;
use super::settings::Settings;
use crate::plan::Plan;
use crate::workload::actor::{Actor, Role, pinned};
use crate::workload::requester::OneByOne;

/// API servers first, then reflectors.
pub(in crate::workload) fn actors(plan: &Plan, prefix: &str) -> Vec<Actor> {
    let settings = Arc::new(Settings::new(plan, prefix));
    let spec = &plan.scenario.workload;
    let mut actors = pinned(plan, Role::Client, spec.clients, |number, rng| {
        Box::new(OneByOne::new(Client::new(Arc::clone(&settings), number, rng)))
    });
    actors.extend(pinned(plan, Role::Watcher, spec.watchers, |number, rng| {
        Box::new(Reflector::new(Arc::clone(&settings), number, rng))
    }));
    actors
}
