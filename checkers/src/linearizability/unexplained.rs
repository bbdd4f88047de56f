//! Revisions that a watch shows and nobody was acknowledged for: an operation in doubt
//! took effect, a lease ended, or something happened that must not.

use std::collections::BTreeSet;

use super::engine::Engine;
use super::floor::Position;
use super::log::{Shown, same_changes};
use super::operation::{End, Op};
use super::past::Maker;
use super::suspects::writes;
use super::tally::Tally;
use crate::history::{Bytes, Revision};
use crate::model::{Change, Claim};

/// So many operations are tried when recognised ones have to change places.
const TRIED: usize = 500;

/// Of so many findings each one names its writer.
const TOLD: u64 = 100;

/// What is known of a value's writer, when it was not recognised.
#[derive(Clone, Debug)]
pub(super) enum Suspicion {
    /// Nobody that is remembered was ever asked to write it.
    Nobody,
    /// It was seen before anybody was asked to write it.
    Early(Op),
    /// Its write was definitely refused.
    Refused(Op),
    /// Its write was answered, and said that it wrote nothing.
    Idle(Op),
    /// Its write took effect at another revision too.
    Twice(Op, Revision),
    /// Its write would have had other effects.
    Misfit(Op),
    /// Nothing can be said.
    Open,
}

impl Engine {
    /// Who made the next revision, given what it changed. Where nobody can have, that
    /// is found.
    pub(super) fn maker_of(&mut self, changes: &[Change], shown: &Shown) -> Maker {
        let next = self.state.revision().next();
        if self.is_end_of_lease(changes) {
            self.count(Tally::LeaseEnds);
            return Maker::LeaseEnd;
        }
        let candidates = self.candidates(next, changes, shown.first().index);
        let mut tried = BTreeSet::new();
        if let Some(op) = self.assign(next, &candidates, &mut tried) {
            self.count(Tally::Recognised);
            return Maker::Operation(op);
        }
        if self.foreign_writes || !self.taint.is_empty() || tried.len() >= TRIED {
            self.count(Tally::Unexplained);
            return Maker::Unknown;
        }
        self.unexplained(next, changes, shown);
        Maker::Nobody
    }

    /// Whether the end of a lease makes exactly these changes.
    fn is_end_of_lease(&self, changes: &[Change]) -> bool {
        let Some(first) = changes.first().filter(|change| change.pair.is_none()) else {
            return false;
        };
        let Some(pair) = self.state.index().get(&first.key, self.state.revision()) else {
            return false;
        };
        !pair.lease.is_none() && same_changes(&self.state.end_of_lease(pair.lease), changes)
    }

    /// Operations in doubt that may have made a revision (the next one, or one of the
    /// model) with these changes, first seen by an event: earliest call first.
    fn candidates(&self, revision: Revision, changes: &[Change], seen: u64) -> Vec<Op> {
        let mut found = self.suspects.of(changes);
        found.retain(|op| self.can_have_made(op, revision, changes, seen));
        found
    }

    fn can_have_made(&self, op: &Op, revision: Revision, changes: &[Change], seen: u64) -> bool {
        op.invocation < seen
            && op.floor < Position::writer(revision)
            && matches!(
                self.state.evaluate(revision.previous(), op.request()),
                Some(Ok(evaluation)) if same_changes(&evaluation.changes, changes)
            )
    }

    /// Recognises one of the candidates as the maker of a revision. If all of them made
    /// other revisions already, one of those may have had another maker (augmenting
    /// path of a bipartite matching).
    fn assign(
        &mut self,
        revision: Revision,
        candidates: &[Op],
        visited: &mut BTreeSet<u64>,
    ) -> Option<Op> {
        for op in candidates {
            if visited.len() >= TRIED {
                return None;
            }
            if !visited.insert(op.invocation) {
                continue;
            }
            let free = match self.suspects.recognised(op) {
                None => true,
                Some(other) => self.reassign(other, visited),
            };
            if free {
                self.suspects.recognise(op, revision);
                return Some(op.clone());
            }
        }
        None
    }

    /// Finds another maker for a revision of the model.
    fn reassign(&mut self, revision: Revision, visited: &mut BTreeSet<u64>) -> bool {
        if revision.previous() < self.state.oldest() {
            return false;
        }
        let Some(sight) = self.past.get(revision).and_then(|made| made.sight) else {
            return false;
        };
        let changes = self.state.changes(revision).to_vec();
        let candidates = self.candidates(revision, &changes, sight.index);
        let Some(op) = self.assign(revision, &candidates, visited) else { return false };
        if let Some(made) = self.past.get_mut(revision) {
            made.by = Maker::Operation(op);
        }
        self.past.resend(revision);
        true
    }

    /// Nobody can have made the next revision: tells why each of its values' writers
    /// did not.
    fn unexplained(&mut self, next: Revision, changes: &[Change], shown: &Shown) {
        let (_, sight) = shown.account();
        let put = changes.iter().find_map(|change| Some((change, change.pair.as_ref()?)));
        let Some((change, pair)) = put else {
            if self.tallies.of(Tally::AnswersWithoutRevision) > 0 {
                self.count(Tally::Unexplained);
            } else {
                self.phantom_delete(next, changes, sight);
            }
            return;
        };
        if self.tallies.of(Tally::AnswersWithoutRevision) > 0 {
            // One of them may have written it.
            self.count(Tally::Unexplained);
            return;
        }
        match self.suspicion(next, &pair.value, shown.first().index) {
            Suspicion::Open => self.count(Tally::Unexplained),
            Suspicion::Twice(op, other) => {
                self.doubled_write(&op, other, next, &change.key, sight);
            }
            suspicion => self.phantom_write(&suspicion, next, change, sight),
        }
    }

    fn suspicion(&self, revision: Revision, value: &Bytes, seen: u64) -> Suspicion {
        // After some findings their number alone counts, and the search for the writer
        // would be long.
        if self.findings.total() > TOLD {
            return Suspicion::Nobody;
        }
        let mut worst = Suspicion::Nobody;
        for op in self.known_operations().into_iter().filter(|op| writes(op.request(), value)) {
            let made = |op: &Op| self.suspects.recognised(op).or_else(|| self.past.elder_of(op));
            let doubtful = |op: Op| match made(&op) {
                Some(other) => Suspicion::Twice(op, other),
                None => Suspicion::Misfit(op),
            };
            worst = Suspicion::of(op, revision, seen, doubtful);
            if matches!(worst, Suspicion::Open) {
                return worst;
            }
        }
        worst
    }
}

impl Suspicion {
    /// What is known of one that may have written a value, which was seen at a revision by
    /// an event. `doubtful` is asked when its outcome is in doubt.
    pub(super) fn of(
        op: Op,
        revision: Revision,
        seen: u64,
        doubtful: impl FnOnce(Op) -> Self,
    ) -> Self {
        match op.end {
            _ if op.invocation > seen => Self::Early(op),
            End::Refused(_) => Self::Refused(op),
            End::Answered(Claim::Writer(other)) if other != revision => Self::Twice(op, other),
            End::Answered(Claim::Reader(_) | Claim::Local(_)) => Self::Idle(op),
            End::Doubtful(_) => doubtful(op),
            _ => Self::Open,
        }
    }
}
