//! The rows, what each claims, and how they are printed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use stormglass::exit::ExitCode;

use crate::ledger::Row;
use crate::provenance::Provenance;

/// One row.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DockerRow {
    #[serde(flatten)]
    pub(super) measured: Measured,
    #[serde(rename = "where")]
    pub(super) provenance: Provenance,
}

/// What was measured.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "row", rename_all = "kebab-case")]
pub(super) enum Measured {
    Verdict(VerdictRow),
    Times(TimesRow),
    Kill(KillRow),
}

/// One run of `demo`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct VerdictRow {
    pub(super) target: String,
    pub(super) release: String,
    pub(super) seed: u64,
    pub(super) exit_code: Option<i32>,
    /// What was found, as `checker: anomaly`, each once.
    pub(super) findings: BTreeSet<String>,
    /// Why it is unknown, where it is.
    pub(super) reasons: Vec<String>,
    pub(super) seconds: f64,
    pub(super) operations: u64,
}

/// One cluster of three members, in milliseconds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TimesRow {
    pub(super) turn: u64,
    /// Until the network is there, and the containers that hold it.
    pub(super) prepare_ms: u64,
    /// From there until every member serves.
    pub(super) serve_ms: u64,
    /// A kill of one member, until its process is gone and its log is whole.
    pub(super) kill_ms: u64,
    /// Its next start, until its process runs.
    pub(super) restart_ms: u64,
    /// From there until every member serves again.
    pub(super) serve_again_ms: u64,
    /// Until no container is left.
    pub(super) teardown_ms: u64,
}

/// One run whose harness was killed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KillRow {
    pub(super) seed: u64,
    pub(super) killed_after_s: f64,
    /// Containers of the run just before.
    pub(super) containers: usize,
    /// Disks of the run that were mounted just before.
    pub(super) disks: usize,
    /// What came after the kill: `cleanup`, or the next run.
    pub(super) followed_by: String,
    /// Of containers, networks, volumes, mounts and processes what is there still after that.
    pub(super) left: BTreeSet<String>,
    /// Of `stormglass check` on what was recorded: never valid.
    pub(super) check_exit_code: Option<i32>,
}

impl Row for DockerRow {
    fn commit(&self) -> &str {
        &self.provenance.commit
    }
}

impl VerdictRow {
    pub(super) fn ended_with(&self, code: ExitCode) -> bool {
        self.exit_code == Some(code.number())
    }
}

impl KillRow {
    pub(super) fn holds(&self) -> bool {
        // A run that was killed before its history began has nothing to check.
        let codes = [ExitCode::Unknown, ExitCode::Usage].map(|code| Some(code.number()));
        self.left.is_empty() && codes.contains(&self.check_exit_code)
    }
}

impl DockerRow {
    /// Prints it on a line.
    pub(super) fn show(&self) {
        let load = self.provenance.load_average;
        match &self.measured {
            Measured::Verdict(row) => {
                let VerdictRow { target, release, seed, exit_code, seconds, .. } = row;
                let code = exit_code.map_or_else(|| "-".to_owned(), |code| code.to_string());
                let findings: Vec<&str> =
                    row.findings.iter().chain(&row.reasons).map(String::as_str).collect();
                println!(
                    "demo on {target}, etcd {release}, seed {seed}: exit {code} after {seconds} s \
                     (load {load:.1}) {}",
                    findings.join(", ")
                );
            }
            Measured::Times(row) => println!(
                "times {}: prepared {} ms, serving {} ms, kill {} ms, restart {} ms, serving again \
                 {} ms, teardown {} ms (load {load:.1})",
                row.turn,
                row.prepare_ms,
                row.serve_ms,
                row.kill_ms,
                row.restart_ms,
                row.serve_again_ms,
                row.teardown_ms
            ),
            Measured::Kill(row) => {
                let left: Vec<&str> = row.left.iter().map(String::as_str).collect();
                let code = row.check_exit_code;
                println!(
                    "kill {} after {} s, of {} containers and {} disks, then {}: left {}, check \
                     exits with {} (load {load:.1})",
                    row.seed,
                    row.killed_after_s,
                    row.containers,
                    row.disks,
                    row.followed_by,
                    if left.is_empty() { "nothing".to_owned() } else { left.join(", ") },
                    code.map_or_else(|| "-".to_owned(), |code| code.to_string())
                );
            }
        }
    }
}
