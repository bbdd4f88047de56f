//! Entries of the one ordered log.

use stormglass_checkers::history::{LeaseId, MemberIndex, Request};

use super::operation::OpId;

/// What an entry does.
#[derive(Clone, Debug)]
pub(super) enum Command {
    /// A client's request.
    Request(Request),
    /// A lease has expired.
    EndLease(LeaseId),
}

/// A bug that takes effect where the entry is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quirk {
    /// Refused because of the lease, and written without it.
    WriteRefused,
    /// Accepted although the lease is gone.
    AcceptDeadLease,
    /// Only the first change is made.
    FirstChangeOnly,
    /// The branch that the guards forbid is taken.
    OtherBranch,
    /// Another value is stored.
    OtherValue,
    /// The last key of the lease stays.
    LeaveOneKey,
}

/// An entry of the log.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// What it does.
    pub(super) command: Command,
    /// Who asked for it: the member, its process, and the operation.
    pub(super) origin: Option<(MemberIndex, u32, OpId)>,
    /// The bug that takes effect with it.
    pub(super) quirk: Option<Quirk>,
}
