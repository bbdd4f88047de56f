//! The actors of a run of `mixed`.

use std::sync::Arc;

use stormglass_checkers::history::MemberIndex;

use super::client::Client;
use super::settings::Settings;
use super::watcher::Watcher;
use crate::plan::Plan;
use crate::random;
use crate::workload::actor::{Actor, Role};

/// Clients first, then watchers; each pinned to one member, in turn, so that a stale
/// member cannot hide behind the others.
pub(in crate::workload) fn actors(plan: &Plan, prefix: &str) -> Vec<Actor> {
    let settings = Arc::new(Settings::new(plan, prefix));
    let clients = (0..settings.spec.clients).map(|number| {
        let rng = random::stream(plan.seed, &format!("workload/mixed/client-{number}"));
        Actor {
            role: Role::Client,
            member: pinned(plan, number),
            workload: Box::new(Client::new(Arc::clone(&settings), number, rng)),
        }
    });
    let watchers = (0..settings.spec.watchers).map(|number| {
        let rng = random::stream(plan.seed, &format!("workload/mixed/watcher-{number}"));
        Actor {
            role: Role::Watcher,
            member: pinned(plan, number),
            workload: Box::new(Watcher::new(Arc::clone(&settings), rng)),
        }
    });
    clients.chain(watchers).collect()
}

fn pinned(plan: &Plan, number: u32) -> MemberIndex {
    let member = number % u32::from(plan.scenario.cluster.members.max(1));
    MemberIndex(u16::try_from(member).unwrap_or(0))
}
