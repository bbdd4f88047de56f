//! The actors of a run of `lock`.

use stormglass_checkers::history::MemberIndex;

use super::client::Client;
use crate::plan::Plan;
use crate::random;
use crate::workload::actor::{Actor, Role};

/// Clients only, each pinned to one member, in turn: the recorder's watches show what
/// becomes of the locks.
pub(in crate::workload) fn actors(plan: &Plan, prefix: &str) -> Vec<Actor> {
    let members = u32::from(plan.scenario.cluster.members.max(1));
    let client = |number: u32| {
        let rng = random::stream(plan.seed, &format!("workload/lock/client-{number}"));
        Actor {
            role: Role::Client,
            member: MemberIndex(u16::try_from(number % members).unwrap_or(0)),
            workload: Box::new(Client::new(plan, prefix, number, rng)),
        }
    };
    (0..plan.scenario.workload.clients).map(client).collect()
}
