//! Starting the cluster.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use stormglass_checkers::history::{Body, Environment, MemberExit};

use super::session::Session;
use crate::nemesis::log_tail;
use crate::target::TargetError;

const LOOK_AGAIN: Duration = Duration::from_millis(50);
const LOG_LINES: usize = 20;

/// Starts every member at once: none is healthy before a majority runs.
pub(super) async fn start_all(session: &Session) -> Result<(), TargetError> {
    let mut starting = Vec::new();
    for member in session.target.members() {
        let member = Arc::clone(member);
        starting.push(tokio::task::spawn_blocking(move || {
            let what = format!("member {} could not be started", member.name());
            match member.kill() {
                Ok(power) => power.start().map_err(TargetError::io(what)),
                Err(unsupported) => {
                    Err(TargetError::Io { what, source: std::io::Error::other(unsupported.reason) })
                }
            }
        }));
    }
    for (member, start) in session.members().zip(starting) {
        let incarnation = start.await.map_err(|error| TargetError::Io {
            what: "a member's start panicked".to_owned(),
            source: std::io::Error::other(error),
        })??;
        let body = Body::Environment(Environment::MemberStarted(incarnation));
        session.recorder.environment(Some(member), body);
    }
    Ok(())
}

/// Waits until a member ends by itself: before the first health that means that the
/// cluster will never be healthy as it was asked for.
pub(super) async fn early_end(session: &Session) -> TargetError {
    loop {
        for member in session.target.members() {
            let Some(end) = member.take_end() else { continue };
            let tail = member.log_path().map(|path| log_tail(path, LOG_LINES)).unwrap_or_default();
            let last = tail.last().cloned().unwrap_or_else(|| "its log is empty".to_owned());
            let exit =
                MemberExit { status: end.status.clone(), expected: end.expected, log_tail: tail };
            let body = Body::Environment(Environment::MemberExited(exit));
            session.recorder.environment(Some(member.index()), body);
            return TargetError::EndedEarly {
                member: member.name().to_owned(),
                status: end.status,
                last_line: last,
                log: member.log_path().map(PathBuf::from).unwrap_or_default(),
            };
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Where the members' logs are.
pub(super) fn log_folder(session: &Session) -> PathBuf {
    let first = session.target.members().first().and_then(|member| {
        member
            .log_path()
            .and_then(|path| path.parent())
            .and_then(|path| path.parent())
            .map(PathBuf::from)
    });
    first.unwrap_or_default()
}
