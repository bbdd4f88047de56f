//! Actors: the clients and watchers of a run.

use stormglass_checkers::history::{Event, MemberIndex};

use super::context::Context;
use super::step::Step;

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
