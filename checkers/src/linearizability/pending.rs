//! Revisions that are not part of the model yet, and what waits for them.

use std::collections::{BTreeMap, VecDeque};

use super::floor::Sight;
use super::kept::Answer;
use super::log::{Part, Shown};
use super::operation::Op;
use crate::history::Revision;

/// So many revisions from the next one on have a place in the queue.
const NEAR: usize = 4096;

/// What is known of a revision that is not part of the model yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    /// Its acknowledged writer.
    pub(super) writer: Option<(Op, Answer)>,
    /// As watches showed it.
    pub(super) shown: Option<Shown>,
    /// Answers that wait for it.
    pub(super) parked: Vec<(Op, Answer)>,
    /// The first event of another kind that shows it.
    proof: Option<u64>,
}

impl Expected {
    /// The first event that shows the revision.
    pub(super) fn first(&self) -> Option<u64> {
        let answers = self.parked.iter().chain(&self.writer).map(|(op, _)| op.returned());
        let sight = self.shown.as_ref().map(|shown| shown.first().index);
        answers.chain(sight).chain(self.proof).min()
    }

    /// Every answer that waits.
    pub(super) fn answers(&self) -> impl Iterator<Item = &(Op, Answer)> {
        self.writer.iter().chain(&self.parked)
    }

    /// Whether nothing shows the revision.
    fn is_empty(&self) -> bool {
        self.writer.is_none()
            && self.shown.is_none()
            && self.parked.is_empty()
            && self.proof.is_none()
    }
}

/// Everything that waits for its revision.
///
/// What waits is mostly close behind the model, so it has a queue whose places are
/// revisions. A revision that is far off, perhaps since a store made it up, has a place
/// in a map.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    /// The next revision of the model, which has the first place of the queue.
    next: Revision,
    near: VecDeque<Expected>,
    /// Revisions behind the queue's last possible place.
    far: BTreeMap<Revision, Box<Expected>>,
    /// How many answers and revisions wait.
    pub(super) size: usize,
}

impl Pending {
    /// Nothing waits; the model is at a revision.
    pub(super) fn new(start: Revision) -> Self {
        Self { next: start.next(), near: VecDeque::new(), far: BTreeMap::new(), size: 0 }
    }

    /// The place in the queue that a revision has or would have.
    fn place(&self, revision: Revision) -> Option<usize> {
        let place = usize::try_from(revision.0.checked_sub(self.next.0)?).ok()?;
        (place < NEAR).then_some(place)
    }

    fn entry(&mut self, revision: Revision) -> &mut Expected {
        let Some(place) = self.place(revision) else {
            return self.far.entry(revision).or_default();
        };
        if place >= self.near.len() {
            self.near.resize_with(place + 1, Expected::default);
        }
        &mut self.near[place]
    }

    /// An acknowledged write waits for the revisions before it.
    pub(super) fn write(&mut self, revision: Revision, op: Op, answer: Answer) {
        self.size += 1;
        self.entry(revision).writer = Some((op, answer));
    }

    /// An answer waits for its revision.
    pub(super) fn park(&mut self, revision: Revision, op: Op, answer: Answer) {
        self.size += 1;
        self.entry(revision).parked.push((op, answer));
    }

    /// A watch showed a revision.
    pub(super) fn show(&mut self, revision: Revision, sight: Sight, part: Part<'_>) {
        self.size += 1;
        match &mut self.entry(revision).shown {
            Some(shown) => shown.add(sight, part),
            shown @ None => *shown = Some(Shown::new(sight, part)),
        }
    }

    /// An event proves that a revision had been reached.
    pub(super) fn prove(&mut self, revision: Revision, event: u64) {
        self.entry(revision).proof.get_or_insert(event);
    }

    /// A revision, as far as it is known.
    pub(super) fn get(&self, revision: Revision) -> Option<&Expected> {
        match self.place(revision) {
            Some(place) => self.near.get(place).filter(|expected| !expected.is_empty()),
            None => self.far.get(&revision).map(Box::as_ref),
        }
    }

    /// The newest revision that anything shows.
    pub(super) fn newest(&self) -> Option<Revision> {
        self.iter().next_back().map(|(revision, _)| revision)
    }

    /// Takes the next revision out, since it becomes part of the model.
    pub(super) fn take(&mut self, revision: Revision) -> Option<Expected> {
        if self.place(revision) != Some(0) {
            return None;
        }
        let expected = self.near.pop_front();
        self.next = revision.next();
        while let Some((first, _)) = self.far.first_key_value()
            && let Some(place) = self.place(*first)
        {
            self.near.resize_with(place, Expected::default);
            self.near.extend(self.far.pop_first().map(|(_, expected)| *expected));
        }
        let expected = expected.filter(|expected| !expected.is_empty())?;
        let shown = expected.shown.as_ref().map_or(0, Shown::accounts);
        self.size = self.size.saturating_sub(expected.answers().count() + shown);
        Some(expected)
    }

    /// All that waits, in the order of revisions.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (Revision, &Expected)> {
        let next = self.next.0;
        let near = self.near.iter().enumerate().filter(|(_, expected)| !expected.is_empty());
        let near = near.map(move |(place, expected)| {
            let place = i64::try_from(place).unwrap_or(i64::MAX);
            (Revision(next.saturating_add(place)), expected)
        });
        near.chain(self.far.iter().map(|(revision, expected)| (*revision, expected.as_ref())))
    }

    /// Nothing will be compared any more.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.next.previous());
    }
}
