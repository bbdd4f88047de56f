//! Since when nothing has disturbed the cluster: only then is a lease late.

use std::collections::BTreeSet;

use crate::history::{Body, Environment, Event, FaultId, HexId, Nanos, Sample};
use crate::logs::STARVED;

/// After a fault or a restart: TCP backs off, members catch up.
const SETTLE: u64 = 10_000_000_000;
/// Members report themselves every half second; a longer silence may hide an election.
const SILENCE: u64 = 2_000_000_000;

/// Since when nothing has disturbed the cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct Calm {
    faults: BTreeSet<FaultId>,
    term: u64,
    /// The last report of a leader of the current term.
    reported: Nanos,
    quiet: Nanos,
    starved: Nanos,
}

impl Calm {
    /// Takes the next event; whether it disturbs a calm that there was.
    pub(super) fn observe(&mut self, event: &Event) -> bool {
        let before = self.quiet;
        match &event.body {
            Body::FaultBegin(begin) => {
                self.faults.insert(begin.id);
                self.disturb(event.at, SETTLE);
            }
            Body::FaultEnd(end) => {
                self.faults.remove(&end.id);
                self.disturb(event.at, SETTLE);
            }
            Body::Environment(
                Environment::MemberStarted(_)
                | Environment::MemberExited(_)
                | Environment::ClusterChanged(_),
            ) => self.disturb(event.at, SETTLE),
            Body::Sample(Sample::Status(status)) => {
                let silent = event.at.0.saturating_sub(self.reported.0) > SILENCE;
                if silent || status.leader == HexId(0) || status.raft_term > self.term {
                    self.disturb(event.at, 0);
                }
                self.term = self.term.max(status.raft_term);
                if status.leader != HexId(0) && status.raft_term == self.term {
                    self.reported = event.at;
                }
            }
            Body::Sample(Sample::TimerLag { lag }) if *lag > STARVED => self.starved = event.at,
            _ => {}
        }
        self.quiet > before
    }

    /// The last instant of which it is known that the term had not changed.
    pub(super) fn reported(&self) -> Nanos {
        self.reported
    }

    /// Since when the cluster is undisturbed; nothing while a fault holds.
    pub(super) fn quiet(&self) -> Option<Nanos> {
        self.faults.is_empty().then_some(self.quiet)
    }

    /// When the harness was starved last: what it says about time before is worth
    /// nothing.
    pub(super) fn starved(&self) -> Nanos {
        self.starved
    }

    fn disturb(&mut self, at: Nanos, settle: u64) {
        self.quiet = self.quiet.max(Nanos(at.0.saturating_add(settle)));
    }
}
