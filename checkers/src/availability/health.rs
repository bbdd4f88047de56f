//! Which members are up, connected and touched by no fault, and since when.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{Body, Environment, Event, FaultId, MemberIndex, Nanos};

/// Faults that touch nobody but the members that their record names. A leader that is only slow
/// (by its disk, processor or memory) keeps its office, and makes everybody slow.
const LOCAL: [&str; 11] = [
    "kill",
    "kill-defragment",
    "kill-start",
    "kill-compact",
    "kill-snapshot",
    "terminate",
    "power-failure",
    "pause",
    "isolate",
    "defragment",
    "compact",
];

/// Which members are healthy, as far as the history tells.
#[derive(Clone, Debug)]
pub(super) struct Health {
    members: u16,
    up: BTreeSet<MemberIndex>,
    /// Open faults, and those whose heal failed.
    faults: BTreeMap<FaultId, Vec<MemberIndex>>,
    /// Since when each healthy member is.
    since: BTreeMap<MemberIndex, Nanos>,
    /// Whether members were added or removed: then nobody here knows who votes.
    pub(super) changed: bool,
}

impl Health {
    pub(super) fn new(members: usize) -> Self {
        Self {
            members: u16::try_from(members).unwrap_or(u16::MAX),
            up: BTreeSet::new(),
            faults: BTreeMap::new(),
            since: BTreeMap::new(),
            changed: false,
        }
    }

    /// How many members the cluster has.
    pub(super) fn members(&self) -> u16 {
        self.members
    }

    /// How many members are a majority.
    pub(super) fn quorum(&self) -> u16 {
        self.members / 2 + 1
    }

    /// Takes the next event; whether something has changed.
    pub(super) fn observe(&mut self, event: &Event) -> bool {
        match &event.body {
            Body::Environment(Environment::MemberReady {}) => {
                self.up.extend(event.member);
            }
            Body::Environment(Environment::MemberStarted(_) | Environment::MemberExited(_)) => {
                event.member.into_iter().for_each(|member| {
                    self.up.remove(&member);
                });
            }
            Body::Environment(Environment::ClusterChanged(generation)) => {
                self.changed |= generation.number > 1;
            }
            Body::FaultBegin(begin) => {
                let local = LOCAL.contains(&begin.fault.kind.as_str())
                    || begin.fault.kind.starts_with("clock");
                let named = !begin.fault.members.is_empty();
                let hit = if local && named {
                    begin.fault.members.clone()
                } else {
                    (0..self.members).map(MemberIndex).collect()
                };
                self.faults.insert(begin.id, hit);
            }
            // A fault that could not be healed, or nobody knows, stays.
            Body::FaultEnd(end) if end.error.is_none() || end.landed.is_none() => {
                self.faults.remove(&end.id);
            }
            _ => return false,
        }
        self.renew(event.at);
        true
    }

    fn renew(&mut self, at: Nanos) {
        for member in (0..self.members).map(MemberIndex) {
            let hit = self.faults.values().any(|hit| hit.contains(&member));
            if hit || !self.up.contains(&member) {
                self.since.remove(&member);
            } else {
                self.since.entry(member).or_insert(at);
            }
        }
    }

    /// Since when a majority of members, this one among them, has been healthy without a
    /// break.
    pub(super) fn majority_since(&self, member: MemberIndex) -> Option<Nanos> {
        let own = *self.since.get(&member)?;
        let mut all: Vec<Nanos> = self.since.values().copied().collect();
        all.sort_unstable();
        let last = all.get(usize::from(self.quorum()).checked_sub(1)?)?;
        (!self.changed).then(|| own.max(*last))
    }
}
