//! Running checkers over a history.

use std::sync::Arc;

use stormglass_checkers::checker::{Budget, CheckContext, Checker};
use stormglass_checkers::history::{Body, Event, History};
use stormglass_checkers::judge::Judge;
use stormglass_checkers::registry::{CheckerEntry, checkers};
use stormglass_checkers::verdict::{Judgement, Status, Verdict};
use stormglass_checkers::wording;

use super::witnesses::accept;

/// The context of a history, with the default bounds.
pub fn context(history: &History) -> CheckContext {
    let preamble = history.preamble.clone();
    CheckContext { preamble, sometimes: Vec::new(), budget: Budget::default() }
}

/// Feeds a checker a whole history.
///
/// # Panics
/// When the validator of witnesses does not accept a finding.
pub fn feed(mut checker: Box<dyn Checker>, history: &History) -> Verdict {
    history.events.iter().for_each(|event| checker.observe(&Arc::new(event.clone())));
    let verdict = checker.finish();
    accept(history, &verdict.findings);
    verdict
}

/// What the checker of that name says, before the validator of witnesses has seen it.
///
/// # Panics
/// When there is no checker of that name.
pub fn unconfirmed(name: &str, history: &History) -> Verdict {
    let mut checker = (entry(name).new)(&context(history));
    history.events.iter().for_each(|event| checker.observe(&Arc::new(event.clone())));
    checker.finish()
}

fn entry(name: &str) -> &'static CheckerEntry {
    let found = checkers().iter().find(|entry| entry.name == name);
    found.unwrap_or_else(|| panic!("no checker is called {name}"))
}

/// What the checker of that name says.
///
/// # Panics
/// When there is no checker of that name.
pub fn verdict(name: &str, history: &History) -> Verdict {
    feed((entry(name).new)(&context(history)), history)
}

/// The anomalies that the checker of that name finds, in order, without repeats.
pub fn anomalies(name: &str, history: &History) -> Vec<String> {
    let mut names: Vec<String> =
        verdict(name, history).findings.into_iter().map(|finding| finding.anomaly).collect();
    names.dedup();
    names
}

/// Expects the checker of that name to find a history valid.
///
/// # Panics
/// When it does not.
pub fn assert_valid(name: &str, history: &History) {
    let verdict = verdict(name, history);
    assert_eq!(verdict.status, Status::Valid, "{}", told(&verdict));
}

/// Expects the checker of that name to say `unknown`, for a reason with these words.
///
/// # Panics
/// When it does not.
pub fn assert_unknown(name: &str, history: &History, reason: &str) {
    let verdict = verdict(name, history);
    assert_eq!(verdict.status, Status::Unknown, "{}", told(&verdict));
    assert!(verdict.reasons.iter().any(|text| text.contains(reason)), "{:?}", verdict.reasons);
}

/// What all checkers say.
///
/// # Panics
/// When the validator of witnesses does not accept a finding.
pub fn judge(history: &History) -> Judgement {
    let mut judge = Judge::new(&context(history));
    history.events.iter().for_each(|event| judge.observe(&Arc::new(event.clone())));
    let judgement = judge.finish(history.torn);
    judgement.verdicts.iter().for_each(|verdict| accept(history, &verdict.findings));
    judgement
}

/// A verdict in a few lines, for messages of failing tests.
pub fn told(verdict: &Verdict) -> String {
    let mut lines = vec![format!("{} is {}", verdict.checker, verdict.status)];
    lines.extend(verdict.reasons.iter().map(|reason| format!("unknown: {reason}")));
    for finding in &verdict.findings {
        lines.push(format!("{} ({}): {}", finding.anomaly, finding.guarantee, finding.sentence));
        let steps = finding.witness.steps.iter();
        lines.extend(steps.map(|step| {
            let end = step.completion.map(|end| format!("..{end}")).unwrap_or_default();
            format!("    {}{end}: {} → {}", step.index, step.what, step.shows)
        }));
    }
    lines.push(format!("{:?}", verdict.stats));
    lines.join("\n")
}

/// A history in one line an event, for messages of failing tests.
pub fn listing(history: &History) -> String {
    let line = |event: &Event| {
        let who = event.process.map(|process| process.to_string()).unwrap_or_default();
        let what = match &event.body {
            Body::Invoke(invoke) => wording::request(&invoke.request),
            Body::Complete(outcome) => format!("→ {}", wording::outcome(outcome)),
            other => format!("{other:?}").chars().take(200).collect(),
        };
        format!("{} {who} {what}", event.index)
    };
    history.events.iter().map(line).collect::<Vec<_>>().join("\n")
}
