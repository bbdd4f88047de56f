//! Refusals: was each one true anywhere between its request and its answer?
//!
//! A refusal carries no revision. It takes the earliest position at which it is true and
//! which is not below what had been shown before it was sent: an earlier one never
//! leaves less room for others. Like any operation it then binds what is sent later.

use super::engine::Engine;
use super::floor::{Cause, Position};
use super::operation::Op;
use super::past::Maker;
use crate::history::{Outcome, Refusal, Request, Revision};
use crate::model::{is_local, touched};

/// More refusals than this do not wait at a time; the oldest ones are then let off.
const WAITING: usize = 512;

/// So many compactions are remembered.
const REMEMBERED: usize = 4096;

/// A refusal that has no place yet, or whose place still binds others.
#[derive(Clone, Debug)]
struct Refused {
    op: Op,
    /// What had shown the position below which it may not be.
    cause: Cause,
    reason: Refusal,
    /// The first revision at which it has not been tried.
    next: Revision,
    /// The lowest position of an operation that was sent after it had ended.
    below: Option<(Position, Op)>,
    /// Its place, once it has one.
    place: Option<Position>,
    /// When every later operation was known to be above its place by itself.
    passed: Option<u64>,
}

/// A compaction that may have taken effect.
#[derive(Clone, Copy, Debug)]
struct Compaction {
    revision: Revision,
    sent: u64,
    floor: Position,
}

/// The refusals that are still to be judged, and the compactions that may explain them.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals {
    waiting: Vec<Refused>,
    compactions: Vec<Compaction>,
    /// The store compacts by itself, at any revision.
    pub(super) compacts_itself: bool,
}

impl Refusals {
    /// Whether there is anything to judge.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The lowest revision that a refusal may still be about.
    pub(super) fn lowest(&self) -> Option<Revision> {
        let open = self.waiting.iter().filter(|refused| refused.place.is_none());
        open.map(|refused| refused.next).min()
    }

    /// A compaction is asked for, with what had been shown before.
    pub(super) fn compaction(&mut self, revision: Revision, sent: u64, floor: Position) {
        self.compactions.push(Compaction { revision, sent, floor });
        if self.compactions.len() > REMEMBERED {
            self.compactions.remove(0);
            // One that is not known any more may explain a refusal.
            self.compacts_itself = true;
        }
    }

    /// It was refused.
    pub(super) fn no_compaction(&mut self, sent: u64) {
        self.compactions.retain(|compaction| compaction.sent != sent);
    }
}

impl Engine {
    /// An operation was refused.
    pub(super) fn refused(&mut self, op: &Op, cause: Cause, outcome: &Outcome) {
        let Outcome::Failed(definite) = outcome else { return };
        let placed = matches!(
            definite.reason,
            Refusal::KeyNotFound | Refusal::FutureRevision | Refusal::Compacted
        );
        if self.stopped.is_some() || !placed || is_local(op.request()) {
            return;
        }
        if self.refusals.waiting.len() >= WAITING {
            self.refusals.waiting.remove(0);
        }
        let (op, reason, next) = (op.clone(), definite.reason, op.floor.revision());
        let next = next.max(self.start);
        self.refusals.waiting.push(Refused {
            op,
            cause,
            reason,
            next,
            below: None,
            place: None,
            passed: None,
        });
    }

    /// An operation has a position: refusals that had ended when it was sent come before.
    pub(super) fn bound_refusals(&mut self, op: &Op, position: Position) {
        let mut wrong = Vec::new();
        self.refusals.waiting.retain_mut(|refused| {
            if refused.op.returned() > op.invocation {
                return true;
            }
            if refused.place.is_some_and(|place| position < place) {
                wrong.push((refused.op.clone(), refused.cause.clone()));
                return false;
            }
            if refused.below.as_ref().is_none_or(|(below, _)| position < *below) {
                refused.below = Some((position, op.clone()));
            }
            true
        });
        for (refused, cause) in wrong {
            self.wrong_refusal(&refused, cause, Some(op));
        }
    }

    /// Gives the refusals their places, as far as the model goes. When the history is
    /// `over`, each must have one.
    pub(super) fn judge_refusals(&mut self, over: bool, now: u64) {
        let mut waiting = std::mem::take(&mut self.refusals.waiting);
        // What ended before another was sent must have its place first.
        let mut blocked = u64::MAX;
        let mut at = 0;
        while at < waiting.len() {
            if waiting[at].place.is_some() {
                if self.is_passed(&mut waiting[at], now) {
                    waiting.remove(at);
                } else {
                    at += 1;
                }
                continue;
            }
            if waiting[at].op.invocation > blocked {
                at += 1;
                continue;
            }
            let judged = self.try_places(&mut waiting[at]);
            match judged {
                Judged::Placed(revision) => {
                    let ended = waiting[at].op.returned();
                    for later in waiting.iter_mut().filter(|later| later.op.invocation > ended) {
                        later.next = later.next.max(revision);
                    }
                    at += 1;
                }
                Judged::Free => drop(waiting.remove(at)),
                Judged::Open if !over => {
                    blocked = blocked.min(waiting[at].op.returned());
                    at += 1;
                }
                Judged::Open if self.may_go_on(&waiting[at]) => drop(waiting.remove(at)),
                Judged::Open | Judged::Wrong => {
                    let refused = waiting.remove(at);
                    let below = refused.below.map(|(_, op)| op);
                    self.wrong_refusal(&refused.op, refused.cause, below.as_ref());
                }
            }
        }
        self.refusals.waiting = waiting;
    }

    /// Whether a refusal may be true of a revision after the last one that anything shows:
    /// something in doubt, or the end of a lease, may have made it.
    fn may_go_on(&self, refused: &Refused) -> bool {
        refused.reason != Refusal::FutureRevision
            && (self.state.leases_with_keys().next().is_some()
                || self.suspects.all().any(|op| self.suspects.recognised(op).is_none()))
    }

    /// Whether nothing can come below a refusal's place any more.
    fn is_passed(&self, refused: &mut Refused, now: u64) -> bool {
        if refused.place.is_none_or(|place| self.floor.position < place) {
            return false;
        }
        let passed = *refused.passed.get_or_insert(now);
        self.operations.open().all(|op| op.invocation > passed)
    }

    fn try_places(&self, refused: &mut Refused) -> Judged {
        while refused.next <= self.state.revision() {
            let revision = refused.next;
            let place = Position::reader(revision);
            if revision < self.state.oldest() {
                return Judged::Free;
            }
            let made = self.past.get(revision);
            let late = made.is_some_and(|made| made.sent > refused.op.returned());
            if late || refused.below.as_ref().is_some_and(|(below, _)| *below < place) {
                return Judged::Wrong;
            }
            if self.is_true(&refused.op, refused.reason, revision) {
                if revision == refused.op.floor.revision() {
                    return Judged::Free;
                }
                refused.place = Some(place);
                return Judged::Placed(revision);
            }
            refused.next = revision.next();
        }
        Judged::Open
    }

    /// Whether a refusal would be true of the state at a revision.
    fn is_true(&self, op: &Op, reason: Refusal, at: Revision) -> bool {
        if let Request::Compact(compact) = op.request() {
            return match reason {
                Refusal::FutureRevision => compact.revision > at,
                _ => self.may_be_compacted(op, compact.revision, at),
            };
        }
        if !self.taint.is_empty() && self.taint.touches(&touched(op.request()), at, true) {
            return true;
        }
        match self.state.evaluate(at, op.request()) {
            Some(Ok(evaluation)) => {
                reason == Refusal::Compacted
                    && evaluation
                        .oldest_read
                        .is_some_and(|read| self.may_be_compacted(op, read.next(), at))
            }
            _ => true,
        }
    }

    /// Whether a compaction up to a revision, or a later one, may have taken effect.
    fn may_be_compacted(&self, op: &Op, revision: Revision, at: Revision) -> bool {
        // A new store is as good as compacted up to revision 0.
        revision.0 <= 0
            || self.refusals.compacts_itself
            || self.refusals.compactions.iter().any(|compaction| {
                compaction.revision >= revision
                    && compaction.revision <= at
                    && compaction.sent < op.returned()
                    && compaction.floor <= Position::reader(at)
            })
    }

    /// Who made a revision, if it was an operation.
    pub(super) fn last_maker(&self, revision: Revision) -> Option<&Op> {
        match &self.past.get(revision)?.by {
            Maker::Operation(op) => Some(op),
            _ => None,
        }
    }
}

/// What trying to place a refusal leads to.
enum Judged {
    /// It is true where it binds nothing else.
    Free,
    /// It has a place at this revision.
    Placed(Revision),
    /// Not yet: the model does not go far enough.
    Open,
    /// There is no place.
    Wrong,
}
