//! One watch on one stream, frame by frame.

use std::time::Duration;

use etcd_client::{Error, WatchRequestSender, WatchResponse, WatchResponseStream};
use stormglass_checkers::history::{
    Revision, WatchCanceled, WatchEvents, WatchFrame, WatchHeader, WatchRequest,
};

use super::connection::Connection;
use super::{decode, encode};

/// Catching up after a pause can bring more than the library's default of 4 MiB.
const DECODE_LIMIT_BYTES: usize = 256 << 20;

/// What a stream brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchMessage {
    /// A frame, to be recorded as it is.
    Frame(WatchFrame),
    /// The stream is over, with the error's text.
    Broken(String),
}

/// The sending half: cancel, and requests for progress.
pub struct WatchSender {
    requests: WatchRequestSender,
}

/// The receiving half of one watch on a stream of its own.
pub struct WatchStream {
    responses: WatchResponseStream,
    ready: Vec<WatchFrame>,
}

impl Connection {
    /// Opens a stream with one watch on it.
    ///
    /// # Errors
    /// The error's text, when no stream could be opened within `within`.
    pub async fn watch(
        &mut self,
        request: &WatchRequest,
        within: Duration,
    ) -> Result<(WatchSender, WatchStream), String> {
        let key = encode::vec(&request.key);
        let options = Some(encode::watch_options(request));
        let mut client = self.client().watch_client().max_decoding_message_size(DECODE_LIMIT_BYTES);
        match tokio::time::timeout(within, client.watch(key, options)).await {
            Err(_elapsed) => Err("no watch stream within the deadline".to_owned()),
            Ok(Err(error)) => Err(text(&error)),
            Ok(Ok(stream)) => {
                let (requests, responses) = stream.split();
                Ok((WatchSender { requests }, WatchStream { responses, ready: Vec::new() }))
            }
        }
    }
}

impl WatchSender {
    /// Asks the server to end the watch.
    ///
    /// # Errors
    /// The error's text, when the stream is over.
    pub async fn cancel(&mut self) -> Result<(), String> {
        // The first watch of a stream has the server's ID 0.
        self.requests.cancel(0).await.map_err(|error| text(&error))
    }

    /// Asks the server for a progress notification.
    ///
    /// # Errors
    /// The error's text, when the stream is over.
    pub async fn request_progress(&mut self) -> Result<(), String> {
        self.requests.request_progress().await.map_err(|error| text(&error))
    }
}

impl WatchStream {
    /// The next frame, or the stream's end. Cancel-safe.
    pub async fn next(&mut self) -> WatchMessage {
        loop {
            if let Some(frame) = self.ready.pop() {
                return WatchMessage::Frame(frame);
            }
            match self.responses.message().await {
                Ok(Some(response)) => {
                    self.ready = frames(&response);
                    self.ready.reverse();
                }
                Ok(None) => return WatchMessage::Broken("the server ended the stream".to_owned()),
                Err(error) => return WatchMessage::Broken(text(&error)),
            }
        }
    }
}

/// One response can be "created" and "cancelled" at once: two frames, in that order.
fn frames(response: &WatchResponse) -> Vec<WatchFrame> {
    let header = decode::header(response.header());
    let mut frames = Vec::new();
    if response.created() {
        frames.push(WatchFrame::Created(WatchHeader { header }));
    }
    if !response.events().is_empty() {
        let events = response.events().iter().map(decode::key_event).collect();
        let fragment = response.0.fragment;
        frames.push(WatchFrame::Events(WatchEvents { header, fragment, events }));
    }
    if response.canceled() {
        frames.push(WatchFrame::Canceled(WatchCanceled {
            header,
            compact_revision: Revision(response.compact_revision()),
            reason: response.cancel_reason().to_owned(),
        }));
    }
    if frames.is_empty() {
        frames.push(WatchFrame::Progress(WatchHeader { header }));
    }
    frames
}

fn text(error: &Error) -> String {
    match error {
        Error::GRpcStatus(status) => format!("{:?}: {}", status.code(), status.message()),
        other => other.to_string(),
    }
}
