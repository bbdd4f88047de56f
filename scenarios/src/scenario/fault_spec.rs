//! A fault as a scenario asks for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::occasion::Occasion;
use super::selector::Selector;
use super::span::Span;

/// A fault that a scenario asks for, once or again and again: `[[fault]]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FaultSpec {
    /// The fault, as `list faults` names it.
    pub kind: String,
    /// Whom it hits.
    #[serde(default)]
    pub target: Selector,
    /// Once, so long after the start of the traffic. Exactly one of `at` and `every`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Span>,
    /// Again and again, with this mean time from one beginning to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Span>,
    /// What it waits for once its time has come; it begins after five seconds anyway if
    /// that does not happen.
    #[serde(default, skip_serializing_if = "Occasion::is_now")]
    pub when: Occasion,
    /// How long it holds; absent: the kind's own duration.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub duration: Option<Span>,
    /// Parameters of the kind; those left out have the kind's defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}
