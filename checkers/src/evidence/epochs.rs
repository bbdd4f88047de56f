//! Lives of members: what a member said before it died binds it no longer in some ways.

use std::collections::BTreeMap;

use crate::history::{Body, Environment, Event, MemberIndex};

/// Counts, for each member, everything that may separate two lives of its process.
///
/// The recorder writes a start or an exit a little after it happened, so a request that
/// is invoked and answered within one epoch may in theory touch two lives only if a
/// whole restart went unrecorded between; the beginning of a fault that kills counts as
/// a border too, because it is written before the process dies.
#[derive(Clone, Debug, Default)]
pub(crate) struct Epochs {
    of: BTreeMap<MemberIndex, u32>,
}

impl Epochs {
    /// Takes the next event.
    pub(crate) fn observe(&mut self, event: &Event) {
        match &event.body {
            Body::Environment(Environment::MemberStarted(_) | Environment::MemberExited(_)) => {
                event.member.into_iter().for_each(|member| self.advance(member));
            }
            Body::FaultBegin(begin) if !survivable(&begin.fault.kind) => {
                begin.fault.members.iter().for_each(|member| self.advance(*member));
            }
            _ => {}
        }
    }

    /// The member's epoch now.
    pub(crate) fn of(&self, member: MemberIndex) -> u32 {
        self.of.get(&member).copied().unwrap_or(0)
    }

    fn advance(&mut self, member: MemberIndex) {
        *self.of.entry(member).or_default() += 1;
    }
}

/// Faults that certainly leave the process alive.
fn survivable(kind: &str) -> bool {
    matches!(kind, "pause" | "isolate" | "defragment" | "compact")
}
