//! The recorder's watches: one a member, over every key, for the whole run.

use stormglass_checkers::history::{
    Bytes, MemberIndex, ProcessId, Revision, WatchId, WatchRequest,
};

use super::agenda::MILLISECOND;
use super::watch::{Stage, Wanted, WatchOwner};
use super::world::{Task, World};

/// Pause before a broken watch is opened again.
const AGAIN: u64 = 200 * MILLISECOND;

/// What the recorder knows of its watch on one member.
pub(super) struct RecorderState {
    process: ProcessId,
    next: Revision,
    last: Option<WatchId>,
}

impl World<'_> {
    /// Opens a watch on every member.
    pub(super) fn start_recorders(&mut self) {
        for member in self.member_indices() {
            let process = self.new_process();
            self.recorders.push(RecorderState { process, next: Revision(2), last: None });
            self.open_recorder(member);
        }
    }

    pub(super) fn open_recorder(&mut self, member: MemberIndex) {
        if self.closing {
            return;
        }
        let state = &self.recorders[usize::from(member.0)];
        let (process, next, resumes) = (state.process, state.next, state.last);
        let request = WatchRequest { start_revision: next, progress_notify: true, ..everything() };
        let at = (process, member);
        let id = self.open_watch(WatchOwner::Recorder, at, request, resumes, Wanted::default());
        self.recorders[usize::from(member.0)].last = Some(id);
    }

    pub(super) fn recorder_ended(&mut self, member: MemberIndex, reached: Revision) {
        let state = &mut self.recorders[usize::from(member.0)];
        state.next = state.next.max(reached.next());
        self.agenda.after(AGAIN, Task::Record(member));
    }

    /// Whether every recorder watch exists.
    pub(super) fn recorders_open(&self) -> bool {
        self.recorders.iter().all(|state| {
            let watch = state.last.and_then(|id| self.watches.get(&id));
            watch.is_some_and(|watch| watch.stage == Stage::Open)
        })
    }

    /// Whether every recorder watch has come so far.
    pub(super) fn recorders_reached(&self, revision: Revision) -> bool {
        self.recorders.iter().all(|state| {
            let watch = state.last.and_then(|id| self.watches.get(&id));
            state.next > revision || watch.is_some_and(|watch| watch.reached >= revision)
        })
    }

    /// Closes every recorder watch.
    pub(super) fn close_recorders(&mut self) {
        self.closing = true;
        let open: Vec<WatchId> = self.recorders.iter().filter_map(|state| state.last).collect();
        for id in open {
            if self.watches.get(&id).is_some_and(|watch| watch.stage != Stage::Ended) {
                self.close_watch(id, "closed by the harness");
            }
        }
    }
}

/// A watch of every key, with previous pairs.
pub(super) fn everything() -> WatchRequest {
    WatchRequest {
        key: Bytes::from("\0"),
        range_end: Bytes::from("\0"),
        prev_kv: true,
        ..WatchRequest::default()
    }
}
