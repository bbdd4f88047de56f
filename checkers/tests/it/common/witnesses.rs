//! Every finding of every test is held against its history. Its witness is then spoiled in
//! every mechanical way, and what is left must prove nothing.

use stormglass_checkers::history::{Body, Event, History};
use stormglass_checkers::registry::checkers;
use stormglass_checkers::verdict::{Finding, WitnessStep};
use stormglass_checkers::witness::{Ruling, Validator};

/// More steps than this nobody reads.
const STEPS: usize = 12;

/// What the validator says of findings on a history.
pub fn rulings(history: &History, findings: &[Finding]) -> Vec<Ruling> {
    let mut validator = Validator::new(&history.preamble, findings);
    history.events.iter().for_each(|event| validator.observe(event));
    validator.finish()
}

/// Fails unless every finding is accepted, and refused once its witness is spoiled.
///
/// # Panics
/// When a finding is refused, or a spoiled one is not.
pub fn accept(history: &History, findings: &[Finding]) {
    if findings.is_empty() {
        return;
    }
    for (finding, ruling) in findings.iter().zip(rulings(history, findings)) {
        assert_eq!(ruling, Ruling::Accepted, "{finding:#?}");
        let steps = finding.witness.steps.len();
        assert!((1..=STEPS).contains(&steps), "{steps} steps: {finding:#?}");
        assert!(!finding.sentence.is_empty(), "{finding:#?}");
        assert!(finding.because.starts_with("because "), "{finding:#?}");
        assert!(finding.however.starts_with("however "), "{finding:#?}");
    }
    let spoiled: Vec<Spoiled> =
        findings.iter().flat_map(|finding| spoiled(history, finding)).collect();
    let told: Vec<Finding> = spoiled.iter().map(|spoiled| spoiled.finding.clone()).collect();
    for (spoiled, ruling) in spoiled.iter().zip(rulings(history, &told)) {
        let Spoiled { how, finding } = spoiled;
        assert_ne!(ruling, Ruling::Accepted, "accepted with {how}: {finding:#?}");
    }
}

/// A finding whose witness was spoiled.
struct Spoiled {
    how: String,
    finding: Finding,
}

/// A finding in every way in which it proves nothing any more.
fn spoiled(history: &History, finding: &Finding) -> Vec<Spoiled> {
    let mut all = Vec::new();
    let mut add = |how: String, steps: Vec<WitnessStep>| {
        let mut finding = finding.clone();
        finding.witness.steps = steps;
        all.push(Spoiled { how, finding });
    };
    let steps = &finding.witness.steps;
    let other = unrelated(history, steps);
    for at in 0..steps.len() {
        let mut fewer = steps.clone();
        fewer.remove(at);
        if !is_context(history, finding, at) {
            add(format!("no step {at}"), fewer);
        }
        let mut moved = steps.clone();
        moved[at].index = (moved[at].index + 1) % history.events.len() as u64;
        moved.sort_by_key(|step| step.index);
        add(format!("step {at} moved"), moved);
        if let Some(other) = &other {
            let mut exchanged = steps.clone();
            exchanged[at] = other.clone();
            exchanged.sort_by_key(|step| step.index);
            add(format!("an unrelated step {at}"), exchanged);
        }
    }
    for anomaly in foreign(&finding.anomaly) {
        let finding = Finding { anomaly: anomaly.to_owned(), ..finding.clone() };
        all.push(Spoiled { how: format!("the name {anomaly}"), finding });
    }
    all
}

/// Whether a step only tells what else happened: the proof does not need it.
fn is_context(history: &History, finding: &Finding, at: usize) -> bool {
    let index = usize::try_from(finding.witness.steps[at].index).unwrap_or(usize::MAX);
    let event = history.events.get(index);
    let fault =
        event.is_some_and(|one| matches!(one.body, Body::FaultBegin(_) | Body::FaultEnd(_)));
    let told = matches!(
        finding.anomaly.as_str(),
        "lost-write" | "vanished-read" | "revision-lost" | "not-recovered"
    );
    // An answer may be wrong in other ways too, or a value nobody's.
    let more = finding.anomaly.starts_with("wrong-") || finding.anomaly == "watch-phantom";
    // What is left of a longer cycle may be a shorter one.
    let shorter = finding.anomaly.starts_with('G') && finding.witness.steps.len() > 2;
    (fault && told) || (more && !finding.witness.steps[at].contradicts) || shorter
}

/// A step that the history has and that proves nothing.
fn unrelated(history: &History, steps: &[WitnessStep]) -> Option<WitnessStep> {
    let named = |event: &&Event| steps.iter().any(|step| step.index == event.index);
    let idle = |event: &&Event| {
        matches!(event.body, Body::Environment(_) | Body::Note(_)) && event.member.is_none()
    };
    let mut events = history.events.iter().filter(idle);
    let event = events.find(|event| !named(event))?;
    Some(WitnessStep::of(event, "something else", "nothing").contradicting())
}

/// Checkers by what their findings are about. Two of one kind may have names for one thing.
const KINDS: [&[&str]; 4] = [
    &["durability", "linearizability", "append", "convergence", "revisions", "watch", "locks"],
    &["leases"],
    &["availability"],
    &["logs"],
];

/// Anomalies of another kind than this one.
fn foreign(anomaly: &str) -> Vec<&'static str> {
    let of = |name: &str| checkers().iter().find(|entry| entry.anomalies.contains(&name));
    let kind = |checker: &str| KINDS.iter().position(|kind| kind.contains(&checker));
    let own = of(anomaly).and_then(|entry| kind(entry.name));
    let others = checkers().iter().filter(|entry| kind(entry.name) != own);
    // Leases that are used when they are dead are found by two checkers.
    let both = ["lease-misordered", "dead-lease-used"];
    let same = |other: &&str| both.contains(&anomaly) && both.contains(other);
    others.flat_map(|entry| entry.anomalies.iter().copied()).filter(|one| !same(one)).collect()
}
