//! One watch of a workload, from opening to its end.

use std::time::Duration;

use stormglass_checkers::history::{Event, ProcessId, WatchFrame, WatchId, WatchKind, WatchOpen};
use stormglass_scenarios::workload::WatchStep;

use crate::client::{Connection, WatchMessage, WatchSender, WatchStream};
use crate::session::Session;

/// Bound on opening a watch stream.
const OPEN_LIMIT: Duration = Duration::from_secs(2);
/// Bound on waiting for the server's word that a watch is cancelled.
const CANCEL_LIMIT: Duration = Duration::from_secs(1);
/// A member that refuses a watch is not asked again at once.
const BACK_OFF: Duration = Duration::from_millis(200);

/// What a watch needs.
pub(super) struct WatchRun<'a> {
    /// The run.
    pub(super) session: &'a Session,
    /// Whose watch it is.
    pub(super) process: ProcessId,
    /// What to watch, and for how long.
    pub(super) step: &'a WatchStep,
    /// The watch that it continues.
    pub(super) resumes: Option<WatchId>,
}

/// Opens the watch, records every frame, and cancels it when it has seen enough.
/// `observe` gets each recorded event.
pub(super) async fn watch(
    run: WatchRun<'_>,
    connection: &mut Connection,
    observe: &mut (dyn FnMut(&Event) + Send),
) -> WatchId {
    let id = run.session.recorder.new_watch();
    let open = WatchOpen {
        kind: WatchKind::Workload,
        request: run.step.request.clone(),
        resumes: run.resumes,
    };
    run.record(id, WatchFrame::Open(open), observe);
    match connection.watch(&run.step.request, OPEN_LIMIT).await {
        Err(error) => {
            run.record(id, WatchFrame::Broken { error }, observe);
            run.session.stop.sleep(BACK_OFF).await;
        }
        Ok((sender, stream)) => follow(&run, id, sender, stream, observe).await,
    }
    id
}

impl WatchRun<'_> {
    fn record(&self, id: WatchId, frame: WatchFrame, observe: &mut (dyn FnMut(&Event) + Send)) {
        let event = self.session.recorder.watch(self.process, self.step.member, id, frame);
        observe(&event);
    }
}

/// Takes frames until the watch ends, has seen enough, or traffic stops.
async fn follow(
    run: &WatchRun<'_>,
    id: WatchId,
    mut sender: WatchSender,
    mut stream: WatchStream,
    observe: &mut (dyn FnMut(&Event) + Send),
) {
    let enough = tokio::time::sleep(run.step.max_time);
    tokio::pin!(enough);
    let every = run.step.progress_every.unwrap_or(Duration::MAX / 4);
    let mut stall = run.step.stall;
    let mut seen = 0;
    while seen < run.step.max_events {
        tokio::select! {
            message = stream.next() => {
                let ended = ends(&message);
                seen += take(run, id, message, observe);
                if ended {
                    return;
                }
                // The first response says that the watch exists. What comes now waits in
                // the connection, and beyond its window in the member.
                if let Some(time) = stall.take() {
                    run.session.stop.sleep(time).await;
                }
            }
            () = tokio::time::sleep(every) => {
                run.record(id, WatchFrame::RequestProgress {}, observe);
                if sender.request_progress().await.is_err() {
                    break;
                }
            }
            () = &mut enough => break,
            () = run.session.stop.raised() => break,
        }
    }
    cancel(run, id, sender, stream, observe).await;
}

/// Records a message; returns how many events it brought.
fn take(
    run: &WatchRun<'_>,
    id: WatchId,
    message: WatchMessage,
    observe: &mut (dyn FnMut(&Event) + Send),
) -> u64 {
    let frame = match message {
        WatchMessage::Frame(frame) => frame,
        WatchMessage::Broken(error) => WatchFrame::Broken { error },
    };
    let events = match &frame {
        WatchFrame::Events(events) => events.events.len() as u64,
        _ => 0,
    };
    run.record(id, frame, observe);
    events
}

fn ends(message: &WatchMessage) -> bool {
    matches!(message, WatchMessage::Broken(_) | WatchMessage::Frame(WatchFrame::Canceled(_)))
}

/// Cancels, takes what is still under way, and closes the stream.
async fn cancel(
    run: &WatchRun<'_>,
    id: WatchId,
    mut sender: WatchSender,
    mut stream: WatchStream,
    observe: &mut (dyn FnMut(&Event) + Send),
) {
    run.record(id, WatchFrame::Cancel {}, observe);
    let drain = async {
        if sender.cancel().await.is_err() {
            return;
        }
        loop {
            let message = stream.next().await;
            let ended = ends(&message);
            take(run, id, message, observe);
            if ended {
                return;
            }
        }
    };
    // The server's answer is welcome and not needed: the stream is closed either way.
    let _ = tokio::time::timeout(CANCEL_LIMIT, drain).await;
    run.record(id, WatchFrame::Broken { error: "closed by the harness".to_owned() }, observe);
}
