//! `metrics.prom`: the run's numbers as OpenMetrics text, for whoever collects them.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use stormglass_checkers::history::Nanos;
use stormglass_checkers::verdict::Status;

use crate::artifact::Artifact;
use crate::digest::{Digest, FaultState, OutcomeKind, summarise};
use crate::record::RunRecord;
use crate::renderer::{Renderer, ReportError};

/// Writes `metrics.prom`.
pub(crate) struct Metrics;

impl Renderer for Metrics {
    fn name(&self) -> &'static str {
        "metrics"
    }

    fn render(
        &self,
        record: &RunRecord<'_>,
        digest: &Digest,
    ) -> Result<Vec<Artifact>, ReportError> {
        let mut text = Text::default();
        about(&mut text, record);
        traffic(&mut text, digest);
        faults(&mut text, digest);
        text.family("stormglass_member_restarts", "counter", "Starts of members after the first.");
        text.sample("stormglass_member_restarts_total", &[], digest.members.restarts);
        text.family("stormglass_watch_events", "counter", "Events that watches delivered.");
        text.sample("stormglass_watch_events_total", &[], digest.watch_events);
        if let Some(lag) = digest.timer_lag {
            let help = "How late timers of the harness fired, at most.";
            text.family("stormglass_timer_lag_seconds", "gauge", help);
            text.sample("stormglass_timer_lag_seconds", &[], seconds(lag));
        }
        Ok(vec![Artifact::text("metrics.prom", text.finish())])
    }
}

fn about(text: &mut Text, record: &RunRecord<'_>) {
    let (preamble, judgement) = (record.preamble, record.judgement);
    text.family("stormglass_run", "info", "What was run.");
    let seed = preamble.seed.to_string();
    let labels = [
        ("scenario", preamble.scenario.as_str()),
        ("target", &preamble.target),
        ("release", &record.plan.release),
        ("seed", &seed),
        ("stormglass", &preamble.written_by),
    ];
    text.sample("stormglass_run_info", &labels, 1);
    text.family("stormglass_verdict", "stateset", "The verdict.");
    for status in [Status::Valid, Status::Unknown, Status::Invalid] {
        let is = u8::from(judgement.status == status);
        text.sample("stormglass_verdict", &[("stormglass_verdict", &status.to_string())], is);
    }
    text.family("stormglass_run_seconds", "gauge", "From the start to the end of judging.");
    text.sample("stormglass_run_seconds", &[], seconds(record.facts.duration));
    text.family("stormglass_findings", "gauge", "Findings that are told, by checker and anomaly.");
    for verdict in &judgement.verdicts {
        let mut numbers: BTreeMap<&str, u64> = BTreeMap::new();
        for finding in &verdict.findings {
            *numbers.entry(&finding.anomaly).or_default() += 1;
        }
        for (anomaly, number) in numbers {
            let labels = [("checker", verdict.checker.as_str()), ("anomaly", anomaly)];
            text.sample("stormglass_findings", &labels, number);
        }
    }
}

fn traffic(text: &mut Text, digest: &Digest) {
    let kinds = summarise(&digest.operations);
    text.family("stormglass_operations", "counter", "Operations by kind and outcome.");
    for (kind, summary) in &kinds {
        for (outcome, count) in OutcomeKind::ALL.into_iter().zip(summary.counts) {
            let outcome = match outcome {
                OutcomeKind::Ok => "ok",
                OutcomeKind::Failed => "failed",
                OutcomeKind::Unknown => "unknown",
            };
            let labels = [("kind", *kind), ("outcome", outcome)];
            text.sample("stormglass_operations_total", &labels, count);
        }
    }
    let help = "Latency of answered operations, from the moment they were meant to be sent.";
    text.family("stormglass_latency_seconds", "gauge", help);
    for (kind, summary) in &kinds {
        let quantiles = summary.quantiles.into_iter().flatten();
        for (quantile, latency) in ["0.5", "0.95", "0.99", "1"].into_iter().zip(quantiles) {
            let labels = [("kind", *kind), ("quantile", quantile)];
            text.sample("stormglass_latency_seconds", &labels, seconds(latency));
        }
    }
}

fn faults(text: &mut Text, digest: &Digest) {
    let mut numbers: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for fault in &digest.faults {
        let state = match fault.state {
            FaultState::Landed => "landed",
            FaultState::HealFailed => "heal-failed",
            FaultState::Open => "open",
            FaultState::Missed => "missed",
            FaultState::NeverBegun => "never-begun",
        };
        *numbers.entry((&fault.kind, state)).or_default() += 1;
    }
    text.family("stormglass_faults", "gauge", "Planned faults by kind and what became of them.");
    for ((kind, state), number) in numbers {
        text.sample("stormglass_faults", &[("kind", kind), ("state", state)], number);
    }
}

fn seconds(time: Nanos) -> f64 {
    time.seconds()
}

/// The text as it grows.
#[derive(Default)]
struct Text(String);

impl Text {
    /// A family of samples. Writing to a string does not fail.
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let name = if kind == "info" { name.trim_end_matches("_info") } else { name };
        let _ = writeln!(self.0, "# TYPE {name} {kind}\n# HELP {name} {help}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn finish(mut self) -> String {
        self.0.push_str("# EOF\n");
        self.0
    }
}

/// A label's value as the format wants it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
