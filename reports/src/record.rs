//! Everything a report is made of.

use serde::{Deserialize, Serialize};
use stormglass_checkers::history::{Event, Nanos, Preamble};
use stormglass_checkers::verdict::Judgement;
use stormglass_scenarios::plan::Plan;

/// Everything a report is made of: the plan, what happened, and what the checkers say.
#[derive(Clone, Copy, Debug)]
pub struct RunRecord<'a> {
    /// What was to be attempted (`plan.json`).
    pub plan: &'a Plan,
    /// Line 1 of the history.
    pub preamble: &'a Preamble,
    /// The history's events, in order; empty when the run ended before the first.
    pub events: &'a [Event],
    /// What the checkers say (`verdicts.json`).
    pub judgement: &'a Judgement,
    /// What only the harness knows (`run.json`).
    pub facts: &'a RunFacts,
}

/// What only the harness knows of a run, kept as `run.json` so that the report can be
/// drawn again years later. Unknown fields are tolerated, missing ones are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunFacts {
    /// The command that repeats the run: same scenario, release and seed.
    pub command: String,
    /// The command that judges the stored history again.
    pub check_command: String,
    /// The exit code of the run, as `docs/` lists them.
    pub exit_code: i32,
    /// When the run began, in UTC, for people only.
    pub started: String,
    /// How long the run took, from its start to the end of judging.
    pub duration: Nanos,
    /// The files of the run's directory.
    pub files: Vec<FileEntry>,
    /// What could not be tested here, and why: one sentence each.
    pub not_tested: Vec<String>,
    /// Whether somebody interrupted the run.
    pub interrupted: bool,
    /// Notes on the releases that ran, such as a substitution, one sentence each.
    pub releases: Vec<String>,
    /// The machine and the settings, as name and value. Never a secret.
    pub environment: Vec<(String, String)>,
    /// What a server that was not ours has of etcd's API, as it was found before the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub server: Vec<ServerFeature>,
}

/// One thing that a server was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFeature {
    /// What it belongs to, such as `leases`.
    pub group: String,
    /// What was asked for.
    pub feature: String,
    /// Whether it is there: `yes`, `no`, `differs` or `not asked`.
    pub here: String,
    /// The server's words, what differs, or why it was not asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// A file of the run's directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its path relative to the run's directory, with `/` between parts.
    pub path: String,
    /// What it is, in a few words.
    pub what: String,
}
