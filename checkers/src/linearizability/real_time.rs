//! K1, real time: no operation comes before one that had ended when it was sent.

use super::engine::{Engine, Maker};
use super::floor::{Cause, Floor, Position};
use super::operation::{End, OpId, Operation};
use super::report::sight_step;
use crate::history::{Request, Response, Revision};
use crate::model::Claim;
use crate::verdict::{Finding, Witness, WitnessStep};

impl Engine {
    /// Compares an answered operation's position with what had been shown before it
    /// was sent. Together with the floors this is the whole check of real time.
    pub(super) fn check_real_time(&mut self, id: OpId, claim: Claim) {
        let operation = self.operations.get(id);
        let floor = operation.floor;
        let broken = match claim {
            Claim::Reader(revision) | Claim::Revoke(revision) => {
                floor.position > Position::reader(revision)
            }
            // At its own position, only itself may have been before it was sent: a watch
            // event of the revision or another operation that made it may not.
            Claim::Writer(revision) => floor.position >= Position::writer(revision),
            Claim::Local(_) | Claim::None => false,
        };
        if !broken || self.is_known_split(floor, claim) {
            return;
        }
        let finding = match claim {
            Claim::Reader(_) if !matches!(operation.request, Request::LeaseGrant(_)) => {
                ("stale-read", self.stale_read(id, floor, claim))
            }
            _ => ("time-travel", self.time_travel(id, floor, claim)),
        };
        self.findings.add(finding.0, || finding.1);
    }

    /// Two acknowledged writers of one revision are told as `split-revision`.
    fn is_known_split(&self, floor: Floor, claim: Claim) -> bool {
        let (Cause::Operation(other), Claim::Writer(revision)) = (floor.cause, claim) else {
            return false;
        };
        matches!(self.operations.get(other).end,
            End::Answered(Claim::Writer(made)) if made == revision)
    }

    fn stale_read(&self, id: OpId, floor: Floor, claim: Claim) -> Finding {
        let operation = self.operations.get(id);
        let revision = claim.revision().unwrap_or_default();
        let newest = floor.position.revision();
        let sentence = format!(
            "A linearizable {} was sent after {}, but answered from revision {revision}.",
            operation.name(),
            self.shown(floor),
        );
        Finding {
            anomaly: "stale-read".to_owned(),
            guarantee: "K1".to_owned(),
            sentence,
            because: format!("because revision {newest} had been reached before it was sent"),
            however: format!("however it answered from revision {revision}, which is older"),
            witness: self.pair(floor, operation),
        }
    }

    fn time_travel(&self, id: OpId, floor: Floor, claim: Claim) -> Finding {
        let operation = self.operations.get(id);
        let revision = claim.revision().unwrap_or_default();
        let wrong = if floor.position.revision() == revision {
            "that revision had been made already"
        } else {
            "the revision went back"
        };
        let sentence = format!(
            "{} was sent after {}, but was acknowledged with revision {revision}: {wrong}.",
            capital(&operation.name()),
            self.shown(floor),
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
            witness: self.pair(floor, operation),
        }
    }

    /// What raised a floor, in a sentence.
    fn shown(&self, floor: Floor) -> String {
        let revision = floor.position.revision();
        match floor.cause {
            Cause::Start => "the beginning".to_owned(),
            Cause::Operation(other) => {
                let other = self.operations.get(other);
                format!("{} had completed at revision {revision}", other.name())
            }
            Cause::Watch(sight) => {
                let on = sight.member.map(|member| format!(" on {member}")).unwrap_or_default();
                format!("a watch{on} had shown revision {revision}")
            }
        }
    }

    fn pair(&self, floor: Floor, operation: &Operation) -> Witness {
        let mut steps: Vec<WitnessStep> = self.cause_step(floor).into_iter().collect();
        steps.push(operation.step(None).contradicting());
        Witness { steps }
    }

    fn cause_step(&self, floor: Floor) -> Option<WitnessStep> {
        match floor.cause {
            Cause::Start => None,
            Cause::Operation(other) => Some(self.operations.get(other).step(None)),
            Cause::Watch(sight) => Some(sight_step(sight, floor.position.revision())),
        }
    }

    /// An acknowledged writer names its revision; nobody else may.
    pub(super) fn claim_revision(&mut self, id: OpId, revision: Revision, response: &Response) {
        if self.stopped.is_some() {
            return;
        }
        if revision <= self.start {
            self.impossible_revision(id, revision);
            return;
        }
        if revision <= self.state.revision() {
            let by = self.made(revision).map(|made| made.by);
            if let Some(Maker::Operation(other)) = by
                && matches!(self.operations.get(other).end, End::Answered(Claim::Writer(_)))
            {
                self.split(other, id, revision);
            }
            return;
        }
        if let Some((other, _)) = self.writers.get(&revision) {
            let other = *other;
            self.split(other, id, revision);
            return;
        }
        self.writers.insert(revision, (id, response.clone()));
    }

    /// Two acknowledged writers share a revision. From here on nobody can say what the
    /// store should hold, so contents are no longer compared.
    fn split(&mut self, one: OpId, other: OpId, revision: Revision) {
        let (first, second) = (self.operations.get(one), self.operations.get(other));
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
            witness: Witness { steps },
        });
        self.stop(format!("after revision {revision} was given twice"));
    }

    /// Contents are no longer compared; real time still is.
    pub(super) fn stop(&mut self, why: String) {
        self.stopped.get_or_insert(why);
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
