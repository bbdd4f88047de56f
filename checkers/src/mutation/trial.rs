//! Mutants of one history, judged on every core.

use std::convert::Infallible;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use super::class::Class;
use super::ground::Ground;
use super::mutant::{Mutant, Shown};
use super::place::Place;
use crate::checker::{Budget, CheckContext};
use crate::confirm::confirm;
use crate::history::{Event, History};
use crate::judge::Judge;
use crate::registry::CheckerEntry;
use crate::verdict::{Judgement, Status};

/// A mutant to be made and judged.
pub(super) struct Trial<'a> {
    pub(super) class: &'static Class,
    pub(super) place: Place,
    pub(super) judges: &'a [CheckerEntry],
}

/// The checkers that found something in a mutant, each with its first finding's anomaly.
#[derive(Debug, Default)]
pub(super) struct Caught(pub(super) Vec<(String, String)>);

/// Where mutants are judged: the history that they differ from.
pub(super) struct Bench<'a> {
    ground: &'a Ground<'a>,
    events: Vec<Arc<Event>>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(ground: &'a Ground<'a>) -> Self {
        let events = ground.history.events.iter().cloned().map(Arc::new).collect();
        Self { ground, events }
    }

    /// Tries all, on every core; `tell` is told of each as it ends, by its index.
    pub(super) fn try_all(&self, trials: &[Trial<'_>], mut tell: impl FnMut(usize, Caught)) {
        let next = AtomicUsize::new(0);
        let (sender, ended) = mpsc::channel();
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        thread::scope(|scope| {
            for _ in 0..cores.min(trials.len()) {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(trial) = trials.get(at) else { break };
                        if sender.send((at, self.attempt(trial))).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            for (at, caught) in &ended {
                tell(at, caught);
            }
        });
    }

    fn attempt(&self, trial: &Trial<'_>) -> Caught {
        // A place at which nothing can be planted is a bug of the class: nobody catches it.
        let mutant = (trial.class.plant)(self.ground, trial.place);
        let Some(mutant) = mutant.filter(|mutant| !mutant.is_empty()) else {
            return Caught::default();
        };
        let verdicts = self.judge(trial.judges, &mutant).verdicts.into_iter();
        let found = verdicts.filter(|verdict| verdict.status == Status::Invalid);
        let told = found.map(|verdict| {
            let first = verdict.findings.first().map(|finding| finding.anomaly.clone());
            (verdict.checker, first.unwrap_or_default())
        });
        Caught(told.collect())
    }

    /// What these checkers say to the history with these differences.
    pub(super) fn judge(&self, entries: &[CheckerEntry], mutant: &Mutant) -> Judgement {
        let history: &History = self.ground.history;
        let preamble = history.preamble.clone();
        let context = CheckContext { preamble, sometimes: Vec::new(), budget: Budget::default() };
        let mut judge = Judge::with(entries, &context);
        mutant.show(&history.events, |shown| match shown {
            Shown::Original(at) => judge.observe(&self.events[at]),
            Shown::Other(event) => judge.observe(&Arc::new(event)),
        });
        let mut judgement = judge.finish(history.torn);
        // A finding that the validator of witnesses refuses catches nothing.
        let again = || Ok(mutant.history(history).events.into_iter().map(Ok::<_, Infallible>));
        confirm(&history.preamble, &mut judgement, again);
        judgement
    }
}
