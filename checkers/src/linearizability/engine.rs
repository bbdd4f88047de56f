//! The state of the check: what is known, what waits, what was found.

use std::collections::BTreeMap;

use super::floor::{Cause, Floor, Position, Sight};
use super::log::Log;
use super::operation::{End, OpId, Operations};
use super::suspects::Suspects;
use super::taint::Taint;
use crate::checker::CheckContext;
use crate::findings::FindingSet;
use crate::history::{
    Body, Event, LeaseId, Outcome, Request, Response, Revision, WatchEvent, WatchFrame,
};
use crate::model::{Claim, State, claim};
use crate::wording;

/// Who made a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    /// An operation: acknowledged, or in doubt and recognised by its effects.
    Operation(OpId),
    /// The end of a lease.
    LeaseEnd(LeaseId),
    /// Nobody who could have.
    Nobody,
    /// It is not known.
    Unknown,
}

/// A revision that is part of the model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Made {
    pub(super) by: Maker,
    /// The watch event that showed it first, as far as one did.
    pub(super) sight: Option<Sight>,
    /// When the last of the operations that made it and those before it was sent.
    pub(super) sent: u64,
}

/// The check of linearizability by revision.
pub(super) struct Engine {
    pub(super) operations: Operations,
    pub(super) floor: Floor,
    pub(super) log: Log,
    /// The model, at the newest revision whose maker is settled.
    pub(super) state: State,
    /// Who made the revisions of the model, after the start.
    pub(super) made: Vec<Made>,
    /// Acknowledged writers of revisions that are not part of the model yet.
    pub(super) writers: BTreeMap<Revision, (OpId, Response)>,
    /// Answers that wait for their revision.
    pub(super) parked: BTreeMap<Revision, Vec<(OpId, Response)>>,
    pub(super) suspects: Suspects,
    pub(super) taint: Taint,
    pub(super) findings: FindingSet,
    pub(super) reasons: Vec<String>,
    pub(super) counts: BTreeMap<&'static str, u64>,
    /// Why contents are no longer compared.
    pub(super) stopped: Option<String>,
    /// Requests that the model does not know and that may write.
    pub(super) foreign_writes: bool,
    /// The revision before the first write.
    pub(super) start: Revision,
}

impl Engine {
    pub(super) fn new(context: &CheckContext) -> Self {
        let preamble = &context.preamble;
        let start = Revision(preamble.start_revision.0.max(1));
        let mut engine = Self {
            operations: Operations::default(),
            floor: Floor::default(),
            log: Log::default(),
            state: State::new(start),
            made: Vec::new(),
            writers: BTreeMap::new(),
            parked: BTreeMap::new(),
            suspects: Suspects::default(),
            taint: Taint::default(),
            findings: FindingSet::default(),
            reasons: Vec::new(),
            counts: BTreeMap::new(),
            stopped: None,
            foreign_writes: false,
            start,
        };
        if start.0 > 1 || !preamble.exclusive || !preamble.prefix.is_empty() {
            let reason = "the store was not new and ours alone, so answers could not be compared \
                          with what it should hold";
            engine.stopped = Some(reason.to_owned());
            engine.reasons.push(reason.to_owned());
        }
        engine
    }

    pub(super) fn count(&mut self, name: &'static str) {
        *self.counts.entry(name).or_default() += 1;
    }

    /// Who made a revision of the model.
    pub(super) fn made(&self, revision: Revision) -> Option<&Made> {
        let at = usize::try_from(revision.0.checked_sub(self.start.0)?.checked_sub(1)?).ok()?;
        self.made.get(at)
    }

    /// When an operation that made a revision was sent; 0 for others.
    pub(super) fn sent(&self, by: Maker) -> u64 {
        match by {
            Maker::Operation(id) => self.operations.get(id).invocation,
            _ => 0,
        }
    }

    pub(super) fn made_mut(&mut self, revision: Revision) -> Option<&mut Made> {
        let at = usize::try_from(revision.0.checked_sub(self.start.0)?.checked_sub(1)?).ok()?;
        self.made.get_mut(at)
    }

    pub(super) fn observe(&mut self, event: &Event) {
        match &event.body {
            Body::Invoke(invoke) => self.invoke(event, &invoke.request),
            Body::Complete(outcome) => self.complete(event, outcome),
            Body::Watch(watch) => self.watch(event, watch),
            _ => {}
        }
    }

    fn invoke(&mut self, event: &Event, request: &Request) {
        let id = self.operations.invoke(event, request, self.floor);
        self.suspects.invoked(id, request);
        self.foreign_writes |= matches!(
            request,
            Request::Lock(_)
                | Request::Unlock(_)
                | Request::Campaign(_)
                | Request::Proclaim(_)
                | Request::Resign(_)
        );
    }

    fn complete(&mut self, event: &Event, outcome: &Outcome) {
        let end = |request: &Request| match outcome {
            Outcome::Ok(response) => End::Answered(claim(request, response)),
            Outcome::Failed(_) => End::Refused,
            Outcome::Unknown(_) => End::Doubtful,
        };
        let Some(id) = self.operations.complete(event, end) else { return };
        match outcome {
            Outcome::Ok(response) => self.answered(id, response),
            Outcome::Failed(_) => {
                self.count("refused");
                self.operations.set_trouble(id, wording::outcome(outcome));
            }
            Outcome::Unknown(_) => {
                self.count("unknown-outcomes");
                self.operations.set_trouble(id, wording::outcome(outcome));
                self.suspects.doubtful(id, &self.operations.get(id).request);
            }
        }
        self.advance();
    }

    fn answered(&mut self, id: OpId, response: &Response) {
        let End::Answered(claim) = self.operations.get(id).end else { return };
        match claim {
            Claim::Writer(revision) => {
                self.count("writes");
                self.check_real_time(id, claim);
                self.floor.raise(Position::writer(revision), Cause::Operation(id));
                self.claim_revision(id, revision, response);
            }
            Claim::Reader(revision) => {
                self.count("reads");
                self.check_real_time(id, claim);
                self.floor.raise(Position::reader(revision), Cause::Operation(id));
                self.park(id, revision, response);
            }
            Claim::Revoke(revision) => {
                self.check_real_time(id, claim);
                // It saw at least the state before the revision that it may have made.
                self.floor.raise(Position::writer(revision), Cause::Operation(id));
            }
            Claim::Local(revision) => {
                self.count("local-reads");
                self.park(id, revision, response);
            }
            Claim::None => self.unplaced(id, response),
        }
    }

    /// An answer without a revision, where there should be one.
    fn unplaced(&mut self, id: OpId, response: &Response) {
        let request = &self.operations.get(id).request;
        let placed = matches!(
            request,
            Request::Put(_) | Request::Range(_) | Request::Delete(_) | Request::Txn(_)
        );
        if placed {
            self.count("answers-without-revision");
            self.foreign_writes |= crate::model::mutated(response);
        }
    }

    fn park(&mut self, id: OpId, revision: Revision, response: &Response) {
        if self.stopped.is_some() {
            return;
        }
        if revision <= self.state.revision() {
            self.compare(id, revision, response);
        } else {
            self.parked.entry(revision).or_default().push((id, response.clone()));
        }
    }

    fn watch(&mut self, event: &Event, watch: &WatchEvent) {
        if let WatchFrame::Events(events) = &watch.frame {
            let newest = events.events.iter().map(|event| event.kv.mod_revision).max();
            let sight = Sight {
                index: event.index,
                at: event.at,
                member: event.member,
                watch: watch.watch,
            };
            if let Some(newest) = newest {
                self.floor.raise(Position::writer(newest), Cause::Watch(sight));
            }
        }
        for account in self.log.frame(event, watch) {
            self.count("watched-revisions");
            if self.stopped.is_some() {
                continue;
            }
            if account.revision <= self.state.revision() {
                self.compare_account(&account);
            } else {
                self.log.keep(account);
            }
        }
        self.advance();
    }
}
