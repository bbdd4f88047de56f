//! Operations under way.

use stormglass_checkers::history::{MemberIndex, ProcessId, Request};

/// An operation under way.
pub(super) type OpId = u64;

/// Who waits for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// An actor of the workload.
    Actor(usize),
    /// A fault of the plan.
    Fault(usize),
    /// The one who conducts the run: recovery and final reads.
    Conductor,
}

/// An operation under way.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) owner: Owner,
    pub(super) process: ProcessId,
    pub(super) member: MemberIndex,
    pub(super) request: Request,
    /// Whether the member has it.
    pub(super) arrived: bool,
    /// Whether its client has given up; it may still take effect.
    pub(super) given_up: bool,
}
