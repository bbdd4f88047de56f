//! Everything that is simulated, and the loop that moves it.

use std::collections::BTreeMap;

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{
    Body, Event, MemberIndex, Nanos, Outcome, ProcessId, WatchFrame, WatchId,
};

use super::actors::Client;
use super::agenda::{Agenda, MICROSECOND, MILLISECOND, SECOND};
use super::consensus::{Consensus, Proposal};
use super::member::Member;
use super::mischief::Mischief;
use super::nemesis::Nemesis;
use super::operation::{OpId, Operation};
use super::watch::Watch;
use crate::plan::Plan;
use crate::random;

/// Something that is still to come.
pub(super) enum Task {
    /// An actor is asked for its next step.
    Turn(usize),
    /// An actor's request is sent; it was meant for this time.
    Send(usize, Box<stormglass_checkers::history::Request>, Nanos),
    /// A request reaches its member.
    Arrive(OpId),
    /// An answer reaches its client.
    Answer(OpId, Box<Outcome>),
    /// A client gives up waiting.
    Deadline(OpId),
    /// A keepalive or a question about a lease reaches the leader.
    AskLeader(OpId),
    /// A majority has a proposal, if there is one.
    Commit(Proposal),
    /// The leader has confirmed that it leads, for a read.
    Confirm(OpId),
    /// A member learns that so many entries are committed.
    Known(MemberIndex, usize),
    /// A member's defragmentation is over.
    Unblock(MemberIndex),
    /// The members without a leader elect one.
    Election(u64),
    /// The leader looks for leases that have expired.
    LeaseTick,
    /// A watch reaches its member.
    WatchArrive(WatchId),
    /// A member sends what it has for a watch.
    Flush(WatchId),
    /// A frame reaches a watch's client.
    Frame(WatchId, Box<WatchFrame>),
    /// The member sends a progress notification, if there is nothing else to send; again
    /// and again where the watch asked for that.
    Progress(WatchId, bool),
    /// A cancellation reaches the member.
    CancelArrive(WatchId),
    /// The client was not told that its watch exists.
    OpenLimit(WatchId),
    /// The client has watched long enough.
    Enough(WatchId),
    /// The client has got nothing since so many frames.
    Quiet(WatchId, u64),
    /// The client no longer waits for the end of a cancelled watch.
    CancelLimit(WatchId),
    /// The recorder opens its watch on a member again.
    Record(MemberIndex),
    /// A fault of the plan begins.
    FaultBegin(usize),
    /// A member is killed within a defragmentation.
    FaultKill(usize),
    /// A fault of the plan is over.
    FaultHeal(usize),
    /// A killed member answers again.
    FaultBack(usize),
    /// The members are asked for their status.
    Sample,
    /// Nothing: somebody waits for this time.
    Wake,
}

/// Everything that is simulated.
pub(super) struct World<'a> {
    pub(super) plan: &'a Plan,
    pub(super) agenda: Agenda<Task>,
    pub(super) rng: ChaCha8Rng,
    pub(super) mischief: Mischief,
    pub(super) members: Vec<Member>,
    pub(super) consensus: Consensus,
    pub(super) clients: Vec<Client>,
    pub(super) operations: BTreeMap<OpId, Operation>,
    /// Operations of the conductor that have ended.
    pub(super) finished: BTreeMap<OpId, Outcome>,
    pub(super) watches: BTreeMap<WatchId, Watch>,
    pub(super) recorders: Vec<super::recorder::RecorderState>,
    pub(super) nemesis: Nemesis,
    /// When the traffic began.
    pub(super) traffic_began: u64,
    /// Whether actors shall come to an end.
    pub(super) stopping: bool,
    /// Whether recorder watches are no longer opened again.
    pub(super) closing: bool,
    next_operation: OpId,
    next_process: u32,
    next_watch: u32,
    next_event: u64,
    sink: &'a mut dyn FnMut(Event),
}

impl<'a> World<'a> {
    pub(super) fn new(plan: &'a Plan, mischief: Mischief, sink: &'a mut dyn FnMut(Event)) -> Self {
        let count = plan.scenario.cluster.members;
        Self {
            plan,
            agenda: Agenda::default(),
            rng: random::stream(plan.seed, "simulation/world"),
            mischief,
            members: (0..count).map(|index| Member::new(MemberIndex(index))).collect(),
            consensus: Consensus::default(),
            clients: Vec::new(),
            operations: BTreeMap::new(),
            finished: BTreeMap::new(),
            watches: BTreeMap::new(),
            recorders: Vec::new(),
            nemesis: Nemesis::new(plan),
            traffic_began: 0,
            stopping: false,
            closing: false,
            next_operation: 0,
            next_process: 0,
            next_watch: 0,
            next_event: 0,
            sink,
        }
    }

    /// Records an event; returns it, for whoever learns from it.
    pub(super) fn record(
        &mut self,
        process: Option<ProcessId>,
        member: Option<MemberIndex>,
        body: Body,
    ) -> Event {
        let event =
            Event { index: self.next_event, at: self.agenda.nanos(), process, member, body };
        self.next_event += 1;
        (self.sink)(event.clone());
        event
    }

    /// Records something around the store.
    pub(super) fn environment(&mut self, member: Option<MemberIndex>, body: Body) {
        self.record(None, member, body);
    }

    pub(super) fn new_operation(&mut self) -> OpId {
        self.next_operation += 1;
        self.next_operation
    }

    pub(super) fn new_process(&mut self) -> ProcessId {
        self.next_process += 1;
        ProcessId(self.next_process - 1)
    }

    pub(super) fn new_watch(&mut self) -> WatchId {
        self.next_watch += 1;
        WatchId(self.next_watch - 1)
    }

    pub(super) fn member(&self, index: MemberIndex) -> &Member {
        &self.members[usize::from(index.0)]
    }

    pub(super) fn member_mut(&mut self, index: MemberIndex) -> &mut Member {
        &mut self.members[usize::from(index.0)]
    }

    pub(super) fn member_indices(&self) -> impl Iterator<Item = MemberIndex> + use<> {
        (0..self.plan.scenario.cluster.members).map(MemberIndex)
    }

    /// How long a message between a client and its member takes. One in some hundreds
    /// takes longer than anybody waits.
    pub(super) fn client_latency(&mut self) -> u64 {
        if self.stopping || !self.rng.random_ratio(1, 200) {
            return self.rng.random_range(50 * MICROSECOND..600 * MICROSECOND);
        }
        let deadline = self.plan.scenario.workload.deadline.as_nanos().0;
        self.rng.random_range(deadline / 2..deadline + SECOND)
    }

    /// How long a message between two members takes.
    pub(super) fn peer_latency(&mut self) -> u64 {
        self.rng.random_range(100 * MICROSECOND..900 * MICROSECOND)
    }

    /// How long a member takes from being told of an entry to applying it.
    pub(super) fn apply_lag(&mut self) -> u64 {
        if self.rng.random_ratio(1, 200) {
            return self.rng.random_range(20 * MILLISECOND..200 * MILLISECOND);
        }
        self.rng.random_range(10 * MICROSECOND..400 * MICROSECOND)
    }

    /// Lets everything happen that is due by a time.
    pub(super) fn run_to(&mut self, time: u64) {
        while let Some(task) = self.agenda.next_by(time) {
            self.happen(task);
        }
        self.agenda.pass_to(time);
    }

    /// Lets things happen until something holds, at most until a time; whether it holds.
    pub(super) fn run_until(&mut self, limit: u64, holds: impl Fn(&Self) -> bool) -> bool {
        self.agenda.at(limit, Task::Wake);
        while !holds(self) {
            let Some(task) = self.agenda.next_by(limit) else { return false };
            self.happen(task);
        }
        true
    }

    fn happen(&mut self, task: Task) {
        match task {
            Task::Turn(actor) => self.turn(actor),
            Task::Send(actor, request, intended) => self.send(actor, *request, intended),
            Task::Arrive(id) => self.arrive(id),
            Task::Answer(id, outcome) => self.complete(id, *outcome),
            Task::Deadline(id) => self.deadline(id),
            Task::AskLeader(id) => self.ask_leader(id),
            Task::Commit(proposal) => self.commit(proposal),
            Task::Confirm(id) => self.confirm(id),
            Task::Known(member, index) => self.learn(member, index),
            Task::Unblock(member) => self.resume(member),
            Task::Election(number) => self.elect(number),
            Task::LeaseTick => self.lease_tick(),
            Task::Sample => self.sample(),
            Task::FaultBegin(fault) => self.fault_begin(fault),
            Task::FaultKill(fault) => self.fault_kill(fault),
            Task::FaultHeal(fault) => self.fault_heal(fault),
            Task::FaultBack(fault) => self.fault_back(fault),
            Task::Record(member) => self.open_recorder(member),
            Task::Wake => {}
            task => self.watch_task(task),
        }
    }

    fn watch_task(&mut self, task: Task) {
        match task {
            Task::WatchArrive(id) => self.watch_arrive(id),
            Task::Flush(id) => self.flush(id),
            Task::Frame(id, frame) => self.frame(id, *frame),
            Task::Progress(id, again) => self.progress(id, again),
            Task::CancelArrive(id) => self.cancel_arrive(id),
            Task::OpenLimit(id) => self.open_limit(id),
            Task::Enough(id) => self.cancel(id),
            Task::Quiet(id, frames) => self.quiet(id, frames),
            Task::CancelLimit(id) => self.cancel_limit(id),
            _ => {}
        }
    }
}
