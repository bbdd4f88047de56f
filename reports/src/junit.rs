//! `junit.xml`: a suite for the scenario, a case for every checker and one for the run.

use std::time::Duration;

use chrono::{DateTime, FixedOffset};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use stormglass_checkers::verdict::{Finding, Status, Verdict};

use crate::artifact::Artifact;
use crate::digest::Digest;
use crate::html::versions;
use crate::record::{RunFacts, RunRecord};
use crate::renderer::{Renderer, ReportError};
use crate::text::{self, argument};

/// Writes `junit.xml`. Invalid is a failure (the store is wrong), unknown is an error
/// (the test is), as CI systems and Allure tell them apart.
pub(crate) struct Junit;

impl Renderer for Junit {
    fn name(&self) -> &'static str {
        "junit"
    }

    fn render(&self, record: &RunRecord<'_>, _: &Digest) -> Result<Vec<Artifact>, ReportError> {
        let mut report = Report::new("stormglass");
        report.set_time(Duration::from_nanos(record.facts.duration.0));
        report.add_test_suite(suite(record));
        let mut bytes = Vec::new();
        report.serialize(&mut bytes)?;
        Ok(vec![Artifact { path: "junit.xml".to_owned(), bytes }])
    }
}

fn suite(record: &RunRecord<'_>) -> TestSuite {
    let scenario = text::visible(&record.preamble.scenario);
    let mut suite = TestSuite::new(&*scenario);
    suite.set_time(Duration::from_nanos(record.facts.duration.0));
    if let Some(started) = started(&record.facts.started) {
        suite.set_timestamp(started);
    }
    let properties = [
        ("seed", text::seed(record.preamble.seed)),
        ("plan-hash", plan_hash(record)),
        ("store-version", versions(record.preamble)),
        ("target", record.preamble.target.clone()),
        ("verdict", record.judgement.status.to_string()),
        ("exit-code", record.facts.exit_code.to_string()),
        ("command", record.facts.command.clone()),
    ];
    for (name, value) in properties {
        suite.add_property((name, &*text::visible(&value)));
    }
    let class = format!("stormglass.{scenario}");
    let cases = record.judgement.verdicts.iter().map(|verdict| {
        let mut case = TestCase::new(&*text::visible(&verdict.checker), status(verdict));
        case.set_classname(&*class);
        case
    });
    suite.add_test_cases(cases);
    let mut run = TestCase::new("run", run_status(record));
    run.set_time(Duration::from_nanos(record.facts.duration.0));
    run.set_classname(&*class);
    suite.add_test_case(run);
    suite
}

/// When the run began: Allure calls a suite without it unknown.
fn started(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok()
}

fn status(verdict: &Verdict) -> TestCaseStatus {
    if let Some(why) = &verdict.not_judged {
        let mut status = TestCaseStatus::skipped();
        status.set_message(text::visible(why));
        return status;
    }
    match verdict.status {
        Status::Valid => TestCaseStatus::success(),
        Status::Unknown => {
            let reasons: Vec<_> =
                verdict.reasons.iter().map(|reason| text::visible(reason)).collect();
            let first = reasons.first().map_or("no reason was given", String::as_str);
            error("unknown", first, &reasons.join("\n"))
        }
        Status::Invalid => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            if let Some(first) = verdict.findings.first() {
                status.set_type(text::visible(&first.anomaly));
                status.set_message(text::visible(&first.sentence));
            }
            let findings: Vec<_> = verdict.findings.iter().map(description).collect();
            status.set_description(findings.join("\n\n"));
            status
        }
    }
}

/// A finding as lines of text.
fn description(finding: &Finding) -> String {
    let mut lines = vec![
        format!("{} ({})", finding.anomaly, finding.guarantee),
        finding.sentence.clone(),
        format!("Because {}", argument(&finding.because, "because")),
        format!("However {}", argument(&finding.however, "however")),
    ];
    lines.extend(finding.witness.steps.iter().take(40).map(|step| {
        let place = if step.contradicts { "✕" } else { "·" };
        format!("{place} {} {} → {}", text::moment(step.from), step.what, step.shows)
    }));
    let lines: Vec<_> = lines.iter().map(|line| text::visible(line)).collect();
    lines.join("\n")
}

/// The case of the run itself: an error when it was cut short or when nothing but the
/// whole judgement says that it cannot be decided.
fn run_status(record: &RunRecord<'_>) -> TestCaseStatus {
    let RunFacts { interrupted, exit_code, .. } = record.facts;
    let undecided = record.judgement.status == Status::Unknown
        && record.judgement.verdicts.iter().all(|verdict| verdict.status == Status::Valid);
    if *interrupted {
        error("interrupted", "the run was interrupted; what exists was judged", "")
    } else if ![0, 1, 3].contains(exit_code) {
        error("exit", &format!("the run ended with exit code {exit_code}"), "")
    } else if undecided {
        error("unknown", &text::visible(&record.judgement.sentence), "")
    } else {
        TestCaseStatus::success()
    }
}

fn error(kind: &str, message: &str, description: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type(kind);
    status.set_message(message);
    if !description.is_empty() {
        status.set_description(description);
    }
    status
}

/// A hash of the plan (FNV-1a, 64 bits, of its JSON): equal plans attempt equal things.
fn plan_hash(record: &RunRecord<'_>) -> String {
    let json = serde_json::to_vec(record.plan).unwrap_or_default();
    let hash = json.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
