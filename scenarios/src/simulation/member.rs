//! One member of the cluster.

use std::collections::VecDeque;

use stormglass_checkers::history::{Header, HexId, MemberIndex, Revision};

use super::operation::OpId;
use super::store::Store;

/// The ID of the simulated cluster.
const CLUSTER_ID: HexId = HexId(0x5107_6c45_0000_0001);

/// A linearizable read that waits until the member has applied so many entries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
    pub(super) index: usize,
    pub(super) operation: OpId,
}

/// One member: a process with what it holds, and what keeps it from serving.
pub(super) struct Member {
    pub(super) index: MemberIndex,
    pub(super) store: Store,
    /// How many entries of the log it has applied.
    pub(super) applied: usize,
    /// How many entries it knows to be committed.
    pub(super) known: usize,
    /// Its process, counted from 1.
    pub(super) incarnation: u32,
    pub(super) up: bool,
    pub(super) paused: bool,
    /// Cut off its peers.
    pub(super) isolated: bool,
    /// A defragmentation blocks it until then.
    pub(super) blocked_until: u64,
    /// The term that it knows.
    pub(super) term: u64,
    /// Requests that reached it while it was paused or blocked.
    pub(super) inbox: VecDeque<OpId>,
    /// Requests that wait for a leader.
    pub(super) stalled: Vec<OpId>,
    pub(super) readers: Vec<Reader>,
}

impl Member {
    pub(super) fn new(index: MemberIndex) -> Self {
        Self {
            index,
            store: Store::default(),
            applied: 0,
            known: 0,
            incarnation: 1,
            up: true,
            paused: false,
            isolated: false,
            blocked_until: 0,
            term: 1,
            inbox: VecDeque::new(),
            stalled: Vec::new(),
            readers: Vec::new(),
        }
    }

    /// The ID by which etcd would know it.
    pub(super) fn id(&self) -> HexId {
        HexId(0x5107_6c45_1000_0001 + u64::from(self.index.0))
    }

    /// Whether its process does anything now.
    pub(super) fn serves(&self, now: u64) -> bool {
        self.up && !self.paused && self.blocked_until <= now
    }

    /// Whether peers can speak with it.
    pub(super) fn speaks(&self) -> bool {
        self.up && !self.paused && !self.isolated
    }

    /// A header with a revision of the member's.
    pub(super) fn header_at(&self, revision: Revision) -> Header {
        let (member_id, raft_term) = (self.id(), self.term);
        Header { cluster_id: CLUSTER_ID, member_id, revision, raft_term }
    }

    /// A header with the member's own revision.
    pub(super) fn header(&self) -> Header {
        self.header_at(self.store.revision())
    }
}
