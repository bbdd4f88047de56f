//! What is known of compactions: how far they may have gone, and what a member knew.

use std::collections::BTreeMap;

use crate::evidence::{Epochs, Operation, Place};
use crate::history::{
    Body, Environment, Event, MemberIndex, Outcome, Request, Response, Revision, WatchFrame,
};

/// Compactions, as far as the history tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Compactions {
    /// The highest revision of any compaction that was asked for.
    asked: Revision,
    /// The highest revision that the store says it has compacted.
    reported: Revision,
    /// Something may compact without asking through the history.
    unasked: bool,
    /// Per member: what it certainly had compacted, since which of its lives, and why.
    known: BTreeMap<MemberIndex, Known>,
}

/// A compaction that a member certainly has applied.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Up to this revision.
    pub(super) revision: Revision,
    /// What shows it.
    pub(super) place: Place,
    epoch: u32,
}

impl Compactions {
    /// Takes the next event.
    pub(super) fn observe(&mut self, event: &Event, epochs: &Epochs) {
        match &event.body {
            Body::Invoke(invoke) => {
                if let Request::Compact(compact) = &invoke.request {
                    self.asked = self.asked.max(compact.revision);
                }
            }
            Body::Environment(Environment::AutoCompaction { .. }) => self.unasked = true,
            Body::Watch(watch) => {
                if let WatchFrame::Canceled(canceled) = &watch.frame
                    && !canceled.compact_revision.is_zero()
                {
                    self.reported = self.reported.max(canceled.compact_revision);
                    let epoch = event.member.map_or(0, |member| epochs.of(member));
                    self.know(Place::of(event), canceled.compact_revision, epoch);
                }
            }
            _ => {}
        }
    }

    /// An operation ended; `epoch` is the member's life in which it began and ended.
    pub(super) fn completed(&mut self, operation: &Operation<u32>, outcome: &Outcome, epoch: u32) {
        let Outcome::Ok(response) = outcome else { return };
        let revision = match (operation.request(), response) {
            (Request::Compact(compact), Response::Compact(_)) => compact.revision,
            (_, Response::HashKv(hash)) => hash.compact_revision,
            _ => return,
        };
        self.reported = self.reported.max(revision);
        if operation.note == epoch {
            self.know(operation.place, revision, epoch);
        }
    }

    /// The highest revision that a compaction may have reached by now.
    pub(super) fn bound(&self) -> Revision {
        self.asked
    }

    /// Whether every compaction went through the history.
    pub(super) fn all_asked(&self) -> bool {
        !self.unasked && self.reported <= self.asked
    }

    /// What a member had certainly compacted in this life of its process.
    pub(super) fn known(&self, member: MemberIndex, epoch: u32) -> Option<Known> {
        self.known.get(&member).copied().filter(|known| known.epoch == epoch)
    }

    fn know(&mut self, place: Place, revision: Revision, epoch: u32) {
        let Some(member) = place.member else { return };
        match self.known.get(&member) {
            Some(known) if known.epoch == epoch && known.revision >= revision => {}
            _ => {
                self.known.insert(member, Known { revision, place, epoch });
            }
        }
    }
}
