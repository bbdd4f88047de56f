//! The validator: findings and the history in, a ruling for each finding out.

use std::collections::BTreeMap;

use super::case::{Case, Step};
use super::context::Context;
use super::operation::Operation;
use super::proof::{demand, required};
use super::rule::{Needs, rule_of};
use crate::history::{Body, Event, Preamble, ProcessId, WatchEvent, WatchFrame, WatchId};
use crate::verdict::{Finding, WitnessStep};

/// More steps than this are no witness but a history.
const STEPS: usize = 12;

/// What the validator says of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// The events of its witness prove it.
    Accepted,
    /// They do not, and why.
    Refused(String),
}

/// Holds findings against the history, which it sees once, in order.
pub struct Validator<'a> {
    preamble: &'a Preamble,
    findings: Vec<&'a Finding>,
    /// Events that steps name, once they have come.
    named: BTreeMap<u64, Option<Event>>,
    /// Named invocations that are open.
    open: BTreeMap<ProcessId, u64>,
    /// Completions of named invocations.
    ends: BTreeMap<u64, Event>,
    /// Named openings of watches.
    opened: BTreeMap<WatchId, u64>,
    context: Context,
}

impl<'a> Validator<'a> {
    /// For these findings on a history with this first line.
    pub fn new(preamble: &'a Preamble, findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let findings: Vec<&Finding> = findings.into_iter().collect();
        let steps = findings.iter().flat_map(|finding| &finding.witness.steps);
        let named = steps.map(|step| (step.index, None)).collect();
        let rules = findings.iter().filter_map(|finding| rule_of(&finding.anomaly));
        let needs = rules.fold(Needs::default(), |needs, rule| needs.and(rule.needs));
        Self {
            preamble,
            findings,
            named,
            open: BTreeMap::new(),
            ends: BTreeMap::new(),
            opened: BTreeMap::new(),
            context: Context::new(needs),
        }
    }

    /// Takes the next event of the history.
    pub fn observe(&mut self, event: &Event) {
        self.context.observe(event);
        match (&event.body, event.process) {
            (Body::Complete(_), Some(process)) => {
                if let Some(invocation) = self.open.remove(&process) {
                    self.ends.insert(invocation, event.clone());
                }
            }
            (Body::Watch(WatchEvent { watch, frame: WatchFrame::Created(_) }), _) => {
                if let Some(opening) = self.opened.remove(watch) {
                    self.ends.insert(opening, event.clone());
                }
            }
            _ => {}
        }
        let Some(place) = self.named.get_mut(&event.index) else { return };
        *place = Some(event.clone());
        match (&event.body, event.process) {
            (Body::Invoke(_), Some(process)) => {
                self.open.insert(process, event.index);
            }
            (Body::Watch(WatchEvent { watch, frame: WatchFrame::Open(_) }), _) => {
                self.opened.insert(*watch, event.index);
            }
            _ => {}
        }
    }

    /// The rulings, in the order of the findings.
    pub fn finish(self) -> Vec<Ruling> {
        let rule = |finding: &&Finding| match self.judge(finding) {
            Ok(()) => Ruling::Accepted,
            Err(reason) => Ruling::Refused(reason),
        };
        self.findings.iter().map(rule).collect()
    }

    fn judge(&self, finding: &Finding) -> Result<(), String> {
        let rule = required(rule_of(&finding.anomaly), "has no rule to be held against")?;
        let steps = &finding.witness.steps;
        let some = !steps.is_empty() && steps.len() <= STEPS;
        demand(some, "has no steps, or too many to be one")?;
        demand(steps.is_sorted_by_key(|step| step.index), "is not in order of time")?;
        demand(steps.iter().any(|step| step.contradicts), "has no step that contradicts")?;
        let steps = steps.iter().map(|step| self.step(step)).collect::<Result<Vec<_>, _>>()?;
        let Finding { anomaly, .. } = finding;
        (rule.proves)(&Case { preamble: self.preamble, anomaly, steps, context: &self.context })
    }

    /// What a step names, if the history has it as the step says.
    fn step(&self, step: &WitnessStep) -> Result<Step, String> {
        let index = step.index;
        let event = self.named.get(&index).and_then(Option::as_ref);
        let event = required(event, &format!("names event {index}, which is not there"))?;
        // A step may leave the process out: a watch's is of no interest.
        let whose = step.process.is_none() || event.process == step.process;
        let same = event.at == step.from && event.member == step.member && whose;
        demand(same, &format!("tells event {index} otherwise than the history has it"))?;
        let end = self.ends.get(&index);
        if let Some(completion) = step.completion {
            let same = end.is_some_and(|end| end.index == completion && end.at == step.to);
            demand(same, &format!("lets event {index} end otherwise than the history does"))?;
        }
        Ok(match (&event.body, end) {
            (Body::Invoke(invoke), end) => {
                let mut operation = Operation::new(event, &invoke.request);
                if let Some(Event { body: Body::Complete(outcome), index, at, .. }) = end {
                    operation.end = Some((*index, *at, outcome.clone()));
                }
                Step::Operation(operation)
            }
            (_, Some(end)) if step.completion.is_some() => Step::Opened(event.clone(), end.clone()),
            _ => Step::Event(event.clone()),
        })
    }
}
