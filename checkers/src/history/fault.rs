//! Faults as the history knows them: opaque records. Their vocabulary belongs to the
//! scenarios, so that a new fault needs no new checker.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::{FaultId, MemberIndex, Nanos};

/// What a fault is: its kind, whom it hits, and its parameters as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultRecord {
    /// The kind, as `list faults` names it.
    pub kind: String,
    /// Whom it hits; decided when it is injected ("the leader" is then a member).
    pub members: Vec<MemberIndex>,
    /// Parameters, such as a clock's rate; checkers read those that they know.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}

/// A fault is about to be injected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultBegin {
    /// Which planned fault.
    pub id: FaultId,
    /// What it is.
    pub fault: FaultRecord,
    /// When the plan wanted it.
    pub planned: Span,
}

/// A fault is over: healed, and the heal verified; or it never took hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultEnd {
    /// Which planned fault.
    pub id: FaultId,
    /// When it really held; absent when it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landed: Option<Span>,
    /// What shows that it bit, such as packets dropped or the new process.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<String, String>,
    /// Why it did not land or could not be healed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A stretch of time on the harness's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// From.
    pub from: Nanos,
    /// To.
    pub to: Nanos,
}
