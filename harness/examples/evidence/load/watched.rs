//! The arm between the two: the bare loop, while somebody keeps a watch of everything on
//! every member, as a recorder does, and throws away what comes.
//!
//! It tells apart what the watches cost the members, which has nothing to do with how well
//! Stormglass is made, and what the recorder and the judge cost.

use std::io;
use std::time::Duration;

use stormglass::client::{WatchMessage, WatchStream};
use stormglass_checkers::history::{Bytes, Revision, WatchRequest};
use tokio::task::JoinSet;

use crate::traffic::{Cluster, Slice, bare};

/// Bound on opening a stream.
const OPEN_LIMIT: Duration = Duration::from_secs(10);

/// Sends the bare loop's traffic for so long, with watches from a revision on.
pub(super) async fn watched(
    cluster: &Cluster,
    start: Revision,
    length: Duration,
) -> io::Result<Slice> {
    // Dropped at the end, which ends its tasks and with them the streams.
    let mut watches = JoinSet::new();
    let (session, _) = cluster.session("watched", start)?;
    for member in session.members() {
        let mut connection = session.connect(member).await;
        let opened = connection.watch(&everything(start.next()), OPEN_LIMIT).await;
        let (sender, stream) = opened.map_err(io::Error::other)?;
        watches.spawn(async move {
            drain(stream).await;
            drop(sender);
        });
    }
    Ok(bare(cluster, length).await?.0)
}

/// What the recorder asks for.
fn everything(from: Revision) -> WatchRequest {
    WatchRequest {
        key: Bytes::from("\0"),
        range_end: Bytes::from("\0"),
        start_revision: from,
        prev_kv: true,
        progress_notify: true,
        ..WatchRequest::default()
    }
}

async fn drain(mut stream: WatchStream) {
    while let WatchMessage::Frame(_) = stream.next().await {}
}
