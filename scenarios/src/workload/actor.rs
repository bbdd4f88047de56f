//! Actors: the clients and watchers of a run.

use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{Event, MemberIndex};

use super::context::Context;
use super::step::Step;
use crate::plan::Plan;
use crate::random;

/// A generator of steps: pure and seeded, so that the same observations make the same
/// steps.
pub trait Workload: Send {
    /// The next step. The harness asks when the step before has ended.
    fn next(&mut self, context: &Context) -> Step;

    /// Learns of one of the actor's own events: invocations, completions, watch frames.
    fn observe(&mut self, event: &Event);
}

/// What an actor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sends requests, one after the other; paced by the workload's rate.
    Client,
    /// Opens watches, one after the other; not paced.
    Watcher,
}

/// A client or a watcher of a run.
pub struct Actor {
    /// What it is.
    pub role: Role,
    /// The member that it is pinned to.
    pub member: MemberIndex,
    /// What it does.
    pub workload: Box<dyn Workload>,
}

/// The actors of one role, each with random numbers of its own and pinned to one member, in turn,
/// so that a member that lags cannot hide behind the others.
pub(super) fn pinned(
    plan: &Plan,
    role: Role,
    count: u32,
    workload: impl Fn(u32, ChaCha8Rng) -> Box<dyn Workload>,
) -> Vec<Actor> {
    let members = u32::from(plan.scenario.cluster.members.max(1));
    let kind = &plan.scenario.workload.kind;
    let word = match role {
        Role::Client => "client",
        Role::Watcher => "watcher",
    };
    let actor = |number: u32| Actor {
        role,
        member: MemberIndex(u16::try_from(number % members).unwrap_or(0)),
        workload: workload(
            number,
            random::stream(plan.seed, &format!("workload/{kind}/{word}-{number}")),
        ),
    };
    (0..count).map(actor).collect()
}
