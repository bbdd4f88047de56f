//! What a run's process left: its answer, or why there is none.

use std::fs;
use std::io;
use std::process::ExitStatus;

use serde::Deserialize;
use stormglass_reports::{RunEnd, SuiteRun};

use super::jobs::Job;
use crate::exit::ExitCode;

/// Beside the run directory: what the run said on standard output, and on standard error.
pub(super) const ANSWER: &str = "json";
pub(super) const WORDS: &str = "log";

/// What we read of a run's answer.
#[derive(Deserialize)]
struct Answer {
    sentence: String,
    repeat: String,
}

/// How it ended.
pub(super) fn read(job: &Job, status: &io::Result<ExitStatus>, seconds: f64) -> SuiteRun {
    let exit_code = status.as_ref().ok().and_then(ExitStatus::code);
    let end = match exit_code.and_then(ExitCode::of_number) {
        Some(ExitCode::Valid) => RunEnd::Valid,
        Some(ExitCode::Invalid) => RunEnd::Invalid,
        Some(ExitCode::Unknown) => RunEnd::Unknown,
        Some(ExitCode::Interrupted | ExitCode::Terminated) => RunEnd::Interrupted,
        _ => RunEnd::Failed,
    };
    let answer = fs::read(job.beside(ANSWER)).ok();
    let answer: Option<Answer> = answer.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let (sentence, repeat) = match answer {
        Some(answer) => (answer.sentence, answer.repeat),
        None => (why(job, status), job.repeat()),
    };
    SuiteRun {
        scenario: job.scenario.clone(),
        seed: job.seed,
        end,
        exit_code,
        sentence,
        seconds,
        dir: job.name.clone(),
        repeat,
    }
}

/// The last thing that a run said which gave no answer.
fn why(job: &Job, status: &io::Result<ExitStatus>) -> String {
    let words = fs::read(job.beside(WORDS)).unwrap_or_default();
    let words = String::from_utf8_lossy(&words);
    let last = words.lines().rfind(|line| !line.trim().is_empty());
    match (last, status) {
        (Some(last), _) => last.trim().trim_start_matches("error: ").to_owned(),
        (None, Ok(status)) => format!("the run's process ended with {status} and said nothing"),
        (None, Err(error)) => format!("the run's process could not be waited for: {error}"),
    }
}
