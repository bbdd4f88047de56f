//! How much of the past the model keeps.

use std::collections::BTreeMap;

use super::engine::Engine;
use super::operation::End;
use super::past::Maker;
use crate::history::{MemberIndex, Revision};

/// How far back a read of the past may go, as a multiple of the farthest one so far.
const REACH: i64 = 4;

/// So many revisions are made before it is found out anew what must be kept.
const ROUND: i64 = 256;

/// What later answers may still be about.
///
/// etcd keeps every revision that is not compacted, which would make the check hold the
/// whole run. Answers are about the past for three reasons: an operation has been open
/// for long, a member lags and answers alone, or a read asks for an old revision. So
/// what no open operation can see is forgotten, below what every member's watch has
/// shown, and beyond a multiple of what reads have asked for. An answer about a past
/// that is forgotten all the same is counted, and makes the verdict unknown.
#[derive(Clone, Debug, Default)]
pub(super) struct Keeping {
    /// The newest revision that each member's watch of everything has shown.
    shown: BTreeMap<MemberIndex, Revision>,
    /// How far back the farthest read of the past went.
    reach: i64,
    /// From here on everything is kept.
    from: Revision,
    /// When this is found out anew.
    again: Revision,
}

impl Keeping {
    /// A member's watch has shown a revision.
    pub(super) fn shown(&mut self, member: Option<MemberIndex>, revision: Revision) {
        let newest = self.shown.entry(member.unwrap_or_default()).or_default();
        *newest = revision.max(*newest);
    }

    /// A read asked for a past revision, when this was the newest.
    pub(super) fn read(&mut self, past: Revision, newest: Revision) {
        self.reach = self.reach.max(newest.0.saturating_sub(past.0));
    }
}

impl Engine {
    /// Forgets the oldest revisions, until the model is within its share of the budget.
    pub(super) fn forget_past(&mut self) {
        let share = |part: u64| usize::try_from(self.budget.bytes / part).unwrap_or(usize::MAX);
        let (aim, limit) = (share(256), share(16));
        while self.past.bytes > aim && (self.past.bytes > limit || self.may_forget()) {
            self.forget_oldest();
        }
    }

    /// Whether nothing that is still under way can be about the oldest revision.
    fn may_forget(&mut self) -> bool {
        let (oldest, newest) = (self.state.oldest(), self.state.revision());
        if oldest < self.keeping.from {
            return true;
        }
        if newest < self.keeping.again {
            return false;
        }
        let shown = self.keeping.shown.values().copied().min();
        let reach = Revision(newest.0.saturating_sub(self.keeping.reach.saturating_mul(REACH)));
        let floors = self.operations.open().map(|op| op.floor.revision());
        let refused = self.refusals.lowest();
        let from = floors.chain(shown).chain(refused).chain([reach]).min().unwrap_or(reach);
        self.keeping.from = from;
        self.keeping.again = Revision(newest.0.saturating_add(ROUND));
        oldest < from
    }

    fn forget_oldest(&mut self) {
        let past = &mut self.past;
        let Some(alive) = self.state.forget(|revision| past.overwritten(revision)) else {
            past.forget_idle();
            return;
        };
        let made = self.past.forget(alive);
        if let Some(Maker::Operation(op)) = made.map(|made| made.by)
            && matches!(op.end, End::Doubtful(_))
        {
            self.suspects.forget(&op);
        }
    }
}
