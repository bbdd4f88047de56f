//! Whether each member serves, request by request.

use std::collections::BTreeMap;

use crate::evidence::Place;
use crate::history::{Doubt, MemberIndex, Nanos, Outcome, Refusal};

/// Requests that must have failed before a member is said not to serve.
const REQUESTS: u64 = 3;

/// A deadline is the client's, and this is no verdict on latency: what was given up
/// sooner says nothing.
const PATIENCE: Nanos = Nanos(1_000_000_000);

/// What an outcome says about whether the member serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// It answered, be it with a refusal.
    Served,
    /// It did not, for want of a leader, of time or of a connection.
    Unserved,
    /// Nothing is known.
    Open,
}

/// What the outcome of an operation that took so long says; in doubt, that the member
/// served.
pub(super) fn service(outcome: &Outcome, took: Nanos) -> Service {
    let hasty = match outcome {
        Outcome::Ok(_) => false,
        // A read's failure is definite whatever its cause, and its cause is not told.
        Outcome::Failed(definite) => definite.reason == Refusal::ReadFailed,
        Outcome::Unknown(doubt) => {
            matches!(doubt.reason, Doubt::Timeout | Doubt::Cancelled | Doubt::NeverCompleted)
        }
    };
    if hasty && took < PATIENCE {
        return Service::Open;
    }
    let unserved = match outcome {
        Outcome::Ok(_) => false,
        Outcome::Failed(definite) => matches!(
            definite.reason,
            Refusal::NotConnected | Refusal::NoLeader | Refusal::ReadFailed
        ),
        Outcome::Unknown(doubt) => matches!(
            doubt.reason,
            Doubt::Timeout
                | Doubt::LeaderChanged
                | Doubt::Disconnected
                | Doubt::Cancelled
                | Doubt::ServerStopped
        ),
    };
    if unserved { Service::Unserved } else { Service::Served }
}

/// A run of requests to one member that it did not serve.
#[derive(Clone, Debug)]
pub(super) struct Silence {
    /// The first of them that was sent.
    pub(super) first: (Nanos, Place, String),
    /// When the last one ended.
    pub(super) last: (Nanos, Place, String),
    /// How many.
    pub(super) requests: u64,
    /// Whether it has been told.
    pub(super) told: bool,
}

/// The silence of each member.
#[derive(Clone, Debug, Default)]
pub(super) struct Silences {
    of: BTreeMap<MemberIndex, Silence>,
}

impl Silences {
    /// A request was answered: the member serves.
    pub(super) fn served(&mut self, member: MemberIndex) {
        self.of.remove(&member);
    }

    /// All silences are over: something has changed.
    pub(super) fn forget(&mut self) {
        self.of.clear();
    }

    /// A request was not served. The silence, if it is long enough to be told and was
    /// not.
    pub(super) fn unserved(
        &mut self,
        member: MemberIndex,
        first: (Nanos, Place, String),
        ended: Nanos,
        limit: Nanos,
    ) -> Option<Silence> {
        let last = (ended, first.1, first.2.clone());
        let silence = self.of.entry(member).or_insert(Silence {
            first,
            last: last.clone(),
            requests: 0,
            told: false,
        });
        silence.requests += 1;
        silence.last = last;
        let lasted = ended.0.saturating_sub(silence.first.0.0);
        if silence.told || silence.requests < REQUESTS || lasted <= limit.0 {
            return None;
        }
        silence.told = true;
        Some(silence.clone())
    }
}
