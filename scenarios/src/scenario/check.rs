//! What a run must show, what it leaves out, and how long it may take.

use serde::{Deserialize, Serialize};

use super::overlap::Overlap;
use super::span::Span;

/// What must have happened for a verdict to count: `[check]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Check {
    /// Sometimes-properties, each `NAME` or `NAME >= N`: one that never held makes the
    /// verdict `unknown`, because the test then tested less than it says.
    pub sometimes: Vec<String>,
}

/// Triggers of known bugs that are left out of the traffic on some releases, so that
/// the scenario is expected to end `valid` there: `[[avoid]]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Avoid {
    /// On which releases: `*`, or comparisons that must all hold, such as
    /// `>=3.5,<3.5.18`.
    pub releases: String,
    /// The triggers, as `docs/scenarios.md` lists them.
    pub triggers: Vec<String>,
}

/// How long a run may take: `[limits]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Limits {
    /// How long the traffic lasts; every fault is healed before its end.
    pub duration: Span,
    /// How long the cluster may take to become healthy after the traffic.
    pub recovery: Span,
    /// Whether faults that take members out of service may hold at the same time.
    #[serde(skip_serializing_if = "Overlap::is_never")]
    pub overlap: Overlap,
}

impl Default for Limits {
    fn default() -> Self {
        Self { duration: Span::seconds(30), recovery: Span::seconds(30), overlap: Overlap::Never }
    }
}
