//! Plans, runs and judgements of the simulated store.

use std::collections::BTreeMap;
use std::sync::Arc;

use stormglass_checkers::checker::{Budget, CheckContext};
use stormglass_checkers::history::Event;
use stormglass_checkers::judge::Judge;
use stormglass_checkers::verdict::{Judgement, Status, Verdict};
use stormglass_checkers::witness::{Ruling, Validator};
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::Scenario;
use stormglass_scenarios::simulation::{Bug, Simulated, Simulation};

/// The plan of a scenario given by its text after name and schema.
pub(crate) fn plan(text: &str, seed: u64) -> Plan {
    let text = format!("schema = 1\nname = \"test\"\n{text}");
    let scenario = Scenario::parse(&text, "test.toml").expect("a scenario");
    Plan::build(&scenario, seed, "3.6.12").expect("a plan")
}

/// Some seconds of busy traffic on few keys with short leases, and these faults.
pub(crate) fn busy(seconds: u32, faults: &[&str], seed: u64) -> Plan {
    let mut text = format!(
        "[workload]\nclients = 6\nwatchers = 4\nrate = 200\nkeys = 8\n\
         lease-ttl = {{ min = 1, max = 2 }}\ndeadline = \"700ms\"\ncompact-lag = 60\n\
         [workload.weights]\nlease-grant = 6\nlease-attach = 12\nlease-keepalive = 6\n\
         history-range = 6\nstale-range = 4\ncompact = 3\n\
         [limits]\nduration = \"{seconds}s\"\nrecovery = \"20s\"\n\
         [cluster]\nelection = \"500ms\"\nheartbeat = \"50ms\"\n"
    );
    for fault in faults {
        text.push_str(fault);
    }
    plan(&text, seed)
}

/// Faults, as scenarios write them.
pub(crate) const KILL: &str = "[[fault]]\nkind = \"kill\"\nevery = \"2s\"\nfor = \"400ms\"\n";
pub(crate) const KILL_ALL: &str =
    "[[fault]]\nkind = \"kill\"\ntarget = \"all\"\nevery = \"2s\"\nfor = \"300ms\"\n";
pub(crate) const PAUSE: &str = "[[fault]]\nkind = \"pause\"\nevery = \"2s\"\nfor = \"900ms\"\n";
pub(crate) const ISOLATE: &str =
    "[[fault]]\nkind = \"isolate\"\ntarget = \"leader\"\nevery = \"2s\"\nfor = \"1s\"\n";
pub(crate) const MAJORITY: &str =
    "[[fault]]\nkind = \"isolate\"\ntarget = \"majority\"\nevery = \"2s\"\nfor = \"800ms\"\n";
pub(crate) const COMPACT: &str =
    "[[fault]]\nkind = \"compact\"\nevery = \"1s\"\nparams = { lag = \"20\" }\n";
pub(crate) const DEFRAGMENT: &str = "[[fault]]\nkind = \"defragment\"\nevery = \"1s\"\n";
pub(crate) const KILL_DEFRAGMENT: &str =
    "[[fault]]\nkind = \"kill-defragment\"\nevery = \"2s\"\nfor = \"300ms\"\n";

/// A run with its history and judgement.
pub(crate) struct Judged {
    pub(crate) simulated: Simulated,
    pub(crate) events: Vec<Event>,
    pub(crate) judgement: Judgement,
    /// Checker and anomaly of every finding that the validator of witnesses accepts. What
    /// a checker concludes behind a first violation may lean on content that the store
    /// never held; the validator refuses that, and nobody is shown it.
    confirmed: Vec<(String, String)>,
}

impl Judged {
    /// The status of each checker that is not valid, with its first sentence.
    pub(crate) fn complaints(&self) -> BTreeMap<String, String> {
        let bad = self.judgement.verdicts.iter().filter(|one| one.status != Status::Valid);
        bad.map(|verdict| {
            let finding = verdict.findings.first();
            let text = finding.map(|one| format!("{}: {}", one.anomaly, one.sentence));
            let text = text.or_else(|| verdict.reasons.first().cloned()).unwrap_or_default();
            (verdict.checker.clone(), text)
        })
        .collect()
    }

    /// The anomalies that a checker found and that are confirmed.
    pub(crate) fn anomalies(&self, checker: &str) -> Vec<&str> {
        let of = self.confirmed.iter().filter(|(found_by, _)| found_by == checker);
        of.map(|(_, anomaly)| anomaly.as_str()).collect()
    }
}

/// Runs a plan and judges the history with every checker.
pub(crate) fn judge(plan: &Plan, bug: Option<Bug>) -> Judged {
    let simulation = Simulation::new(plan);
    let simulation = match bug {
        Some(bug) => simulation.with_bug(bug),
        None => simulation,
    };
    let context = CheckContext {
        preamble: simulation.preamble(),
        sometimes: plan.scenario.check.sometimes.clone(),
        budget: Budget::default(),
    };
    let mut judge = Judge::new(&context);
    let mut events = Vec::new();
    let simulated = simulation.run(&mut |event| {
        judge.observe(&Arc::new(event.clone()));
        events.push(event);
    });
    let judgement = judge.finish(None);
    let confirmed = confirmed(&context, &events, &judgement);
    Judged { simulated, events, judgement, confirmed }
}

/// Checker and anomaly of every finding that the validator of witnesses accepts.
fn confirmed(
    context: &CheckContext,
    events: &[Event],
    judgement: &Judgement,
) -> Vec<(String, String)> {
    let of_verdict = |verdict: &'_ Verdict| {
        let checker = verdict.checker.clone();
        let findings = verdict.findings.clone().into_iter();
        findings.map(move |finding| (checker.clone(), finding)).collect::<Vec<_>>()
    };
    let findings: Vec<_> = judgement.verdicts.iter().flat_map(of_verdict).collect();
    let witnesses = findings.iter().map(|(_, finding)| finding);
    let mut validator = Validator::new(&context.preamble, witnesses);
    if !findings.is_empty() {
        for event in events {
            validator.observe(event);
        }
    }
    let rulings = findings.iter().zip(validator.finish());
    let accepted = rulings.filter(|(_, ruling)| *ruling == Ruling::Accepted);
    accepted.map(|((checker, found), _)| (checker.clone(), found.anomaly.clone())).collect()
}
