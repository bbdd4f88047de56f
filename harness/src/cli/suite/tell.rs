//! What a suite says: its runs, its verdict, where everything is.

use std::path::Path;

use serde::Serialize;
use stormglass_reports::{RunEnd, SuiteRecord, SuiteRun};

use super::jobs::{Job, Jobs};
use crate::cli::args::Format;
use crate::cli::error::CommandError;
use crate::cli::output;
use crate::cli::pipeline::{self, PipelineChoice};
use crate::cli::style::{Style, Tone};
use crate::cli::table::{Cell, Table};
use crate::exit::ExitCode;

/// The suite's result in one sentence.
pub(super) fn sentence(runs: &[SuiteRun]) -> String {
    let count = |end: RunEnd| runs.iter().filter(|run| run.end == end).count();
    let others: Vec<String> = RunEnd::ALL
        .into_iter()
        .rev()
        .filter(|end| *end != RunEnd::Valid && count(*end) > 0)
        .map(|end| format!("{} {}", count(end), end.word()))
        .collect();
    let valid = format!("{} of {} runs valid", count(RunEnd::Valid), runs.len());
    if others.is_empty() { valid } else { format!("{valid}, {}", others.join(", ")) }
}

/// Tells the result on standard output, and to a pipeline.
pub(super) fn tell(
    record: &SuiteRecord,
    dir: &Path,
    ci: PipelineChoice,
    format: Format,
) -> Result<ExitCode, CommandError> {
    pipeline::tell_suite(ci, record, dir);
    if format == Format::Json {
        return output::json(record);
    }
    let mut lines = table(&record.runs);
    lines.push(String::new());
    let word = record.verdict.word().to_uppercase();
    let left = record.not_begun.filter(|left| *left > 0);
    let left = left.map_or_else(String::new, |left| format!("; {left} not begun"));
    lines.push(format!("{} {word}: {}{left}", record.verdict.mark(), record.sentence));
    let worst = record.runs.iter().find(|run| run.end == record.verdict);
    if let Some(run) = worst.filter(|run| run.end != RunEnd::Valid) {
        lines.push(format!("  {}", run.sentence));
        lines.push(format!("repeat  {}", run.repeat));
    }
    lines.push(format!("summary {}", dir.join("summary.md").display()));
    lines.push(format!("exit {} after {:.1} s", record.exit_code, record.seconds));
    output::lines(&lines)
}

/// A line for each run.
fn table(runs: &[SuiteRun]) -> Vec<String> {
    let mut table = Table::new(["SCENARIO", "SEED", "VERDICT", "SECONDS", "RUN"]);
    for run in runs {
        let tone = match run.end {
            RunEnd::Valid => Tone::Good,
            RunEnd::Invalid => Tone::Bad,
            RunEnd::Unknown | RunEnd::Interrupted | RunEnd::Failed => Tone::Strong,
        };
        table.row([
            run.scenario.as_str().into(),
            run.seed.to_string().into(),
            Cell::toned(tone, format!("{} {}", run.end.mark(), run.end.word())),
            format!("{:.1}", run.seconds).into(),
            run.dir.as_str().into(),
        ]);
    }
    table.lines(Style::of_stdout())
}

#[derive(Serialize)]
struct DryRun {
    runs_in_a_round: u64,
    /// Absent where time alone is the limit.
    runs: Option<u64>,
    first_round: Vec<String>,
}

/// The commands of the first round, and how many runs there are to be.
pub(super) fn dry_run(jobs: &Jobs, format: Format) -> Result<ExitCode, CommandError> {
    let first_round: Vec<String> = jobs.first_round().iter().map(Job::repeat).collect();
    let (runs_in_a_round, runs) = (jobs.in_a_round(), jobs.asked());
    if format == Format::Json {
        return output::json(&DryRun { runs_in_a_round, runs, first_round });
    }
    let mut lines = first_round;
    lines.push(match runs {
        Some(runs) => format!("{runs_in_a_round} runs in a round, {runs} in all"),
        None => format!("{runs_in_a_round} runs in a round, again and again until the time is up"),
    });
    output::lines(&lines)
}
