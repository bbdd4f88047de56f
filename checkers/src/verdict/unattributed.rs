//! A finding about a value whose writer was forgotten.

use crate::history::{KeyValue, MemberIndex, Nanos, Revision, WatchId};

/// A finding about a value that a watch shows and that nobody can have written who is
/// remembered. Who else can is found out by reading the history once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unattributed {
    /// The finding's sentence.
    pub finding: String,
    /// The revision that has the value.
    pub revision: Revision,
    /// The pair as the watch showed it.
    pub kv: KeyValue,
    /// Index of the event that shows it.
    pub index: u64,
    /// When that was.
    pub at: Nanos,
    /// The member that was watched.
    pub member: Option<MemberIndex>,
    /// The watch.
    pub watch: WatchId,
}
