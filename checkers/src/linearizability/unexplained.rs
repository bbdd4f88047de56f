//! Revisions that a watch shows and nobody was acknowledged for: an operation in doubt
//! took effect, a lease ended, or something happened that must not.

use std::collections::BTreeSet;

use super::engine::{Engine, Maker};
use super::log::{Shown, same_changes};
use super::operation::{End, OpId};
use crate::history::{Bytes, LeaseId, Revision};
use crate::model::{Change, Claim};

/// So many operations are tried when recognised ones have to change places.
const TRIED: usize = 500;

/// What is known of a value's writer, when it was not recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suspicion {
    /// Nobody was ever asked to write it.
    Nobody,
    /// It was seen before anybody was asked to write it.
    Early(OpId),
    /// Its write was definitely refused.
    Refused(OpId),
    /// Its write was answered, and said that it wrote nothing.
    Idle(OpId),
    /// Its write took effect at another revision too.
    Twice(OpId, Revision),
    /// Its write would have had other effects.
    Misfit(OpId),
    /// Nothing can be said.
    Open,
}

impl Engine {
    /// Who made the next revision, given what it changed. Where nobody can have, that
    /// is found.
    pub(super) fn maker_of(&mut self, changes: &[Change], shown: &Shown) -> Maker {
        let next = self.state.revision().next();
        if let Some(lease) = self.ended_lease(changes) {
            self.count("lease-ends");
            return Maker::LeaseEnd(lease);
        }
        let candidates = self.candidates(next, changes, shown.first.index);
        let mut tried = BTreeSet::new();
        if let Some(id) = self.assign(next, &candidates, &mut tried) {
            self.count("recognised");
            return Maker::Operation(id);
        }
        if self.foreign_writes || !self.taint.is_empty() || tried.len() >= TRIED {
            self.count("unexplained");
            return Maker::Unknown;
        }
        self.unexplained(next, changes, shown);
        Maker::Nobody
    }

    /// The lease whose end makes exactly these changes.
    fn ended_lease(&self, changes: &[Change]) -> Option<LeaseId> {
        let first = changes.first().filter(|change| change.pair.is_none())?;
        let lease = self.state.index().get(&first.key, self.state.revision())?.lease;
        let ends = !lease.is_none() && same_changes(&self.state.end_of_lease(lease), changes);
        ends.then_some(lease)
    }

    /// Operations in doubt that may have made a revision (the next one, or one of the
    /// model) with these changes, first seen by an event: earliest call first.
    fn candidates(&self, revision: Revision, changes: &[Change], seen: u64) -> Vec<OpId> {
        let value = changes.iter().find_map(|change| Some(&change.pair.as_ref()?.value));
        let mut ids: Vec<OpId> = match value {
            Some(value) => {
                let writers = self.suspects.writers_of(value).iter();
                writers.chain(self.suspects.keepers()).copied().collect()
            }
            None => self.suspects.deleters().to_vec(),
        };
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| self.can_have_made(*id, revision, changes, seen));
        ids
    }

    fn can_have_made(&self, id: OpId, revision: Revision, changes: &[Change], seen: u64) -> bool {
        let operation = self.operations.get(id);
        matches!(operation.end, End::Doubtful)
            && operation.invocation < seen
            && operation.floor.position < super::floor::Position::writer(revision)
            && matches!(
                self.state.evaluate(revision.previous(), &operation.request),
                Some(Ok(evaluation)) if same_changes(&evaluation.changes, changes)
            )
    }

    /// Recognises one of the candidates as the maker of a revision. If all of them made
    /// other revisions already, one of those may have had another maker (augmenting
    /// path of a bipartite matching).
    fn assign(
        &mut self,
        revision: Revision,
        candidates: &[OpId],
        visited: &mut BTreeSet<OpId>,
    ) -> Option<OpId> {
        for id in candidates {
            if visited.len() >= TRIED {
                return None;
            }
            if !visited.insert(*id) {
                continue;
            }
            let free = match self.suspects.recognised(*id) {
                None => true,
                Some(other) => self.reassign(other, visited),
            };
            if free {
                self.suspects.recognise(*id, revision);
                return Some(*id);
            }
        }
        None
    }

    /// Finds another maker for a revision of the model.
    fn reassign(&mut self, revision: Revision, visited: &mut BTreeSet<OpId>) -> bool {
        let Some(sight) = self.made(revision).and_then(|made| made.sight) else { return false };
        let changes = self.state.changes(revision).to_vec();
        let candidates = self.candidates(revision, &changes, sight.index);
        let Some(id) = self.assign(revision, &candidates, visited) else { return false };
        if let Some(made) = self.made_mut(revision) {
            made.by = Maker::Operation(id);
        }
        self.resend(revision);
        true
    }

    /// Computes anew when the makers up to each revision had been sent, after one of
    /// them changed.
    fn resend(&mut self, from: Revision) {
        let mut before = self.made(from.previous()).map_or(0, |made| made.sent);
        let mut revision = from;
        while let Some(made) = self.made(revision).copied() {
            before = before.max(self.sent(made.by));
            if revision > from && made.sent == before {
                return;
            }
            if let Some(made) = self.made_mut(revision) {
                made.sent = before;
            }
            revision = revision.next();
        }
    }

    /// Nobody can have made the next revision: tells why each of its values' writers
    /// did not.
    fn unexplained(&mut self, next: Revision, changes: &[Change], shown: &Shown) {
        let (_, sight) = shown.account();
        let put = changes.iter().find_map(|change| Some((change, change.pair.as_ref()?)));
        let Some((change, pair)) = put else {
            if self.counts.contains_key("answers-without-revision") {
                self.count("unexplained");
            } else {
                self.phantom_delete(next, changes, sight);
            }
            return;
        };
        match self.suspicion(next, &pair.value, shown.first.index) {
            Suspicion::Open => self.count("unexplained"),
            Suspicion::Twice(id, other) => {
                self.doubled_write(id, other, next, &change.key, sight);
            }
            suspicion => self.phantom_write(suspicion, next, change, sight),
        }
    }

    fn suspicion(&self, revision: Revision, value: &Bytes, seen: u64) -> Suspicion {
        let mut worst = Suspicion::Nobody;
        for id in self.suspects.writers_of(value) {
            let operation = self.operations.get(*id);
            let suspicion = match operation.end {
                _ if operation.invocation > seen => Suspicion::Early(*id),
                End::Refused => Suspicion::Refused(*id),
                End::Answered(Claim::Writer(other)) if other != revision => {
                    Suspicion::Twice(*id, other)
                }
                End::Answered(Claim::Reader(_) | Claim::Local(_)) => Suspicion::Idle(*id),
                End::Doubtful => match self.suspects.recognised(*id) {
                    Some(other) => Suspicion::Twice(*id, other),
                    None => Suspicion::Misfit(*id),
                },
                _ => Suspicion::Open,
            };
            if suspicion == Suspicion::Open {
                return Suspicion::Open;
            }
            worst = suspicion;
        }
        worst
    }
}
