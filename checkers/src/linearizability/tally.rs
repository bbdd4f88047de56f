//! What the check counts.

use std::collections::BTreeMap;

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tally {
    /// Acknowledged writes.
    Writes,
    /// Linearizable operations that changed nothing.
    Reads,
    /// Answers of one member alone.
    LocalReads,
    /// Definite refusals.
    Refused,
    /// Operations whose outcome is unknown.
    UnknownOutcomes,
    /// Answers that carry no revision although they should.
    AnswersWithoutRevision,
    /// Revisions that watches showed, each as often as it was shown.
    WatchedRevisions,
    /// Revisions that are part of the model.
    Revisions,
    /// Acknowledged writes that were compared with the model.
    WritesCompared,
    /// Other answers that were.
    AnswersCompared,
    /// Answers that could not be, since it is not known what the store held.
    Skipped,
    /// Answers about a past that the model has forgotten.
    PastForgotten,
    /// Answers that were wrong.
    WrongAnswers,
    /// Accounts of watches that differ from the model.
    WatchConflicts,
    /// Operations in doubt that were recognised by their effects.
    Recognised,
    /// Revisions that the end of a lease made.
    LeaseEnds,
    /// Revisions that a watch shows and that cannot be attributed.
    Unexplained,
    /// Revisions of which it is open what they changed.
    OpenRevisions,
    /// Refusals that would be wrong, if it were certain what the store held.
    RefusalsOpen,
    /// Revisions of which it is open who made them.
    OpenMakers,
    /// Revisions that others made, on shared ground.
    Others,
    /// Answers about the time before the run.
    BeforeStart,
    /// Requests that reach beyond our keys.
    Strays,
}

const NAMES: [&str; 23] = [
    "writes",
    "reads",
    "local-reads",
    "refused",
    "unknown-outcomes",
    "answers-without-revision",
    "watched-revisions",
    "revisions",
    "writes-compared",
    "answers-compared",
    "skipped",
    "past-forgotten",
    "wrong-answers",
    "watch-conflicts",
    "recognised",
    "lease-ends",
    "unexplained",
    "open-revisions",
    "refusals-open",
    "open-makers",
    "revisions-of-others",
    "about-before-the-run",
    "requests-beyond-the-prefix",
];

/// How often each thing was counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Tallies([u64; NAMES.len()]);

impl Tallies {
    pub(super) fn add(&mut self, what: Tally) {
        self.0[what as usize] += 1;
    }

    pub(super) fn of(&self, what: Tally) -> u64 {
        self.0[what as usize]
    }

    /// What was counted at all, by name.
    pub(super) fn stats(&self) -> BTreeMap<String, u64> {
        let counted = NAMES.iter().zip(self.0).filter(|(_, count)| *count > 0);
        counted.map(|(name, count)| ((*name).to_owned(), count)).collect()
    }
}
