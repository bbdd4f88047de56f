//! One measured fact about the checkers.

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::ledger;
use crate::provenance::Provenance;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Part {
    /// The benchmarks of the package `stormglass-checkers`.
    Benchmarks,
    /// Porcupine's logs, against their published verdicts.
    Logs,
    /// Three engines over random small histories.
    Agreement,
    /// Faults planted in real runs.
    Selftests,
    /// Runs on correct releases.
    Silence,
}

impl Part {
    /// All, in the order in which they are measured: what wants a quiet machine first.
    pub(super) const ALL: [Self; 5] =
        [Self::Benchmarks, Self::Logs, Self::Agreement, Self::Selftests, Self::Silence];
}

impl std::fmt::Display for Part {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Benchmarks => "benchmarks",
            Self::Logs => "logs",
            Self::Agreement => "agreement",
            Self::Selftests => "selftests",
            Self::Silence => "silence",
        })
    }
}

/// One measured fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CheckersRow {
    /// What it belongs to.
    pub(super) part: Part,
    /// What was measured; with release and seed it names the row.
    pub(super) name: String,
    /// The release of a real run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) release: Option<String>,
    /// The seed of a real run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seed: Option<u64>,
    /// What came of it, for people.
    pub(super) result: String,
    /// The same in numbers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) figures: BTreeMap<String, f64>,
    /// Whether it is as claimed.
    pub(super) holds: bool,
    /// Whether it is an aim, which is told and does not decide about the claim: absolute
    /// times are the machine's as much as ours.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) aim: bool,
    /// How long it took to measure.
    pub(super) seconds: f64,
    /// Where and when.
    #[serde(rename = "where")]
    pub(super) provenance: Provenance,
}

impl ledger::Row for CheckersRow {
    fn commit(&self) -> &str {
        &self.provenance.commit
    }
}

impl CheckersRow {
    /// A row that holds, and says nothing yet.
    pub(super) fn new(part: Part, name: impl Into<String>, provenance: Provenance) -> Self {
        Self {
            part,
            name: name.into(),
            release: None,
            seed: None,
            result: String::new(),
            figures: BTreeMap::new(),
            holds: true,
            aim: false,
            seconds: 0.0,
            provenance,
        }
    }

    /// The row for people.
    pub(super) fn line(&self) -> String {
        let told = match (self.holds, self.aim) {
            (true, _) => "holds",
            (false, true) => "aim missed",
            (false, false) => "DOES NOT HOLD",
        };
        let release = self.release.as_deref().map(|release| format!(" {release}"));
        let seed = self.seed.map(|seed| format!(" seed {seed}"));
        format!(
            "{:<10}  {:<13}  {}{}{}: {} ({:.1} s, load {:.1})",
            self.part.to_string(),
            told,
            self.name,
            release.unwrap_or_default(),
            seed.unwrap_or_default(),
            self.result,
            self.seconds,
            self.provenance.load_average
        )
    }
}
