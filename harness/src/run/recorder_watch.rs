//! The recorder's own watches: one a member, over the whole key space, for the whole run.
//!
//! They recover the order and the fate of every write without reading anybody's WAL,
//! and show a member that differs.

use std::time::Duration;

use stormglass_checkers::history::{
    MemberIndex, ProcessId, Revision, WatchFrame, WatchId, WatchKind, WatchOpen, WatchRequest,
};
use tokio::sync::watch as signal;

use super::caught_up::caught_up;
use crate::client::{WatchMessage, WatchSender, WatchStream};
use crate::session::{Session, Stop};

/// Bound on opening a stream.
const OPEN_LIMIT: Duration = Duration::from_secs(2);
/// Pause before a broken watch is opened again.
const AGAIN: Duration = Duration::from_millis(200);

/// How far a member's recorder watch has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Whether the server has created the first watch.
    pub created: bool,
    /// Everything up to this revision was delivered, or announced as compacted.
    pub revision: Revision,
}

/// Keeps a watch on one member until `stop`, opening it again from where it broke: where
/// `careful`, only when the member has come so far (again).
pub async fn keep(
    session: Session,
    member: MemberIndex,
    (from, careful): (Revision, bool),
    progress_every: Option<Duration>,
    stop: Stop,
    progress: signal::Sender<Progress>,
) {
    let mut keeper = Keeper {
        process: session.recorder.new_process(),
        session,
        member,
        next: from,
        careful,
        progress_every,
        last: None,
        open: None,
        progress,
    };
    while !stop.is_raised() {
        tokio::select! {
            () = stop.raised() => break,
            () = keeper.follow_once() => {}
        }
        if stop.sleep(AGAIN).await {
            break;
        }
    }
    if let Some(watch) = keeper.open {
        keeper.record(watch, WatchFrame::Broken { error: "closed by the harness".to_owned() });
    }
}

struct Keeper {
    session: Session,
    process: ProcessId,
    member: MemberIndex,
    next: Revision,
    careful: bool,
    /// How often the member is asked how far it has come: where others write too, nothing else
    /// says that a revision is theirs.
    progress_every: Option<Duration>,
    last: Option<WatchId>,
    /// The watch that has not ended yet.
    open: Option<WatchId>,
    progress: signal::Sender<Progress>,
}

impl Keeper {
    /// Opens a watch and takes its frames until it ends. A watch that this future leaves
    /// open when it is dropped is closed by `keep`.
    async fn follow_once(&mut self) {
        if self.careful && !caught_up(&self.session, self.member, self.next).await {
            return;
        }
        let watch = self.session.recorder.new_watch();
        let request = WatchRequest {
            key: self.session.keys.0.clone(),
            range_end: self.session.keys.1.clone(),
            start_revision: self.next,
            prev_kv: true,
            progress_notify: true,
            ..WatchRequest::default()
        };
        let resumes = self.last.replace(watch);
        self.open = Some(watch);
        let open = WatchOpen { kind: WatchKind::Recorder, request: request.clone(), resumes };
        self.record(watch, WatchFrame::Open(open));
        // A connection of its own each time: a broken one may take long to notice it.
        let mut connection = self.session.connect(self.member).await;
        match connection.watch(&request, OPEN_LIMIT).await {
            Err(error) => self.record(watch, WatchFrame::Broken { error }),
            Ok((sender, stream)) => self.take_frames(watch, sender, stream).await,
        }
        self.open = None;
    }

    async fn take_frames(
        &mut self,
        watch: WatchId,
        mut sender: WatchSender,
        mut stream: WatchStream,
    ) {
        loop {
            let asks = tokio::time::sleep(self.progress_every.unwrap_or(Duration::MAX / 4));
            let message = tokio::select! {
                message = stream.next() => message,
                () = asks => {
                    self.record(watch, WatchFrame::RequestProgress {});
                    // A broken stream says so itself.
                    let _ = sender.request_progress().await;
                    continue;
                }
            };
            let frame = match message {
                WatchMessage::Frame(frame) => frame,
                WatchMessage::Broken(error) => WatchFrame::Broken { error },
            };
            self.advance(&frame);
            let ended = matches!(frame, WatchFrame::Broken { .. } | WatchFrame::Canceled(_));
            self.record(watch, frame);
            if ended {
                return;
            }
        }
    }

    /// Where the next watch has to begin.
    fn advance(&mut self, frame: &WatchFrame) {
        match frame {
            WatchFrame::Created(_) => self.progress.send_modify(|progress| progress.created = true),
            WatchFrame::Events(events) => {
                // A fragment may end within a revision: only the last one completes it.
                let last = events.events.last().filter(|_| !events.fragment);
                self.reached(last.map(|event| event.kv.mod_revision));
            }
            WatchFrame::Progress(header) => {
                self.reached(header.header.map(|header| header.revision));
            }
            // The gap is announced. The compact revision itself is left out: releases
            // before 3.5.18 may lose a delete at it (#19179).
            WatchFrame::Canceled(canceled) if !canceled.compact_revision.is_zero() => {
                self.session.recorder.moments().gone(canceled.compact_revision);
                self.reached(Some(canceled.compact_revision));
            }
            _ => {}
        }
    }

    fn reached(&mut self, revision: Option<Revision>) {
        let Some(revision) = revision.filter(|revision| *revision >= self.next) else { return };
        let from = std::mem::replace(&mut self.next, revision.next());
        self.progress.send_modify(|progress| progress.revision = revision);
        self.session.recorder.moments().shown(from, revision);
    }

    fn record(&self, watch: WatchId, frame: WatchFrame) {
        self.session.recorder.watch(self.process, self.member, watch, frame);
    }
}
