//! Records put together to operations, and their verdict.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::Malformed;
use super::words::Words;
use crate::checker::Budget;
use crate::history::ProcessId;
use crate::search::{self, Answer, Object, Operation, Outcome};
use crate::verdict::Verdict;

/// Name of the verdict's checker.
const NAME: &str = "search";

/// The operations of a file.
#[derive(Clone, Debug)]
pub struct Log<S: Object> {
    /// In the order of their calls; positions are line numbers.
    pub operations: Vec<Operation<S>>,
}

/// Operations as they are read: at most one of each process is open.
pub(super) struct Reading<S: Object> {
    operations: Vec<Operation<S>>,
    open: BTreeMap<u32, usize>,
    /// Operations that definitely had no effect.
    refused: BTreeSet<usize>,
}

impl<S: Object> Reading<S> {
    pub(super) fn new() -> Self {
        Self { operations: Vec::new(), open: BTreeMap::new(), refused: BTreeSet::new() }
    }

    /// A process calls.
    pub(super) fn call(
        &mut self,
        line: Words<'_>,
        process: u32,
        op: S::Op,
    ) -> Result<(), Malformed> {
        if let Some(number) = self.open.get(&process) {
            let before = self.operations[*number].call;
            return Err(line.malformed(format!(
                "process {process} begins an operation, and its last one, of line {before}, \
                 has not ended"
            )));
        }
        self.open.insert(process, self.operations.len());
        let call = line.line() as u64;
        let process = ProcessId(process);
        self.operations.push(Operation { process, call, op, answer: None });
        Ok(())
    }

    /// The operation that a process ends, of which the line must say the same.
    pub(super) fn end(
        &mut self,
        line: Words<'_>,
        process: u32,
        same: impl Fn(&S::Op) -> bool,
    ) -> Result<usize, Malformed> {
        let Some(number) = self.open.remove(&process) else {
            return Err(
                line.malformed(format!("process {process} ends an operation, and has begun none"))
            );
        };
        let Operation { op, call, .. } = &self.operations[number];
        if !same(op) {
            let began = S::call_in_words(op);
            return Err(line.malformed(format!(
                "process {process} ends another operation than `{began}`, which it began in \
                 line {call}"
            )));
        }
        Ok(number)
    }

    /// An operation was answered.
    pub(super) fn answer(&mut self, line: Words<'_>, number: usize, ret: S::Ret) {
        self.operations[number].answer = Some(Answer { at: line.line() as u64, ret });
    }

    /// A process ends an operation that definitely had no effect.
    pub(super) fn end_without_effect(
        &mut self,
        line: Words<'_>,
        process: u32,
        same: impl Fn(&S::Op) -> bool,
    ) -> Result<(), Malformed> {
        let number = self.end(line, process, same)?;
        self.refused.insert(number);
        Ok(())
    }

    /// Everything that was read and may have had an effect.
    pub(super) fn finish(self) -> Log<S> {
        let Self { operations, refused, .. } = self;
        let kept = (0..).zip(operations).filter(|(number, _)| !refused.contains(number));
        Log { operations: kept.map(|(_, operation)| operation).collect() }
    }
}

/// The verdict on a file's operations; `name` names the file.
pub fn judge<S: Object + Default>(name: &str, log: &Log<S>, budget: &Budget) -> Verdict {
    let Log { operations } = log;
    let initial = S::default();
    let searched = search::check(&initial, operations, budget);
    let mut reasons: Vec<String> = Vec::new();
    let mut findings = Vec::new();
    if operations.is_empty() {
        reasons.push(format!("{name}: there is no operation in it"));
    }
    match &searched.outcome {
        Outcome::Linearizable => {}
        Outcome::Refuted(refutation) => {
            let contradiction = search::contradiction(&initial, operations, refutation);
            findings.push(search::finding(name, operations, refutation, &contradiction));
        }
        Outcome::Unknown(why) => {
            reasons.extend(why.iter().map(|reason| format!("{name}: {reason}")));
        }
    }
    let unanswered = operations.iter().filter(|operation| operation.answer.is_none()).count();
    let stats = BTreeMap::from([
        ("operations".to_owned(), operations.len() as u64),
        ("unknown_outcomes".to_owned(), unanswered as u64),
        ("parts".to_owned(), searched.parts as u64),
        ("steps".to_owned(), searched.steps),
        ("remembered_states".to_owned(), searched.remembered as u64),
        ("bytes".to_owned(), searched.bytes),
    ]);
    Verdict::new(NAME, findings, reasons, stats)
}
