//! Members' processes and logs, and recovery.

use super::revisions::SURROUNDINGS;
use crate::history::{Body, Environment, Event, Phase, Sample};
use crate::witness::case::Case;
use crate::witness::proof::{Proof, demand, required};
use crate::witness::rule::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule::new("member-crashed", SURROUNDINGS, member_crashed),
    Rule::new("log-finding", SURROUNDINGS, log_finding),
    Rule::new("not-recovered", SURROUNDINGS, not_recovered),
];

/// Causes around the store, as logs name them.
const AROUND: [&str; 9] = [
    "address already in use",
    "no space left on device",
    "permission denied",
    "too many open files",
    "cannot allocate memory",
    "out of memory",
    "input/output error",
    "read-only file system",
    "operation not permitted",
];

/// Words without which no line of a log is taken for a finding.
const TELLING: [&str; 13] = [
    "panic",
    "fatal",
    "corrupt",
    "inconsisten",
    "mismatch",
    "does not match",
    "checksum",
    "broken",
    "size limit exceeded",
    "fault",
    "segmentation",
    "race",
    "assertion",
];

fn names_surroundings(line: &str) -> bool {
    let line = line.to_lowercase();
    AROUND.iter().any(|cause| line.contains(cause))
}

fn phase_at(case: &Case<'_>, index: u64) -> Option<Phase> {
    let before = case.context.surroundings.iter().filter(|event| event.index < index);
    before.filter_map(phase_of).next_back()
}

fn phase_of(event: &Event) -> Option<Phase> {
    match event.body {
        Body::Environment(Environment::Phase(phase)) => Some(phase),
        _ => None,
    }
}

fn member_crashed(case: &Case<'_>) -> Proof {
    let [step] = case.exactly::<1>()?;
    let Some(Environment::MemberExited(exit)) = step.environment() else {
        return Err("is no end of a member's process".to_owned());
    };
    demand(!exit.expected, "is an end that a fault explains")?;
    let early = phase_at(case, step.begin()) == Some(Phase::Prepare);
    demand(!early, "is an end before the cluster served anything")?;
    let around = exit.log_tail.iter().any(|line| names_surroundings(line));
    demand(!around, "is an end that the surroundings explain")
}

fn log_finding(case: &Case<'_>) -> Proof {
    let [step] = case.exactly::<1>()?;
    let Some(Environment::LogFinding { line }) = step.environment() else {
        return Err("is no line of a member's log".to_owned());
    };
    demand(!names_surroundings(line), "is a line about the surroundings")?;
    let lower = line.to_lowercase();
    let other = ["page already freed", "freepages:", " c | "];
    let mut words = TELLING.iter().chain(&other);
    demand(words.any(|word| lower.contains(word)), "is a line that a correct member may write")
}

/// Recovery began, and the deadline passed, with the harness awake in between. What was
/// healed last may stand before both.
fn not_recovered(case: &Case<'_>) -> Proof {
    let (healed, rest) = match case.steps.as_slice() {
        [recover, late] => (None, (recover, late)),
        [healed, recover, late] => (Some(healed), (recover, late)),
        _ => return Err("is not a beginning and an end of recovery".to_owned()),
    };
    let (recover, late) = rest;
    let is_heal = |event: &Event| matches!(event.body, Body::FaultEnd(_));
    let heals = healed.is_none_or(|step| step.event().is_some_and(is_heal));
    demand(heals, "has a step before that heals nothing")?;
    let begun = recover.event().and_then(phase_of) == Some(Phase::Recover);
    let over = late.event().and_then(phase_of) == Some(Phase::NotRecovered);
    demand(begun && over, "is not a beginning and an end of recovery")?;
    let from = required(recover.event(), "has no beginning")?.index;
    let starved = case.context.surroundings.iter().any(|event| {
        let between = event.index > from && event.index < late.begin();
        between
            && matches!(&event.body, Body::Sample(Sample::TimerLag { lag })
                if lag.0 > 500_000_000)
    });
    demand(!starved, "is of a time in which the harness was starved")
}
