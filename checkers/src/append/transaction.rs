//! A transaction over lists.

use super::version::{Append, VersionId};
use crate::evidence::Place;

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nobody knows, or it is still under way.
    Unknown,
    /// Its guards held: its appends took effect.
    Applied,
    /// Its guards did not hold: it only read.
    Rejected,
    /// The store refused it: it has no effect, ever.
    Refused,
}

/// A transaction over lists.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    /// Where it stands.
    pub(super) place: Place,
    /// How it ended.
    pub(super) fate: Fate,
    /// What it appends where its guards hold.
    pub(super) appends: Vec<Append>,
    /// The versions that it was shown, of each list the first; none of a list that its own
    /// guard describes.
    pub(super) reads: Vec<VersionId>,
    /// Whether the member that was asked answered alone, from a state that may be old.
    pub(super) local: bool,
    /// How many transactions had ended when this one was sent.
    pub(super) after: u32,
    /// Its place among those that ended, where it takes part in real time: answered, and
    /// not by a member alone.
    pub(super) end: Option<u32>,
}

impl Transaction {
    /// Whether it was answered.
    pub(super) fn answered(&self) -> bool {
        matches!(self.fate, Fate::Applied | Fate::Rejected)
    }

    /// Whether its appends certainly have no effect.
    pub(super) fn aborted(&self) -> bool {
        matches!(self.fate, Fate::Rejected | Fate::Refused)
    }

    /// Whether it ended before the other was sent, where both take part in real time.
    pub(super) fn precedes(&self, other: &Self) -> bool {
        !other.local && self.end.is_some_and(|end| end < other.after)
    }
}
