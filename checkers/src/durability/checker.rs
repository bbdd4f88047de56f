//! The checker: knowledge while the run goes on, judgement at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ending::{Expectation, FinalRead, reads_everything};
use super::judgement::{Fault, judge};
use super::knowledge::{Knowledge, Operation};
use crate::checker::{CheckContext, Checker};
use crate::findings::FindingSet;
use crate::history::{
    Body, Environment, Event, FaultBegin, MemberIndex, Outcome, Phase, ProcessId, Request, Response,
};
use crate::model::can_mutate;
use crate::registry::CheckerEntry;
use crate::verdict::{Status, Verdict, WitnessStep};

/// What the registry knows of it.
pub const ENTRY: CheckerEntry = CheckerEntry {
    name: "durability",
    summary: "Every acknowledged write is on every member at the end, and nothing that was shown \
              has vanished.",
    guarantees: &["K9"],
    anomalies: &["lost-write", "revision-lost", "vanished-read"],
    new: |context| Box::new(Durability::new(context)),
};

/// An open operation; a final read with what must be in it.
type Open = (Operation, Option<Expectation>);

/// Durability of acknowledged writes.
struct Durability {
    knowledge: Knowledge,
    open: BTreeMap<ProcessId, Open>,
    reads: Vec<FinalRead>,
    faults: Vec<Fault>,
    phase: Option<Phase>,
    members: u16,
    exclusive: bool,
}

impl Durability {
    fn new(context: &CheckContext) -> Self {
        let members = u16::try_from(context.preamble.members.len()).unwrap_or(u16::MAX);
        Self {
            knowledge: Knowledge::default(),
            open: BTreeMap::new(),
            reads: Vec::new(),
            faults: Vec::new(),
            phase: None,
            members,
            exclusive: context.preamble.exclusive && context.preamble.prefix.is_empty(),
        }
    }

    fn invoke(&mut self, event: &Event, request: &Request) {
        let Some(process) = event.process else { return };
        let is_final = self.phase == Some(Phase::Final) && reads_everything(request);
        if !is_final && !can_mutate(request) && !matches!(request, Request::Range(_)) {
            return;
        }
        let expected = is_final.then(|| self.knowledge.expectation());
        let operation = Operation {
            invocation: event.index,
            invoked_at: event.at,
            process: event.process,
            member: event.member,
            request: request.clone(),
        };
        self.open.insert(process, (operation, expected));
    }

    fn complete(&mut self, event: &Event, outcome: &Outcome) {
        let open = event.process.and_then(|process| self.open.remove(&process));
        let Some((operation, expected)) = open else { return };
        match (outcome, expected) {
            (Outcome::Ok(Response::Range(answer)), Some(expected)) => {
                self.reads.extend(FinalRead::new(&operation, event, answer, expected));
            }
            (Outcome::Ok(answer), _) => self.knowledge.answered(operation, event, answer),
            (Outcome::Unknown(_), _) => self.knowledge.doubtful(&operation.request),
            (Outcome::Failed(_), _) => {}
        }
    }

    fn fault(&mut self, event: &Event, fault: &FaultBegin) {
        let members: Vec<String> = fault.fault.members.iter().map(ToString::to_string).collect();
        let what = format!("fault {}", fault.fault.kind);
        let step = WitnessStep::of(event, what, members.join(", "));
        self.faults.push(Fault { step, members: fault.fault.members.clone() });
    }

    /// Why the verdict may be less than it seems.
    fn reasons(&self) -> Vec<String> {
        if !self.exclusive {
            return vec![
                "others may write to this store, so it is not known what it must still \
                         hold"
                    .to_owned(),
            ];
        }
        if self.phase.is_none_or(|phase| phase < Phase::Final) {
            return vec![
                "the run ended before its final reads, so it is not known what survived".to_owned(),
            ];
        }
        let read: BTreeSet<MemberIndex> = self
            .reads
            .iter()
            .filter(|read| read.linearizable)
            .filter_map(|read| read.member)
            .collect();
        (0..self.members)
            .map(MemberIndex)
            .filter(|member| !read.contains(member))
            .map(|member| format!("{member} gave no final read, so it is not known what it holds"))
            .collect()
    }
}

impl Checker for Durability {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn observe(&mut self, event: &Arc<Event>) {
        match &event.body {
            Body::Invoke(invoke) => self.invoke(event, &invoke.request),
            Body::Complete(outcome) => self.complete(event, outcome),
            Body::Watch(watch) => self.knowledge.watched(event, watch),
            Body::FaultBegin(fault) => self.fault(event, fault),
            Body::Environment(Environment::Phase(phase)) => self.phase = Some(*phase),
            _ => {}
        }
    }

    fn so_far(&self) -> Status {
        Status::Valid
    }

    fn finish(mut self: Box<Self>) -> Verdict {
        for (operation, _) in std::mem::take(&mut self.open).into_values() {
            self.knowledge.doubtful(&operation.request);
        }
        let mut findings = FindingSet::default();
        let mut compared = 0;
        if self.exclusive {
            for read in &self.reads {
                compared += judge(read, &self.knowledge, &self.faults, &mut findings);
            }
        }
        let reasons = self.reasons();
        let stats = BTreeMap::from([
            ("acknowledged-writes".to_owned(), self.knowledge.acknowledged_writes()),
            ("final-reads".to_owned(), self.reads.len() as u64),
            ("compared".to_owned(), compared),
            ("findings".to_owned(), findings.total()),
        ]);
        Verdict::new(ENTRY.name, findings.into_sorted(ENTRY.anomalies), reasons, stats)
    }
}
