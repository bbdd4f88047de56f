//! The actors of a run of `append`.

use std::sync::Arc;

use stormglass_checkers::history::MemberIndex;

use super::client::Client;
use super::settings::Settings;
use crate::plan::Plan;
use crate::random;
use crate::workload::actor::{Actor, Role};

/// Clients, each pinned to one member, in turn. There are no watchers: what lists are is
/// judged from what transactions read.
pub(in crate::workload) fn actors(plan: &Plan, prefix: &str) -> Vec<Actor> {
    let settings = Arc::new(Settings::new(plan, prefix));
    let members = u32::from(plan.scenario.cluster.members.max(1));
    let client = |number| {
        let rng = random::stream(plan.seed, &format!("workload/append/client-{number}"));
        Actor {
            role: Role::Client,
            member: MemberIndex(u16::try_from(number % members).unwrap_or(0)),
            workload: Box::new(Client::new(Arc::clone(&settings), number, rng)),
        }
    };
    (0..settings.spec.clients).map(client).collect()
}
