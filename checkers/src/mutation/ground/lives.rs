//! The lives of the members' processes.

use std::collections::BTreeMap;

use crate::history::{Body, Environment, Event, MemberIndex};

/// When members' processes started and ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Lives {
    turns: BTreeMap<MemberIndex, Vec<usize>>,
}

impl Lives {
    /// Reads them off.
    pub(super) fn of(events: &[Event]) -> Self {
        let mut turns: BTreeMap<MemberIndex, Vec<usize>> = BTreeMap::new();
        for (index, event) in events.iter().enumerate() {
            let turn = matches!(
                &event.body,
                Body::Environment(Environment::MemberStarted(_) | Environment::MemberExited(_))
            );
            if let Some(member) = event.member.filter(|_| turn) {
                turns.entry(member).or_default().push(index);
            }
        }
        Self { turns }
    }

    /// A number that is the same at two events if and only if the member's process
    /// neither ended nor started between them.
    pub(super) fn life(&self, member: MemberIndex, at: usize) -> usize {
        self.turns.get(&member).map_or(0, |turns| turns.partition_point(|turn| *turn < at))
    }
}
