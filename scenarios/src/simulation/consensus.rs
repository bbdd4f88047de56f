//! The cluster's agreement: a leader, one ordered log, and who may add to it.
//!
//! Raft itself is not simulated. What clients can see of it is: entries have one order;
//! without a majority nothing is added; what was proposed to a leader that is cut off
//! vanishes or is added late; members apply at their own pace.

use std::collections::BTreeMap;
use std::rc::Rc;

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use stormglass_checkers::history::{LeaseId, MemberIndex, Request};

use super::agenda::{MILLISECOND, SECOND};
use super::bug::Bug;
use super::entry::{Command, Entry, Quirk};
use super::operation::OpId;
use super::world::{Task, World};

/// An entry on its way to a majority.
#[derive(Clone)]
pub(super) struct Proposal {
    pub(super) entry: Rc<Entry>,
    /// The term in which it was proposed.
    pub(super) term: u64,
}

/// The leader and the log.
#[derive(Default)]
pub(super) struct Consensus {
    pub(super) leader: Option<MemberIndex>,
    pub(super) term: u64,
    pub(super) log: Vec<Rc<Entry>>,
    /// Proposals that survived their leader.
    limbo: Vec<Proposal>,
    /// Elections that were planned; only the last one counts.
    elections: u64,
    /// When each lease expires, by the leader's clock.
    pub(super) expiry: BTreeMap<LeaseId, u64>,
    /// Leases whose end is proposed, and since when.
    pub(super) ending: BTreeMap<LeaseId, u64>,
}

impl World<'_> {
    fn has_majority(&self) -> bool {
        let speaking = self.members.iter().filter(|member| member.speaks()).count();
        // A member that is alone in its cluster has no peers to be cut off from.
        let alone = self.members.len() == 1 && self.members[0].up && !self.members[0].paused;
        speaking * 2 > self.members.len() || alone
    }

    /// Whether a member is in touch with its peers.
    fn in_touch(&self, member: MemberIndex) -> bool {
        let member = self.member(member);
        member.speaks() || (self.members.len() == 1 && member.up && !member.paused)
    }

    /// The leader, if it leads a majority now.
    pub(super) fn leading(&self) -> Option<MemberIndex> {
        let leader = self.consensus.leader?;
        (self.in_touch(leader) && self.has_majority()).then_some(leader)
    }

    /// The leader, as far as a member can reach it.
    pub(super) fn leader_for(&self, member: MemberIndex) -> Option<MemberIndex> {
        self.leading().filter(|_| self.in_touch(member))
    }

    /// Somebody came or went: without a working leader one is elected after a while.
    pub(super) fn connectivity_changed(&mut self) {
        if self.leading().is_some() {
            self.catch_up();
            return;
        }
        let election = self.plan.scenario.cluster.election.as_nanos().0.max(10 * MILLISECOND);
        let wait = self.rng.random_range(election..election * 2);
        self.consensus.elections += 1;
        self.agenda.after(wait, Task::Election(self.consensus.elections));
    }

    pub(super) fn elect(&mut self, number: u64) {
        if number != self.consensus.elections {
            return;
        }
        if self.leading().is_some() {
            self.catch_up();
            return;
        }
        let members: Vec<MemberIndex> =
            self.member_indices().filter(|member| self.in_touch(*member)).collect();
        let Some(leader) = members.choose(&mut self.rng).copied() else { return };
        if !self.has_majority() {
            return;
        }
        self.consensus.leader = Some(leader);
        self.consensus.term += 1;
        self.promote_leases(leader);
        for proposal in std::mem::take(&mut self.consensus.limbo) {
            self.append(proposal.entry);
        }
        self.catch_up();
    }

    /// Members in touch learn of leader and log, and try again what had to wait.
    fn catch_up(&mut self) {
        let (term, length) = (self.consensus.term, self.consensus.log.len());
        for index in self.member_indices() {
            if !self.in_touch(index) {
                continue;
            }
            self.member_mut(index).term = term;
            let lag = self.peer_latency() + self.apply_lag();
            self.agenda.after(lag, Task::Known(index, length));
            for operation in std::mem::take(&mut self.member_mut(index).stalled) {
                let lag = self.peer_latency();
                self.agenda.after(lag, Task::Arrive(operation));
            }
        }
    }

    /// A member proposes an operation; without a leader it waits for one, or is lost.
    pub(super) fn propose(&mut self, member: MemberIndex, id: OpId, request: &Request) {
        if self.leader_for(member).is_none() {
            if self.rng.random_bool(0.5) {
                self.member_mut(member).stalled.push(id);
            }
            return;
        }
        let origin = Some((member, self.member(member).incarnation, id));
        let quirk = self.quirk_of(member, request);
        let command = Command::Request(request.clone());
        self.send_proposal(Entry { command, origin, quirk });
        let doubled = matches!(request, Request::Put(_) | Request::Txn(_))
            && self.mischief.strikes(Bug::DoubledWrite);
        if doubled {
            let command = Command::Request(request.clone());
            self.send_proposal(Entry { command, origin: None, quirk: None });
        }
    }

    pub(super) fn send_proposal(&mut self, entry: Entry) {
        let lag = self.peer_latency() + self.peer_latency() + self.peer_latency();
        let term = self.consensus.term;
        self.agenda.after(lag, Task::Commit(Proposal { entry: Rc::new(entry), term }));
    }

    /// The bug that takes effect with a request, judged by what the member holds now.
    fn quirk_of(&mut self, member: MemberIndex, request: &Request) -> Option<Quirk> {
        let store = &self.members[usize::from(member.0)].store;
        match request {
            Request::Put(put) if !put.lease.is_none() => {
                if store.leases().contains_key(&put.lease) {
                    None
                } else if self.mischief.strikes(Bug::PhantomWrite) {
                    Some(Quirk::WriteRefused)
                } else {
                    self.mischief.strikes(Bug::DeadLeasePut).then_some(Quirk::AcceptDeadLease)
                }
            }
            Request::Txn(txn) => {
                if !txn.compare.is_empty() && self.mischief.strikes(Bug::WrongBranch) {
                    return Some(Quirk::OtherBranch);
                }
                let several = store.changes_of(request) > 1;
                let strikes = several && self.mischief.strikes(Bug::PartialTxn);
                strikes.then_some(Quirk::FirstChangeOnly)
            }
            _ => None,
        }
    }

    pub(super) fn commit(&mut self, proposal: Proposal) {
        if self.leading().is_some() && proposal.term == self.consensus.term {
            self.append(proposal.entry);
        } else if let Command::EndLease(lease) = &proposal.entry.command {
            // The next leader counts the lease's time anew: an old one's word must not end
            // it (releases that let it were mended, #15247).
            self.consensus.ending.remove(lease);
        } else if self.rng.random_bool(0.5) {
            // Some member of the next majority has it.
            if self.leading().is_some() {
                self.append(proposal.entry);
            } else {
                self.consensus.limbo.push(proposal);
            }
        }
    }

    fn append(&mut self, entry: Rc<Entry>) {
        self.consensus.log.push(entry);
        let length = self.consensus.log.len();
        for index in self.member_indices() {
            let told = if self.consensus.leader == Some(index) { 0 } else { self.peer_latency() };
            let lag = told + self.apply_lag();
            self.agenda.after(lag, Task::Known(index, length));
        }
    }

    /// A linearizable read: the leader makes sure that it leads, which gives the point
    /// in the log that the member has to reach.
    pub(super) fn read_linearizably(&mut self, member: MemberIndex, id: OpId) {
        if self.leader_for(member).is_none() {
            self.member_mut(member).stalled.push(id);
            return;
        }
        let lag = self.peer_latency() + self.peer_latency();
        self.agenda.after(lag, Task::Confirm(id));
    }

    pub(super) fn confirm(&mut self, id: OpId) {
        let Some(member) = self.operations.get(&id).map(|operation| operation.member) else {
            return;
        };
        if !self.member(member).up {
            return;
        }
        if self.leader_for(member).is_none() {
            self.member_mut(member).stalled.push(id);
            return;
        }
        let index = self.consensus.log.len();
        self.member_mut(member).readers.push(super::member::Reader { index, operation: id });
        self.serve_readers(member);
    }

    /// A new leader counts every lease's time anew.
    fn promote_leases(&mut self, leader: MemberIndex) {
        let election = self.plan.scenario.cluster.election.as_nanos().0;
        let now = self.agenda.now();
        let leases = self.member(leader).store.leases().clone();
        let end = |ttl: i64| now + election + u64::try_from(ttl).unwrap_or(0) * SECOND;
        self.consensus.expiry = leases.into_iter().map(|(id, ttl)| (id, end(ttl))).collect();
        self.consensus.ending.clear();
    }
}
