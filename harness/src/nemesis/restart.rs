//! Starting members again, and knowing that they are back.

use std::path::Path;
use std::time::Duration;

use stormglass_checkers::history::{Body, Environment, MemberIndex};

use super::injector::InjectError;
use super::leader::status;
use super::site::Site;
use crate::clock::after;
use crate::run::Session;

/// How long a member may take to answer after its start.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
const ASK_LIMIT: Duration = Duration::from_millis(500);
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// Waits until a member answers anything, at most for `limit`; returns how long it took.
pub async fn await_answer(
    session: &Session,
    member: MemberIndex,
    limit: Duration,
) -> Option<Duration> {
    let clock = session.recorder.clock();
    let began = clock.now();
    let end = after(began, limit);
    while clock.now() < end {
        if status(session, member, ASK_LIMIT).await.is_some() {
            return Some(Duration::from_nanos(clock.now().0.saturating_sub(began.0)));
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
    None
}

/// Starts a member and records its new life.
pub(super) async fn start(site: &Site, member: MemberIndex) -> Result<(), InjectError> {
    let incarnation = site.with_kill(member, |power| power.start()).await?;
    let body = Body::Environment(Environment::MemberStarted(incarnation));
    site.session.recorder.environment(Some(member), body);
    Ok(())
}

/// Waits until a started member answers, and records that it does.
pub(super) async fn ready(site: &Site, member: MemberIndex) -> Result<Duration, InjectError> {
    let Some(took) = await_answer(&site.session, member, ANSWER_LIMIT).await else {
        let seconds = ANSWER_LIMIT.as_secs();
        return Err(InjectError::Failed(format!("{member} did not answer within {seconds} s")));
    };
    let body = Body::Environment(Environment::MemberReady {});
    site.session.recorder.environment(Some(member), body);
    Ok(took)
}

/// The last lines of a log, for people.
pub fn log_tail(path: &Path, lines: usize) -> Vec<String> {
    const TAIL_BYTES: u64 = 16 << 10;
    const LINE_CHARS: usize = 400;
    let read = || -> std::io::Result<String> {
        use std::io::{Read as _, Seek as _, SeekFrom};
        let mut file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    let tail = &all[all.len().saturating_sub(lines)..];
    tail.iter().map(|line| line.chars().take(LINE_CHARS).collect()).collect()
}
