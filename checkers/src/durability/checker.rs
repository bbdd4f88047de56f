//! The checker: knowledge while the run goes on, judgement at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ending::{Expectation, FinalRead, reads_everything};
use super::judgement::{Fault, judge};
use super::knowledge::Knowledge;
use crate::checker::{CheckContext, Checker};
use crate::evidence::Sent;
use crate::findings::FindingSet;
use crate::history::{
    Body, Environment, Event, FaultBegin, MemberIndex, Outcome, Phase, ProcessId, Request,
    Response, Territory,
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
    needs_revisions: true,
    new: |context| Box::new(Durability::new(context)),
};

/// An open operation; a final read with what must be in it.
type Open = (Sent, Option<Expectation>);

/// Durability of acknowledged writes.
struct Durability {
    knowledge: Knowledge,
    open: BTreeMap<ProcessId, Open>,
    reads: Vec<FinalRead>,
    faults: Vec<Fault>,
    phase: Option<Phase>,
    members: u16,
    territory: Territory,
    /// Whether nobody else writes to the run's keys.
    exclusive: bool,
}

impl Durability {
    fn new(context: &CheckContext) -> Self {
        let members = u16::try_from(context.preamble.members.len()).unwrap_or(u16::MAX);
        let territory = context.preamble.territory();
        let alone = context.preamble.exclusive && context.preamble.prefix.is_empty();
        Self {
            knowledge: Knowledge::of(&territory),
            open: BTreeMap::new(),
            reads: Vec::new(),
            faults: Vec::new(),
            phase: None,
            members,
            exclusive: alone || territory.is_shared(),
            territory,
        }
    }

    fn invoke(&mut self, event: &Arc<Event>) {
        let Some((process, sent)) = event.process.zip(Sent::of(event)) else { return };
        let request = sent.request();
        let is_final =
            self.phase == Some(Phase::Final) && reads_everything(request, &self.territory);
        if !is_final && !can_mutate(request) && !matches!(request, Request::Range(_)) {
            return;
        }
        let expected = is_final.then(|| self.knowledge.expectation());
        self.open.insert(process, (sent, expected));
    }

    fn complete(&mut self, event: &Arc<Event>, outcome: &Outcome) {
        let open = event.process.and_then(|process| self.open.remove(&process));
        let Some((sent, expected)) = open else { return };
        match (outcome, expected) {
            (Outcome::Ok(Response::Range(answer)), Some(expected)) => {
                self.reads.extend(FinalRead::new(&sent, event, answer, expected));
            }
            (Outcome::Ok(answer), _) => self.knowledge.answered(&sent, event, answer),
            (Outcome::Unknown(_), _) => self.knowledge.doubtful(sent.request()),
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
            Body::Invoke(_) => self.invoke(event),
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
        for (sent, _) in std::mem::take(&mut self.open).into_values() {
            self.knowledge.doubtful(sent.request());
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
