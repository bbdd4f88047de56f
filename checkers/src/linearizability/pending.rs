//! Revisions that are not part of the model yet, and what waits for them.

use std::collections::BTreeMap;

use super::log::{Account, Shown};
use super::operation::Op;
use crate::history::{Response, Revision};

/// What is known of a revision that is not part of the model yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    /// Its acknowledged writer.
    pub(super) writer: Option<(Op, Response)>,
    /// As watches showed it.
    pub(super) shown: Option<Shown>,
    /// Answers that wait for it.
    pub(super) parked: Vec<(Op, Response)>,
    /// The first event of another kind that shows it.
    proof: Option<u64>,
}

impl Expected {
    /// The first event that shows the revision.
    pub(super) fn first(&self) -> Option<u64> {
        let answers = self.parked.iter().chain(&self.writer).map(|(op, _)| op.returned());
        let sight = self.shown.as_ref().map(|shown| shown.first.index);
        answers.chain(sight).chain(self.proof).min()
    }

    /// Every answer that waits.
    pub(super) fn answers(&self) -> impl Iterator<Item = &(Op, Response)> {
        self.writer.iter().chain(&self.parked)
    }
}

/// Everything that waits for its revision.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending {
    // Boxed, since the map moves what it holds, and much waits when many clients do.
    revisions: BTreeMap<Revision, Box<Expected>>,
    /// How many answers and revisions wait.
    pub(super) size: usize,
}

impl Pending {
    /// An acknowledged write waits for the revisions before it.
    pub(super) fn write(&mut self, revision: Revision, op: Op, response: Response) {
        self.size += 1;
        self.revisions.entry(revision).or_default().writer = Some((op, response));
    }

    /// An answer waits for its revision.
    pub(super) fn park(&mut self, revision: Revision, op: Op, response: Response) {
        self.size += 1;
        self.revisions.entry(revision).or_default().parked.push((op, response));
    }

    /// A watch showed a revision.
    pub(super) fn show(&mut self, account: Account) {
        self.size += 1;
        let expected = self.revisions.entry(account.revision).or_default();
        match &mut expected.shown {
            Some(shown) => shown.add(account),
            None => expected.shown = Some(Shown::new(account)),
        }
    }

    /// An event proves that a revision had been reached.
    pub(super) fn prove(&mut self, revision: Revision, event: u64) {
        let proof = &mut self.revisions.entry(revision).or_default().proof;
        proof.get_or_insert(event);
    }

    /// A revision, as far as it is known.
    pub(super) fn get(&self, revision: Revision) -> Option<&Expected> {
        self.revisions.get(&revision).map(Box::as_ref)
    }

    /// The first revision that anything is known of.
    pub(super) fn first(&self) -> Option<(Revision, &Expected)> {
        self.revisions.first_key_value().map(|(revision, expected)| (*revision, expected.as_ref()))
    }

    /// The newest revision that anything shows.
    pub(super) fn newest(&self) -> Option<Revision> {
        self.revisions.last_key_value().map(|(revision, _)| *revision)
    }

    /// Takes a revision out, since it becomes part of the model.
    pub(super) fn take(&mut self, revision: Revision) -> Option<Expected> {
        let expected = *self.revisions.remove(&revision)?;
        let shown = expected.shown.as_ref().map_or(0, Shown::accounts);
        self.size = self.size.saturating_sub(expected.answers().count() + shown);
        Some(expected)
    }

    /// All that waits, in the order of revisions.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (Revision, &Expected)> {
        self.revisions.iter().map(|(revision, expected)| (*revision, expected.as_ref()))
    }

    /// Nothing will be compared any more.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
