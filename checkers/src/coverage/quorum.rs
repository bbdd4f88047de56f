//! What a majority served while other members were out, and what the rest did not.

use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::{needs_majority, removes};
use crate::history::{FaultBegin, FaultId, MemberIndex, Outcome, Request};

/// Counts requests that need a majority, by how many members were out when they ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Quorum {
    members: usize,
    out: BTreeMap<FaultId, Vec<MemberIndex>>,
    /// Answered while some members were out, and a majority was not.
    pub(super) served: u64,
    /// Not answered by a member that was there, while a majority was out.
    pub(super) unserved: u64,
}

impl Quorum {
    /// For a cluster of so many members.
    pub(super) fn of(members: usize) -> Self {
        Self { members, ..Self::default() }
    }

    /// A fault begins.
    pub(super) fn begin(&mut self, begin: &FaultBegin) {
        if removes(&begin.fault) {
            self.out.insert(begin.id, begin.fault.members.clone());
        }
    }

    /// A fault is over.
    pub(super) fn end(&mut self, id: FaultId) {
        self.out.remove(&id);
    }

    /// A request to a member has ended.
    pub(super) fn complete(&mut self, member: MemberIndex, request: &Request, outcome: &Outcome) {
        if self.out.is_empty() || !needs_majority(request) {
            return;
        }
        let out: BTreeSet<MemberIndex> = self.out.values().flatten().copied().collect();
        let majority_is_out = out.len() >= self.members - self.members / 2;
        let answered = matches!(outcome, Outcome::Ok(_));
        if answered && !majority_is_out {
            self.served += 1;
        } else if !answered && majority_is_out && !out.contains(&member) {
            self.unserved += 1;
        }
    }
}
