//! Shared ground: revisions that change nothing under our prefix, because others made them.

use super::engine::Engine;
use super::holes::Horizon;
use super::past::Maker;
use super::tally::Tally;
use crate::history::{Request, Response, Revision};
use crate::keys::KeyRange;
use crate::model::{Change, Changes, Pair, can_mutate, touched};

/// While no more than this waits, a revision that something in doubt may have made is
/// others' only when every watch that is open has passed it.
const PATIENCE: usize = 10_000;

impl Engine {
    /// Whether a request reaches beyond our keys. What it does there nobody can judge.
    pub(super) fn strays(&mut self, request: &Request) -> bool {
        let territory = &self.territory;
        let within = |range: &KeyRange| {
            let (key, range_end) = range.as_asked();
            territory.covers(key, range_end)
        };
        if !territory.is_shared() || touched(request).iter().all(within) {
            return false;
        }
        self.count(Tally::Strays);
        if can_mutate(request) {
            let prefix = crate::wording::quoted(self.territory.prefix());
            self.stop(format!("after a request that may write reached beyond the prefix {prefix}"));
        }
        true
    }

    /// Takes the next revision for one of others', if a watch went past it and all who may
    /// have made it and could still say so have ended.
    pub(super) fn pass(&mut self, next: Revision) -> bool {
        let Some(event) = self.streams.passages.passed(next) else { return false };
        if !self.operations.settled(event) {
            return false;
        }
        let waits = !self.over && self.pending.size < PATIENCE && self.may_be_ours();
        if waits && !self.streams.passages.by_all(next) {
            return false;
        }
        self.passed_in_a_row += 1;
        if self.passed_in_a_row > self.budget.steps / 50 {
            let many = self.passed_in_a_row;
            self.stop(format!("after {many} revisions in a row that are not ours"));
            return false;
        }
        let expected = self.pending.take(next).unwrap_or_default();
        self.others_make_next();
        self.compare_parked(expected, next);
        true
    }

    fn others_make_next(&mut self) {
        self.count(Tally::Others);
        self.commit(Changes::new(), Maker::Others, None, true);
    }

    /// Whether something of ours may make a revision that nobody acknowledges.
    fn may_be_ours(&self) -> bool {
        self.suspects.any_open() || self.state.leases_with_keys().next().is_some()
    }

    /// Makes the next revision, which nothing shows and no watch has passed; whether it
    /// made all that are left. Others may always have made it.
    pub(super) fn fill_among_others(&mut self, horizon: &Horizon, newest: Revision) -> bool {
        let next = self.state.revision().next();
        let evident = horizon.shows_pairs_of(next);
        let mut candidates = self.possible_makers(next, horizon);
        let vague = self.foreign_writes || candidates.iter().any(|candidate| candidate.vague);
        if candidates.is_empty() {
            if evident && (self.foreign_writes || self.may_be_recognised(next)) {
                self.leave_open(next, &candidates);
            } else {
                self.others_make_next();
            }
        } else if evident && candidates.len() == 1 && !vague {
            let candidate = candidates.swap_remove(0);
            self.recognise(&candidate.by, next);
            self.commit(candidate.changes, candidate.by, None, true);
        } else if !vague && self.taint.is_empty() && !self.tried_all {
            return self.try_all(horizon, newest, &candidates);
        } else {
            self.leave_open(next, &candidates);
        }
        false
    }

    /// A watch shows a change at a revision that another one passed without it, or an
    /// acknowledged write claims one.
    pub(super) fn disputed(&mut self, revision: Revision) {
        self.stop(format!(
            "after revision {revision}, which one watch passed as if it were not ours, was shown \
             to be"
        ));
    }

    /// Whether an answer shows a pair that something in doubt may have put at a revision
    /// that a watch passed without it: then the watch is to blame, or the answer.
    pub(super) fn shows_passed(&self, response: &Response) -> bool {
        let mut found = false;
        super::holes::pairs_of(response, &mut |kv| {
            let passed = self.past.get(kv.mod_revision);
            let passed = passed.is_some_and(|made| matches!(made.by, Maker::Others));
            let put = Change { key: kv.key.clone(), pair: Some(Pair::of(kv)) };
            found |= passed && !self.suspects.of(&[put]).is_empty();
        });
        found
    }

    /// What a finding leans on where others write too.
    pub(super) fn promise(&self) -> String {
        if !self.territory.is_shared() {
            return String::new();
        }
        let prefix = crate::wording::quoted(self.territory.prefix());
        format!(" (and nobody but this run may write under {prefix}, nor use its leases)")
    }
}
