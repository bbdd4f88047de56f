//! The state of the check: what is known, what waits, what was found.

use std::sync::Arc;

use super::floor::{Cause, Floor, Position, Sight};
use super::keeping::Keeping;
use super::kept::Answering;
use super::lifetimes::Lifetimes;
use super::log::{Part, Streams};
use super::operation::{End, Op, Operations};
use super::past::Past;
use super::pending::Pending;
use super::refusals::Refusals;
use super::suspects::Suspects;
use super::taint::Taint;
use super::tally::{Tallies, Tally};
use crate::checker::{Budget, CheckContext};
use crate::findings::FindingSet;
use crate::history::{
    Body, Environment, Event, Ground, Outcome, Request, Response, Revision, Territory, WatchEvent,
    WatchFrame,
};
use crate::model::{Claim, State, can_mutate};
use crate::verdict::Unattributed;

/// About how many bytes an answer or a revision that waits holds.
const WAITING: usize = 600;

/// The check of linearizability by revision.
pub(super) struct Engine {
    pub(super) operations: Operations,
    pub(super) floor: Floor,
    pub(super) streams: Streams,
    /// The model, at the newest revision whose maker is settled.
    pub(super) state: State,
    /// Who made its revisions.
    pub(super) past: Past,
    pub(super) keeping: Keeping,
    pub(super) refusals: Refusals,
    pub(super) lifetimes: Lifetimes,
    /// What waits for revisions that are not part of the model yet.
    pub(super) pending: Pending,
    pub(super) suspects: Suspects,
    pub(super) taint: Taint,
    pub(super) findings: FindingSet,
    /// Those whose writer nobody remembers.
    pub(super) unattributed: Vec<Unattributed>,
    pub(super) reasons: Vec<String>,
    pub(super) tallies: Tallies,
    /// Why contents are no longer compared.
    pub(super) stopped: Option<String>,
    /// Requests that the model does not know and that may write.
    pub(super) foreign_writes: bool,
    /// The ways to make what nothing shows were too many to try.
    pub(super) tried_all: bool,
    /// One of several ways to make what nothing shows was taken: what the store held is
    /// possible from there on, but not certain.
    pub(super) chose: bool,
    /// The revision before the first write.
    pub(super) start: Revision,
    /// Which keys are ours, and on which ground.
    pub(super) territory: Territory,
    /// So many revisions of others came one after the other.
    pub(super) passed_in_a_row: u64,
    /// The history is over.
    pub(super) over: bool,
    pub(super) budget: Budget,
}

impl Engine {
    pub(super) fn new(context: &CheckContext) -> Self {
        let preamble = &context.preamble;
        let start = Revision(preamble.start_revision.0.max(1));
        let territory = preamble.territory();
        let mut engine = Self {
            operations: Operations::default(),
            floor: Floor::default(),
            streams: Streams::of(&territory),
            state: State::new(start),
            past: Past::new(start),
            keeping: Keeping::default(),
            refusals: Refusals::default(),
            lifetimes: Lifetimes::default(),
            pending: Pending::new(start),
            suspects: Suspects::default(),
            taint: Taint::default(),
            findings: FindingSet::default(),
            unattributed: Vec::new(),
            reasons: Vec::new(),
            tallies: Tallies::default(),
            stopped: None,
            foreign_writes: false,
            tried_all: false,
            chose: false,
            start,
            territory,
            passed_in_a_row: 0,
            over: false,
            budget: context.budget,
        };
        // Others may compact whenever they like.
        engine.refusals.compacts_itself = engine.territory.is_shared();
        if engine.territory.ground() == Ground::Unclear {
            let reason = "the store was not new and ours alone, so answers could not be compared \
                          with what it should hold";
            engine.stopped = Some(reason.to_owned());
            engine.reasons.push(reason.to_owned());
        }
        engine
    }

    pub(super) fn count(&mut self, what: Tally) {
        self.tallies.add(what);
    }

    pub(super) fn observe(&mut self, event: &Arc<Event>) {
        match &event.body {
            Body::Invoke(invoke) => self.invoke(event, &invoke.request),
            Body::Complete(outcome) => self.complete(event, outcome),
            Body::Watch(watch) => self.watch(event, watch),
            Body::Environment(Environment::AutoCompaction { .. }) => {
                self.refusals.compacts_itself = true;
            }
            _ => return,
        }
        if !self.refusals.is_empty() {
            self.judge_refusals(false, event.index);
        }
    }

    fn invoke(&mut self, event: &Arc<Event>, request: &Request) {
        if !concerns(request) || self.strays(request) {
            return;
        }
        self.operations.invoke(event, &self.floor);
        self.lifetimes.asked(request);
        self.keeping.asked(request);
        if let Request::Compact(compact) = request {
            self.refusals.compaction(compact.revision, event.index, self.floor.position);
        }
        self.foreign_writes |= matches!(
            request,
            Request::Lock(_)
                | Request::Unlock(_)
                | Request::Campaign(_)
                | Request::Proclaim(_)
                | Request::Resign(_)
        );
    }

    fn complete(&mut self, event: &Arc<Event>, outcome: &Outcome) {
        let Some((op, cause)) = self.operations.complete(event, outcome) else { return };
        self.lifetimes(&op, outcome);
        match outcome {
            Outcome::Ok(response) => self.answered(&op, cause, Answering { event, response }),
            Outcome::Failed(_) => {
                self.count(Tally::Refused);
                self.refused(&op, cause, outcome);
                self.without_effect(&op);
            }
            Outcome::Unknown(_) => {
                self.count(Tally::UnknownOutcomes);
                self.suspects.add(&op);
            }
        }
        self.advance();
    }

    /// Keeps a write that had no effect, in case that it has one all the same.
    fn without_effect(&mut self, op: &Op) {
        if can_mutate(op.request()) {
            self.past.idle(self.state.revision(), op);
            self.forget_past();
        }
    }

    fn answered(&mut self, op: &Op, cause: Cause, answer: Answering<'_>) {
        let End::Answered(claim) = op.end else { return };
        // One that has a place in the past by mistake says nothing of others' places.
        let fits = self.check_real_time(op, cause, claim);
        if fits
            && !self.refusals.is_empty()
            && let Some(position) = Position::of(claim)
        {
            self.bound_refusals(op, position);
        }
        match claim {
            Claim::Writer(revision) => {
                self.count(Tally::Writes);
                self.floor.raise(Position::writer(revision), || Cause::Operation(op.clone()));
                self.claim_revision(op, revision, answer);
            }
            Claim::Reader(revision) => {
                self.count(Tally::Reads);
                self.floor.raise(Position::reader(revision), || Cause::Operation(op.clone()));
                self.park(op, revision, answer);
                self.without_effect(op);
            }
            Claim::Revoke(revision) => {
                // It saw at least the state before the revision that it may have made.
                self.floor.raise(Position::writer(revision), || Cause::Operation(op.clone()));
                if revision > self.state.revision() && self.stopped.is_none() {
                    self.pending.prove(revision, op.returned());
                }
            }
            Claim::Local(revision) => {
                self.count(Tally::LocalReads);
                self.park(op, revision, answer);
            }
            Claim::None => self.unplaced(op, answer.response),
        }
    }

    /// An answer without a revision, where there should be one.
    fn unplaced(&mut self, op: &Op, response: &Response) {
        let placed = matches!(
            op.request(),
            Request::Put(_) | Request::Range(_) | Request::Delete(_) | Request::Txn(_)
        );
        if placed {
            self.count(Tally::AnswersWithoutRevision);
            self.foreign_writes |= crate::model::mutated(response);
        }
    }

    fn park(&mut self, op: &Op, revision: Revision, answer: Answering<'_>) {
        if self.stopped.is_some() {
            return;
        }
        if revision <= self.state.revision() {
            self.compare(op, revision, answer.response);
        } else {
            self.pending.park(revision, op.clone(), answer.keep());
            self.bound_waiting();
        }
    }

    fn watch(&mut self, event: &Arc<Event>, watch: &WatchEvent) {
        let sight =
            Sight { index: event.index, at: event.at, member: event.member, watch: watch.watch };
        if let WatchFrame::Events(events) = &watch.frame {
            let newest = events.events.iter().map(|event| event.kv.mod_revision).max();
            if let Some(newest) = newest {
                self.floor.raise(Position::writer(newest), || Cause::Watch(sight));
            }
        }
        let mut streams = std::mem::take(&mut self.streams);
        streams.frame(event, watch, |part| self.account(sight, part));
        self.streams = streams;
        self.advance();
    }

    /// A watch shows a revision.
    fn account(&mut self, sight: Sight, part: Part<'_>) {
        let Some(revision) = part.events().first().map(|event| event.kv.mod_revision) else {
            return;
        };
        self.count(Tally::WatchedRevisions);
        self.keeping.shown(sight.member, revision);
        if self.stopped.is_some() {
            return;
        }
        if revision <= self.state.revision() {
            self.compare_account(revision, sight, part.events());
        } else {
            self.pending.show(revision, sight, part);
            self.bound_waiting();
        }
    }

    /// What waits must stay within the budget, or comparing ends.
    fn bound_waiting(&mut self) {
        if self.pending.size.saturating_mul(WAITING) as u64 > self.budget.bytes / 2 {
            let reason = format!(
                "{} answers and watch events waited for revision {}, which is more than the \
                 budget of {} bytes allows",
                self.pending.size,
                self.state.revision().next(),
                self.budget.bytes
            );
            self.reasons.push(reason);
            self.stop("since too many waited for one revision".to_owned());
        }
    }

    /// Contents are no longer compared; real time still is.
    pub(super) fn stop(&mut self, why: String) {
        self.stopped.get_or_insert(why);
        self.pending.clear();
    }

    /// Every operation that the check still has, in the order of invocations.
    pub(super) fn known_operations(&self) -> Vec<Op> {
        let waiting = self.pending.iter().flat_map(|(_, expected)| expected.answers());
        let waiting = waiting.map(|(op, _)| op);
        let kept = self.past.operations().chain(self.suspects.all());
        let open = self.operations.open().cloned().map(Arc::new);
        let mut known: Vec<Op> = waiting.chain(kept).cloned().chain(open).collect();
        known.sort_by_key(|op| op.invocation);
        known.dedup_by_key(|op| op.invocation);
        known
    }
}

/// Whether an operation can have a place in the order, or take part in what has one.
fn concerns(request: &Request) -> bool {
    match request {
        Request::Put(_)
        | Request::Range(_)
        | Request::Delete(_)
        | Request::Txn(_)
        | Request::Compact(_)
        | Request::LeaseGrant(_)
        | Request::LeaseRevoke(_)
        | Request::Lock(_)
        | Request::Unlock(_)
        | Request::Campaign(_)
        | Request::Proclaim(_)
        | Request::Resign(_) => true,
        Request::LeaseKeepAlive(_)
        | Request::LeaseTimeToLive(_)
        | Request::LeaseList {}
        | Request::ElectionLeader(_)
        | Request::MemberAdd(_)
        | Request::MemberRemove(_)
        | Request::MemberPromote(_)
        | Request::MemberUpdate(_)
        | Request::MemberList { .. }
        | Request::Defragment {}
        | Request::Snapshot {}
        | Request::Alarm(_)
        | Request::HashKv(_)
        | Request::Status {}
        | Request::MoveLeader(_) => false,
    }
}
