//! One run, from the members' start to the last read.

use std::collections::BTreeMap;

use stormglass_checkers::history::{
    Body, Bytes, ClusterGeneration, Environment, HashKv, LeaseRef, LinkSample, MemberIndex, Nanos,
    Outcome, Phase, Range, Request, Response, Revision, Sample, WatchRequest,
};

use super::agenda::{MILLISECOND, SECOND};
use super::bug::Bug;
use super::operation::Owner;
use super::recorder::everything;
use super::watch::{Stage, Wanted, WatchOwner};
use super::world::{Task, World};

/// How long members take to start.
const START: u64 = 300 * MILLISECOND;
/// How often members are asked for their status.
const SAMPLE_EVERY: u64 = 500 * MILLISECOND;
/// Bound on one read of the whole key space.
const READ_LIMIT: u64 = 10 * SECOND;
/// Bound on a member's catching up with the others.
const CATCH_UP_LIMIT: u64 = 8 * SECOND;
/// Bound on a watch of everything.
const WATCH_LIMIT: u64 = 6 * SECOND;
const AGAIN: u64 = 100 * MILLISECOND;

impl World<'_> {
    /// Conducts the whole run; whether the cluster recovered.
    pub(super) fn conduct(&mut self) -> bool {
        self.prepare();
        self.traffic();
        let recovered = self.recover();
        if recovered {
            self.revoke_leases();
            self.phase(Phase::Final);
            let last = self.read_all();
            let limit = self.agenda.now() + WATCH_LIMIT;
            self.run_until(limit, |world| world.recorders_reached(last));
        }
        self.phase(Phase::Done);
        self.close_recorders();
        recovered
    }

    fn phase(&mut self, phase: Phase) {
        self.environment(None, Body::Environment(Environment::Phase(phase)));
    }

    fn prepare(&mut self) {
        self.phase(Phase::Prepare);
        for member in self.member_indices() {
            self.record_start(member, 1);
        }
        self.run_to(START);
        self.consensus.term = 1;
        self.elect(0);
        for member in self.member_indices() {
            self.record_ready(member);
        }
        let ids = self.members.iter().map(|member| (member.index, member.id())).collect();
        let generation = ClusterGeneration { number: 1, members: ids };
        self.environment(None, Body::Environment(Environment::ClusterChanged(generation)));
        self.agenda.after(SAMPLE_EVERY, Task::LeaseTick);
        self.start_recorders();
        let limit = self.agenda.now() + SECOND;
        self.run_until(limit, Self::recorders_open);
    }

    fn traffic(&mut self) {
        self.phase(Phase::Traffic);
        self.traffic_began = self.agenda.now();
        self.mischief.wake(true);
        self.agenda.after(SAMPLE_EVERY, Task::Sample);
        self.start_actors();
        self.start_faults();
        let duration = self.plan.scenario.limits.duration.as_nanos().0;
        let end = self.traffic_began + duration;
        self.run_to(self.traffic_began + duration / 2);
        let up = self.members.iter().find(|member| member.up).map(|member| member.index);
        if let Some(member) = up.filter(|_| self.mischief.strikes(Bug::Crash)) {
            self.end_process(member, "signal 11", false);
            self.start(member);
        }
        self.run_to(end);
        self.stopping = true;
        self.heal_all();
        self.cancel_watches();
        let deadline = self.plan.scenario.workload.deadline.as_nanos().0;
        let limit = end + deadline + 5 * SECOND;
        self.run_until(limit, |world| {
            let idle = world.clients.iter().all(|client| client.done);
            idle && world.nemesis.active.is_empty()
        });
        self.mischief.wake(false);
        self.sample_links();
    }

    /// Clients that watch do not stay.
    fn cancel_watches(&mut self) {
        let own = self.watches.iter().filter(|(_, watch)| {
            matches!(watch.owner, WatchOwner::Actor(_)) && watch.stage == Stage::Open
        });
        let own: Vec<_> = own.map(|(id, _)| *id).collect();
        for id in own {
            self.cancel(id);
        }
    }

    pub(super) fn sample(&mut self) {
        let now = self.agenda.now();
        for member in self.member_indices() {
            if self.member(member).serves(now) {
                let status = Sample::Status(self.status(member));
                self.record(None, Some(member), Body::Sample(status));
            }
        }
        self.record(None, None, Body::Sample(Sample::TimerLag { lag: Nanos(0) }));
        if !self.stopping {
            self.agenda.after(SAMPLE_EVERY, Task::Sample);
        }
    }

    /// What every isolation dropped, shown on one link: the store has no others.
    fn sample_links(&mut self) {
        let (dropped, packets) = (self.nemesis.dropped, self.consensus.log.len() as u64);
        if dropped > 0 {
            let (from, to) = (Some(MemberIndex(0)), Some(MemberIndex(1)));
            let link = LinkSample { from, to, packets, dropped };
            self.record(None, None, Body::Sample(Sample::Link(link)));
        }
    }

    fn recover(&mut self) -> bool {
        self.phase(Phase::Recover);
        let limit = self.agenda.now() + self.plan.scenario.limits.recovery.as_nanos().0;
        let recovered = self.run_until(limit, |world| {
            let now = world.agenda.now();
            world.leading().is_some()
                && world.members.iter().all(|member| member.serves(now) && !member.isolated)
        });
        self.phase(if recovered { Phase::Recovered } else { Phase::NotRecovered });
        recovered
    }

    /// One operation of the conductor; its outcome.
    fn operate(&mut self, member: MemberIndex, request: Request) -> Outcome {
        let process = self.new_process();
        let now = self.agenda.nanos();
        let id = self.invoke(Owner::Conductor, (process, member), request, now, READ_LIMIT);
        self.run_until(u64::MAX, |world| world.finished.contains_key(&id));
        self.finished.remove(&id).expect("every operation has a deadline")
    }

    fn revoke_leases(&mut self) {
        for member in self.member_indices() {
            let listed = self.operate(member, Request::LeaseList {});
            let Outcome::Ok(Response::LeaseList(listed)) = listed else { continue };
            for lease in listed.leases {
                self.operate(member, Request::LeaseRevoke(LeaseRef { lease }));
            }
        }
    }

    /// Reads everything on every member; returns the last revision.
    fn read_all(&mut self) -> Revision {
        let mut last = Revision(0);
        for member in self.member_indices() {
            if let Outcome::Ok(answer) = self.read_until_ok(member, false) {
                last = last.max(answer.header().map_or(Revision(0), |header| header.revision));
            }
        }
        let above = self.plan.avoids(crate::trigger::WATCH_COMPACTED_START);
        for member in self.member_indices() {
            let limit = self.agenda.now() + CATCH_UP_LIMIT;
            self.run_until(limit, |world| world.member(member).store.revision() >= last);
            self.read_until_ok(member, true);
            let hash = Request::HashKv(HashKv { revision: last });
            let compacted = match self.operate(member, hash) {
                Outcome::Ok(Response::HashKv(hash)) => hash.compact_revision,
                _ => Revision(1),
            };
            self.operate(member, Request::Status {});
            let oldest = if above { compacted.next() } else { compacted };
            self.watch_all(member, oldest.max(Revision(2)), last);
        }
        last
    }

    /// A read that fails right after a fault is tried again, as an operation of its own.
    fn read_until_ok(&mut self, member: MemberIndex, serializable: bool) -> Outcome {
        let limit = self.agenda.now() + CATCH_UP_LIMIT;
        loop {
            let (key, range_end) = (Bytes::from("\0"), Bytes::from("\0"));
            let range = Range { key, range_end, serializable, ..Range::default() };
            let outcome = self.operate(member, Request::Range(range));
            if matches!(outcome, Outcome::Ok(_)) || self.agenda.now() >= limit {
                return outcome;
            }
            self.run_to(self.agenda.now() + AGAIN);
        }
    }

    fn watch_all(&mut self, member: MemberIndex, from: Revision, last: Revision) {
        let process = self.new_process();
        let request = WatchRequest { start_revision: from, ..everything() };
        let at = (process, member);
        let id = self.open_watch(WatchOwner::Final, at, request, None, Wanted::default());
        let limit = self.agenda.now() + if from <= last { WATCH_LIMIT } else { MILLISECOND };
        self.run_until(limit, |world| {
            let watch = world.watches.get(&id);
            watch.is_none_or(|watch| watch.stage == Stage::Ended || watch.reached >= last)
        });
        if self.watches.get(&id).is_some_and(|watch| watch.stage != Stage::Ended) {
            self.close_watch(id, "closed by the harness");
        }
    }

    /// What came of the plan's faults: landed, failed, unavailable.
    pub(super) fn fault_numbers(&self) -> BTreeMap<&'static str, u32> {
        let nemesis = &self.nemesis;
        BTreeMap::from([
            ("failed", nemesis.failed),
            ("landed", nemesis.landed),
            ("unavailable", nemesis.unavailable),
        ])
    }
}
