//! Notices members that end without being told to, and starts them again.

use std::collections::BTreeMap;
use std::time::Duration;

use stormglass_checkers::history::{Body, Environment, MemberExit, MemberIndex};

use super::session::Session;
use super::stop::Stop;
use crate::nemesis::log_tail;

const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// A member that crashes is started again so often, to see whether its data survived.
const RESTARTS: u32 = 3;
const LOG_LINES: usize = 20;

/// Watches the members' processes until `stop`.
pub(super) async fn watch_exits(session: Session, stop: Stop) {
    let mut restarts: BTreeMap<MemberIndex, u32> = BTreeMap::new();
    while !stop.sleep(LOOK_AGAIN).await {
        for member in session.target.members() {
            let Some(end) = member.take_end() else { continue };
            let index = member.index();
            let tail = member.log_path().map(|path| log_tail(path, LOG_LINES)).unwrap_or_default();
            let exit = MemberExit { status: end.status, expected: end.expected, log_tail: tail };
            let body = Body::Environment(Environment::MemberExited(exit));
            session.recorder.environment(Some(index), body);
            let count = restarts.entry(index).or_default();
            *count += 1;
            if *count <= RESTARTS {
                restart(&session, index).await;
            } else {
                let text = format!("{index} ended {count} times by itself and is left as it is");
                session.recorder.note(text);
            }
        }
    }
}

async fn restart(session: &Session, index: MemberIndex) {
    let member = std::sync::Arc::clone(&session.target.members()[usize::from(index.0)]);
    let started = tokio::task::spawn_blocking(move || match member.kill() {
        Ok(power) => power.start().map_err(|error| error.to_string()),
        Err(unsupported) => Err(unsupported.reason),
    });
    match started.await {
        Ok(Ok(incarnation)) => {
            let body = Body::Environment(Environment::MemberStarted(incarnation));
            session.recorder.environment(Some(index), body);
        }
        Ok(Err(error)) => {
            session.recorder.note(format!("{index} could not be started again: {error}"));
        }
        Err(error) => {
            session.recorder.note(format!("{index} could not be started again: {error}"));
        }
    }
}
