//! The replay: revision by revision, as soon as it is settled who made the next one.

use super::engine::Engine;
use super::floor::Sight;
use super::log::{Shown, changes_of, is_account_of};
use super::operation::Op;
use super::past::Maker;
use super::pending::Expected;
use super::report::{is_local, read_at};
use super::tally::Tally;
use crate::history::{Bytes, KeyEvent, Response, Revision};
use crate::keys::KeyRange;
use crate::model::{Change, Changes, Evaluation, changes_if_right, is_right, touched};

/// So many wrong answers, and contents are no longer compared.
const ENOUGH: u64 = 200;

impl Engine {
    /// Goes as far as everything is settled.
    pub(super) fn advance(&mut self) {
        while self.stopped.is_none() {
            let next = self.state.revision().next();
            let Some(expected) = self.pending.get(next) else {
                if self.territory.is_shared() && self.pass(next) {
                    continue;
                }
                return;
            };
            let shown = expected.shown.as_ref();
            let ready = expected.writer.is_some()
                || shown.is_some_and(|shown| self.operations.settled(shown.first().index));
            if !ready {
                let silent = self.territory.is_shared() && shown.is_none();
                if silent && self.pass(next) {
                    continue;
                }
                return;
            }
            self.passed_in_a_row = 0;
            let Some(mut expected) = self.pending.take(next) else { return };
            match (expected.writer.take(), expected.shown.take()) {
                (Some((op, answer)), shown) => {
                    self.adopt_write(&op, answer.response(), shown.as_ref());
                }
                (None, Some(shown)) => self.adopt_shown(&shown),
                (None, None) => {}
            }
            self.compare_parked(expected, next);
        }
    }

    /// The answers that waited for a revision.
    pub(super) fn compare_parked(&mut self, expected: Expected, revision: Revision) {
        for (op, answer) in expected.parked {
            if self.stopped.is_none() {
                self.compare(&op, revision, answer.response());
            }
        }
    }

    /// An acknowledged write makes the next revision.
    pub(super) fn adopt_write(&mut self, op: &Op, response: &Response, shown: Option<&Shown>) {
        let (before, next) = (self.state.revision(), self.state.revision().next());
        let unsure = self.is_unsure(op, before, false);
        let right = changes_if_right(self.state.index(), before, op.request(), response);
        let (changes, verdict) = match right {
            Some(changes) => (changes, Ok(())),
            None => self.judge_write(op, before, response),
        };
        self.count(Tally::WritesCompared);
        if unsure {
            self.count(Tally::Skipped);
        } else if let Err(wrong) = &verdict {
            self.wrong_response(op, before, response, wrong);
        }
        let sound = !unsure && verdict.is_ok();
        if sound {
            self.leases_used(op, &changes);
        }
        let account = shown.map(Shown::account);
        if let Some((seen, sight)) = account.filter(|_| sound)
            && !is_account_of(&changes, seen)
            && let seen = changes_of(seen)
            && alien(&changes, &seen)
        {
            self.shows_other(op, next, &seen, sight);
        }
        let changes = match account {
            Some((seen, _)) if !sound => changes_of(seen),
            _ => changes,
        };
        let known = !unsure || shown.is_some();
        if !known {
            // On a state that is not known, neither is what it changed.
            for key in self.reachable(op) {
                self.taint.begin(&key, next);
            }
        }
        self.commit(changes, Maker::Operation(op.clone()), shown.map(Shown::first), known);
    }

    /// What a write changes on the state at a revision, and how its answer is wrong.
    fn judge_write(
        &mut self,
        op: &Op,
        before: Revision,
        response: &Response,
    ) -> (Changes, Result<(), Wrong>) {
        match self.state.evaluate(before, op.request()) {
            Some(Ok(evaluation)) if self.reads_forgotten(op, &evaluation) => {
                (evaluation.changes, Ok(()))
            }
            Some(Ok(evaluation)) => {
                let agreed = evaluation.expected.agree(response);
                (evaluation.changes, agreed.map_err(Wrong::Differs))
            }
            Some(Err(refusal)) => (Changes::new(), Err(Wrong::NotRefused(refusal))),
            None => (Changes::new(), Ok(())),
        }
    }

    /// A revision that nobody was acknowledged for, as watches show it.
    fn adopt_shown(&mut self, shown: &Shown) {
        let changes = changes_of(shown.account().0);
        let by = self.maker_of(&changes, shown);
        self.commit(changes, by, Some(shown.first()), true);
    }

    /// Appends a revision to the model. Where its changes are known as a whole, so are
    /// the keys that they change.
    pub(super) fn commit(
        &mut self,
        changes: Changes,
        by: Maker,
        sight: Option<Sight>,
        known: bool,
    ) {
        let next = self.state.revision().next();
        if !self.taint.is_empty() && known {
            for change in &changes {
                self.taint.end(&change.key, next);
            }
        }
        self.past.push(by, sight, &changes);
        self.state.commit(changes);
        self.count(Tally::Revisions);
        self.forget_past();
    }

    /// Whether an answer depends on keys whose content is not known at a revision, or
    /// (where `ever` is set) was not at an earlier one.
    fn is_unsure(&self, op: &Op, at: Revision, ever: bool) -> bool {
        !self.taint.is_empty() && self.taint.touches(&touched(op.request()), at, ever)
    }

    /// Whether a request reads a past that the model has forgotten, which is counted.
    fn reads_forgotten(&mut self, op: &Op, evaluation: &Evaluation) -> bool {
        let Some(read) = evaluation.oldest_read else { return false };
        if read < self.start {
            self.count(Tally::BeforeStart);
            return true;
        }
        self.keeping.read(read, self.state.revision());
        if !is_local(op) {
            self.past_read(op, read);
        }
        let forgotten = read < self.state.oldest();
        if forgotten {
            self.count(Tally::PastForgotten);
        }
        forgotten
    }

    /// Compares an answer with the model at its revision.
    pub(super) fn compare(&mut self, op: &Op, revision: Revision, response: &Response) {
        let local = is_local(op);
        if local && revision < self.start {
            self.count(Tally::BeforeStart);
            return;
        }
        if revision < self.state.oldest() {
            self.count(Tally::PastForgotten);
            return;
        }
        if local && self.past.get(revision).is_some_and(|made| made.sent > op.returned()) {
            self.future_read(op, revision);
            return;
        }
        // Ranges at old revisions may meet what was unknown then and is known now.
        if self.is_unsure(op, revision, true) {
            self.count(Tally::Skipped);
            return;
        }
        let read = read_at(op.request(), revision);
        if read < self.start {
            self.count(Tally::BeforeStart);
            return;
        }
        if read >= self.state.oldest()
            && is_right(self.state.index(), revision, op.request(), response)
        {
            self.keeping.read(read, self.state.revision());
            if read < revision && !local {
                self.past_read(op, read);
            }
            self.count(Tally::AnswersCompared);
            return;
        }
        let verdict = match self.state.evaluate(revision, op.request()) {
            Some(Ok(evaluation)) if self.reads_forgotten(op, &evaluation) => return,
            Some(Ok(evaluation)) => evaluation.expected.agree(response).map_err(Wrong::Differs),
            Some(Err(refusal)) => Err(Wrong::NotRefused(refusal)),
            None => return,
        };
        self.count(Tally::AnswersCompared);
        if let Err(wrong) = verdict {
            if self.territory.is_shared() && self.shows_passed(response) {
                self.disputed(revision);
                return;
            }
            self.wrong_response(op, revision, response, &wrong);
            if self.tallies.of(Tally::WrongAnswers) >= ENOUGH {
                self.stop(format!("after {ENOUGH} wrong answers"));
            }
        }
    }

    /// A watch shows a revision that is part of the model already.
    pub(super) fn compare_account(&mut self, at: Revision, sight: Sight, events: &[KeyEvent]) {
        if at <= self.state.oldest() {
            return;
        }
        let changes = self.state.changes(at);
        if is_account_of(changes, events) {
            if let Some(made) = self.past.get_mut(at) {
                made.sight.get_or_insert(sight);
            }
            return;
        }
        let shown = changes_of(events);
        let unsure = shown.iter().chain(changes).any(|change| {
            self.taint.touches(&[KeyRange::new(&change.key, &Bytes::default())], at, false)
        });
        let alien = alien(changes, &shown);
        self.count(Tally::WatchConflicts);
        let Some(made) = self.past.get(at) else { return };
        if matches!(made.by, Maker::Others) {
            self.disputed(at);
            return;
        }
        let Maker::Operation(op) = made.by.clone() else { return };
        if !unsure && op.is_acknowledged_write() && made.sight.is_none() && alien {
            self.shows_other(&op, at, &shown, sight);
        }
    }
}

/// How an answer is wrong.
#[derive(Clone, Debug)]
pub(super) enum Wrong {
    /// It differs from the model's.
    Differs(crate::model::Disagreement),
    /// There should have been none.
    NotRefused(crate::history::Refusal),
}

/// Whether a watch shows a change that the write did not make. (A change that it does
/// not show is a matter of the watch; bookkeeping is compared elsewhere.)
fn alien(made: &[Change], shown: &[Change]) -> bool {
    let same = |made: &Change, shown: &Change| {
        made.key == shown.key
            && made.pair.as_ref().map(|pair| &pair.value)
                == shown.pair.as_ref().map(|pair| &pair.value)
    };
    shown.iter().any(|shown| !made.iter().any(|made| same(made, shown)))
}
