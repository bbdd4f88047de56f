//! The end of the history: revisions that later ones prove, and that neither an
//! acknowledgement nor a watch shows.

use std::collections::{BTreeMap, BTreeSet};

use super::engine::Engine;
use super::floor::Position;
use super::log::{Shown, same_changes};
use super::operation::{End, Op};
use super::past::Maker;
use super::search::Found;
use super::tally::Tally;
use crate::history::{Bytes, KeyValue, LeaseId, Response, Revision};
use crate::model::{Change, Changes, touched};

/// Holes in a row that are filled before the check gives up: a revision so far off is
/// not one that this history leads to.
const HOLES: u64 = 10_000;

/// Pairs that answers show, by the revision that made them.
type Evidence = BTreeMap<Revision, Vec<KeyValue>>;

/// What the search for a hole's maker needs to know.
pub(super) struct Horizon {
    evidence: Evidence,
    /// For each shown revision, the first event that shows it or a later one.
    shown: BTreeMap<Revision, u64>,
}

/// One who may have made a hole.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) by: Maker,
    pub(super) changes: Changes,
    /// The changes are not certain: they depend on content that is not known.
    pub(super) vague: bool,
}

impl Horizon {
    /// Whether an answer shows a pair that a revision made.
    pub(super) fn shows_pairs_of(&self, revision: Revision) -> bool {
        self.evidence.contains_key(&revision)
    }
}

impl Engine {
    /// The history is over: everything is settled, and what is missing is filled in.
    pub(super) fn settle(&mut self) {
        self.over = true;
        for op in self.operations.give_up_open() {
            self.suspects.add(&op);
        }
        self.advance();
        self.fill_holes();
        if !self.refusals.is_empty() {
            self.judge_refusals(true, u64::MAX);
        }
    }

    fn fill_holes(&mut self) {
        let Some(mut newest) = self.pending.newest() else { return };
        let horizon = self.horizon();
        let mut holes = 0;
        while self.stopped.is_none() && self.state.revision() < newest {
            holes += 1;
            let shared = self.territory.is_shared();
            if holes > if shared { self.budget.steps / 50 } else { HOLES } {
                self.reasons.push(format!(
                    "revision {newest} was shown, but nothing shows who made the revisions \
                     from {} on",
                    self.state.revision().next()
                ));
                self.stop("at revisions that nothing shows".to_owned());
                break;
            }
            let next = self.state.revision().next();
            let filled = if shared {
                self.fill_among_others(&horizon, newest)
            } else {
                self.fill(&horizon, newest)
            };
            if !filled {
                let expected = self.pending.take(next).unwrap_or_default();
                self.compare_parked(expected, next);
            }
            self.advance();
            newest = newest.max(self.pending.newest().unwrap_or(newest));
        }
    }

    fn horizon(&self) -> Horizon {
        let mut shown = BTreeMap::new();
        let mut first = u64::MAX;
        for (revision, expected) in self.pending.iter().rev() {
            first = first.min(expected.first().unwrap_or(u64::MAX));
            shown.insert(revision, first);
        }
        Horizon { evidence: self.evidence(), shown }
    }

    fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::new();
        let answers = self.pending.iter().flat_map(|(_, expected)| expected.answers());
        for (_, answer) in answers {
            pairs_of(answer.response(), &mut |kv| {
                if !kv.value.is_empty() {
                    evidence.entry(kv.mod_revision).or_default().push(kv.clone());
                }
            });
        }
        evidence
    }

    /// Makes the next revision, which nothing shows; whether it made all that are left.
    fn fill(&mut self, horizon: &Horizon, newest: Revision) -> bool {
        let next = self.state.revision().next();
        let mut candidates = self.possible_makers(next, horizon);
        let vague = self.foreign_writes || candidates.iter().any(|candidate| candidate.vague);
        if candidates.is_empty() {
            // One that made an earlier revision may have to change places with another.
            if self.foreign_writes || self.may_be_recognised(next) {
                self.leave_open(next, &candidates);
            } else {
                self.nobody(next);
                self.commit(Changes::new(), Maker::Nobody, None, true);
            }
        } else if candidates.len() == 1 && !vague {
            let Candidate { by, changes, .. } = candidates.swap_remove(0);
            self.recognise(&by, next);
            self.commit(changes, by, None, true);
        } else if !vague && self.taint.is_empty() && !self.tried_all {
            return self.try_all(horizon, newest, &candidates);
        } else if !vague && distinct(&candidates) == 1 {
            // What happened is certain, who did it is not: none of them is used up, or
            // the one that made a later revision might be missing there.
            self.count(Tally::OpenMakers);
            self.commit(candidates.swap_remove(0).changes, Maker::Unknown, None, true);
        } else {
            self.leave_open(next, &candidates);
        }
        false
    }

    pub(super) fn recognise(&mut self, by: &Maker, revision: Revision) {
        if let Maker::Operation(op) = by
            && matches!(op.end, End::Doubtful(_))
        {
            self.suspects.recognise(op, revision);
            self.count(Tally::Recognised);
        }
    }

    /// Whether an operation that made another revision would fit the next one too.
    pub(super) fn may_be_recognised(&self, next: Revision) -> bool {
        self.suspects.all().any(|op| {
            self.suspects.recognised(op).is_some()
                && op.floor < Position::writer(next)
                && matches!(self.state.evaluate(next.previous(), op.request()),
                    Some(Ok(evaluation)) if !evaluation.changes.is_empty())
        })
    }

    /// Tries every way to make the revisions that are left, and takes the first that
    /// explains everything.
    pub(super) fn try_all(
        &mut self,
        horizon: &Horizon,
        newest: Revision,
        candidates: &[Candidate],
    ) -> bool {
        let next = self.state.revision().next();
        // What was recognised before might have to change places, which is not tried.
        let settled = !self.suspects.any_recognised();
        match self.search(horizon, newest) {
            Found::Way(way) => {
                self.chose = true;
                for (by, changes) in way {
                    let next = self.state.revision().next();
                    self.recognise(&by, next);
                    let expected = self.pending.take(next).unwrap_or_default();
                    let sight = expected.shown.as_ref().map(Shown::first);
                    self.commit(changes, by, sight, true);
                    self.compare_parked(expected, next);
                }
                return true;
            }
            Found::Nothing(Some((op, revision, wrong))) if settled => {
                self.no_explanation(&op, revision, &wrong);
                self.stop("where nothing explains the answers".to_owned());
            }
            Found::Nothing(_) | Found::TooMany => {
                self.tried_all = true;
                self.leave_open(next, candidates);
            }
        }
        false
    }

    /// Everyone who can have made the next revision, by what is known of it.
    pub(super) fn possible_makers(&self, revision: Revision, horizon: &Horizon) -> Vec<Candidate> {
        let shown = horizon.shown.range(revision..).next().map_or(u64::MAX, |(_, index)| *index);
        let none = Vec::new();
        let evidence = horizon.evidence.get(&revision).unwrap_or(&none);
        let mut candidates = self.hole_candidates(revision, shown);
        candidates.retain(|candidate| candidate.vague || explains(&candidate.changes, evidence));
        candidates
    }

    /// Everyone who can have made a revision that was shown by an event.
    fn hole_candidates(&self, revision: Revision, shown: u64) -> Vec<Candidate> {
        let before = self.state.revision();
        let mut found = Vec::new();
        for op in self.suspects.all() {
            if op.invocation > shown
                || op.floor >= Position::writer(revision)
                || self.suspects.recognised(op).is_some()
            {
                continue;
            }
            let vague =
                !self.taint.is_empty() && self.taint.touches(&touched(op.request()), before, false);
            let changes = match self.state.evaluate(before, op.request()) {
                Some(Ok(evaluation)) => evaluation.changes,
                _ => Changes::new(),
            };
            if vague || !changes.is_empty() {
                found.push(Candidate { by: Maker::Operation(op.clone()), changes, vague });
            }
        }
        found.extend(self.leases_with_keys().into_iter().map(|lease| Candidate {
            by: Maker::LeaseEnd,
            changes: self.state.end_of_lease(lease),
            vague: !self.taint.is_empty(),
        }));
        found
    }

    /// Leases that have keys, or may have keys that are not known.
    fn leases_with_keys(&self) -> BTreeSet<LeaseId> {
        let mut leases: BTreeSet<LeaseId> = self.state.leases_with_keys().collect();
        if !self.taint.is_empty() {
            let known = self.known_operations();
            let named = known.iter().filter_map(|op| crate::model::lease_of(op.request()));
            leases.extend(named);
        }
        leases
    }

    /// Several may have made the next revision: what they would have changed is not
    /// known from here on.
    pub(super) fn leave_open(&mut self, next: Revision, candidates: &[Candidate]) {
        self.count(Tally::OpenRevisions);
        let mut keys: BTreeSet<Bytes> = BTreeSet::new();
        for candidate in candidates {
            keys.extend(candidate.changes.iter().map(|change| change.key.clone()));
            if let (true, Maker::Operation(op)) = (candidate.vague, &candidate.by) {
                keys.extend(self.reachable(op));
            }
        }
        for key in &keys {
            self.taint.begin(key, next);
        }
        self.commit(Changes::new(), Maker::Unknown, None, false);
    }

    /// Keys that an operation may change, whatever the state.
    pub(super) fn reachable(&self, op: &Op) -> Vec<Bytes> {
        let ranges = touched(op.request());
        let at = self.state.revision();
        let mut keys = Vec::new();
        for range in &ranges {
            keys.extend(range.single().cloned());
            keys.extend(self.state.index().range(range, at).map(|(key, _)| key.clone()));
        }
        keys
    }

    /// Reasons that the replay leaves behind.
    pub(super) fn doubts(&mut self) {
        let of = |what| self.tallies.of(what);
        let (open, skipped) = (of(Tally::OpenRevisions), of(Tally::Skipped));
        let (makers, forgotten) = (of(Tally::OpenMakers), of(Tally::PastForgotten));
        let unplaced = of(Tally::AnswersWithoutRevision);
        let unexplained = of(Tally::Unexplained);
        let refusals = of(Tally::RefusalsOpen);
        if refusals > 0 {
            self.reasons.push(format!(
                "of {refusals} refusals it could not be said whether they were right, since it is \
                 not certain who made the revisions that no watch delivered"
            ));
        }
        if forgotten > 0 {
            self.reasons.push(format!(
                "{forgotten} answers are about a past that the model had forgotten to stay within \
                 its budget of {} bytes, so they were not compared",
                self.budget.bytes
            ));
        }
        if open > 0 {
            self.reasons.push(format!(
                "nothing shows who made {open} of the revisions (no watch delivered them), so \
                 {skipped} answers could not be compared"
            ));
        }
        if makers > 0 {
            self.reasons.push(format!(
                "of {makers} revisions that no watch delivered it is clear what they changed, but \
                 not who made them"
            ));
        }
        let strays = of(Tally::Strays);
        if strays > 0 {
            self.reasons.push(format!(
                "{strays} requests reached beyond the prefix, where others may do anything, so \
                 they were not judged"
            ));
        }
        if unplaced > 0 {
            self.reasons.push(format!(
                "{unplaced} answers carried no revision, so they could not be placed in order"
            ));
        }
        if unexplained > 0 {
            self.reasons.push(format!(
                "{unexplained} revisions that watches show could not be attributed to anybody"
            ));
        }
        if self.foreign_writes && unplaced == 0 {
            let what = "requests of the lock and election services are not modelled yet";
            self.reasons.push(format!("{what}, so nobody can say what the store should hold"));
        }
    }
}

/// How many different outcomes the candidates amount to.
fn distinct(candidates: &[Candidate]) -> usize {
    let mut kinds: Vec<&Candidate> = Vec::new();
    for candidate in candidates {
        let same = |kind: &&Candidate| {
            !kind.vague && !candidate.vague && same_changes(&kind.changes, &candidate.changes)
        };
        if !kinds.iter().any(same) {
            kinds.push(candidate);
        }
    }
    kinds.len()
}

/// Whether these changes explain every pair that answers show of the revision.
fn explains(changes: &[Change], evidence: &[KeyValue]) -> bool {
    evidence.iter().all(|kv| {
        changes.iter().any(|change| {
            change.key == kv.key && change.pair.as_ref().is_some_and(|pair| pair.value == kv.value)
        })
    })
}

/// Every pair in a response.
pub(super) fn pairs_of(response: &Response, take: &mut impl FnMut(&KeyValue)) {
    match response {
        Response::Put(response) => response.prev_kv.iter().for_each(take),
        Response::Range(response) => response.kvs.iter().for_each(take),
        Response::Delete(response) => response.prev_kvs.iter().for_each(take),
        Response::Txn(response) => {
            for response in &response.responses {
                pairs_of(response, take);
            }
        }
        _ => {}
    }
}
