//! Who made the revisions of the model, as far back as the model goes.

use std::collections::VecDeque;

use super::floor::Sight;
use super::operation::Op;
use crate::history::{Request, Revision};
use crate::model::Change;

/// Who made a revision.
#[derive(Clone, Debug)]
pub(super) enum Maker {
    /// An operation: acknowledged, or in doubt and recognised by its effects.
    Operation(Op),
    /// The end of a lease.
    LeaseEnd,
    /// Others, on shared ground: it changed nothing of ours.
    Others,
    /// Nobody who could have.
    Nobody,
    /// It is not known.
    Unknown,
}

impl Maker {
    /// The operation, if it was one.
    pub(super) fn operation(&self) -> Option<&Op> {
        match self {
            Self::Operation(op) => Some(op),
            _ => None,
        }
    }

    /// When it was sent; 0 for what is not an operation.
    pub(super) fn sent(&self) -> u64 {
        self.operation().map_or(0, |op| op.invocation)
    }
}

/// A revision that is part of the model.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) by: Maker,
    /// The watch event that showed it first, as far as one did.
    pub(super) sight: Option<Sight>,
    /// When the last of the operations that made it and those before it was sent.
    pub(super) sent: u64,
    /// About how many bytes it holds.
    bytes: usize,
}

/// The makers of the model's revisions.
///
/// Revisions are forgotten when the model is larger than its share of the budget. Of
/// forgotten revisions those stay that made a pair which exists in the oldest content that
/// is known, so that a witness can always name a pair's writer.
#[derive(Clone, Debug)]
pub(super) struct Past {
    /// The revision before the first of `made`.
    before: Revision,
    made: VecDeque<Made>,
    /// Forgotten revisions that made what keys had at the oldest one that is not.
    /// In the order of revisions.
    elders: Vec<(Revision, Made)>,
    /// Writes that had no effect, by their answer, and the revision when it came.
    idle: VecDeque<(Revision, Op)>,
    /// About how many bytes all this and the model hold.
    pub(super) bytes: usize,
}

impl Past {
    /// A store at a revision, before anything was done.
    pub(super) fn new(start: Revision) -> Self {
        Self {
            before: start,
            made: VecDeque::new(),
            elders: Vec::new(),
            idle: VecDeque::new(),
            bytes: 0,
        }
    }

    fn place(&self, revision: Revision) -> Option<usize> {
        usize::try_from(revision.0.checked_sub(self.before.0)?.checked_sub(1)?).ok()
    }

    /// Who made a revision.
    pub(super) fn get(&self, revision: Revision) -> Option<&Made> {
        if let Some(at) = self.place(revision) {
            return self.made.get(at);
        }
        let at = self.elders.binary_search_by_key(&revision, |(known, _)| *known).ok()?;
        Some(&self.elders[at].1)
    }

    /// The same, to be changed; only while the revision is not forgotten.
    pub(super) fn get_mut(&mut self, revision: Revision) -> Option<&mut Made> {
        let at = self.place(revision)?;
        self.made.get_mut(at)
    }

    /// The next revision is made.
    pub(super) fn push(&mut self, by: Maker, sight: Option<Sight>, changes: &[Change]) {
        let before = self.made.back().map_or(0, |made| made.sent);
        let sent = before.max(by.sent());
        let bytes = 100 + 260 * changes.len() + by.operation().map_or(0, weight);
        self.bytes += bytes;
        self.made.push_back(Made { by, sight, sent, bytes });
    }

    /// Computes anew when the makers up to each revision had been sent, after one of
    /// them changed.
    pub(super) fn resend(&mut self, from: Revision) {
        let Some(first) = self.place(from) else { return };
        let mut before = first.checked_sub(1).map_or(0, |at| self.made[at].sent);
        for (at, made) in self.made.iter_mut().enumerate().skip(first) {
            before = before.max(made.by.sent());
            if at > first && made.sent == before {
                return;
            }
            made.sent = before;
        }
    }

    /// A write was refused, or answered without having changed anything.
    pub(super) fn idle(&mut self, at: Revision, op: &Op) {
        self.bytes += weight(op);
        self.idle.push_back((at, op.clone()));
    }

    /// How many of the oldest revisions hold so many bytes.
    pub(super) fn holding(&self, bytes: usize) -> usize {
        let mut held = 0_usize;
        let enough = |made: &Made| {
            held = held.saturating_add(made.bytes);
            held >= bytes
        };
        self.made.iter().position(enough).map_or(self.made.len(), |at| at + 1)
    }

    /// Revisions up to one are forgotten. Those of `stay` made what keys have at that one,
    /// and stay known; they are in order, and may be repeated. `forgotten` is told the
    /// operations that made what is forgotten.
    pub(super) fn forget_until(
        &mut self,
        oldest: Revision,
        stay: &[Revision],
        mut forgotten: impl FnMut(&Op),
    ) {
        let mut stay = stay.iter().copied().peekable();
        let mut stays = |revision: Revision| {
            while stay.next_if(|next| *next < revision).is_some() {}
            stay.peek() == Some(&revision)
        };
        self.elders.retain(|(revision, _)| stays(*revision));
        let many = self.place(oldest).map_or(0, |last| self.made.len().min(last + 1));
        let mut revision = self.before;
        for made in self.made.drain(..many) {
            revision = revision.next();
            self.bytes -= made.bytes;
            made.by.operation().into_iter().for_each(&mut forgotten);
            if stays(revision) {
                self.elders.push((revision, made));
            }
        }
        self.before = self.before.max(oldest);
        while self.idle.front().is_some_and(|(at, _)| *at < self.before) {
            self.forget_idle();
        }
    }

    /// The oldest of the writes without effect is forgotten, if there is one.
    pub(super) fn forget_idle(&mut self) -> bool {
        let Some((_, op)) = self.idle.pop_front() else { return false };
        self.bytes = self.bytes.saturating_sub(weight(&op));
        true
    }

    /// The first revision whose makers, or those before it, were sent after an event.
    pub(super) fn first_sent_after(&self, event: u64) -> Revision {
        let at = self.made.partition_point(|made| made.sent <= event);
        let at = i64::try_from(at).unwrap_or_default();
        Revision(self.before.0.saturating_add(at).saturating_add(1))
    }

    /// The forgotten revision that an operation made, if it is known still.
    pub(super) fn elder_of(&self, op: &Op) -> Option<Revision> {
        let by = |made: &Made| made.by.operation().is_some_and(|by| by.invocation == op.invocation);
        let (revision, _) = self.elders.iter().find(|(_, made)| by(made))?;
        Some(*revision)
    }

    /// Every operation that made a revision or had no effect, as far as it is kept.
    pub(super) fn operations(&self) -> impl Iterator<Item = &Op> {
        let elders = self.elders.iter().filter_map(|(_, made)| made.by.operation());
        let made = self.made.iter().filter_map(|made| made.by.operation());
        elders.chain(made).chain(self.idle.iter().map(|(_, op)| op))
    }
}

/// About how many bytes an operation holds.
fn weight(op: &Op) -> usize {
    match op.request() {
        Request::Txn(txn) => {
            350 + 260 * (txn.compare.len() + txn.success.len() + txn.failure.len())
        }
        _ => 350,
    }
}
