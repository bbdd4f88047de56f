//! Work of members that takes a while, and how long it takes here.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use stormglass_checkers::history::MemberIndex;

/// Work that a kill can come within.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Work {
    Compaction,
    Defragmentation,
    Snapshot,
    Start,
}

impl fmt::Display for Work {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Compaction => "compaction",
            Self::Defragmentation => "defragmentation",
            Self::Snapshot => "snapshot",
            Self::Start => "start",
        })
    }
}

/// How long work took the last time.
#[derive(Debug, Default)]
pub(super) struct Durations {
    known: Mutex<BTreeMap<Work, BTreeMap<MemberIndex, Duration>>>,
}

impl Durations {
    /// Remembers how long some work took, so that the next kill can come within it.
    pub(super) fn learn(&self, work: Work, member: MemberIndex, took: Duration) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(work).or_default().insert(member, took);
    }

    /// How long some work takes: this member's last one, or anybody's.
    pub(super) fn expected(&self, work: Work, member: MemberIndex) -> Option<Duration> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let of_all = known.get(&work)?;
        of_all.get(&member).or_else(|| of_all.values().next()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_member_took_is_better_than_nothing() {
        let durations = Durations::default();
        let [first, second] = [MemberIndex(0), MemberIndex(1)];
        assert_eq!(durations.expected(Work::Start, first), None);
        durations.learn(Work::Start, second, Duration::from_secs(2));
        assert_eq!(durations.expected(Work::Start, first), Some(Duration::from_secs(2)));
        durations.learn(Work::Start, first, Duration::from_secs(1));
        assert_eq!(durations.expected(Work::Start, first), Some(Duration::from_secs(1)));
        assert_eq!(durations.expected(Work::Snapshot, first), None);
    }
}
