//! What a pipeline of GitHub's is told beside the exit code: annotations, the summary of the step,
//! its outputs, and the last lines of the members' logs.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use stormglass_checkers::verdict::{Judgement, Status, Verdict};
use stormglass_reports::{RunEnd, SuiteRecord};

use super::error::CommandError;
use super::output;
use crate::clock::fresh_seed;
use crate::exit::ExitCode;
use crate::run_dir::{Launch, RunDir};

/// GitHub shows ten annotations of a kind and step, and drops further ones without a word.
const ANNOTATIONS: usize = 9;
/// GitHub cuts longer ones.
const ANNOTATION_CHARACTERS: usize = 1_000;
/// Lines of each member's log in the log of the step.
const LOG_LINES: usize = 30;
/// Set by GitHub in every step.
const MARK: &str = "GITHUB_ACTIONS";
/// Where GitHub takes a step's summary, in Markdown, and its outputs.
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";
const OUTPUT: &str = "GITHUB_OUTPUT";

/// Which pipeline is told the result in its own way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PipelineChoice {
    /// GitHub's, inside one.
    #[default]
    Auto,
    /// GitHub's: annotations, and the files that `GITHUB_STEP_SUMMARY` and `GITHUB_OUTPUT` name.
    Github,
    /// None.
    None,
}

impl PipelineChoice {
    /// Whether GitHub is to be told.
    fn is_github(self) -> bool {
        match self {
            Self::Auto => std::env::var(MARK).is_ok_and(|value| value == "true"),
            Self::Github => true,
            Self::None => false,
        }
    }
}

/// A run's result, for the pipeline. That it cannot be told is no reason for another exit code.
pub(super) fn tell(
    choice: PipelineChoice,
    dir: &RunDir,
    launch: &Launch,
    judgement: &Judgement,
    code: ExitCode,
) {
    if !choice.is_github() {
        return;
    }
    let mut lines = annotations(judgement);
    if judgement.status != Status::Valid {
        lines.extend(last_lines(dir));
    }
    for line in lines {
        output::narrate(format_args!("{line}"));
    }
    let summary = std::fs::read_to_string(dir.summary()).unwrap_or_default();
    append(SUMMARY, &summary);
    append(OUTPUT, &outputs(dir, launch, judgement, code, fresh_seed()));
}

/// A suite's result: an annotation for each run that was not valid, and the summary.
pub(super) fn tell_suite(choice: PipelineChoice, record: &SuiteRecord, dir: &Path) {
    if !choice.is_github() {
        return;
    }
    let others = record.runs.iter().filter(|run| run.end != RunEnd::Valid);
    for run in others.take(ANNOTATIONS) {
        let level = if run.end == RunEnd::Invalid { "error" } else { "warning" };
        let title = format!("Stormglass: {} ({} seed {})", run.end.word(), run.scenario, run.seed);
        output::narrate(format_args!("{}", annotation(level, &title, &run.sentence)));
    }
    append(SUMMARY, &std::fs::read_to_string(dir.join("summary.md")).unwrap_or_default());
    let path = |name: &str| dir.join(name).display().to_string();
    let values = [
        ("verdict", record.verdict.word().to_owned()),
        ("exit-code", record.exit_code.to_string()),
        ("sentence", record.sentence.clone()),
        ("run-dir", dir.display().to_string()),
        ("summary", path("summary.md")),
        ("junit", path("junit.xml")),
    ];
    append(OUTPUT, &delimited(&values, fresh_seed()));
}

/// A command that could not do what it was asked.
pub(super) fn failed(choice: PipelineChoice, error: &CommandError) {
    if choice.is_github() {
        output::narrate(format_args!("{}", annotation("error", "Stormglass", &error.message)));
        let text = format!("verdict=none\nexit-code={}\n", error.code.number());
        append(OUTPUT, &text);
    }
}

/// One for each finding, or for each reason; as many as GitHub shows.
fn annotations(judgement: &Judgement) -> Vec<String> {
    let verdicts = &judgement.verdicts;
    let mut lines: Vec<String> = match judgement.status {
        Status::Valid => vec![annotation("notice", "Stormglass: valid", &judgement.sentence)],
        Status::Unknown => {
            let reasons = verdicts.iter().flat_map(|verdict| {
                let title = format!("Stormglass: unknown ({})", verdict.checker);
                verdict.reasons.iter().map(move |reason| annotation("warning", &title, reason))
            });
            reasons.collect()
        }
        Status::Invalid => verdicts.iter().flat_map(findings).collect(),
    };
    if lines.len() > ANNOTATIONS {
        let more = lines.len() - (ANNOTATIONS - 1);
        lines.truncate(ANNOTATIONS - 1);
        let message = format!("and {more} more: see the summary of the step or report.html");
        lines.push(annotation("notice", "Stormglass", &message));
    }
    lines
}

fn findings(verdict: &Verdict) -> impl Iterator<Item = String> {
    verdict.findings.iter().map(|finding| {
        let title =
            format!("Stormglass: {} ({}, {})", finding.anomaly, verdict.checker, finding.guarantee);
        annotation("error", &title, &finding.sentence)
    })
}

/// A command of GitHub's log.
fn annotation(level: &str, title: &str, message: &str) -> String {
    let message: String = message.chars().take(ANNOTATION_CHARACTERS).collect();
    let title = escaped(title).replace(':', "%3A").replace(',', "%2C");
    format!("::{level} title={title}::{}", escaped(&message))
}

/// GitHub's own escapes; a percent sign first, for the others are made of it.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The end of each member's log, folded. What a member writes is no command to GitHub.
fn last_lines(dir: &RunDir) -> Vec<String> {
    let mut lines = Vec::new();
    for (member, path) in logs(&dir.members()) {
        let text = std::fs::read(path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let all: Vec<&str> = text.lines().collect();
        let token = format!("{:016x}", fresh_seed());
        lines.push(format!("::group::the last lines of {member}'s log"));
        lines.push(format!("::stop-commands::{token}"));
        lines.extend(all.iter().skip(all.len().saturating_sub(LOG_LINES)).map(ToString::to_string));
        lines.push(format!("::{token}::"));
        lines.push("::endgroup::".to_owned());
    }
    lines
}

/// The members that have a log, in the order of their names.
fn logs(members: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(members).into_iter().flatten().flatten();
    let log = |entry: std::fs::DirEntry| {
        let path = entry.path().join("log.txt");
        path.is_file().then(|| (entry.file_name().to_string_lossy().into_owned(), path))
    };
    let mut logs: Vec<_> = entries.filter_map(log).collect();
    logs.sort();
    logs
}

/// What later steps can use. The delimiter is a random one, so that no text can end a value.
fn outputs(
    dir: &RunDir,
    launch: &Launch,
    judgement: &Judgement,
    code: ExitCode,
    delimiter: u64,
) -> String {
    let path = |name: &str| dir.path().join(name).display().to_string();
    let values = [
        ("verdict", judgement.status.to_string()),
        ("exit-code", code.number().to_string()),
        ("sentence", judgement.sentence.clone()),
        ("run-dir", dir.path().display().to_string()),
        ("report", path("report.html")),
        ("summary", path("summary.md")),
        ("junit", path("junit.xml")),
        ("verdicts", path("verdicts.json")),
        ("repeat", launch.command.clone()),
    ];
    delimited(&values, delimiter)
}

fn delimited(values: &[(&str, String)], delimiter: u64) -> String {
    let mut text = String::new();
    for (name, value) in values {
        // Writing to a string does not fail.
        let _ = write!(text, "{name}<<{delimiter:016x}\n{value}\n{delimiter:016x}\n");
    }
    text
}

/// Appends to the file that a variable names; without the variable nobody wants it.
fn append(variable: &str, text: &str) {
    let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) else { return };
    let written: io::Result<()> = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    if let Err(error) = written {
        let path = PathBuf::from(path);
        output::narrate(format_args!(
            "note: {variable} names {}, which could not be written ({error})",
            path.display()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_github_would_read_as_a_command_is_escaped() {
        let line = annotation("error", "a: b, 5 %", "100 %\r\n::error::no");
        assert_eq!(line, "::error title=a%3A b%2C 5 %25::100 %25%0D%0A::error::no");
        let long = annotation("error", "t", &"é".repeat(5_000));
        assert_eq!(long.chars().filter(|letter| *letter == 'é').count(), ANNOTATION_CHARACTERS);
    }
}
