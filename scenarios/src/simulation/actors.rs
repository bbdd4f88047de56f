//! The actors of the workload: the real generators, asked for one step after the other.

use stormglass_checkers::history::{
    MemberIndex, Nanos, Outcome, ProcessId, Refusal, Request, WatchId,
};

use super::agenda::{MICROSECOND, MILLISECOND, SECOND};
use super::operation::Owner;
use super::watch::{Wanted, WatchOwner};
use super::world::{Task, World};
use crate::workload::{Context, Role, Step, Workload, workload};

/// A member that refuses connections is not asked again at once.
const BACK_OFF: u64 = 100 * MILLISECOND;
/// A wait takes some time, so that an actor that only waits does not stop the clock.
const WAIT_MIN: u64 = 10 * MICROSECOND;

/// An actor.
pub(super) struct Client {
    pub(super) workload: Box<dyn Workload>,
    pub(super) process: ProcessId,
    member: MemberIndex,
    /// Time between two requests in the open loop.
    interval: Option<u64>,
    next_intended: u64,
    /// Whether it will never ask again.
    pub(super) done: bool,
    pub(super) last_watch: Option<WatchId>,
}

impl World<'_> {
    /// Makes the plan's actors and has them begin.
    pub(super) fn start_actors(&mut self) {
        let spec = self.plan.scenario.workload.clone();
        let Some(entry) = workload(&spec.kind) else { return };
        let began = self.agenda.now();
        let mut position = 0;
        for actor in (entry.actors)(self.plan, "") {
            let clients = u64::from(spec.clients.max(1));
            let rate = spec.rate.filter(|_| actor.role == Role::Client);
            let interval = rate.map(|rate| SECOND * clients / u64::from(rate.max(1)));
            let offset = interval.map_or(0, |interval| interval * position / clients);
            position += u64::from(actor.role == Role::Client);
            let process = self.new_process();
            self.clients.push(Client {
                workload: actor.workload,
                process,
                member: actor.member,
                interval,
                next_intended: began + offset,
                done: false,
                last_watch: None,
            });
            self.agenda.after(0, Task::Turn(self.clients.len() - 1));
        }
    }

    pub(super) fn turn(&mut self, actor: usize) {
        if self.stopping {
            self.clients[actor].done = true;
            return;
        }
        let now = self.agenda.now();
        let members = self.plan.scenario.cluster.members;
        let since = Nanos(now.saturating_sub(self.traffic_began));
        let client = &mut self.clients[actor];
        let context =
            Context { process: client.process, member: client.member, members, now: since };
        match client.workload.next(&context) {
            Step::Done => client.done = true,
            Step::Wait(duration) => {
                let wait = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).max(WAIT_MIN);
                client.next_intended = client.next_intended.max(now.saturating_add(wait));
                self.agenda.after(wait, Task::Turn(actor));
            }
            Step::Invoke(request) => {
                let intended = match client.interval {
                    Some(interval) => {
                        let intended = client.next_intended;
                        client.next_intended += interval;
                        intended
                    }
                    None => now,
                };
                let task = Task::Send(actor, Box::new(request), Nanos(intended));
                self.agenda.at(intended, task);
            }
            Step::Watch(step) => {
                let (process, last) = (client.process, client.last_watch);
                let resumes = last.filter(|_| step.resumes);
                let (member, request) = (step.member, step.request.clone());
                let wanted = Wanted::of(&step);
                let owner = WatchOwner::Actor(actor);
                self.open_watch(owner, (process, member), request, resumes, wanted);
            }
        }
    }

    pub(super) fn send(&mut self, actor: usize, request: Request, intended: Nanos) {
        if self.stopping {
            self.clients[actor].done = true;
            return;
        }
        let client = &self.clients[actor];
        let at = (client.process, client.member);
        let deadline = self.plan.scenario.workload.deadline.as_nanos().0;
        self.invoke(Owner::Actor(actor), at, request, intended, deadline);
    }

    pub(super) fn actor_answered(&mut self, actor: usize, outcome: &Outcome) {
        let pause = match outcome {
            Outcome::Unknown(_) => {
                // Its operation may still take effect: the process never acts again.
                self.clients[actor].process = self.new_process();
                0
            }
            Outcome::Failed(definite) if definite.reason == Refusal::NotConnected => BACK_OFF,
            _ => 0,
        };
        self.agenda.after(pause + WAIT_MIN, Task::Turn(actor));
    }
}
