//! `junit.xml` of a suite: a case for every run. Each run has a file of its own as well, with a
//! case for every checker.

use std::time::Duration;

use chrono::DateTime;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::record::{RunEnd, SuiteRecord, SuiteRun};
use crate::artifact::Artifact;
use crate::renderer::ReportError;
use crate::text::visible;

pub(super) fn junit(record: &SuiteRecord) -> Result<Artifact, ReportError> {
    let mut suite = TestSuite::new(&*visible(&record.suite));
    suite.set_time(seconds(record.seconds));
    if let Ok(started) = DateTime::parse_from_rfc3339(&record.started) {
        suite.set_timestamp(started);
    }
    suite.add_property(("verdict", record.verdict.word()));
    suite.add_property(("exit-code", &*record.exit_code.to_string()));
    suite.add_test_cases(record.runs.iter().map(case));
    let mut report = Report::new("stormglass");
    report.set_time(seconds(record.seconds));
    report.add_test_suite(suite);
    let mut bytes = Vec::new();
    report.serialize(&mut bytes)?;
    Ok(Artifact { path: "junit.xml".to_owned(), bytes })
}

fn case(run: &SuiteRun) -> TestCase {
    let name = format!("{} seed {}", visible(&run.scenario), run.seed);
    let mut case = TestCase::new(name, status(run));
    case.set_classname("stormglass.suite");
    case.set_time(seconds(run.seconds));
    case
}

/// Invalid is a failure (the store is wrong), everything else an error (the test is).
fn status(run: &SuiteRun) -> TestCaseStatus {
    let kind = match run.end {
        RunEnd::Valid => return TestCaseStatus::success(),
        RunEnd::Invalid => NonSuccessKind::Failure,
        RunEnd::Unknown | RunEnd::Interrupted | RunEnd::Failed => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(run.end.word());
    status.set_message(visible(&run.sentence));
    status.set_description(format!(
        "run    {}\nrepeat {}",
        visible(&run.dir),
        visible(&run.repeat)
    ));
    status
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
