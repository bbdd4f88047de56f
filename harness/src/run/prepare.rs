//! Starting the cluster.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::session::{Session, record_end, record_start, start_member};
use crate::target::TargetError;

const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Starts every member at once: none is healthy before a majority runs.
pub(super) async fn start_all(session: &Session) -> Result<(), TargetError> {
    let mut starting = Vec::new();
    for index in session.members() {
        let session = session.clone();
        starting.push(tokio::spawn(async move { start_member(&session, index).await }));
    }
    for (index, start) in session.members().zip(starting) {
        let started = start.await.map_err(|error| TargetError::Io {
            what: "a member's start panicked".to_owned(),
            source: std::io::Error::other(error),
        })?;
        record_start(session, index, started?);
    }
    Ok(())
}

/// Records members that run already, as the run found them.
pub(super) fn note_running(session: &Session) {
    for index in session.members() {
        if let Some(incarnation) = session.member(index).incarnation() {
            record_start(session, index, incarnation);
        }
    }
}

/// Waits until a member ends by itself: before the first health that means that the
/// cluster will never be healthy as it was asked for.
pub(super) async fn early_end(session: &Session) -> TargetError {
    loop {
        for index in session.members() {
            let member = session.member(index);
            let Some(end) = member.take_end() else { continue };
            let status = end.status.clone();
            let last = record_end(session, index, end).log_tail.pop();
            return TargetError::EndedEarly {
                member: member.name().to_owned(),
                status,
                last_line: last.unwrap_or_else(|| "its log is empty".to_owned()),
                log: member.log_path().map(PathBuf::from).unwrap_or_default(),
            };
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Where the members' logs are.
pub(super) fn log_folder(session: &Session) -> PathBuf {
    let first = session.target.members().first().and_then(|member| member.log_path());
    first.and_then(Path::parent).and_then(Path::parent).map(PathBuf::from).unwrap_or_default()
}
