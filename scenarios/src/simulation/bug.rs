//! The bugs that a simulated store can be given.

/// A bug of the simulated store: something that a real store has done or could do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bug {
    /// A linearizable read is answered from a state of the past.
    StaleRead,
    /// A kill takes the newest acknowledged writes along, on every member.
    LostWrite,
    /// One member applies two writes in the other order: two writes, one revision.
    SplitRevision,
    /// One member stores another value than the one that was written.
    DivergedMember,
    /// A write is carried out twice, as by a client that tries again.
    DoubledWrite,
    /// A put that was refused because of its lease is written all the same.
    PhantomWrite,
    /// Of a transaction's changes only the first is made.
    PartialTxn,
    /// A transaction takes the branch that its guards forbid.
    WrongBranch,
    /// A member forgets its newest changes when it is killed, and goes on without them.
    RevisionBack,
    /// A watch leaves an event out.
    WatchDrop,
    /// A watch delivers a response twice.
    WatchDuplicate,
    /// A watch delivers a later response first.
    WatchReorder,
    /// A watch delivers the events of one revision in two responses.
    WatchSplit,
    /// A watch shows another value than the one that was written.
    WatchAlter,
    /// A watch shows a write that is not committed, and then never is.
    WatchUncommitted,
    /// A watch delivers events from before its start.
    WatchBeforeStart,
    /// A watch delivers an event of a key outside its range.
    WatchOutsideRange,
    /// A progress notification promises more than was delivered.
    ProgressEarly,
    /// A watch shows a previous pair that was not the one before.
    WrongPrevKv,
    /// A watch from a compacted revision is not cancelled, and leaves out what is gone.
    MissingCompactionCancel,
    /// A lease ends before its time.
    EarlyExpiry,
    /// A lease never ends.
    NoExpiry,
    /// The end of a lease leaves one of its keys behind.
    PartialExpiry,
    /// A keepalive of a lease that is gone is answered as if it lived.
    ResurrectedLease,
    /// A keepalive is acknowledged and not carried out.
    LostKeepalive,
    /// A lease is granted for less time than was asked for.
    ShortTtl,
    /// A put with a lease that is gone is accepted.
    DeadLeasePut,
    /// A put with a lease that lives is refused: there is no such lease.
    WrongRefusal,
    /// A read of a compacted revision is answered.
    CompactedRead,
    /// A read of a revision that is yet to come is answered with the present.
    FutureRead,
    /// A range counts one key too many.
    WrongCount,
    /// A read shows a key with a version that it does not have.
    WrongVersion,
    /// A member's process ends by itself.
    Crash,
}

/// A bug, as lists and the command line know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BugEntry {
    /// The bug.
    pub bug: Bug,
    /// Its name.
    pub name: &'static str,
    /// What the store does, in one line.
    pub summary: &'static str,
    /// How often it strikes where it can: one time in so many.
    pub(super) one_in: u32,
}

/// Every bug.
pub fn bugs() -> &'static [BugEntry] {
    BUGS
}

/// The bug of this name.
pub fn bug(name: &str) -> Option<Bug> {
    BUGS.iter().find(|entry| entry.name == name).map(|entry| entry.bug)
}

impl Bug {
    /// What is known of it.
    ///
    /// # Panics
    /// When the registry lacks it, which a test rules out.
    pub fn entry(self) -> &'static BugEntry {
        BUGS.iter().find(|entry| entry.bug == self).expect("every bug is in the registry")
    }
}

impl std::fmt::Display for Bug {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.entry().name)
    }
}

const fn entry(bug: Bug, name: &'static str, one_in: u32, summary: &'static str) -> BugEntry {
    BugEntry { bug, name, summary, one_in }
}

const BUGS: &[BugEntry] = &[
    entry(Bug::StaleRead, "stale-read", 10, "answers linearizable reads from the past"),
    entry(Bug::LostWrite, "lost-write", 1, "loses the newest acknowledged writes with a kill"),
    entry(Bug::SplitRevision, "split-revision", 2, "gives one revision to two writes"),
    entry(Bug::DivergedMember, "diverged-member", 40, "stores another value on one member"),
    entry(Bug::DoubledWrite, "doubled-write", 40, "carries a write out twice"),
    entry(Bug::PhantomWrite, "phantom-write", 1, "writes what it refused because of a lease"),
    entry(Bug::PartialTxn, "partial-txn", 2, "makes only the first change of a transaction"),
    entry(Bug::WrongBranch, "wrong-branch", 10, "takes the branch that the guards forbid"),
    entry(Bug::RevisionBack, "revision-back", 1, "forgets a member's newest changes with a kill"),
    entry(Bug::WatchDrop, "watch-drop", 60, "leaves an event of a watch out"),
    entry(Bug::WatchDuplicate, "watch-duplicate", 60, "delivers a response of a watch twice"),
    entry(Bug::WatchReorder, "watch-reorder", 20, "delivers a later response of a watch first"),
    entry(Bug::WatchSplit, "watch-split", 2, "splits the events of one revision"),
    entry(Bug::WatchAlter, "watch-alter", 60, "shows another value in a watch"),
    entry(Bug::WatchUncommitted, "watch-uncommitted", 60, "shows a write that is then dropped"),
    entry(Bug::WatchBeforeStart, "watch-before-start", 1, "delivers events before the start"),
    entry(Bug::WatchOutsideRange, "watch-outside-range", 10, "delivers events of other keys"),
    entry(Bug::ProgressEarly, "progress-early", 2, "promises events as delivered that are not"),
    entry(Bug::WrongPrevKv, "wrong-prev-kv", 40, "shows a previous pair that was not there"),
    entry(
        Bug::MissingCompactionCancel,
        "missing-compaction-cancel",
        1,
        "keeps silent about a watch's start being compacted",
    ),
    entry(Bug::EarlyExpiry, "early-expiry", 1, "ends leases before their time"),
    entry(Bug::NoExpiry, "no-expiry", 1, "never ends leases by itself"),
    entry(Bug::PartialExpiry, "partial-expiry", 1, "leaves a key of an ended lease behind"),
    entry(Bug::ResurrectedLease, "resurrected-lease", 1, "keeps leases alive that are gone"),
    entry(Bug::LostKeepalive, "lost-keepalive", 1, "acknowledges keepalives without effect"),
    entry(Bug::ShortTtl, "short-ttl", 2, "grants leases for less time than was asked for"),
    entry(Bug::DeadLeasePut, "dead-lease-put", 1, "accepts puts with leases that are gone"),
    entry(Bug::WrongRefusal, "wrong-refusal", 8, "refuses puts with leases that live"),
    entry(Bug::CompactedRead, "compacted-read", 1, "answers reads of compacted revisions"),
    entry(Bug::FutureRead, "future-read", 1, "answers reads of revisions yet to come"),
    entry(Bug::WrongCount, "wrong-count", 20, "counts a key too many"),
    entry(Bug::WrongVersion, "wrong-version", 20, "shows a wrong version of a key"),
    entry(Bug::Crash, "crash", 1, "ends a member's process by itself"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{bug, bugs};

    #[test]
    fn names_are_unique_and_find_their_bug() {
        let names: BTreeSet<&str> = bugs().iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), bugs().len());
        for entry in bugs() {
            assert_eq!(bug(entry.name), Some(entry.bug));
            assert_eq!(entry.bug.entry(), entry);
            assert!(entry.one_in > 0, "{}", entry.name);
        }
        assert_eq!(bug("no-such-bug"), None);
    }
}
