//! Judges while the run goes on, on a thread of its own.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::thread::{self, JoinHandle};

use stormglass_checkers::checker::{Budget, CheckContext};
use stormglass_checkers::confirm;
use stormglass_checkers::history::{Event, Line, Preamble};
use stormglass_checkers::judge::Judge;
use stormglass_checkers::verdict::{Judgement, Status};
use stormglass_scenarios::plan::Plan;

use crate::run_dir::open_history;

/// A judge at work.
pub struct Judging {
    thread: JoinHandle<Judgement>,
    violated: Arc<AtomicBool>,
}

impl Judging {
    /// Starts judging the stream of events.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn start(context: CheckContext, events: Receiver<Arc<Event>>) -> io::Result<Self> {
        let violated = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&violated);
        let thread = thread::Builder::new().name("judge".to_owned()).spawn(move || {
            // Cluster and clients come first: a starved store would be tested less.
            let _ = stormglass_linux::priority::give_way();
            let mut judge = Judge::new(&context);
            for event in events {
                judge.observe(&event);
                // Asking every checker is not free; every now and then is often enough.
                if event.index % 256 == 0 && judge.so_far() == Status::Invalid {
                    flag.store(true, Ordering::Relaxed);
                }
            }
            judge.finish(None)
        })?;
        Ok(Self { thread, violated })
    }

    /// Whether a violation has been found so far.
    pub fn violated(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.violated)
    }

    /// The judgement, when the stream of events has ended.
    ///
    /// # Errors
    /// When the judge panicked, which is a bug of ours.
    pub fn finish(self) -> Result<Judgement, String> {
        self.thread.join().map_err(|_panic| {
            "the judge panicked, which is a bug of Stormglass; `stormglass check` on the run \
             directory judges the history again"
                .to_owned()
        })
    }
}

/// Completes findings with the stored history, and takes out of a judgement those that it
/// does not prove. Only where there are findings, it is read once more.
pub fn confirm(history: &Path, preamble: &Preamble, judgement: &mut Judgement) {
    confirm::confirm(preamble, judgement, || {
        let lines = open_history(history).map_err(|error| error.to_string())?;
        Ok(lines.filter_map(|line| match line {
            Ok(Line::Event(event)) => Some(Ok(event)),
            Ok(Line::Torn { .. }) => None,
            Err(error) => Some(Err(error.to_string())),
        }))
    });
}

/// What checkers are told, from a history's first line and a run's plan.
pub fn context(preamble: &Preamble, plan: Option<&Plan>) -> CheckContext {
    let sometimes = plan.map(|plan| plan.scenario.check.sometimes.clone()).unwrap_or_default();
    CheckContext { preamble: preamble.clone(), sometimes, budget: Budget::default() }
}
