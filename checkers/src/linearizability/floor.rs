//! Real time: below which position no later operation may come.

use super::operation::Op;
use crate::history::{MemberIndex, Nanos, Revision, WatchId};
use crate::model::Claim;

/// A place in the order of operations: 2r for the writer of revision r, 2r + 1 for
/// what saw r and changed nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position(i64);

impl Position {
    pub(super) fn writer(revision: Revision) -> Self {
        Self(revision.0.saturating_mul(2))
    }

    pub(super) fn reader(revision: Revision) -> Self {
        Self(revision.0.saturating_mul(2).saturating_add(1))
    }

    /// The highest place that a claim leaves open.
    pub(super) fn of(claim: Claim) -> Option<Self> {
        match claim {
            Claim::Writer(revision) => Some(Self::writer(revision)),
            Claim::Reader(revision) | Claim::Revoke(revision) => Some(Self::reader(revision)),
            Claim::Local(_) | Claim::None => None,
        }
    }

    pub(super) fn revision(self) -> Revision {
        Revision(self.0 / 2)
    }
}

/// A watch event that showed a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sight {
    pub(super) index: u64,
    pub(super) at: Nanos,
    pub(super) member: Option<MemberIndex>,
    pub(super) watch: WatchId,
}

/// What showed that a position had been reached.
#[derive(Clone, Debug)]
pub(super) enum Cause {
    /// Nothing: the beginning.
    Start,
    /// An operation that had completed.
    Operation(Op),
    /// A watch event that had arrived.
    Watch(Sight),
}

/// The largest position that had been shown to anybody, and by what.
#[derive(Clone, Debug)]
pub(super) struct Floor {
    pub(super) position: Position,
    pub(super) cause: Cause,
}

impl Default for Floor {
    fn default() -> Self {
        Self { position: Position::default(), cause: Cause::Start }
    }
}

impl Floor {
    /// Something showed a position.
    pub(super) fn raise(&mut self, position: Position, cause: impl FnOnce() -> Cause) {
        if position > self.position {
            *self = Self { position, cause: cause() };
        }
    }
}
