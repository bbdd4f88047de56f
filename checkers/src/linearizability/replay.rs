//! The replay: revision by revision, as soon as it is settled who made the next one.

use super::engine::{Engine, Made, Maker};
use super::floor::Sight;
use super::log::{Account, Shown, same_changes};
use super::operation::{End, OpId};
use crate::history::{Response, Revision};
use crate::model::{Change, Claim, touched};

/// So many wrong answers, and contents are no longer compared.
const ENOUGH: u64 = 200;

impl Engine {
    /// Goes as far as everything is settled.
    pub(super) fn advance(&mut self) {
        while self.stopped.is_none() {
            let next = self.state.revision().next();
            if let Some((id, response)) = self.writers.remove(&next) {
                let shown = self.log.take(next);
                self.adopt_write(id, &response, shown.as_ref());
            } else if self.log.get(next).is_some_and(|s| self.operations.settled(s.first.index)) {
                let Some(shown) = self.log.take(next) else { return };
                self.adopt_shown(&shown);
            } else {
                return;
            }
            self.compare_parked(next);
        }
        self.parked.clear();
        self.writers.clear();
    }

    /// The answers that waited for a revision.
    pub(super) fn compare_parked(&mut self, revision: Revision) {
        for (id, response) in self.parked.remove(&revision).unwrap_or_default() {
            if self.stopped.is_none() {
                self.compare(id, revision, &response);
            }
        }
    }

    /// An acknowledged write makes the next revision.
    fn adopt_write(&mut self, id: OpId, response: &Response, shown: Option<&Shown>) {
        let (before, next) = (self.state.revision(), self.state.revision().next());
        let operation = self.operations.get(id);
        let ranges = touched(&operation.request);
        let unsure = self.taint.touches(&ranges, before, false);
        let evaluated = self.state.evaluate(before, &operation.request);
        let (changes, verdict) = match evaluated {
            Some(Ok(evaluation)) => {
                let agreed = evaluation.expected.agree(response);
                (evaluation.changes, agreed.map_err(Wrong::Differs))
            }
            Some(Err(refusal)) => (Vec::new(), Err(Wrong::NotRefused(refusal))),
            None => (Vec::new(), Ok(())),
        };
        self.count("writes-compared");
        let seen = shown.map(|shown| shown.account().0.to_vec());
        if unsure {
            self.count("skipped");
        } else if let Err(wrong) = &verdict {
            self.wrong_response(id, before, &response.clone(), wrong);
        }
        let shows_other =
            seen.as_ref().is_some_and(|seen| !unsure && verdict.is_ok() && alien(&changes, seen));
        let by = Maker::Operation(id);
        if let (true, Some(shown)) = (shows_other, shown) {
            let (account, sight) = shown.account();
            self.shows_other(id, next, account, sight);
        }
        let changes = match seen {
            Some(seen) if unsure || verdict.is_err() => seen,
            _ => changes,
        };
        let known = !unsure || shown.is_some();
        if !known {
            // On a state that is not known, neither is what it changed.
            for key in self.reachable(id) {
                self.taint.begin(&key, next);
            }
        }
        self.commit(changes, by, shown.map(|shown| shown.first), known);
    }

    /// A revision that nobody was acknowledged for, as watches show it.
    fn adopt_shown(&mut self, shown: &Shown) {
        let changes = shown.account().0.to_vec();
        let by = self.maker_of(&changes, shown);
        self.commit(changes, by, Some(shown.first), true);
    }

    /// Appends a revision to the model. Where its changes are known as a whole, so are
    /// the keys that they change.
    pub(super) fn commit(
        &mut self,
        changes: Vec<Change>,
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
        self.state.commit(changes);
        let before = self.made.last().map_or(0, |made| made.sent);
        let sent = before.max(self.sent(by));
        self.made.push(Made { by, sight, sent });
        self.count("revisions");
    }

    /// Compares an answer with the model at its revision.
    pub(super) fn compare(&mut self, id: OpId, revision: Revision, response: &Response) {
        let operation = self.operations.get(id);
        let local = matches!(operation.end, End::Answered(Claim::Local(_)));
        if local && self.is_from_the_future(id, revision) {
            self.future_read(id, revision);
            return;
        }
        let operation = self.operations.get(id);
        // Ranges at old revisions may meet what was unknown then and is known now.
        let ranges = touched(&operation.request);
        if !self.taint.is_empty() && self.taint.touches(&ranges, revision, true) {
            self.count("skipped");
            return;
        }
        let verdict = match self.state.evaluate(revision, &operation.request) {
            Some(Ok(evaluation)) => evaluation.expected.agree(response).map_err(Wrong::Differs),
            Some(Err(refusal)) => Err(Wrong::NotRefused(refusal)),
            None => return,
        };
        self.count("answers-compared");
        if let Err(wrong) = verdict {
            self.wrong_response(id, revision, response, &wrong);
            if self.findings.count("wrong-response") >= ENOUGH {
                self.stop(format!("after {ENOUGH} wrong answers"));
            }
        }
    }

    /// Whether a member answered alone from a state for which a write was needed that
    /// had not even been sent when the answer came.
    fn is_from_the_future(&self, id: OpId, revision: Revision) -> bool {
        let Some((returned, _)) = self.operations.get(id).completion else { return false };
        self.made(revision).is_some_and(|made| made.sent > returned)
    }

    /// A watch shows a revision that is part of the model already.
    pub(super) fn compare_account(&mut self, account: &Account) {
        let Some(made) = self.made(account.revision).copied() else { return };
        if same_changes(self.state.changes(account.revision), &account.changes) {
            if let (None, Some(made)) = (made.sight, self.made_mut(account.revision)) {
                made.sight = Some(account.sight);
            }
            return;
        }
        self.count("watch-conflicts");
        let changes = self.state.changes(account.revision);
        let at = account.revision;
        let unsure = account.changes.iter().chain(changes).any(|change| {
            let key = crate::keys::KeyRange::new(&change.key, &crate::history::Bytes::default());
            self.taint.touches(&[key], at, false)
        });
        let Maker::Operation(id) = made.by else { return };
        let acknowledged = matches!(self.operations.get(id).end, End::Answered(Claim::Writer(_)));
        if !unsure && acknowledged && made.sight.is_none() && alien(changes, &account.changes) {
            self.shows_other(id, at, &account.changes, account.sight);
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
    let value = |change: &Change| change.pair.as_ref().map(|pair| pair.value.clone());
    shown
        .iter()
        .any(|shown| !made.iter().any(|made| made.key == shown.key && value(made) == value(shown)))
}
