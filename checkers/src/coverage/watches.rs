//! Watches that were resumed or cancelled.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{Event, MemberIndex, WatchEvent, WatchFrame, WatchId};

/// Counts resumed and cancelled watches.
#[derive(Clone, Debug, Default)]
pub(super) struct Watches {
    members: BTreeMap<WatchId, MemberIndex>,
    resuming: BTreeSet<WatchId>,
    elsewhere: BTreeSet<WatchId>,
    /// Watches that continued an earlier one.
    pub(super) resumed: u64,
    /// Of these, those on another member.
    pub(super) resumed_elsewhere: u64,
    /// Watches that the server ended.
    pub(super) canceled: u64,
    /// Of these, those whose start was compacted.
    pub(super) compacted: u64,
}

impl Watches {
    /// A frame came. A watch has resumed when the server has made it.
    pub(super) fn frame(&mut self, event: &Event, watch: &WatchEvent) {
        let id = watch.watch;
        match &watch.frame {
            WatchFrame::Open(open) => {
                let Some(member) = event.member else { return };
                self.members.insert(id, member);
                if let Some(resumed) = open.resumes {
                    self.resuming.insert(id);
                    if self.members.get(&resumed).is_some_and(|before| *before != member) {
                        self.elsewhere.insert(id);
                    }
                }
            }
            WatchFrame::Created(_) => {
                self.resumed += u64::from(self.resuming.remove(&id));
                self.resumed_elsewhere += u64::from(self.elsewhere.remove(&id));
            }
            WatchFrame::Canceled(end) => {
                self.canceled += 1;
                self.compacted += u64::from(!end.compact_revision.is_zero());
            }
            _ => {}
        }
    }
}
