//! What an actor is told when it is asked for a step.

use stormglass_checkers::history::{MemberIndex, Nanos, ProcessId};

/// What an actor is told when it is asked for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The process under which the step will be recorded. It changes after an unknown
    /// outcome; the actor goes on as before.
    pub process: ProcessId,
    /// The member that the actor is pinned to.
    pub member: MemberIndex,
    /// Number of members.
    pub members: u16,
    /// The harness's clock.
    pub now: Nanos,
}
