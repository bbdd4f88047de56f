//! K1, real time: no operation comes before one that had ended when it was sent.

use super::engine::Engine;
use super::floor::{Cause, Floor, Position};
use super::kept::Answering;
use super::operation::{End, Op, Operation};
use super::past::Maker;
use super::report::{in_order, sight_step};
use crate::history::{Request, Revision};
use crate::model::Claim;
use crate::verdict::{Finding, Witness, WitnessStep};

impl Engine {
    /// Compares an answered operation's position with what had been shown before it
    /// was sent. Together with the floors this is the whole check of real time. Whether it
    /// fits.
    pub(super) fn check_real_time(&mut self, op: &Op, cause: Cause, claim: Claim) -> bool {
        let broken = match claim {
            Claim::Reader(revision) | Claim::Revoke(revision) => {
                op.floor > Position::reader(revision)
            }
            // At its own position, only itself may have been before it was sent: a watch
            // event of the revision or another operation that made it may not.
            Claim::Writer(revision) => op.floor >= Position::writer(revision),
            Claim::Local(_) | Claim::None => false,
        };
        if !broken || is_known_split(&cause, claim) {
            return !broken;
        }
        let floor = Floor { position: op.floor, cause };
        if matches!(claim, Claim::Reader(_)) && !matches!(op.request(), Request::LeaseGrant(_)) {
            self.findings.add("stale-read", || stale_read(op, &floor, claim));
        } else {
            self.findings.add("time-travel", || time_travel(op, &floor, claim));
        }
        false
    }

    /// An acknowledged writer names its revision; nobody else may.
    pub(super) fn claim_revision(&mut self, op: &Op, revision: Revision, answer: Answering<'_>) {
        if self.stopped.is_some() {
            return;
        }
        if revision <= self.start {
            self.impossible_revision(op, revision);
            return;
        }
        if revision <= self.state.revision() {
            let by = self.past.get(revision).map(|made| made.by.clone());
            if matches!(by, Some(Maker::Others)) {
                self.disputed(revision);
            } else if let Some(Maker::Operation(other)) = by
                && other.is_acknowledged_write()
            {
                self.split(&other, op, revision);
            }
            return;
        }
        let known = self.pending.get(revision).and_then(|expected| expected.writer.clone());
        if let Some((other, _)) = known {
            self.split(&other, op, revision);
        } else if revision == self.state.revision().next() {
            // The usual case: nothing has to wait, and nothing is copied.
            let expected = self.pending.take(revision).unwrap_or_default();
            self.adopt_write(op, answer.response, expected.shown.as_ref());
            self.compare_parked(expected, revision);
        } else {
            self.pending.write(revision, op.clone(), answer.keep());
        }
    }

    /// Two acknowledged writers share a revision. From here on nobody can say what the
    /// store should hold, so contents are no longer compared.
    fn split(&mut self, first: &Op, second: &Op, revision: Revision) {
        let sentence = format!(
            "Revision {revision} was given to two acknowledged writes: {}, and {}.",
            first.name(),
            second.name(),
        );
        let steps = vec![first.step(None), second.step(None).contradicting()];
        self.findings.add("split-revision", || Finding {
            anomaly: "split-revision".to_owned(),
            guarantee: "K2".to_owned(),
            sentence,
            because: format!("because revision {revision} belongs to exactly one write"),
            however: "however two different writes were acknowledged with it".to_owned(),
            witness: in_order(steps),
        });
        self.stop(format!("after revision {revision} was given twice"));
    }
}

/// Two acknowledged writers of one revision are told as `split-revision`.
fn is_known_split(cause: &Cause, claim: Claim) -> bool {
    let (Cause::Operation(other), Claim::Writer(revision)) = (cause, claim) else {
        return false;
    };
    matches!(other.end, End::Answered(Claim::Writer(made)) if made == revision)
}

fn stale_read(operation: &Operation, floor: &Floor, claim: Claim) -> Finding {
    let revision = claim.revision().unwrap_or_default();
    let newest = floor.position.revision();
    let sentence = format!(
        "A linearizable {} was sent after {}, but answered from revision {revision}.",
        operation.name(),
        shown(floor),
    );
    Finding {
        anomaly: "stale-read".to_owned(),
        guarantee: "K1".to_owned(),
        sentence,
        because: format!("because revision {newest} had been reached before it was sent"),
        however: format!("however it answered from revision {revision}, which is older"),
        witness: pair(floor, operation),
    }
}

fn time_travel(operation: &Operation, floor: &Floor, claim: Claim) -> Finding {
    let revision = claim.revision().unwrap_or_default();
    let wrong = if floor.position.revision() == revision {
        "that revision had been made already"
    } else {
        "the revision went back"
    };
    let sentence = format!(
        "{} was sent after {}, but was acknowledged with revision {revision}: {wrong}.",
        capital(&operation.name()),
        shown(floor),
    );
    Finding {
        anomaly: "time-travel".to_owned(),
        guarantee: "K1".to_owned(),
        sentence,
        because: format!(
            "because revision {} had been reached before it was sent",
            floor.position.revision()
        ),
        however: format!("however it was given revision {revision}"),
        witness: pair(floor, operation),
    }
}

/// What raised a floor, in a sentence.
fn shown(floor: &Floor) -> String {
    let revision = floor.position.revision();
    match &floor.cause {
        Cause::Start => "the beginning".to_owned(),
        Cause::Operation(other) => {
            format!("{} had completed at revision {revision}", other.name())
        }
        Cause::Watch(sight) => {
            let on = sight.member.map(|member| format!(" on {member}")).unwrap_or_default();
            format!("a watch{on} had shown revision {revision}")
        }
    }
}

fn pair(floor: &Floor, operation: &Operation) -> Witness {
    let mut steps: Vec<WitnessStep> = cause_step(floor).into_iter().collect();
    steps.push(operation.step(None).contradicting());
    in_order(steps)
}

/// What raised a floor, as a step of a witness.
pub(super) fn cause_step(floor: &Floor) -> Option<WitnessStep> {
    match &floor.cause {
        Cause::Start => None,
        Cause::Operation(other) => Some(other.step(None)),
        Cause::Watch(sight) => Some(sight_step(*sight, floor.position.revision())),
    }
}

/// A sentence begins with a capital letter.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
