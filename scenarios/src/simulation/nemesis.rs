//! The plan's faults, as far as they can be simulated.

use std::collections::BTreeMap;

use rand::RngExt as _;
use stormglass_checkers::history::{
    Body, Compact, Environment, FaultBegin, FaultEnd, FaultRecord, MemberIndex, Nanos, Outcome,
    Request, Response, Revision, Span,
};

use super::agenda::{MILLISECOND, SECOND};
use super::operation::Owner;
use super::world::{Task, World};
use crate::fault::fault;
use crate::plan::{Plan, PlannedFault};
use crate::scenario::Selector;

/// A disruptive fault waits so long before it looks whether the one before is over.
const TURN_AGAIN: u64 = 50 * MILLISECOND;
/// Bound on a request of a fault.
const REQUEST_LIMIT: u64 = 10 * SECOND;
/// The faults that can be simulated.
const SIMULATED: [&str; 6] =
    ["kill", "pause", "isolate", "defragment", "compact", "kill-defragment"];

/// Whether a fault can be simulated.
///
/// # Errors
/// When it cannot, with what would make it available.
pub fn simulates(kind: &str) -> Result<(), &'static str> {
    if SIMULATED.contains(&kind) {
        return Ok(());
    }
    Err("the simulated store does not model it; choose `--target local`")
}

/// A fault that has begun.
pub(super) struct Active {
    pub(super) members: Vec<MemberIndex>,
    pub(super) since: u64,
    /// When its heal began, if it has one.
    pub(super) until: Option<u64>,
    pub(super) evidence: BTreeMap<String, String>,
    pub(super) error: Option<String>,
}

/// The faults under way.
pub(super) struct Nemesis {
    pub(super) planned: Vec<PlannedFault>,
    pub(super) active: BTreeMap<usize, Active>,
    told: Vec<String>,
    /// Whether a disruptive fault holds.
    pub(super) occupied: bool,
    pub(super) landed: u32,
    pub(super) failed: u32,
    pub(super) unavailable: u32,
    /// Packets that isolations dropped, counted from the fault's length.
    pub(super) dropped: u64,
}

impl Nemesis {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            planned: plan.faults.clone(),
            active: BTreeMap::new(),
            told: Vec::new(),
            occupied: false,
            landed: 0,
            failed: 0,
            unavailable: 0,
            dropped: 0,
        }
    }
}

impl World<'_> {
    /// Plans the beginning of every fault that can be simulated.
    pub(super) fn start_faults(&mut self) {
        for (number, fault) in self.nemesis.planned.clone().into_iter().enumerate() {
            if let Err(reason) = simulates(&fault.kind) {
                self.nemesis.unavailable += 1;
                if !self.nemesis.told.contains(&fault.kind) {
                    self.nemesis.told.push(fault.kind.clone());
                    let (kind, reason) = (fault.kind, reason.to_owned());
                    let body = Body::Environment(Environment::FaultUnavailable { kind, reason });
                    self.environment(None, body);
                }
                continue;
            }
            self.agenda.at(self.traffic_began + fault.from.0, Task::FaultBegin(number));
        }
    }

    pub(super) fn fault_begin(&mut self, number: usize) {
        if self.stopping {
            return;
        }
        let planned = self.nemesis.planned[number].clone();
        let disruptive = fault(&planned.kind).is_some_and(|entry| entry.disruptive);
        if disruptive && self.nemesis.occupied {
            self.agenda.after(TURN_AGAIN, Task::FaultBegin(number));
            return;
        }
        self.nemesis.occupied |= disruptive;
        let members = self.choose(&planned.selector);
        self.record_begin(&planned, members.clone());
        let error = members.is_empty().then(|| "no member said that it leads".to_owned());
        let failed = error.is_some();
        let (since, evidence) = (self.agenda.now(), BTreeMap::new());
        self.nemesis.active.insert(number, Active { members, since, until: None, evidence, error });
        if failed {
            self.fault_over(number);
        } else {
            self.inject(number, &planned);
        }
    }

    fn choose(&mut self, selector: &Selector) -> Vec<MemberIndex> {
        let all: Vec<MemberIndex> = self.member_indices().collect();
        let leader = self.leading();
        match selector {
            Selector::Leader => leader.into_iter().collect(),
            Selector::Followers => {
                all.into_iter().filter(|member| leader.is_some_and(|one| one != *member)).collect()
            }
            Selector::Members(names) => {
                all.into_iter().filter(|member| names.contains(&member.to_string())).collect()
            }
            // The plan has drawn the others already.
            _ => all,
        }
    }

    fn record_begin(&mut self, planned: &PlannedFault, members: Vec<MemberIndex>) {
        let from = Nanos(self.traffic_began + planned.from.0);
        let to = Nanos(from.0 + planned.duration.0);
        let (kind, params) = (planned.kind.clone(), planned.params.clone());
        let fault = FaultRecord { kind, members, params };
        let begin = FaultBegin { id: planned.id, fault, planned: Span { from, to } };
        self.environment(None, Body::FaultBegin(begin));
    }

    fn inject(&mut self, number: usize, planned: &PlannedFault) {
        let members = self.nemesis.active[&number].members.clone();
        match planned.kind.as_str() {
            "kill" => {
                for member in &members {
                    self.kill(*member);
                }
            }
            "pause" => {
                for member in &members {
                    self.pause(*member, true);
                }
            }
            "isolate" => {
                for member in &members {
                    self.isolate(*member, true);
                }
            }
            "compact" => {
                self.compact(number, planned, members[0]);
                return;
            }
            "defragment" => {
                self.ask(number, members[0], Request::Defragment {});
                return;
            }
            _ => {
                for member in members {
                    self.ask(number, member, Request::Defragment {});
                }
                let delay = self.rng.random_range(2 * MILLISECOND..20 * MILLISECOND);
                self.agenda.after(delay, Task::FaultKill(number));
                return;
            }
        }
        self.agenda.after(planned.duration.0, Task::FaultHeal(number));
    }

    /// Kills the members of a fault while they defragment.
    pub(super) fn fault_kill(&mut self, number: usize) {
        let now = self.agenda.now();
        let Some(active) = self.nemesis.active.get_mut(&number) else { return };
        // The members served until now, or were about to: it holds from the kill.
        active.since = now;
        for member in active.members.clone() {
            self.kill(member);
        }
        let duration = self.nemesis.planned[number].duration.0;
        self.agenda.after(duration, Task::FaultHeal(number));
    }

    fn ask(&mut self, number: usize, member: MemberIndex, request: Request) {
        let process = self.new_process();
        let now = self.agenda.nanos();
        self.invoke(Owner::Fault(number), (process, member), request, now, REQUEST_LIMIT);
    }

    fn compact(&mut self, number: usize, planned: &PlannedFault, member: MemberIndex) {
        let lag = planned.params.get("lag").and_then(|text| text.parse().ok()).unwrap_or(200);
        let physical = planned.params.get("physical").is_some_and(|text| text == "true");
        let place = self.member(member);
        let revision = Revision(place.store.revision().0 - lag);
        let trouble = if !place.serves(self.agenda.now()) {
            format!("{member} did not tell its revision")
        } else if revision.0 < 1 {
            format!("revision {} is too young to compact {lag} behind it", revision.0 + lag)
        } else {
            self.ask(number, member, Request::Compact(Compact { revision, physical }));
            return;
        };
        if let Some(active) = self.nemesis.active.get_mut(&number) {
            active.error = Some(trouble);
        }
        self.fault_over(number);
    }

    /// A request of a fault has ended.
    pub(super) fn fault_answered(&mut self, number: usize, outcome: &Outcome) {
        let planned = &self.nemesis.planned[number];
        if planned.kind == "kill-defragment" {
            return;
        }
        let Some(active) = self.nemesis.active.get_mut(&number) else { return };
        match outcome {
            Outcome::Ok(Response::Defragment(_)) => {
                let took = self.agenda.now().saturating_sub(active.since) / MILLISECOND;
                let member = active.members[0];
                active.evidence.insert(format!("{member}-took-ms"), took.to_string());
                // One member after the other.
                active.members.rotate_left(1);
                let asked = active.evidence.len();
                if asked < active.members.len() {
                    let next = active.members[0];
                    self.ask(number, next, Request::Defragment {});
                    return;
                }
            }
            Outcome::Ok(_) => {}
            outcome => active.error = Some(format!("the member answered {outcome:?}")),
        }
        self.fault_over(number);
    }

    /// Records the end of a fault.
    pub(super) fn fault_over(&mut self, number: usize) {
        let Some(active) = self.nemesis.active.remove(&number) else { return };
        let planned = &self.nemesis.planned[number];
        let id = planned.id;
        if fault(&planned.kind).is_some_and(|entry| entry.disruptive) {
            self.nemesis.occupied = false;
        }
        let well = active.error.is_none();
        self.nemesis.landed += u32::from(well);
        self.nemesis.failed += u32::from(!well);
        let to = active.until.map_or_else(|| self.agenda.nanos(), Nanos);
        let span = Span { from: Nanos(active.since), to };
        let landed = well.then_some(span);
        let end = FaultEnd { id, landed, evidence: active.evidence, error: active.error };
        self.environment(None, Body::FaultEnd(end));
    }
}
