//! The checker: exits, log lines, recovery.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::patterns::{surroundings, suspicious};
use crate::checker::{CheckContext, Checker};
use crate::evidence::{Findings, finding};
use crate::history::{Body, Environment, Event, FaultId, MemberExit, Nanos, Phase, Sample};
use crate::registry::CheckerEntry;
use crate::verdict::{Status, Verdict, WitnessStep};

/// The checker's name.
const NAME: &str = "logs";

/// The checker, as the registry lists it.
pub const ENTRY: CheckerEntry = CheckerEntry {
    name: NAME,
    summary: "no member ends by itself, no log speaks of panic or corruption, and the \
              cluster is healthy again once every fault is healed",
    guarantees: &["A1", "A2", "A3"],
    anomalies: &["member-crashed", "log-finding", "not-recovered"],
    needs_revisions: false,
    new: checker,
};

/// Beyond this the harness itself was starved, and what it says about time is not the
/// store's doing.
pub(crate) const STARVED: Nanos = Nanos(500_000_000);

/// Makes the checker.
pub fn checker(_context: &CheckContext) -> Box<dyn Checker> {
    Box::<LogsChecker>::default()
}

#[derive(Default)]
struct LogsChecker {
    findings: Findings,
    reasons: Vec<String>,
    /// The last fault that was healed.
    healed: Option<(FaultId, WitnessStep)>,
    recover: Option<WitnessStep>,
    /// The worst timer lag of the harness since recovery began.
    lag: Nanos,
    exits: u64,
    /// Whether the cluster is still being started.
    preparing: bool,
}

impl Checker for LogsChecker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn observe(&mut self, event: &Arc<Event>) {
        match &event.body {
            Body::Environment(Environment::MemberExited(exit)) => self.exit(event, exit),
            Body::Environment(Environment::LogFinding { line }) => self.line(event, line),
            Body::Environment(Environment::Phase(phase)) => self.phase(event, *phase),
            Body::FaultEnd(end) => {
                let step = WitnessStep::of(event, format!("fault {} is healed", end.id), "");
                self.healed = Some((end.id, step));
            }
            Body::Sample(Sample::TimerLag { lag }) if self.recover.is_some() => {
                self.lag = self.lag.max(*lag);
            }
            _ => {}
        }
    }

    fn so_far(&self) -> Status {
        let unknown = if self.reasons.is_empty() { Status::Valid } else { Status::Unknown };
        unknown.worst(self.findings.status())
    }

    fn finish(self: Box<Self>) -> Verdict {
        let stats = BTreeMap::from([("exits".to_owned(), self.exits)]);
        self.findings.verdict(&ENTRY, self.reasons, stats)
    }
}

impl LogsChecker {
    fn exit(&mut self, event: &Event, exit: &MemberExit) {
        self.exits += 1;
        if exit.expected {
            return;
        }
        let member = name(event);
        let status = &exit.status;
        if self.preparing {
            // A wrong flag, a port that is taken: nothing that the store promised.
            self.reasons.push(format!(
                "{member} ended ({status}) before the cluster served anything; its log says why"
            ));
            return;
        }
        if let Some(cause) = exit.log_tail.iter().find_map(|line| surroundings(line)) {
            self.reasons.push(format!(
                "{member} ended ({status}) because of its surroundings: {cause}; give the run \
                 what it needs and repeat it"
            ));
            return;
        }
        let last = exit.log_tail.iter().rev().find(|line| !line.trim().is_empty());
        let telling = exit.log_tail.iter().find(|line| suspicious(line).is_some()).or(last);
        let said = telling.map_or_else(
            || "its log says nothing".to_owned(),
            |line| format!("its log says: {}", line.trim()),
        );
        self.findings.add("member-crashed", || {
            finding(
                ("member-crashed", "A1"),
                format!("{member} ended by itself with {status}; {said}"),
                "because no fault explains its end",
                format!("however its process ended with {status}"),
                vec![WitnessStep::of(event, "the process ends", status.clone()).contradicting()],
            )
        });
    }

    fn line(&mut self, event: &Event, line: &str) {
        let Some(meaning) = suspicious(line) else {
            self.reasons.push(format!(
                "a line of {}'s log was marked but is none that we know: {line}",
                name(event)
            ));
            return;
        };
        let member = name(event);
        self.findings.add("log-finding", || {
            finding(
                ("log-finding", "A2"),
                format!("{member} writes that {meaning}: {}", line.trim()),
                "because a correct member never writes such a line",
                "however it stands in its log",
                vec![WitnessStep::of(event, "a line of the log", line.trim()).contradicting()],
            )
        });
    }

    fn phase(&mut self, event: &Event, phase: Phase) {
        self.preparing = phase == Phase::Prepare;
        match phase {
            Phase::Recover => {
                self.lag = Nanos(0);
                self.recover = Some(WitnessStep::of(event, "recovery begins", "all is healed"));
            }
            Phase::NotRecovered => self.not_recovered(event),
            _ => {}
        }
    }

    fn not_recovered(&mut self, event: &Event) {
        if self.lag > STARVED {
            self.reasons.push(format!(
                "the cluster was not healthy again within the deadline, but the harness itself \
                 was starved for {:.1} s meanwhile; repeat the run on a quieter machine",
                self.lag.seconds()
            ));
            return;
        }
        let healed = self.healed.take().map(|(_, step)| step);
        let steps: Vec<WitnessStep> = healed.into_iter().chain(self.recover.take()).collect();
        let begun = steps.last().map_or(event.at, |step| step.from);
        let waited = Nanos(event.at.0.saturating_sub(begun.0)).seconds();
        self.findings.add("not-recovered", || {
            let last = WitnessStep::of(event, "the deadline passes", "not healthy").contradicting();
            finding(
                ("not-recovered", "A3"),
                format!("the cluster was not healthy {waited:.1} s after every fault was healed"),
                "because with every member up and connected a cluster elects a leader and serves",
                "however it did not within the deadline",
                steps.into_iter().chain([last]).collect(),
            )
        });
    }
}

fn name(event: &Event) -> String {
    event.member.map_or_else(|| "a member".to_owned(), |member| member.to_string())
}
