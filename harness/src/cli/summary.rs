//! The last lines of a run: verdict, sentence, witness, report, the command that repeats
//! it.

use serde::Serialize;
use stormglass_checkers::history::Nanos;
use stormglass_checkers::verdict::{Finding, Judgement, Status};

use super::args::Format;
use super::error::CommandError;
use super::output;
use crate::exit::ExitCode;
use crate::run_dir::{Launch, RunDir};

/// Findings shown in the terminal; the report has more.
const FINDINGS_SHOWN: usize = 3;

/// How a run ended, beside its verdict.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    /// The exit code of an interruption.
    pub(super) interrupted: Option<i32>,
    /// What went wrong with the run itself.
    pub(super) failure: Option<CommandError>,
    /// From the first process to the judgement.
    pub(super) duration: Nanos,
    /// From the end of the run to the judgement.
    pub(super) judging: Nanos,
}

/// Invalid wins over everything; a run that failed or was interrupted says so.
pub(super) fn exit_code(judgement: &Judgement, ended: &Ended) -> ExitCode {
    match (judgement.status, &ended.failure, ended.interrupted) {
        (Status::Invalid, _, _) => ExitCode::Invalid,
        (_, Some(failure), _) => failure.code,
        (_, None, Some(143)) => ExitCode::Terminated,
        (_, None, Some(_)) => ExitCode::Interrupted,
        (status, None, None) => ExitCode::of(status),
    }
}

#[derive(Serialize)]
struct Told<'a> {
    status: Status,
    sentence: &'a str,
    exit_code: i32,
    run_dir: &'a str,
    report: String,
    repeat: &'a str,
    check: &'a str,
    seconds: f64,
    judging_seconds: f64,
    error: Option<String>,
    findings: Vec<&'a Finding>,
    reasons: Vec<&'a str>,
}

/// Tells the result on standard output.
pub(super) fn tell(
    dir: &RunDir,
    launch: &Launch,
    judgement: &Judgement,
    ended: &Ended,
    code: ExitCode,
    format: Format,
) -> Result<ExitCode, CommandError> {
    let report = if dir.report().is_file() {
        format!("{}/report.html", launch.shown_dir)
    } else {
        "none".to_owned()
    };
    if format == Format::Json {
        let verdicts = &judgement.verdicts;
        output::json(&Told {
            status: judgement.status,
            sentence: &judgement.sentence,
            exit_code: code.number(),
            run_dir: &launch.shown_dir,
            report,
            repeat: &launch.command,
            check: &launch.check_command,
            seconds: ended.duration.seconds(),
            judging_seconds: ended.judging.seconds(),
            error: ended.failure.as_ref().map(ToString::to_string),
            findings: verdicts.iter().flat_map(|verdict| &verdict.findings).collect(),
            reasons: verdicts
                .iter()
                .flat_map(|verdict| &verdict.reasons)
                .map(String::as_str)
                .collect(),
        })?;
        return Ok(code);
    }
    let mut lines = verdict_lines(judgement);
    if let Some(failure) = &ended.failure {
        lines.push(format!("  the run failed: {failure}"));
    }
    lines.push(format!("report  {report}"));
    lines.push(format!("repeat  {}", launch.command));
    lines.push(format!("check   {}", launch.check_command));
    lines.push(format!(
        "exit {} after {:.1} s, {:.1} s of it judging after the last event",
        code.number(),
        ended.duration.seconds(),
        ended.judging.seconds()
    ));
    output::lines(&lines)?;
    Ok(code)
}

/// The verdict, its sentence, the first findings with their witnesses, or every reason.
pub(super) fn verdict_lines(judgement: &Judgement) -> Vec<String> {
    let mut lines = vec![headline(judgement)];
    let findings = judgement.verdicts.iter().flat_map(|verdict| {
        verdict.findings.iter().map(move |finding| (verdict.checker.as_str(), finding))
    });
    let found = findings.clone().count();
    for (checker, finding) in findings.take(FINDINGS_SHOWN) {
        lines.push(format!("  {} ({checker}, {})", finding.anomaly, finding.guarantee));
        lines.push(format!("    {}", finding.sentence));
        lines.extend(finding.witness.steps.iter().map(|step| {
            let who = match (step.process, step.member) {
                (Some(process), Some(member)) => format!("{process} → {member}"),
                (Some(process), None) => process.to_string(),
                (None, Some(member)) => member.to_string(),
                (None, None) => "run".to_owned(),
            };
            let mark = if step.contradicts { "✕" } else { "·" };
            let from = step.from.seconds();
            format!("    {mark} {from:>9.3} s  {who:<10} {}  {}", step.what, step.shows)
        }));
    }
    if found > FINDINGS_SHOWN {
        lines.push(format!("  and {} more findings in the report", found - FINDINGS_SHOWN));
    }
    if judgement.status == Status::Unknown {
        let reasons = judgement.verdicts.iter().flat_map(|verdict| &verdict.reasons);
        lines.extend(reasons.map(|reason| format!("  ? {reason}")));
    }
    lines
}

fn headline(judgement: &Judgement) -> String {
    let word = match judgement.status {
        Status::Valid => "✓ VALID",
        Status::Unknown => "? UNKNOWN",
        Status::Invalid => "✕ INVALID",
    };
    format!("{word}: {}", judgement.sentence)
}
