//! How much of the past the model keeps.

use std::collections::BTreeMap;

use super::engine::Engine;
use super::operation::End;
use crate::history::{MemberIndex, Request, Revision};
use crate::model::{is_local, reads_past};

/// How far back a read of the past may go, as a multiple of the farthest one so far.
const REACH: i64 = 4;

/// So many revisions at least are forgotten at a time, for each key.
const WORTH: i64 = 2;

/// So many revisions are made before it is found out anew what may be forgotten.
const ROUND: i64 = 256;

/// What later answers may still be about.
///
/// etcd keeps every revision that is not compacted, which would make the check hold the
/// whole run. Answers are about the past for three reasons: an operation has been open
/// for long, a member lags and answers alone, or a read asks for an old revision. So
/// what no open operation can see is forgotten, below what every member's watch has
/// shown, and beyond a multiple of what reads have asked for; more is kept as soon as any
/// request asks for the past. An answer about a past
/// that is forgotten all the same is counted, and makes the verdict unknown.
#[derive(Clone, Debug, Default)]
pub(super) struct Keeping {
    /// The newest revision that each member's watch of everything has shown.
    shown: BTreeMap<MemberIndex, Revision>,
    /// Whether anybody asked for the past, or for what a member alone knows.
    asked: bool,
    /// How far back the farthest read of the past went.
    reach: i64,
    /// When it is found out anew what may be forgotten.
    again: Revision,
}

impl Keeping {
    /// A request goes to the wire.
    pub(super) fn asked(&mut self, request: &Request) {
        self.asked = self.asked || is_local(request) || reads_past(request);
    }

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
        // What fits into a processor's cache is checked in half the time; but nobody knows
        // beforehand how far back the reads of the past will go.
        let aim = if self.keeping.asked { share(64) } else { share(1024) };
        let limit = share(16);
        let excess = self.past.bytes.saturating_sub(aim);
        let newest = self.state.revision();
        let over = self.past.bytes > limit;
        if excess == 0 || (newest < self.keeping.again && !over) {
            return;
        }
        self.keeping.again = Revision(newest.0.saturating_add(ROUND));
        let many = i64::try_from(self.past.holding(excess)).unwrap_or(i64::MAX);
        let mut oldest = Revision(self.state.oldest().0.saturating_add(many)).min(newest);
        if !over {
            oldest = oldest.min(self.keep_from());
            // A walk over all keys must be worth it.
            let keys = i64::try_from(self.state.index().len()).unwrap_or(i64::MAX);
            if oldest.0.saturating_sub(self.state.oldest().0) < keys.saturating_mul(WORTH) {
                return;
            }
        }
        self.forget_until(oldest);
        while oldest == newest && self.past.bytes > aim && self.past.forget_idle() {}
    }

    /// Below here, nothing that is still under way can be about the past.
    fn keep_from(&self) -> Revision {
        let newest = self.state.revision();
        let shown = self.keeping.shown.values().copied().min();
        let reach = Revision(newest.0.saturating_sub(self.keeping.reach.saturating_mul(REACH)));
        let floors = self.operations.open().map(|op| op.floor.revision());
        let refused = self.refusals.lowest();
        floors.chain(shown).chain(refused).chain([reach]).min().unwrap_or(reach)
    }

    fn forget_until(&mut self, oldest: Revision) {
        let mut stay = Vec::with_capacity(self.state.index().len());
        self.state.forget_until(oldest, |revision| stay.push(revision));
        stay.sort_unstable();
        self.past.forget_until(oldest, &stay, |op| {
            if matches!(op.end, End::Doubtful(_)) {
                self.suspects.forget(op);
            }
        });
    }
}
