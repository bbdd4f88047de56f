//! Revisions that nothing shows, and for which several makers are possible: every way to
//! make them is tried, within a budget of steps.

use std::collections::BTreeSet;

use super::engine::Engine;
use super::holes::{Candidate, Horizon};
use super::log::is_account_of;
use super::operation::{End, Op};
use super::past::Maker;
use super::pending::Expected;
use crate::history::{Response, Revision};
use crate::model::{Changes, Claim};

/// What trying every way to make the open revisions leads to.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// One explains everything: the makers and changes of the revisions, in order.
    Way(Vec<(Maker, Changes)>),
    /// None does. The answer that was reached farthest into the history and that nothing
    /// explains, with its revision and what is wrong with it.
    Nothing(Option<(Op, Revision, String)>),
    /// There are more ways than the budget allows to try.
    TooMany,
}

/// A revision on the way, and the makers that are still to be tried for it.
struct Branch {
    left: Vec<Candidate>,
    /// When the last of the makers before it was sent.
    before: u64,
    chosen: Option<(Maker, Changes)>,
}

impl Branch {
    /// When the last of the makers up to it was sent.
    fn sent(&self) -> u64 {
        self.before.max(self.chosen.as_ref().map_or(0, |(by, _)| by.sent()))
    }
}

/// The search through all ways.
struct Search<'a> {
    engine: &'a mut Engine,
    horizon: &'a Horizon,
    /// Operations in doubt that made a revision on the way.
    used: BTreeSet<u64>,
    way: Vec<Branch>,
    steps: u64,
    farthest: Option<(Op, Revision, String)>,
}

impl Engine {
    /// Tries every way to make the revisions from the next one to the newest that
    /// anything shows. The model is left as it was.
    pub(super) fn search(&mut self, horizon: &Horizon, newest: Revision) -> Found {
        let steps = self.budget.steps / 50;
        let (used, way) = (BTreeSet::new(), Vec::new());
        let mut search = Search { engine: self, horizon, used, way, steps, farthest: None };
        let found = search.run(newest);
        while !search.way.is_empty() {
            search.retract();
            search.way.pop();
        }
        found
    }
}

impl Search<'_> {
    fn run(&mut self, newest: Revision) -> Found {
        self.open();
        loop {
            if self.steps == 0 {
                return Found::TooMany;
            }
            self.steps -= 1;
            self.retract();
            let Some(branch) = self.way.last_mut() else {
                return Found::Nothing(self.farthest.take());
            };
            let Some(candidate) = branch.left.pop() else {
                self.way.pop();
                continue;
            };
            if !self.step(candidate) {
                continue;
            }
            if self.engine.state.revision() >= newest {
                let way = self.way.iter().filter_map(|branch| branch.chosen.clone());
                return Found::Way(way.collect());
            }
            self.open();
        }
    }

    fn sent(&self) -> u64 {
        let made = self.engine.past.get(self.engine.state.revision());
        self.way.last().map_or_else(|| made.map_or(0, |made| made.sent), Branch::sent)
    }

    /// Finds the makers that are possible for the next revision.
    fn open(&mut self) {
        let before = self.sent();
        let mut left = self.candidates(self.engine.state.revision().next());
        // Taken from the end: the earliest call first.
        left.reverse();
        self.way.push(Branch { left, before, chosen: None });
    }

    /// Takes the newest revision on the way back, if it was made.
    fn retract(&mut self) {
        let Some((by, _)) = self.way.last_mut().and_then(|branch| branch.chosen.take()) else {
            return;
        };
        if let Some(op) = by.operation() {
            self.used.remove(&op.invocation);
        }
        self.engine.state.undo();
    }

    fn candidates(&mut self, next: Revision) -> Vec<Candidate> {
        let expected = self.engine.pending.get(next);
        if let Some((op, answer)) = expected.and_then(|expected| expected.writer.clone()) {
            return self.acknowledged(op, answer.response(), next);
        }
        let mut found = self.engine.possible_makers(next, self.horizon);
        found.retain(|candidate| {
            candidate.by.operation().is_none_or(|op| !self.used.contains(&op.invocation))
        });
        let expected = self.engine.pending.get(next);
        let shown = expected.and_then(|expected| expected.shown.as_ref());
        if let Some(shown) = shown {
            let (account, _) = shown.account();
            found.retain(|candidate| is_account_of(&candidate.changes, account));
        }
        let seen = shown.is_some() || (self.horizon.shows_pairs_of(next) && !found.is_empty());
        if self.engine.territory.is_shared() && !seen {
            // That it was others' is tried first.
            let others = Candidate { by: Maker::Others, changes: Changes::new(), vague: false };
            if self.engine.streams.passages.have_passed(next) {
                return vec![others];
            }
            found.insert(0, others);
        }
        // Of equal requests the one that was sent first can do whatever the others can.
        let mut distinct: Vec<Candidate> = Vec::new();
        for candidate in found {
            let same = |known: &Candidate| match (&known.by, &candidate.by) {
                (Maker::Operation(one), Maker::Operation(other)) => {
                    one.request() == other.request()
                }
                _ => false,
            };
            if !distinct.iter().any(same) {
                distinct.push(candidate);
            }
        }
        distinct
    }

    /// The acknowledged writer of a revision, if its answer is right here.
    fn acknowledged(&mut self, op: Op, response: &Response, next: Revision) -> Vec<Candidate> {
        let before = next.previous();
        let wrong = match self.engine.state.evaluate(before, op.request()) {
            Some(Ok(evaluation)) => match evaluation.expected.agree(response) {
                Ok(()) => {
                    let (by, changes) = (Maker::Operation(op), evaluation.changes);
                    return vec![Candidate { by, changes, vague: false }];
                }
                Err(difference) => difference.to_string(),
            },
            Some(Err(refusal)) => format!("it should have been refused ({refusal:?})"),
            None => "it changes no key".to_owned(),
        };
        self.fail(op, next, wrong);
        Vec::new()
    }

    /// Makes the next revision so. Whether the answers at it are right then; a revision
    /// is made in any case.
    fn step(&mut self, candidate: Candidate) -> bool {
        let Candidate { by, changes, .. } = candidate;
        if let Some(op) = by.operation().filter(|op| matches!(op.end, End::Doubtful(_))) {
            self.used.insert(op.invocation);
        }
        self.engine.state.commit(changes.clone());
        let revision = self.engine.state.revision();
        if let Some(branch) = self.way.last_mut() {
            branch.chosen = Some((by, changes));
        }
        let sent = self.sent();
        let Some(expected) = self.engine.pending.get(revision) else { return true };
        let wrong = self.wrong_answer(expected, revision, sent);
        match wrong {
            Some((op, wrong)) => {
                self.fail(op, revision, wrong);
                false
            }
            None => true,
        }
    }

    /// The first answer at a revision that is wrong.
    fn wrong_answer(
        &self,
        expected: &Expected,
        revision: Revision,
        sent: u64,
    ) -> Option<(Op, String)> {
        expected.parked.iter().find_map(|(op, answer)| {
            if matches!(op.end, End::Answered(Claim::Local(_))) && sent > op.returned() {
                let wrong = "a write that it shows was sent later".to_owned();
                return Some((op.clone(), wrong));
            }
            let wrong = match self.engine.state.evaluate(revision, op.request())? {
                Ok(evaluation) => evaluation.expected.agree(answer.response()).err()?.to_string(),
                Err(refusal) => format!("it should have been refused ({refusal:?})"),
            };
            Some((op.clone(), wrong))
        })
    }

    fn fail(&mut self, op: Op, revision: Revision, wrong: String) {
        let farther = |known: &(Op, Revision, String)| revision > known.1;
        if self.farthest.as_ref().is_none_or(farther) {
            self.farthest = Some((op, revision, wrong));
        }
    }
}
