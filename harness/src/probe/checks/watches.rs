//! Watches.

use stormglass_checkers::history::{
    Bytes, Delete, KeyEvent, KeyEventKind, Request, Revision, WatchFrame, WatchRequest,
};

use crate::client::{WatchMessage, WatchSender, WatchStream};
use crate::probe::answer::{Answer, Step, must};
use crate::probe::session::{Asked, soon};

pub(in crate::probe) async fn check(asked: &mut Asked) {
    asked.group = "watches";
    let step = from_now(asked).await;
    asked.note("watch of a range", step);
    let step = from_past(asked).await;
    asked.note("watch from a past revision", step);
    let step = with_previous(asked).await;
    asked.note("previous pairs", step);
    let step = without_puts(asked).await;
    asked.note("filter of puts", step);
    let step = without_deletes(asked).await;
    asked.note("filter of deletes", step);
    let step = in_fragments(asked).await;
    asked.note("fragments", step);
    let step = progress(asked).await;
    asked.note("progress on request", step);
    let step = cancel(asked).await;
    asked.note("cancel", step);
}

/// A watch that the server has created.
struct Watch {
    sender: WatchSender,
    stream: WatchStream,
}

impl Watch {
    async fn open(asked: &mut Asked, request: WatchRequest) -> Step<Self> {
        let (key, range_end) = asked.all();
        let request = WatchRequest { key, range_end, ..request };
        let limit = std::time::Duration::from_secs(3);
        let opened = asked.connection.watch(&request, limit).await.map_err(Answer::No)?;
        let (sender, mut stream) = opened;
        match soon(stream.next()).await? {
            WatchMessage::Frame(WatchFrame::Created(_)) => Ok(Self { sender, stream }),
            WatchMessage::Frame(other) => Err(unexpected(&other)),
            WatchMessage::Broken(error) => Err(Answer::No(error)),
        }
    }

    async fn frame(&mut self) -> Step<WatchFrame> {
        match soon(self.stream.next()).await? {
            WatchMessage::Frame(frame) => Ok(frame),
            WatchMessage::Broken(error) => Err(Answer::No(error)),
        }
    }

    /// The next event.
    async fn event(&mut self) -> Step<KeyEvent> {
        match self.frame().await? {
            WatchFrame::Events(events) => {
                let first = events.events.into_iter().next();
                first.ok_or_else(|| Answer::Differs("events come without one".to_owned()))
            }
            other => Err(unexpected(&other)),
        }
    }
}

fn unexpected(frame: &WatchFrame) -> Answer {
    Answer::Differs(format!("something else comes: {frame:?}"))
}

async fn delete(asked: &mut Asked, name: &str) -> Step {
    let key = asked.key(name);
    asked.ask(Request::Delete(Delete { key, ..Delete::default() })).await.map(drop)
}

async fn from_now(asked: &mut Asked) -> Step {
    let mut watch = Watch::open(asked, WatchRequest::default()).await?;
    asked.put("w", "x").await?;
    let event = watch.event().await?;
    must(event.kv.key == asked.key("w") && event.kv.value == Bytes::from("x"), "it is another put")
}

async fn from_past(asked: &mut Asked) -> Step {
    let start_revision = asked.put("w", "old").await?;
    asked.put("w", "new").await?;
    if start_revision.is_zero() {
        return Err(Answer::No("no revision is known".to_owned()));
    }
    let request = WatchRequest { start_revision, ..WatchRequest::default() };
    let event = Watch::open(asked, request).await?.event().await?;
    let first = event.kv.mod_revision;
    must(first == start_revision, format!("from {start_revision} it begins with {first}"))
}

async fn with_previous(asked: &mut Asked) -> Step {
    asked.put("w", "before").await?;
    let request = WatchRequest { prev_kv: true, ..WatchRequest::default() };
    let mut watch = Watch::open(asked, request).await?;
    asked.put("w", "after").await?;
    let before = watch.event().await?.prev_kv.map(|pair| pair.value);
    must(before == Some(Bytes::from("before")), format!("the previous value is {before:?}"))
}

async fn without_puts(asked: &mut Asked) -> Step {
    let request = WatchRequest { no_put: true, ..WatchRequest::default() };
    let mut watch = Watch::open(asked, request).await?;
    asked.put("w", "x").await?;
    delete(asked, "w").await?;
    must(watch.event().await?.kind == KeyEventKind::Delete, "a put comes all the same")
}

async fn without_deletes(asked: &mut Asked) -> Step {
    asked.put("w", "x").await?;
    let request = WatchRequest { no_delete: true, ..WatchRequest::default() };
    let mut watch = Watch::open(asked, request).await?;
    delete(asked, "w").await?;
    asked.put("w", "y").await?;
    must(watch.event().await?.kind == KeyEventKind::Put, "a delete comes all the same")
}

async fn in_fragments(asked: &mut Asked) -> Step {
    let request = WatchRequest { fragment: true, ..WatchRequest::default() };
    let mut watch = Watch::open(asked, request).await?;
    asked.put("w", "x").await?;
    watch.event().await.map(drop)
}

async fn progress(asked: &mut Asked) -> Step {
    let written = asked.put("w", "x").await?;
    let mut watch = Watch::open(asked, WatchRequest::default()).await?;
    watch.sender.request_progress().await.map_err(Answer::No)?;
    match watch.frame().await? {
        WatchFrame::Progress(told) => {
            let told = told.header.map_or(Revision(0), |header| header.revision);
            must(told >= written, format!("it tells {told} after a put at {written}"))
        }
        other => Err(unexpected(&other)),
    }
}

async fn cancel(asked: &mut Asked) -> Step {
    let mut watch = Watch::open(asked, WatchRequest::default()).await?;
    watch.sender.cancel().await.map_err(Answer::No)?;
    match watch.frame().await? {
        WatchFrame::Canceled(_) => Ok(()),
        other => Err(unexpected(&other)),
    }
}
