//! A violated guarantee and its proof.

use serde::{Deserialize, Serialize};

use crate::history::{Event, MemberIndex, Nanos, ProcessId};

/// A violated guarantee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Name of the anomaly, such as `lost-write`; `docs/` has a page on each checker's.
    pub anomaly: String,
    /// The guarantee's number in `docs/guarantees.md`, such as `K9`.
    pub guarantee: String,
    /// One sentence that names key, operations, revisions and member.
    pub sentence: String,
    /// The argument: "because …".
    pub because: String,
    /// The contradiction: "however …".
    pub however: String,
    /// The smallest set of events that proves it.
    pub witness: Witness,
}

/// The smallest set of events that proves a violation, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// The steps.
    pub steps: Vec<WitnessStep>,
}

/// One operation or event of a witness, readable without the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessStep {
    /// The event's index; of an operation its invocation's.
    pub index: u64,
    /// Index of the operation's completion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion: Option<u64>,
    /// When it began.
    pub from: Nanos,
    /// When it ended; the same for an event.
    pub to: Nanos,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessId>,
    /// The member that was asked, or that it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberIndex>,
    /// What was asked or what happened, short: `put k17 = "4-211"`.
    pub what: String,
    /// What came back or is shown by it, short: `ok, revision 5312`.
    pub shows: String,
    /// Whether this step is the one that contradicts the others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub contradicts: bool,
}

impl WitnessStep {
    /// A step for a single event; texts are to be filled in.
    pub fn of(event: &Event, what: impl Into<String>, shows: impl Into<String>) -> Self {
        Self {
            index: event.index,
            completion: None,
            from: event.at,
            to: event.at,
            process: event.process,
            member: event.member,
            what: what.into(),
            shows: shows.into(),
            contradicts: false,
        }
    }

    /// The same step, marked as the one that contradicts the others.
    #[must_use]
    pub fn contradicting(mut self) -> Self {
        self.contradicts = true;
        self
    }
}
