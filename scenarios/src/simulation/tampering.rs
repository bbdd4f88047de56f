//! Bugs of watches: what a member does to the events that it sends.

use stormglass_checkers::history::{KeyEvent, Revision};

use super::bug::Bug;
use super::store::altered;
use super::world::World;

impl World<'_> {
    /// Spoils a response's events, where a bug strikes.
    pub(super) fn tamper_events(&mut self, events: &mut Vec<KeyEvent>) {
        if self.mischief.strikes(Bug::WatchDrop) {
            events.remove(0);
        }
        let Some(first) = events.first_mut() else { return };
        if self.mischief.strikes(Bug::WatchAlter) {
            first.kv.value = altered(&first.kv.value);
            // A delete has no value: it shows another key's end instead.
            if first.kv.version == 0 {
                first.kv.key = altered(&first.kv.key);
            }
        }
        if let Some(prev) = first.prev_kv.as_mut()
            && self.mischief.strikes(Bug::WrongPrevKv)
        {
            prev.value = altered(&prev.value);
            prev.mod_revision = Revision((prev.mod_revision.0 - 1).max(prev.create_revision.0));
        }
    }

    /// Where to cut a response in the middle of a revision.
    pub(super) fn split_place(&mut self, events: &[KeyEvent]) -> Option<usize> {
        let same = |pair: &[KeyEvent]| pair[0].kv.mod_revision == pair[1].kv.mod_revision;
        let at = events.windows(2).position(same)?;
        self.mischief.strikes(Bug::WatchSplit).then_some(at + 1)
    }
}
