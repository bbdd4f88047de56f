//! Changes of the leader, as the members report them.

use crate::history::{HexId, StatusResponse};

/// Counts terms in which a new leader was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Leadership {
    term: u64,
    /// Elections seen after the first.
    pub(super) changes: u64,
}

impl Leadership {
    /// A member reports itself. Old terms (a member that was cut off) say nothing.
    pub(super) fn status(&mut self, status: &StatusResponse) {
        if status.leader == HexId(0) || status.raft_term <= self.term {
            return;
        }
        self.changes += u64::from(self.term > 0);
        self.term = status.raft_term;
    }
}
