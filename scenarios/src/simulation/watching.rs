//! The client's side of watches: what it records, and when it has seen enough.

use stormglass_checkers::history::{
    Body, MemberIndex, ProcessId, Revision, WatchEvent, WatchFrame, WatchId, WatchKind, WatchOpen,
    WatchRequest,
};

use super::agenda::{MILLISECOND, SECOND};
use super::watch::{Stage, Wanted, Watch, WatchOwner};
use super::world::{Task, World};

/// Bound on the server's word that a watch exists.
const OPEN_LIMIT: u64 = 2 * SECOND;
/// Bound on the server's word that a watch is cancelled.
const CANCEL_LIMIT: u64 = SECOND;
/// A member that refuses a watch is not asked again at once.
const BACK_OFF: u64 = 200 * MILLISECOND;

impl World<'_> {
    /// Records a watch and asks for it.
    pub(super) fn open_watch(
        &mut self,
        owner: WatchOwner,
        (process, member): (ProcessId, MemberIndex),
        request: WatchRequest,
        resumes: Option<WatchId>,
        wanted: Wanted,
    ) -> WatchId {
        let id = self.new_watch();
        let kind = match owner {
            WatchOwner::Actor(_) => WatchKind::Workload,
            WatchOwner::Recorder => WatchKind::Recorder,
            WatchOwner::Final => WatchKind::Final,
        };
        let open = WatchOpen { kind, request: request.clone(), resumes };
        self.watches.insert(id, Watch::new(owner, (process, member), request, wanted));
        self.record_frame(id, WatchFrame::Open(open));
        let latency = self.client_latency();
        self.agenda.after(latency, Task::WatchArrive(id));
        self.agenda.after(OPEN_LIMIT, Task::OpenLimit(id));
        if let WatchOwner::Actor(actor) = owner {
            self.clients[actor].last_watch = Some(id);
        }
        id
    }

    fn record_frame(&mut self, id: WatchId, frame: WatchFrame) {
        let Some(watch) = self.watches.get(&id) else { return };
        let (process, member, owner) = (watch.process, watch.member, watch.owner);
        let body = Body::Watch(WatchEvent { watch: id, frame });
        let event = self.record(Some(process), Some(member), body);
        if let WatchOwner::Actor(actor) = owner {
            self.clients[actor].workload.observe(&event);
        }
    }

    /// A frame reaches the client.
    pub(super) fn frame(&mut self, id: WatchId, frame: WatchFrame) {
        let now = self.agenda.now();
        let Some(watch) = self.watches.get_mut(&id) else { return };
        if watch.stage == Stage::Ended {
            return;
        }
        watch.frames += 1;
        let mut quiet = None;
        match &frame {
            WatchFrame::Created(_) => {
                watch.stage = Stage::Open;
                watch.stall(now);
                quiet = watch.wanted.max_time.map(|time| (time, Task::Enough(id)));
            }
            WatchFrame::Events(events) => {
                watch.seen += events.events.len() as u64;
                if let Some(last) = events.events.last().filter(|_| !events.fragment) {
                    watch.reached = watch.reached.max(last.kv.mod_revision);
                }
            }
            WatchFrame::Progress(progress) => {
                let revision = progress.header.map_or(Revision(0), |header| header.revision);
                watch.reached = watch.reached.max(revision);
            }
            WatchFrame::Canceled(canceled) => {
                watch.reached = watch.reached.max(canceled.compact_revision);
            }
            _ => {}
        }
        if let Some((time, task)) = quiet {
            self.agenda.after(time, task);
        }
        let ended = matches!(frame, WatchFrame::Broken { .. } | WatchFrame::Canceled(_));
        self.record_frame(id, frame);
        if ended {
            self.watch_ended(id);
        } else {
            self.look_at(id);
        }
    }

    /// Whether the client has seen enough; if not, when it asks for progress.
    fn look_at(&mut self, id: WatchId) {
        let Some(watch) = self.watches.get(&id).filter(|watch| watch.stage == Stage::Open) else {
            return;
        };
        let (frames, wanted, seen) = (watch.frames, watch.wanted, watch.seen);
        if wanted.max_events.is_some_and(|most| seen >= most) {
            self.cancel(id);
        } else if let Some(every) = wanted.progress_every {
            self.agenda.after(every, Task::Quiet(id, frames));
        }
    }

    pub(super) fn quiet(&mut self, id: WatchId, frames: u64) {
        let Some(watch) = self.watches.get(&id).filter(|watch| watch.stage == Stage::Open) else {
            return;
        };
        if watch.frames != frames {
            return;
        }
        let every = watch.wanted.progress_every.unwrap_or(SECOND);
        self.record_frame(id, WatchFrame::RequestProgress {});
        let latency = self.client_latency();
        self.agenda.after(latency, Task::Progress(id, false));
        self.agenda.after(every, Task::Quiet(id, frames));
    }

    /// The client has seen enough.
    pub(super) fn cancel(&mut self, id: WatchId) {
        let Some(watch) = self.watches.get_mut(&id).filter(|watch| watch.stage == Stage::Open)
        else {
            return;
        };
        watch.stage = Stage::Cancelling;
        self.record_frame(id, WatchFrame::Cancel {});
        let latency = self.client_latency();
        self.agenda.after(latency, Task::CancelArrive(id));
        self.agenda.after(CANCEL_LIMIT, Task::CancelLimit(id));
    }

    pub(super) fn cancel_limit(&mut self, id: WatchId) {
        if self.watches.get(&id).is_some_and(|watch| watch.stage == Stage::Cancelling) {
            self.close_watch(id, "closed by the harness");
        }
    }

    pub(super) fn open_limit(&mut self, id: WatchId) {
        if self.watches.get(&id).is_some_and(|watch| watch.stage == Stage::Opening) {
            self.close_watch(id, "the server did not create the watch in time");
        }
    }

    /// Nothing more is taken from a watch.
    pub(super) fn close_watch(&mut self, id: WatchId, error: &str) {
        self.record_frame(id, WatchFrame::Broken { error: error.to_owned() });
        self.watch_over(id);
    }

    /// The server ended a watch. A cancelled one is closed behind that.
    fn watch_ended(&mut self, id: WatchId) {
        if self.watches.get(&id).is_some_and(|watch| watch.stage == Stage::Cancelling) {
            self.close_watch(id, "closed by the harness");
        } else {
            self.watch_over(id);
        }
    }

    fn watch_over(&mut self, id: WatchId) {
        let Some(watch) = self.watches.get_mut(&id) else { return };
        let created = watch.frames > 1 || watch.stage != Stage::Opening;
        watch.stage = Stage::Ended;
        let (owner, member, reached) = (watch.owner, watch.member, watch.reached);
        match owner {
            WatchOwner::Actor(actor) => {
                let pause = if created { MILLISECOND } else { BACK_OFF };
                self.agenda.after(pause, Task::Turn(actor));
                self.watches.remove(&id);
            }
            WatchOwner::Recorder => {
                self.recorder_ended(member, reached);
                self.watches.remove(&id);
            }
            WatchOwner::Final => {}
        }
    }
}
