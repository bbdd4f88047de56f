//! `summary.md` of a suite: the verdict, a table by scenario, and what was not valid.

use std::fmt::Write as _;

use super::record::{RunEnd, SuiteRecord, SuiteRun};
use crate::markup::{prose, untrusted};
use crate::text::{counted, visible_whole};

/// Runs that are told in full.
const RUNS: usize = 20;

pub(super) fn summary(record: &SuiteRecord) -> String {
    let mut text = format!(
        "## {} {}: suite {}\n\n{}\n",
        record.verdict.mark(),
        record.verdict.word().to_uppercase(),
        untrusted(&record.suite),
        prose(&record.sentence),
    );
    text.push_str(&scenarios(record));
    text.push_str(&others(record));
    text
}

/// A row for each scenario: how its runs ended, and its seeds.
fn scenarios(record: &SuiteRecord) -> String {
    let mut by_scenario: Vec<(&str, Vec<&SuiteRun>)> = Vec::new();
    for run in &record.runs {
        match by_scenario.iter_mut().find(|(scenario, _)| *scenario == run.scenario) {
            Some((_, runs)) => runs.push(run),
            None => by_scenario.push((&run.scenario, vec![run])),
        }
    }
    let mut text =
        "\n| scenario | runs | valid | seconds | seeds |\n|---|---|---|---|---|\n".to_owned();
    for (scenario, runs) in by_scenario {
        let valid = runs.iter().filter(|run| run.end == RunEnd::Valid).count();
        let seconds: f64 = runs.iter().map(|run| run.seconds).sum();
        let seeds: Vec<_> =
            runs.iter().map(|run| format!("{} {}", run.end.mark(), run.seed)).collect();
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {} | {} | {valid} | {seconds:.0} | {} |",
            untrusted(scenario),
            runs.len(),
            seeds.join(", ")
        );
    }
    text
}

/// What was not valid, worst first, each with the command that repeats it: as indented code,
/// because a fence could be closed by what stands in it.
fn others(record: &SuiteRecord) -> String {
    let mut others: Vec<_> = record.runs.iter().filter(|run| run.end != RunEnd::Valid).collect();
    if others.is_empty() {
        return String::new();
    }
    others.sort_by_key(|run| std::cmp::Reverse(run.end));
    let mut text =
        format!("\n### {}\n", counted(others.len(), "run was not valid", "runs were not valid"));
    for run in others.iter().take(RUNS) {
        let _ = write!(
            text,
            "\n{} **{}** {}, seed {}: {}\n\n    {}\n",
            run.end.mark(),
            run.end.word(),
            untrusted(&run.scenario),
            run.seed,
            prose(&run.sentence),
            visible_whole(&run.repeat),
        );
    }
    if others.len() > RUNS {
        let _ = writeln!(text, "\n*The others are in suite.json.*");
    }
    text
}
