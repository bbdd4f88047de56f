//! What faults do to members, and how it is undone.

use rand::RngExt as _;
use stormglass_checkers::history::{Body, Environment, Incarnation, MemberExit, MemberIndex};

use super::agenda::MILLISECOND;
use super::bug::Bug;
use super::world::{Task, World};

/// Heartbeats an isolated member would have exchanged with each peer, each way.
const HEARTBEATS_A_SECOND: u64 = 10;

impl World<'_> {
    /// The member's process ends at once.
    pub(super) fn kill(&mut self, member: MemberIndex) {
        self.end_process(member, "signal 9", true);
        if self.mischief.strikes(Bug::LostWrite) {
            self.lose_newest();
        }
    }

    /// The member's process ends.
    pub(super) fn end_process(&mut self, member: MemberIndex, status: &str, expected: bool) {
        if !self.member(member).up {
            return;
        }
        self.disconnect(member);
        self.break_watches(member);
        let place = self.member_mut(member);
        (place.up, place.paused, place.blocked_until) = (false, false, 0);
        place.inbox.clear();
        place.stalled.clear();
        place.readers.clear();
        let exit = MemberExit { status: status.to_owned(), expected, log_tail: Vec::new() };
        self.environment(Some(member), Body::Environment(Environment::MemberExited(exit)));
        self.connectivity_changed();
    }

    /// The member's process starts on what its disk has. The newest entries may have to
    /// come from its peers again.
    pub(super) fn start(&mut self, member: MemberIndex) {
        let applied = self.member(member).applied;
        let behind = self.rng.random_range(0..20).min(applied);
        self.rebuild(member, applied - behind);
        let place = self.member_mut(member);
        place.up = true;
        place.incarnation += 1;
        let number = place.incarnation;
        if self.mischief.strikes(Bug::RevisionBack) {
            // What is missing is never asked for.
            let length = self.consensus.log.len().max(applied);
            let place = self.member_mut(member);
            (place.applied, place.known) = (length, length);
        }
        self.record_start(member, number);
        self.connectivity_changed();
    }

    pub(super) fn record_start(&mut self, member: MemberIndex, number: u32) {
        let version = self.plan.release.clone();
        let pid = i64::from(number) * 100 + i64::from(member.0) + 1;
        let started = Incarnation { number, version, pid, data_generation: 1 };
        self.environment(Some(member), Body::Environment(Environment::MemberStarted(started)));
    }

    pub(super) fn record_ready(&mut self, member: MemberIndex) {
        self.environment(Some(member), Body::Environment(Environment::MemberReady {}));
    }

    pub(super) fn pause(&mut self, member: MemberIndex, paused: bool) {
        self.member_mut(member).paused = paused;
        self.connectivity_changed();
        self.resume(member);
    }

    pub(super) fn isolate(&mut self, member: MemberIndex, isolated: bool) {
        self.member_mut(member).isolated = isolated;
        self.connectivity_changed();
    }

    /// A fault is over: undo it.
    pub(super) fn fault_heal(&mut self, number: usize) {
        let now = self.agenda.now();
        let Some(active) = self.nemesis.active.get_mut(&number) else { return };
        // What comes after it, starts and first answers, is no part of the fault.
        active.until = Some(now);
        let (members, since) = (active.members.clone(), active.since);
        match self.nemesis.planned[number].kind.as_str() {
            "pause" => {
                for member in members {
                    self.pause(member, false);
                }
            }
            "isolate" => {
                for member in &members {
                    self.isolate(*member, false);
                }
                let held = self.agenda.now().saturating_sub(since) / MILLISECOND;
                let peers = self.members.len().saturating_sub(1) as u64;
                let heartbeats = 1 + held * HEARTBEATS_A_SECOND / 1_000;
                let dropped = 2 * peers * heartbeats * members.len() as u64;
                self.nemesis.dropped += dropped;
                if let Some(active) = self.nemesis.active.get_mut(&number) {
                    active.evidence.insert("packets-dropped".to_owned(), dropped.to_string());
                }
            }
            _ => {
                for member in members {
                    self.start(member);
                }
                let back = self.rng.random_range(20 * MILLISECOND..200 * MILLISECOND);
                self.agenda.after(back, Task::FaultBack(number));
                return;
            }
        }
        self.fault_over(number);
    }

    /// Killed members answer again.
    pub(super) fn fault_back(&mut self, number: usize) {
        let Some(active) = self.nemesis.active.get(&number) else { return };
        for member in active.members.clone() {
            self.record_ready(member);
        }
        self.fault_over(number);
    }

    /// Every fault that holds is healed, early.
    pub(super) fn heal_all(&mut self) {
        let held: Vec<usize> = self.nemesis.active.keys().copied().collect();
        for number in held {
            let request =
                matches!(self.nemesis.planned[number].kind.as_str(), "compact" | "defragment");
            if !request {
                self.agenda.after(0, Task::FaultHeal(number));
            }
        }
    }
}
