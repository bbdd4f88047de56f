//! Running checkers over a history.

use stormglass_checkers::checker::{Budget, CheckContext, Checker};
use stormglass_checkers::history::History;
use stormglass_checkers::judge::Judge;
use stormglass_checkers::registry::checkers;
use stormglass_checkers::verdict::{Judgement, Verdict};

/// The context of a history, with the default bounds.
pub fn context(history: &History) -> CheckContext {
    let preamble = history.preamble.clone();
    CheckContext { preamble, sometimes: Vec::new(), budget: Budget::default() }
}

/// Feeds a checker a whole history.
pub fn feed(mut checker: Box<dyn Checker>, history: &History) -> Verdict {
    history.events.iter().for_each(|event| checker.observe(event));
    checker.finish()
}

/// What the checker of that name says.
///
/// # Panics
/// When there is no checker of that name.
pub fn verdict(name: &str, history: &History) -> Verdict {
    let entry = checkers().iter().find(|entry| entry.name == name);
    let entry = entry.unwrap_or_else(|| panic!("no checker is called {name}"));
    feed((entry.new)(&context(history)), history)
}

/// The anomalies that the checker of that name finds, in order, without repeats.
pub fn anomalies(name: &str, history: &History) -> Vec<String> {
    let mut names: Vec<String> =
        verdict(name, history).findings.into_iter().map(|finding| finding.anomaly).collect();
    names.dedup();
    names
}

/// What all checkers say.
pub fn judge(history: &History) -> Judgement {
    let mut judge = Judge::new(&context(history));
    history.events.iter().for_each(|event| judge.observe(event));
    judge.finish(history.torn)
}
