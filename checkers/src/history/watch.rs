//! Watches: how they were opened, and every frame as it came.

use serde::{Deserialize, Serialize};

use super::ids::{Revision, WatchId};
use super::request::WatchRequest;
use super::response::{Header, KeyValue};

/// Something about one watch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchEvent {
    /// Which watch.
    pub watch: WatchId,
    /// What.
    pub frame: WatchFrame,
}

/// What happened to a watch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WatchFrame {
    /// It is about to be asked for.
    Open(WatchOpen),
    /// The server has made it.
    Created(WatchHeader),
    /// Events, as one response.
    Events(WatchEvents),
    /// A progress notification: everything up to the header's revision was delivered.
    Progress(WatchHeader),
    /// A progress notification is about to be asked for.
    RequestProgress {},
    /// The client is about to cancel it.
    Cancel {},
    /// The server has ended it.
    Canceled(WatchCanceled),
    /// The stream broke, or we closed it; nothing more comes.
    Broken {
        /// The error's text, or `closed by the harness`.
        error: String,
    },
}

/// A watch that is about to be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchOpen {
    /// Whose it is.
    pub kind: WatchKind,
    /// The request.
    pub request: WatchRequest,
    /// The watch that it continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumes: Option<WatchId>,
}

/// Whose a watch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WatchKind {
    /// The harness's own, over every key of the run, one a member.
    Recorder,
    /// A workload's.
    Workload,
    /// A final one, from the oldest readable revision, after recovery.
    Final,
}

/// A frame that carries only a header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchHeader {
    /// The header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
}

/// One response with events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchEvents {
    /// The header; its revision may be newer than the events'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// Whether the next response continues this one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fragment: bool,
    /// The events, in the order in which they came.
    pub events: Vec<KeyEvent>,
}

/// The end of a watch, by the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchCanceled {
    /// The header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The oldest revision that can still be watched, when compaction is the reason.
    #[serde(default, skip_serializing_if = "Revision::is_zero")]
    pub compact_revision: Revision,
    /// The server's reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A change of one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyEvent {
    /// Put or delete.
    pub kind: KeyEventKind,
    /// The pair after the change; of a delete only key and `mod_revision` mean anything.
    pub kv: KeyValue,
    /// The pair before the change, if it was asked for and existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_kv: Option<KeyValue>,
}

/// Put or delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyEventKind {
    /// A put.
    Put,
    /// A delete, by a request or by the end of a lease.
    Delete,
}
