//! All checkers over one history, and what they say together.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::checker::{CheckContext, Checker};
use crate::history::{Body, Event, Structure, StructureError};
use crate::registry::{CheckerEntry, checkers};
use crate::verdict::{Judgement, Status, Verdict};

/// Version of the judgement's file format.
const FORMAT: u32 = 1;

/// Runs every checker over one history, event by event.
///
/// A history whose structure is broken says nothing about the store, so everything
/// is then unknown. A checker that panics is a bug of ours: its verdict is unknown, and
/// the others go on.
pub struct Judge {
    structure: Structure,
    broken: Option<StructureError>,
    running: Vec<Running>,
    members: usize,
    operations: u64,
    events: u64,
}

/// One checker at work.
struct Running {
    entry: CheckerEntry,
    state: State,
}

enum State {
    Works(Box<dyn Checker>),
    Panicked(String),
}

impl Judge {
    /// A judge with every registered checker.
    pub fn new(context: &CheckContext) -> Self {
        Self::with(checkers(), context)
    }

    /// A judge with these checkers only.
    pub fn with(entries: &[CheckerEntry], context: &CheckContext) -> Self {
        let running = entries.iter().map(|entry| Running::start(*entry, context)).collect();
        Self {
            structure: Structure::default(),
            broken: None,
            running,
            members: context.preamble.members.len(),
            operations: 0,
            events: 0,
        }
    }

    /// Takes the next event.
    pub fn observe(&mut self, event: &Arc<Event>) {
        if self.broken.is_some() {
            return;
        }
        if let Err(error) = self.structure.observe(event) {
            self.broken = Some(error);
            return;
        }
        self.events += 1;
        self.operations += u64::from(matches!(event.body, Body::Invoke(_)));
        self.running.iter_mut().for_each(|running| running.observe(event));
    }

    /// The worst that any checker says so far.
    pub fn so_far(&self) -> Status {
        if self.broken.is_some() {
            return Status::Unknown;
        }
        self.running.iter().map(Running::so_far).max().unwrap_or(Status::Valid)
    }

    /// What all say, when the history is over. `torn` is the number of a last line that
    /// was cut short: it is left out, and does not by itself make anything unknown.
    pub fn finish(self, torn: Option<u64>) -> Judgement {
        self.conclude().judgement(torn)
    }

    /// What its checkers say, to be joined with what others' checkers say.
    pub(crate) fn conclude(self) -> Conclusion {
        Conclusion {
            verdicts: self.running.into_iter().map(Running::finish).collect(),
            broken: self.broken,
            members: self.members,
            operations: self.operations,
            events: self.events,
        }
    }
}

/// What the checkers of a judge say of the whole history.
pub(crate) struct Conclusion {
    verdicts: Vec<Verdict>,
    broken: Option<StructureError>,
    members: usize,
    operations: u64,
    events: u64,
}

impl Conclusion {
    /// With the verdicts of other checkers on the same history, in the order of these
    /// entries.
    pub(crate) fn joined(mut self, other: Self, entries: &[CheckerEntry]) -> Self {
        self.verdicts.extend(other.verdicts);
        let place = |verdict: &Verdict| entries.iter().position(|one| one.name == verdict.checker);
        self.verdicts.sort_by_key(place);
        self
    }

    /// All of it together.
    pub(crate) fn judgement(mut self, torn: Option<u64>) -> Judgement {
        let numbers = self.numbers();
        if let Some(error) = &self.broken {
            let reason = format!("the history is broken, so nothing can be concluded: {error}");
            for verdict in &mut self.verdicts {
                let stats = std::mem::take(&mut verdict.stats);
                *verdict = Verdict::new(&verdict.checker, Vec::new(), vec![reason.clone()], stats);
            }
        }
        let verdicts = self.verdicts;
        let status = verdicts.iter().map(|verdict| verdict.status).max().unwrap_or(Status::Valid);
        let mut sentence = sentence(status, &verdicts, &numbers);
        if let Some(line) = torn {
            sentence = format!("{sentence} (Line {line} is cut short and was left out.)");
        }
        Judgement { stormglass_verdicts: FORMAT, status, sentence, verdicts }
    }

    fn numbers(&self) -> String {
        let Self { operations, events, members, .. } = self;
        let checkers = self.verdicts.len();
        format!(
            "{operations} operations on {members} members ({events} events), {checkers} checkers"
        )
    }
}

impl Running {
    fn start(entry: CheckerEntry, context: &CheckContext) -> Self {
        let state = match catch_unwind(AssertUnwindSafe(|| (entry.new)(context))) {
            Ok(checker) => State::Works(checker),
            Err(panic) => State::Panicked(text_of(panic.as_ref())),
        };
        Self { entry, state }
    }

    fn observe(&mut self, event: &Arc<Event>) {
        if let State::Works(checker) = &mut self.state
            && let Err(panic) = catch_unwind(AssertUnwindSafe(|| checker.observe(event)))
        {
            self.state = State::Panicked(text_of(panic.as_ref()));
        }
    }

    fn so_far(&self) -> Status {
        match &self.state {
            State::Works(checker) => {
                catch_unwind(AssertUnwindSafe(|| checker.so_far())).unwrap_or(Status::Unknown)
            }
            State::Panicked(_) => Status::Unknown,
        }
    }

    fn finish(self) -> Verdict {
        let name = self.entry.name;
        let panicked = match self.state {
            State::Works(checker) => match catch_unwind(AssertUnwindSafe(|| checker.finish())) {
                Ok(verdict) => return verdict,
                Err(panic) => text_of(panic.as_ref()),
            },
            State::Panicked(text) => text,
        };
        let reason = format!("the checker {name} failed, which is a bug of Stormglass: {panicked}");
        Verdict::new(name, Vec::new(), vec![reason], std::collections::BTreeMap::new())
    }
}

/// What a panic said.
fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "it panicked without a message".to_owned())
}

/// The run in one sentence.
fn sentence(status: Status, verdicts: &[Verdict], numbers: &str) -> String {
    let finding = verdicts.iter().flat_map(|verdict| &verdict.findings).next();
    let reason = verdicts.iter().flat_map(|verdict| &verdict.reasons).next();
    match (status, finding, reason) {
        (Status::Invalid, Some(finding), _) => finding.sentence.clone(),
        (Status::Unknown, _, Some(reason)) => format!("Undecided: {reason}"),
        _ => format!("Every checked guarantee held: {numbers}."),
    }
}
