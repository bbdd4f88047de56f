//! All checkers over one history, and what they say together.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::checker::{CheckContext, Checker};
use crate::history::{Body, Event, Structure, StructureError};
use crate::registry::{CheckerEntry, checkers};
use crate::verdict::{Judgement, Status, Verdict};

/// Why a checker that needs revisions judges nothing.
const NO_REVISIONS: &str = "the store has no revisions";

/// Version of the judgement's file format.
const FORMAT: u32 = 1;

/// Runs every checker over one history, event by event.
///
/// A history whose structure is broken says nothing about the store, so everything
/// is then unknown. A checker that panics is a bug of ours: its verdict is unknown, and
/// the others go on.
pub struct Judge {
    admission: Admission,
    sitting: Sitting,
}

/// What of a history is a history: events are admitted until its structure breaks.
pub(crate) struct Admission {
    structure: Structure,
    broken: Option<StructureError>,
    members: usize,
    operations: u64,
    events: u64,
}

/// Checkers at work on the same history.
pub(crate) struct Sitting(Vec<Running>);

/// One checker at work.
struct Running {
    entry: CheckerEntry,
    state: State,
}

enum State {
    Works(Box<dyn Checker>),
    /// It does not apply to such a store.
    Idle,
    Panicked(String),
}

impl Judge {
    /// A judge with every registered checker.
    pub fn new(context: &CheckContext) -> Self {
        Self::with(checkers(), context)
    }

    /// A judge with these checkers only.
    pub fn with(entries: &[CheckerEntry], context: &CheckContext) -> Self {
        Self { admission: Admission::new(context), sitting: Sitting::new(entries, context) }
    }

    /// Takes the next event.
    pub fn observe(&mut self, event: &Arc<Event>) {
        if self.admission.admits(event) {
            self.sitting.observe(event);
        }
    }

    /// The worst that any checker says so far.
    pub fn so_far(&self) -> Status {
        if self.admission.broken.is_some() {
            return Status::Unknown;
        }
        self.sitting.0.iter().map(Running::so_far).max().unwrap_or(Status::Valid)
    }

    /// What all say, when the history is over. `torn` is the number of a last line that
    /// was cut short: it is left out, and does not by itself make anything unknown.
    pub fn finish(self, torn: Option<u64>) -> Judgement {
        self.admission.judgement(self.sitting.finish(), torn)
    }
}

impl Sitting {
    /// These checkers, before the first event.
    pub(crate) fn new(entries: &[CheckerEntry], context: &CheckContext) -> Self {
        Self(entries.iter().map(|entry| Running::start(*entry, context)).collect())
    }

    /// Takes the next event that is admitted.
    pub(crate) fn observe(&mut self, event: &Arc<Event>) {
        self.0.iter_mut().for_each(|running| running.observe(event));
    }

    /// What they say of the whole history.
    pub(crate) fn finish(self) -> Vec<Verdict> {
        self.0.into_iter().map(Running::finish).collect()
    }
}

impl Admission {
    /// Before the first event.
    pub(crate) fn new(context: &CheckContext) -> Self {
        Self {
            structure: Structure::default(),
            broken: None,
            members: context.preamble.members.len(),
            operations: 0,
            events: 0,
        }
    }

    /// Whether the next event is to be judged.
    pub(crate) fn admits(&mut self, event: &Event) -> bool {
        if self.broken.is_some() {
            return false;
        }
        self.broken = self.structure.observe(event).err();
        if self.broken.is_some() {
            return false;
        }
        self.events += 1;
        self.operations += u64::from(matches!(event.body, Body::Invoke(_)));
        true
    }

    /// What all checkers say, together.
    pub(crate) fn judgement(self, mut verdicts: Vec<Verdict>, torn: Option<u64>) -> Judgement {
        let idle = verdicts.iter().filter(|verdict| verdict.not_judged.is_some()).count();
        let numbers = self.numbers(verdicts.len() - idle, idle);
        if let Some(error) = &self.broken {
            let reason = format!("the history is broken, so nothing can be concluded: {error}");
            for verdict in &mut verdicts {
                let stats = std::mem::take(&mut verdict.stats);
                *verdict = Verdict::new(&verdict.checker, Vec::new(), vec![reason.clone()], stats);
            }
        }
        let status = verdicts.iter().map(|verdict| verdict.status).max().unwrap_or(Status::Valid);
        let mut sentence = sentence(status, &verdicts, &numbers);
        if let Some(line) = torn {
            sentence = format!("{sentence} (Line {line} is cut short and was left out.)");
        }
        Judgement { stormglass_verdicts: FORMAT, status, sentence, verdicts }
    }

    fn numbers(&self, checkers: usize, idle: usize) -> String {
        let Self { operations, events, members, .. } = self;
        let numbers = format!(
            "{operations} operations on {members} members ({events} events), {checkers} checkers"
        );
        if idle == 0 { numbers } else { format!("{numbers}, and {idle} could not judge it") }
    }
}

impl Running {
    fn start(entry: CheckerEntry, context: &CheckContext) -> Self {
        if entry.needs_revisions && !context.preamble.revisions {
            return Self { entry, state: State::Idle };
        }
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
            State::Idle => Status::Valid,
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
            State::Idle => return Verdict::not_judged(name, NO_REVISIONS),
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
