//! Leases as the leader keeps them: renewed on request, ended when their time is over.

use stormglass_checkers::history::{
    LeaseId, LeaseTimeToLiveResponse, MemberIndex, Refusal, Request, Response,
};

use super::agenda::{MILLISECOND, SECOND};
use super::bug::Bug;
use super::entry::{Command, Entry, Quirk};
use super::operation::OpId;
use super::outcome::refused;
use super::store::lease_answer;
use super::world::{Task, World};

/// How often the leader looks for leases that have expired, as etcd does.
const LOOK_EVERY: u64 = 500 * MILLISECOND;
/// After this time a leader proposes an end again that never came.
const PROPOSE_AGAIN: u64 = 3 * SECOND;
/// A renewal of a lease that is about to end waits for its end.
const LOOK_AGAIN: u64 = 20 * MILLISECOND;

impl World<'_> {
    pub(super) fn lease_tick(&mut self) {
        self.agenda.after(LOOK_EVERY, Task::LeaseTick);
        let now = self.agenda.now();
        let Some(leader) = self.leading() else { return };
        if !self.member(leader).serves(now) || self.mischief.strikes(Bug::NoExpiry) {
            return;
        }
        let consensus = &self.consensus;
        let proposed = |lease: &LeaseId| {
            consensus.ending.get(lease).is_some_and(|since| now < since + PROPOSE_AGAIN)
        };
        let over = consensus.expiry.iter().filter(|(lease, end)| **end <= now && !proposed(lease));
        let over: Vec<LeaseId> = over.map(|(lease, _)| *lease).collect();
        for lease in over {
            self.consensus.ending.insert(lease, now);
            let partly = self.member(leader).store.attached(lease).len() > 1
                && self.mischief.strikes(Bug::PartialExpiry);
            let quirk = partly.then_some(Quirk::LeaveOneKey);
            let command = Command::EndLease(lease);
            self.send_proposal(Entry { command, origin: None, quirk });
        }
    }

    /// A request about a lease's time reaches the leader.
    pub(super) fn ask_leader(&mut self, id: OpId) {
        let Some(operation) = self.operations.get(&id).filter(|one| !one.given_up) else { return };
        let (member, request) = (operation.member, operation.request.clone());
        let now = self.agenda.now();
        if !self.member(member).up {
            return;
        }
        let leader = self.leader_for(member).filter(|leader| self.member(*leader).serves(now));
        let Some(leader) = leader else {
            self.agenda.after(LOOK_AGAIN, Task::AskLeader(id));
            return;
        };
        // A leader answers for leases when it has applied everything before.
        if self.member(leader).applied < self.consensus.log.len() {
            self.agenda.after(MILLISECOND, Task::AskLeader(id));
            return;
        }
        match request {
            Request::LeaseKeepAlive(lease) => self.keep_alive(member, leader, id, lease.lease),
            Request::LeaseTimeToLive(ask) => {
                let answer = self.time_to_live(leader, ask.lease, ask.keys);
                self.reply(member, id, Ok(Response::LeaseTimeToLive(answer)));
            }
            _ => {}
        }
    }

    fn keep_alive(&mut self, member: MemberIndex, leader: MemberIndex, id: OpId, lease: LeaseId) {
        let header = self.member(member).header();
        let ttl = self.member(leader).store.leases().get(&lease).copied();
        let Some(ttl) = ttl else {
            if self.mischief.strikes(Bug::ResurrectedLease) {
                let mut answer = lease_answer(lease, 2);
                answer.header = Some(header);
                self.ok(id, Response::LeaseKeepAlive(answer));
            } else {
                self.answer(id, refused(Refusal::LeaseNotFound));
            }
            return;
        };
        let expired = self.consensus.expiry.get(&lease).is_none_or(|end| *end <= self.agenda.now());
        if expired || self.consensus.ending.contains_key(&lease) {
            self.agenda.after(LOOK_AGAIN, Task::AskLeader(id));
            return;
        }
        if !self.mischief.strikes(Bug::LostKeepalive) {
            let end = self.agenda.now() + self.lease_time(ttl);
            self.consensus.expiry.insert(lease, end);
        }
        let mut answer = lease_answer(lease, ttl);
        answer.header = Some(header);
        self.ok(id, Response::LeaseKeepAlive(answer));
    }

    fn time_to_live(
        &self,
        leader: MemberIndex,
        lease: LeaseId,
        keys: bool,
    ) -> LeaseTimeToLiveResponse {
        let store = &self.member(leader).store;
        let Some(granted) = store.leases().get(&lease).copied() else {
            return LeaseTimeToLiveResponse {
                lease,
                ttl_seconds: -1,
                ..LeaseTimeToLiveResponse::default()
            };
        };
        let end = self.consensus.expiry.get(&lease).copied().unwrap_or_default();
        let left = end.saturating_sub(self.agenda.now()) / SECOND;
        LeaseTimeToLiveResponse {
            header: None,
            lease,
            ttl_seconds: i64::try_from(left).unwrap_or(i64::MAX),
            granted_ttl_seconds: granted,
            keys: if keys { store.attached(lease) } else { Vec::new() },
        }
    }
}
