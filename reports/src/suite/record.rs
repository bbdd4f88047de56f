//! The record of a suite, which is also its file `suite.json`.

use serde::{Deserialize, Serialize};

/// What came of a suite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuiteRecord {
    /// Version of this file's form.
    pub schema: u32,
    /// The suite.
    pub suite: String,
    /// When it began, in UTC.
    pub started: String,
    /// From its first run to its last.
    pub seconds: f64,
    /// The seed of each scenario's first run.
    pub seed: u64,
    /// How the command ended.
    pub exit_code: i32,
    /// The worst of the runs' ends.
    pub verdict: RunEnd,
    /// One sentence.
    pub sentence: String,
    /// Runs that were asked for and not begun; absent where nothing says how many there were
    /// to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_begun: Option<u64>,
    /// The runs, in the order in which they were begun.
    pub runs: Vec<SuiteRun>,
}

/// How a run ended; the later ones win over those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunEnd {
    /// Everything was checked and held.
    Valid,
    /// It could not be decided.
    Unknown,
    /// It was cut short.
    Interrupted,
    /// There was no verdict: the scenario, the machine or Stormglass is to blame.
    Failed,
    /// A guarantee was broken.
    Invalid,
}

impl RunEnd {
    /// Every one, the best first.
    pub const ALL: [Self; 5] =
        [Self::Valid, Self::Unknown, Self::Interrupted, Self::Failed, Self::Invalid];

    /// As files and people call it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Unknown => "unknown",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Invalid => "invalid",
        }
    }

    /// Before the word, so that colour is never all that tells.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Valid => "✓",
            Self::Invalid => "✕",
            Self::Unknown | Self::Interrupted | Self::Failed => "?",
        }
    }
}

/// One run of a suite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuiteRun {
    /// The scenario, as the suite names it.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// How it ended.
    pub end: RunEnd,
    /// The exit code of its own; absent where a signal ended it.
    pub exit_code: Option<i32>,
    /// Its verdict in one sentence, or why there is none.
    pub sentence: String,
    /// From its start to its end.
    pub seconds: f64,
    /// Its run directory, below the suite's.
    pub dir: String,
    /// The command that runs it again.
    pub repeat: String,
}
