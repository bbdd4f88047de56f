//! What a member does with a request that reaches it.

use rand::RngExt as _;
use stormglass_checkers::history::{
    Empty, LeaseListResponse, MemberIndex, Outcome, Range, Refusal, Request, Response, Revision,
    StatusResponse,
};
use stormglass_checkers::model::{can_mutate, is_local};

use super::agenda::MILLISECOND;
use super::bug::Bug;
use super::operation::{OpId, Operation};
use super::outcome::refused;
use super::stamp::stamp;
use super::world::{Task, World};

impl World<'_> {
    /// A request reaches its member.
    pub(super) fn arrive(&mut self, id: OpId) {
        let Some(operation) = self.operations.get_mut(&id) else { return };
        let member = operation.member;
        let now = self.agenda.now();
        let place = &self.members[usize::from(member.0)];
        if !place.up {
            if !operation.arrived {
                self.answer(id, refused(Refusal::NotConnected));
            }
            return;
        }
        operation.arrived = true;
        if !place.serves(now) {
            self.member_mut(member).inbox.push_back(id);
            return;
        }
        let operation = operation.clone();
        self.handle(id, &operation);
    }

    fn handle(&mut self, id: OpId, operation: &Operation) {
        let (member, request) = (operation.member, &operation.request);
        match request {
            _ if is_local(request) => self.answer_locally(member, id, request),
            Request::Range(_) => self.read_linearizably(member, id),
            Request::Txn(_) if !can_mutate(request) => self.read_linearizably(member, id),
            Request::Put(put) if !put.lease.is_none() && self.wrongly_refused(member, request) => {
                self.answer(id, refused(Refusal::LeaseNotFound));
            }
            Request::Put(put) => {
                if self.mischief.strikes(Bug::WatchUncommitted) {
                    self.show_uncommitted(member, put);
                } else {
                    self.propose(member, id, request);
                }
            }
            Request::Delete(_)
            | Request::Txn(_)
            | Request::Compact(_)
            | Request::LeaseGrant(_)
            | Request::LeaseRevoke(_) => self.propose(member, id, request),
            Request::LeaseKeepAlive(_) | Request::LeaseTimeToLive(_) => {
                let lag = self.peer_latency();
                self.agenda.after(lag, Task::AskLeader(id));
            }
            Request::LeaseList {}
            | Request::HashKv(_)
            | Request::Status {}
            | Request::Defragment {} => self.maintain(member, id, request),
            _ => self.answer(id, refused(Refusal::Unimplemented)),
        }
    }

    fn wrongly_refused(&mut self, member: MemberIndex, request: &Request) -> bool {
        let Request::Put(put) = request else { return false };
        let lives = self.member(member).store.leases().contains_key(&put.lease);
        lives && self.mischief.strikes(Bug::WrongRefusal)
    }

    /// Puts a header on what the store answered, and sends it.
    pub(super) fn reply(
        &mut self,
        member: MemberIndex,
        id: OpId,
        answer: Result<Response, Refusal>,
    ) {
        let outcome = match answer {
            Ok(mut response) => {
                stamp(&mut response, self.member(member).header());
                Outcome::Ok(response)
            }
            Err(reason) => refused(reason),
        };
        self.answer(id, outcome);
    }

    fn answer_locally(&mut self, member: MemberIndex, id: OpId, request: &Request) {
        let answer = self.read(member, request);
        self.reply(member, id, answer);
    }

    /// A read of what the member holds now, with the bugs of reads.
    fn read(&mut self, member: MemberIndex, request: &Request) -> Result<Response, Refusal> {
        let store = &self.member(member).store;
        let (mut answer, newest) = (store.read(request), store.revision());
        let stale = !is_local(request) && self.mischief.is_on(Bug::StaleRead);
        if stale && newest.0 > 20 && self.mischief.strikes(Bug::StaleRead) {
            let back = self.rng.random_range(3..15);
            let past = Revision(newest.0 - back);
            answer = self.member(member).store.read_past(past, request);
        }
        match (answer, request) {
            (Err(Refusal::Compacted), _) if self.mischief.strikes(Bug::CompactedRead) => {
                // What is gone is gone: the answer is empty.
                let answer = self.member(member).store.read_anything(request)?;
                Ok(without_pairs(answer))
            }
            (Ok(_), Request::Range(range))
                if range.revision.0 > 2 && self.mischief.strikes(Bug::FutureRead) =>
            {
                // A member that is one behind says what it has.
                let present = Range { revision: Revision(0), ..range.clone() };
                let before = range.revision.previous();
                self.member(member).store.read_past(before, &Request::Range(present))
            }
            (Ok(Response::Range(mut answer)), _) => {
                if self.mischief.strikes(Bug::WrongCount) {
                    answer.count += 1;
                }
                if !answer.kvs.is_empty() && self.mischief.strikes(Bug::WrongVersion) {
                    answer.kvs[0].version += 1;
                }
                Ok(Response::Range(answer))
            }
            (answer, _) => answer,
        }
    }

    /// Linearizable reads whose point in the log the member has reached.
    pub(super) fn serve_readers(&mut self, member: MemberIndex) {
        let now = self.agenda.now();
        let place = self.member_mut(member);
        if !place.serves(now) {
            return;
        }
        let applied = place.applied;
        let ready: Vec<OpId> = place
            .readers
            .extract_if(.., |reader| reader.index <= applied)
            .map(|reader| reader.operation)
            .collect();
        for id in ready {
            let Some(operation) = self.operations.get(&id) else { continue };
            let request = operation.request.clone();
            let answer = self.read(member, &request);
            self.reply(member, id, answer);
        }
    }

    fn maintain(&mut self, member: MemberIndex, id: OpId, request: &Request) {
        let place = self.member(member);
        let answer = match request {
            Request::LeaseList {} => {
                let leases = place.store.leases().keys().copied().collect();
                Ok(Response::LeaseList(LeaseListResponse { header: None, leases }))
            }
            Request::HashKv(hash) => place.store.hash(hash.revision).map(Response::HashKv),
            Request::Status {} => Ok(Response::Status(self.status(member))),
            _ => {
                let took = self.rng.random_range(20 * MILLISECOND..120 * MILLISECOND);
                let until = self.agenda.now() + took;
                self.member_mut(member).blocked_until = until;
                self.agenda.at(until, Task::Unblock(member));
                let answer = Response::Defragment(Empty::default());
                let outcome = Outcome::Ok(answer);
                let latency = self.client_latency();
                self.agenda.at(until + latency, Task::Answer(id, Box::new(outcome)));
                return;
            }
        };
        self.reply(member, id, answer);
    }

    /// A member's report of itself.
    pub(super) fn status(&self, member: MemberIndex) -> StatusResponse {
        let place = self.member(member);
        let leader = self.leader_for(member).map(|leader| self.member(leader).id());
        let size = 20_480 + 128 * place.store.revision().0;
        StatusResponse {
            header: Some(place.header()),
            version: self.plan.release.clone(),
            db_size_bytes: size,
            db_size_in_use_bytes: size,
            leader: leader.unwrap_or_default(),
            raft_index: place.known as u64,
            raft_term: place.term,
            raft_applied_index: place.applied as u64,
            learner: false,
            errors: Vec::new(),
        }
    }

    /// A member that was paused or blocked goes on.
    pub(super) fn resume(&mut self, member: MemberIndex) {
        let now = self.agenda.now();
        if !self.member(member).serves(now) {
            return;
        }
        let waiting = std::mem::take(&mut self.member_mut(member).inbox);
        for id in waiting {
            self.agenda.after(0, Task::Arrive(id));
        }
        let known = self.member(member).known;
        self.agenda.after(0, Task::Known(member, known));
        self.flush_all(member);
    }
}

fn without_pairs(answer: Response) -> Response {
    match answer {
        Response::Range(mut answer) => {
            answer.kvs.clear();
            answer.count = 0;
            answer.more = false;
            Response::Range(answer)
        }
        other => other,
    }
}
