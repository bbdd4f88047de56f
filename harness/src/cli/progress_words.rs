//! What a run's display says, from what has happened so far.

use serde::Serialize;
use stormglass_checkers::history::{Nanos, Phase};
use stormglass_reports::grouped;

use crate::recorder::{FaultNow, MemberNow, SoFar};

/// What a display knows beside the counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    /// Since the start of the run.
    pub(super) at: Nanos,
    /// Answered operations a second since the last look.
    pub(super) rate: f64,
    /// Whether a checker has found a violation.
    pub(super) violated: bool,
}

/// Two lines for a terminal: traffic, then members, faults and findings.
pub(super) fn bar(so_far: &SoFar, now: Now) -> String {
    let SoFar { operations, outcomes: [answered, refused, unknown], .. } = so_far;
    let traffic = format!(
        "ops {}  ok {}  refused {}  unknown {}   {:.0}/s{}",
        grouped(*operations),
        grouped(*answered),
        grouped(*refused),
        grouped(*unknown),
        now.rate,
        latencies(so_far)
            .map(|[median, slow]| format!("  p50 {median}  p99 {slow}"))
            .unwrap_or_default()
    );
    let members: Vec<String> = so_far
        .members
        .iter()
        .map(|(index, member)| format!("{index} {}", state(*member)))
        .collect();
    let phase = phase(so_far).map(|phase| format!("   {phase}")).unwrap_or_default();
    let faults = faults(so_far, now.at);
    let faults = if faults.is_empty() { String::new() } else { format!("   fault: {faults}") };
    format!("{traffic}\n{}{faults}{phase}   {}", members.join("  "), findings(now))
}

/// One line for a log.
pub(super) fn plain(so_far: &SoFar, now: Now) -> String {
    let SoFar { operations, outcomes: [answered, refused, unknown], .. } = so_far;
    let mut line = format!(
        "{:.0} s: {} operations ({} answered, {} refused, {} unknown), {:.0}/s",
        now.at.seconds(),
        grouped(*operations),
        grouped(*answered),
        grouped(*refused),
        grouped(*unknown),
        now.rate
    );
    if let Some([median, slow]) = latencies(so_far) {
        line = format!("{line}, median {median}, 99 % {slow}");
    }
    if let Some((leader, member)) = so_far.members.iter().find(|(_, member)| member.leads) {
        line = format!("{line}; leader {leader} in term {}", member.term);
    }
    let faults = faults(so_far, now.at);
    if !faults.is_empty() {
        line = format!("{line}; {faults}");
    }
    if let Some(phase) = phase(so_far) {
        line = format!("{line}; {phase}");
    }
    format!("{line}; {}", findings(now))
}

/// One JSON object on a line.
pub(super) fn json(so_far: &SoFar, now: Now, events: u64) -> String {
    #[derive(Serialize)]
    struct Told {
        seconds: f64,
        events: u64,
        violated: bool,
        operations: u64,
        answered: u64,
        refused: u64,
        unknown: u64,
        rate: f64,
        median_ms: Option<f64>,
        p99_ms: Option<f64>,
        leader: Option<String>,
        faults: Vec<String>,
    }
    let milliseconds = |time: Nanos| tenth(time.seconds() * 1e3);
    let [median_ms, p99_ms] = match so_far.latencies {
        Some(times) => times.map(|time| Some(milliseconds(time))),
        None => [None, None],
    };
    let leader = so_far.members.iter().find(|(_, member)| member.leads);
    let [answered, refused, unknown] = so_far.outcomes;
    let told = Told {
        seconds: tenth(now.at.seconds()),
        events,
        violated: now.violated,
        operations: so_far.operations,
        answered,
        refused,
        unknown,
        rate: tenth(now.rate),
        median_ms,
        p99_ms,
        leader: leader.map(|(index, _)| index.to_string()),
        faults: so_far.faults.values().map(named).collect(),
    };
    serde_json::to_string(&told).unwrap_or_default()
}

fn findings(now: Now) -> &'static str {
    if now.violated { "violation found" } else { "nothing found so far" }
}

fn state(member: MemberNow) -> String {
    match member {
        MemberNow { runs: false, .. } => "✕ down".to_owned(),
        MemberNow { leads: true, term, .. } => format!("▲ leads, term {term}"),
        MemberNow { .. } => "up".to_owned(),
    }
}

fn faults(so_far: &SoFar, at: Nanos) -> String {
    let held = |fault: &FaultNow| {
        let seconds = Nanos(at.0.saturating_sub(fault.since.0)).seconds();
        format!("{} for {seconds:.1} s", named(fault))
    };
    so_far.faults.values().map(held).collect::<Vec<_>>().join(", ")
}

fn named(fault: &FaultNow) -> String {
    let members: Vec<String> = fault.members.iter().map(ToString::to_string).collect();
    if members.is_empty() {
        return fault.kind.clone();
    }
    format!("{} on {}", fault.kind, members.join(" "))
}

/// The phase, where it is not the traffic's.
fn phase(so_far: &SoFar) -> Option<&'static str> {
    match so_far.phase? {
        Phase::Prepare => Some("preparing"),
        Phase::Traffic => None,
        Phase::Recover => Some("recovering"),
        Phase::Recovered => Some("recovered"),
        Phase::NotRecovered => Some("not recovered"),
        Phase::Final => Some("final reads"),
        Phase::Done => Some("done"),
    }
}

fn latencies(so_far: &SoFar) -> Option<[String; 2]> {
    so_far.latencies.map(|times| times.map(|time| format!("{:.1} ms", time.seconds() * 1e3)))
}

fn tenth(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use stormglass_checkers::history::{FaultId, MemberIndex};

    use super::*;

    fn so_far() -> SoFar {
        let [first, third] = [MemberIndex(0), MemberIndex(2)];
        let leading = MemberNow { runs: true, leads: true, term: 7 };
        let fault = FaultNow {
            kind: "pause".to_owned(),
            members: vec![third],
            since: Nanos(35_000_000_000),
        };
        SoFar {
            operations: 18_402,
            outcomes: [17_988, 12, 402],
            latencies: Some([Nanos(2_100_000), Nanos(38_000_000)]),
            members: [(first, leading), (third, MemberNow::default())].into(),
            faults: [(FaultId(4), fault)].into(),
            phase: Some(Phase::Traffic),
        }
    }

    const NOW: Now = Now { at: Nanos(41_200_000_000), rate: 412.3, violated: false };

    #[test]
    fn a_terminal_has_two_lines() {
        let expected = "ops 18,402  ok 17,988  refused 12  unknown 402   412/s  p50 2.1 ms  p99 38.0 ms\n\
                        m1 ▲ leads, term 7  m3 ✕ down   fault: pause on m3 for 6.2 s   nothing found so far";
        assert_eq!(bar(&so_far(), NOW), expected);
    }

    #[test]
    fn a_log_has_one() {
        let expected = "41 s: 18,402 operations (17,988 answered, 12 refused, 402 unknown), 412/s, \
                        median 2.1 ms, 99 % 38.0 ms; leader m1 in term 7; pause on m3 for 6.2 s; \
                        nothing found so far";
        assert_eq!(plain(&so_far(), NOW), expected);
        let ending = SoFar { phase: Some(Phase::Recover), ..SoFar::default() };
        let told = plain(&ending, Now { violated: true, ..NOW });
        assert!(told.ends_with("; recovering; violation found"), "{told}");
    }

    #[test]
    fn programs_have_an_object() {
        let told: serde_json::Value =
            serde_json::from_str(&json(&so_far(), NOW, 90_000)).expect("JSON");
        assert_eq!(told["operations"], 18_402);
        assert_eq!(told["leader"], "m1");
        assert_eq!(told["faults"][0], "pause on m3");
        assert_eq!(told["p99_ms"], 38.0);
        assert_eq!(told["events"], 90_000);
    }
}
